using System.Runtime.CompilerServices;
using Ratchet.Domains.Metamath.Reading;

namespace Ratchet.Domains.Metamath.Verification;

/// <summary>Which variables a theorem declares disjoint. Built when a proof first asks, since most never do.</summary>
internal sealed class DisjointTable(DatabaseTables tables)
{
    /// <summary>Row of the variable v in the matrix, from 1, at place ~v; 0 where v stands in no active <c>$d</c>.</summary>
    private readonly int[] _rowOf = new int[tables.VariableNames.Count];

    private readonly List<int> _rowed = [];
    private MetamathTheorem? _theorem;
    private bool _built;

    /// <summary>One bit for each pair, <see cref="_stride"/> words a row; row 0 is for gathering.</summary>
    private ulong[] _bits = new ulong[64];

    private int _stride;

    public void Begin(MetamathTheorem theorem)
    {
        if (_built)
        {
            foreach (var variable in _rowed)
                _rowOf[~variable] = 0;
            _rowed.Clear();
            _built = false;
        }

        _theorem = theorem;
    }

    /// <summary>True where no variable of one expression is, or may be, in the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool AreDisjoint(ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        if (!_built)
            Build();
        var gathered = _bits.AsSpan(0, _stride);
        gathered.Clear();
        var any = false;
        var outside = false;
        foreach (var symbol in left)
        {
            if (symbol >= 0)
                continue;
            any = true;
            var row = _rowOf[~symbol];
            outside |= row == 0;
            gathered[row >> 6] |= 1UL << (row & 63);
        }

        if (!any)
            return true;
        foreach (var symbol in right)
        {
            if (symbol >= 0)
                continue;
            if (outside || _rowOf[~symbol] == 0)
                return false;
            var row = _bits.AsSpan(_rowOf[~symbol] * _stride, _stride);
            for (var i = 0; i < gathered.Length; i++)
            {
                if ((gathered[i] & ~row[i]) != 0)
                    return false;
            }
        }

        return true;
    }

    /// <summary>The first two variables that are not disjoint; twice the same where the expressions share it.</summary>
    public (int First, int Second) Culprit(ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        (int, int) found = default;
        foreach (var a in left)
        {
            foreach (var b in right)
            {
                if (a == b && a < 0)
                    return (a, b);
                if (found == default && a < 0 && b < 0 && (_rowOf[~a] == 0 || _rowOf[~b] == 0 || !IsSet(_rowOf[~a], _rowOf[~b])))
                    found = (a, b);
            }
        }

        return found;
    }

    private bool IsSet(int a, int b) => (_bits[(a * _stride) + (b >> 6)] >> (b & 63) & 1) != 0;

    private void Build()
    {
        _built = true;
        for (var d = _theorem!.Disjoint; d >= 0; d = tables.Disjoints[d].Previous)
            AddRows(Variables(d));
        foreach (var local in _theorem.LocalDisjoint)
            AddRows(local);
        _stride = (_rowed.Count + 64) >> 6;
        var size = (_rowed.Count + 1) * _stride;
        if (_bits.Length < size)
            _bits = new ulong[size];
        else
            _bits.AsSpan(0, size).Clear();
        for (var d = _theorem.Disjoint; d >= 0; d = tables.Disjoints[d].Previous)
            SetBits(Variables(d));
        foreach (var local in _theorem.LocalDisjoint)
            SetBits(local);
    }

    private ReadOnlySpan<int> Variables(int disjoint) => tables.DisjointVariables.Span(tables.Disjoints[disjoint].Start, tables.Disjoints[disjoint].Length);

    private void AddRows(ReadOnlySpan<int> variables)
    {
        foreach (var variable in variables)
        {
            if (_rowOf[~variable] != 0)
                continue;
            _rowed.Add(variable);
            _rowOf[~variable] = _rowed.Count;
        }
    }

    private void SetBits(ReadOnlySpan<int> variables)
    {
        foreach (var a in variables)
        {
            var row = _bits.AsSpan(_rowOf[~a] * _stride, _stride);
            foreach (var b in variables)
            {
                if (a != b)
                    row[_rowOf[~b] >> 6] |= 1UL << (_rowOf[~b] & 63);
            }
        }
    }
}
