namespace Ratchet.Domains.Metamath.Reading;

/// <summary>What is active at the place that the reader has come to, and the frames that follow from it.</summary>
internal sealed class ScopeStack(DatabaseTables tables)
{
    /// <summary>What an open block found when it began.</summary>
    private readonly record struct Mark(int Position, int Source, int Variables, int Hypotheses, int Essentials, int Disjoint);

    private readonly Stack<Mark> _marks = new();
    private readonly List<int> _variables = [];
    private readonly List<int> _hypotheses = [];
    private readonly List<int> _essentials = [];
    private readonly List<int> _frame = [];
    private bool[] _isActive = new bool[256];

    /// <summary>The active <c>$f</c> of each variable v at place ~v, or -1.</summary>
    private int[] _floating = Filled(256);

    /// <summary>The number of the last frame that had the variable v, at place ~v.</summary>
    private int[] _stamps = new int[256];

    private int _stamp;
    private int _disjoint = -1;

    public int Depth => _marks.Count;

    /// <summary>Where the innermost open block begins.</summary>
    public (int Position, int Source) Opened => (_marks.Peek().Position, _marks.Peek().Source);

    public bool IsActive(int variable) => ~variable < _isActive.Length && _isActive[~variable];

    public bool IsTyped(int variable) => ~variable < _floating.Length && _floating[~variable] >= 0;

    public void Open(int position, int source) => _marks.Push(new Mark(position, source, _variables.Count, _hypotheses.Count, _essentials.Count, _disjoint));

    public bool Close()
    {
        if (!_marks.TryPop(out var mark))
            return false;
        for (var i = mark.Hypotheses; i < _hypotheses.Count; i++)
        {
            ref var record = ref tables.Statements[_hypotheses[i]];
            record.ScopeEnd = tables.Statements.Count;
            if (record.Kind == MetamathStatementKind.Floating)
                _floating[~tables.Text[record.SymbolStart + 1]] = -1;
        }

        for (var i = mark.Variables; i < _variables.Count; i++)
            _isActive[~_variables[i]] = false;
        Truncate(_hypotheses, mark.Hypotheses);
        Truncate(_essentials, mark.Essentials);
        Truncate(_variables, mark.Variables);
        _disjoint = mark.Disjoint;
        return true;
    }

    /// <summary>Leaves to the tables what is active at the end of the database.</summary>
    public void Finish()
    {
        tables.EndDisjoint = _disjoint;
        tables.EndHypotheses = [.. _hypotheses];
        FindSyntaxTypes();
    }

    public void Activate(int variable)
    {
        if (~variable >= _isActive.Length)
        {
            var size = Math.Max(~variable + 1, 2 * _isActive.Length);
            Array.Resize(ref _isActive, size);
            Array.Resize(ref _stamps, size);
            var floating = Filled(size);
            _floating.CopyTo(floating, 0);
            _floating = floating;
        }

        _isActive[~variable] = true;
        _variables.Add(variable);
    }

    /// <summary>A <c>$f</c> (with its variable) or <c>$e</c> (variable 0) begins to be active.</summary>
    public void Hypothesis(int statement, int variable)
    {
        _hypotheses.Add(statement);
        if (variable < 0)
            _floating[~variable] = statement;
        else
            _essentials.Add(statement);
    }

    public void Disjoint(int start, int length)
    {
        tables.Disjoints.Add(new DisjointRecord(start, length, _disjoint));
        _disjoint = tables.Disjoints.Count - 1;
    }

    /// <summary>Gives an assertion with the record's symbols its mandatory hypotheses and disjoint pairs.</summary>
    public void Frame(ref StatementRecord record)
    {
        _stamp++;
        _frame.Clear();
        Require(record.SymbolStart, record.SymbolLength);
        foreach (var essential in _essentials)
        {
            ref var hypothesis = ref tables.Statements[essential];
            Require(hypothesis.SymbolStart, hypothesis.SymbolLength);
            _frame.Add(essential);
        }

        // Statements are numbered in order of appearance, which is the order that the language asks for.
        _frame.Sort();
        record.FrameStart = tables.Frames.Count;
        record.FrameLength = _frame.Count;
        foreach (var hypothesis in _frame)
            tables.Frames.Add(hypothesis);
        record.Disjoint = _disjoint;
        record.PairStart = tables.Pairs.Count;
        for (var d = _disjoint; d >= 0; d = tables.Disjoints[d].Previous)
            AddPairs(tables.Disjoints[d]);
        record.PairLength = tables.Pairs.Count - record.PairStart;
    }

    private void FindSyntaxTypes()
    {
        HashSet<int> variables = [], asserted = [], proved = [];
        for (var i = 0; i < tables.Statements.Count; i++)
        {
            ref var record = ref tables.Statements[i];
            var set = record.Kind switch
            {
                MetamathStatementKind.Floating => variables,
                MetamathStatementKind.Axiom => asserted,
                _ => proved,
            };
            set.Add(tables.Text[record.SymbolStart]);
        }

        tables.SyntaxTypes.UnionWith(variables);
        proved.ExceptWith(variables);
        if (proved.Count > 0)
            tables.SyntaxTypes.UnionWith(asserted.Except(proved).Where(t => !tables.Names.Name(tables.ConstantNames[t]).SequenceEqual("|-"u8)));
    }

    private void Require(int start, int length)
    {
        foreach (var symbol in tables.Text.Span(start, length))
        {
            if (symbol < 0 && _stamps[~symbol] != _stamp)
            {
                _stamps[~symbol] = _stamp;
                _frame.Add(_floating[~symbol]);
            }
        }
    }

    private void AddPairs(DisjointRecord disjoint)
    {
        var variables = tables.DisjointVariables.Span(disjoint.Start, disjoint.Length);
        for (var i = 0; i < variables.Length; i++)
        {
            if (_stamps[~variables[i]] != _stamp)
                continue;
            for (var j = i + 1; j < variables.Length; j++)
            {
                if (_stamps[~variables[j]] != _stamp)
                    continue;
                tables.Pairs.Add(variables[i]);
                tables.Pairs.Add(variables[j]);
            }
        }
    }

    private static void Truncate(List<int> list, int count) => list.RemoveRange(count, list.Count - count);

    private static int[] Filled(int length)
    {
        var array = new int[length];
        Array.Fill(array, -1);
        return array;
    }
}
