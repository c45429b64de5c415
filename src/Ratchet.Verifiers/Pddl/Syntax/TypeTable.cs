namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>The types of a domain; type 0 is <c>object</c>, above all others.</summary>
internal sealed class TypeTable
{
    private readonly List<string> _names = ["object"];
    private readonly List<List<int>> _parents = [[]];
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal) { ["object"] = 0 };
    private bool[][] _above = [[true]];

    /// <summary>The set that holds <c>object</c> only: any object.</summary>
    public static int[] Any { get; } = [0];

    public string Name(int type) => _names[type];

    public IReadOnlyList<string> Names => _names;

    public bool TryFind(string name, out int type) => _index.TryGetValue(name, out type);

    public int Declare(string name)
    {
        if (_index.TryGetValue(name, out var type))
            return type;
        type = _names.Count;
        _names.Add(name);
        _parents.Add([]);
        _index[name] = type;
        return type;
    }

    public void AddParent(int type, int parent)
    {
        if (type != 0 && type != parent)
            _parents[type].Add(parent);
    }

    /// <summary>Works out which type is above which; the names of types that are above themselves come back.</summary>
    public IReadOnlyList<string> Close()
    {
        _above = new bool[_names.Count][];
        var circular = new List<string>();
        for (var type = 0; type < _names.Count; type++)
        {
            var seen = _above[type] = new bool[_names.Count];
            var stack = new Stack<int>(_parents[type]);
            while (stack.TryPop(out var parent))
            {
                if (seen[parent])
                    continue;
                seen[parent] = true;
                foreach (var grand in _parents[parent])
                    stack.Push(grand);
            }

            if (seen[type])
                circular.Add(_names[type]);
            seen[type] = seen[0] = true;
        }

        return circular;
    }

    /// <summary>True where every object of <paramref name="type"/> is one of <paramref name="set"/>.</summary>
    public bool Is(int type, int[] set)
    {
        foreach (var wanted in set)
        {
            if (_above[type][wanted])
                return true;
        }

        return false;
    }

    /// <summary>True where one of the types is one of the set.</summary>
    public bool IsAny(int[] types, int[] set)
    {
        foreach (var type in types)
        {
            if (Is(type, set))
                return true;
        }

        return false;
    }

    /// <summary>True where an object could belong to both sets, going by the declared hierarchy.</summary>
    public bool Overlap(int[] left, int[] right) => IsAny(left, right) || IsAny(right, left);

    public string Describe(int[] set) => set.Length == 1 ? _names[set[0]] : $"(either {string.Join(' ', set.Select(Name))})";
}
