using System.Text;

namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>Numbers for ground atoms, so that a state is a set of numbers: a predicate's offset plus its arguments as digits.</summary>
internal sealed class AtomCodes
{
    private const long Limit = 1L << 62;

    private readonly PddlDomain _domain;
    private readonly long[] _predicateOffsets;
    private readonly long[] _functionOffsets;
    private readonly int _objects;

    private AtomCodes(PddlDomain domain, int objects, long[] predicateOffsets, long[] functionOffsets)
    {
        _domain = domain;
        _objects = objects;
        _predicateOffsets = predicateOffsets;
        _functionOffsets = functionOffsets;
    }

    /// <summary>Null where the atoms are too many to be numbered.</summary>
    public static AtomCodes? TryMake(PddlDomain domain, int objects)
    {
        objects = Math.Max(1, objects);
        var next = (Int128)0;
        long[]? Offsets(IEnumerable<int> arities)
        {
            var offsets = new List<long>();
            foreach (var arity in arities)
            {
                offsets.Add((long)next);
                var size = (Int128)1;
                for (var i = 0; i < arity && size < Limit; i++)
                    size *= objects;
                next += size;
                if (next >= Limit)
                    return null;
            }

            return [.. offsets];
        }

        return Offsets(domain.Predicates.Select(p => p.Types.Length)) is { } predicates && Offsets(domain.Functions.Select(f => f.Types.Length)) is { } functions
            ? new AtomCodes(domain, objects, predicates, functions) : null;
    }

    /// <summary>Code of an atom whose terms are objects.</summary>
    public long Encode(int predicate, ReadOnlySpan<int> objects) => _predicateOffsets[predicate] + Digits(objects);

    public long EncodeFunction(int function, ReadOnlySpan<int> objects) => _functionOffsets[function] + Digits(objects);

    /// <summary>Code of an atom whose terms may be variables of a binding.</summary>
    public long Encode(int predicate, int[] terms, int[] binding) => _predicateOffsets[predicate] + Digits(terms, binding);

    public long EncodeFunction(int function, int[] terms, int[] binding) => _functionOffsets[function] + Digits(terms, binding);

    /// <summary>The predicate and the objects of a code.</summary>
    public (int Predicate, int[] Objects) Decode(long code)
    {
        var predicate = Array.BinarySearch(_predicateOffsets, code);
        predicate = predicate >= 0 ? predicate : ~predicate - 1;
        var objects = new int[_domain.Predicates[predicate].Types.Length];
        var rest = code - _predicateOffsets[predicate];
        for (var i = objects.Length - 1; i >= 0; i--)
            (rest, objects[i]) = (rest / _objects, (int)(rest % _objects));
        return (predicate, objects);
    }

    /// <summary>An atom as PDDL writes it.</summary>
    public string Print(long code, Symbols symbols)
    {
        var (predicate, objects) = Decode(code);
        var text = new StringBuilder("(").Append(_domain.Predicates[predicate].Name);
        foreach (var index in objects)
            text.Append(' ').Append(symbols.Name(index));
        return text.Append(')').ToString();
    }

    private long Digits(ReadOnlySpan<int> objects)
    {
        var code = 0L;
        foreach (var index in objects)
            code = (code * _objects) + index;
        return code;
    }

    private long Digits(int[] terms, int[] binding)
    {
        var code = 0L;
        foreach (var term in terms)
            code = (code * _objects) + (term >= 0 ? term : binding[~term]);
        return code;
    }
}
