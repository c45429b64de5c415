namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>A domain that was read without mistakes.</summary>
internal sealed class PddlDomain
{
    public required string Name { get; init; }

    public required TypeTable Types { get; init; }

    public required Symbols Objects { get; init; }

    public required IReadOnlyList<Predicate> Predicates { get; init; }

    public required IReadOnlyList<CostFunction> Functions { get; init; }

    public required IReadOnlyList<ActionSchema> Actions { get; init; }
}

/// <summary>Objects by name, each with its types. Those of the domain come first.</summary>
internal sealed class Symbols
{
    private readonly List<string> _names = [];
    private readonly List<int[]> _types = [];
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);

    public Symbols()
    {
    }

    public Symbols(Symbols other)
    {
        for (var i = 0; i < other.Count; i++)
            TryAdd(other.Name(i), other.Types(i));
    }

    public int Count => _names.Count;

    public IReadOnlyList<string> Names => _names;

    public string Name(int index) => _names[index];

    public int[] Types(int index) => _types[index];

    public bool TryFind(string name, out int index) => _index.TryGetValue(name, out index);

    public bool TryAdd(string name, int[] types)
    {
        if (!_index.TryAdd(name, _names.Count))
            return false;
        _names.Add(name);
        _types.Add(types);
        return true;
    }
}
