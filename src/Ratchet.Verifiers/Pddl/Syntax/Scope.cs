namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>The names that a condition or effect can use, and the variables that are bound where it stands.</summary>
internal sealed class Scope(TypeTable types, Symbols objects, IReadOnlyList<Predicate> predicates, IReadOnlyList<CostFunction> functions, SourceText source)
{
    private readonly List<Variable> _bound = [];
    private readonly Dictionary<string, int> _predicates = Index(predicates.Select(p => p.Name));
    private readonly Dictionary<string, int> _functions = Index(functions.Select(f => f.Name));

    public TypeTable Types => types;

    public Symbols Objects => objects;

    public SourceText Source => source;

    /// <summary>Slots handed out so far.</summary>
    public int Slots { get; private set; }

    public int NewSlot() => Slots++;

    /// <summary>Starts an action: no variables, slots from 0.</summary>
    public void Reset()
    {
        _bound.Clear();
        Slots = 0;
    }

    public void Push(Variable[] variables) => _bound.AddRange(variables);

    public void Pop(int count) => _bound.RemoveRange(_bound.Count - count, count);

    /// <summary>The predicate that a list names, or -1 and a mistake.</summary>
    private int Predicate(ListNode list)
    {
        if (list.Head is not { } name)
        {
            source.Error(list, "A predicate's name is expected after '('.");
            return -1;
        }

        if (_predicates.TryGetValue(name, out var index))
            return index;
        source.Error(list, $"There is no predicate '{NodeReader.Shown(name)}'.{Requirements.Nearest(name, _predicates.Keys)}");
        return -1;
    }

    /// <summary>The cost function that a list names, or -1.</summary>
    public int Function(ListNode list) => list.Head is { } name && _functions.TryGetValue(name, out var index) ? index : -1;

    /// <summary>The atom that a list writes, or null and mistakes.</summary>
    public (int Predicate, int[] Terms)? AtomOf(ListNode list)
    {
        var index = Predicate(list);
        if (index < 0)
            return null;
        var terms = Arguments(list, predicates[index].Name, predicates[index].Types);
        return terms is null ? null : (index, terms);
    }

    /// <summary>The arguments of a call of a cost function; null with mistakes.</summary>
    public int[]? FunctionArguments(ListNode list, int function) => Arguments(list, functions[function].Name, functions[function].Types);

    /// <summary>The arguments after a list's head, checked against the declared types; null with mistakes.</summary>
    private int[]? Arguments(ListNode list, string name, int[][] declared)
    {
        if (list.Items.Count - 1 != declared.Length)
        {
            source.Error(list, $"{name} takes {declared.Length} argument{(declared.Length == 1 ? "" : "s")}; {list.Items.Count - 1} given.");
            return null;
        }

        var terms = new int[declared.Length];
        var good = true;
        for (var i = 0; i < terms.Length; i++)
            good &= TryTerm(list.Items[i + 1], declared[i], $"argument {i + 1} of {name}", out terms[i]);
        return good ? terms : null;
    }

    /// <summary>A variable or object; <paramref name="types"/> null takes any.</summary>
    public bool TryTerm(Node node, int[]? types, string where, out int term)
    {
        term = 0;
        if (node is not WordNode word)
        {
            source.Error(node, "A variable or an object is expected, not a list.");
            return false;
        }

        int[] given;
        if (word.IsVariable)
        {
            var variable = _bound.FindLast(v => v.Name == word.Text);
            if (variable is null)
            {
                source.Error(word, $"The variable {NodeReader.Shown(word.Text)} is not declared here.{Requirements.Nearest(word.Text, _bound.Select(v => v.Name))}");
                return false;
            }

            (term, given) = (~variable.Slot, variable.Types);
        }
        else if (objects.TryFind(word.Text, out var index))
        {
            (term, given) = (index, objects.Types(index));
        }
        else
        {
            source.Error(word, $"There is no object '{NodeReader.Shown(word.Text)}'.{Requirements.Nearest(word.Text, objects.Names)}");
            return false;
        }

        if (types is null || (word.IsVariable ? Types.Overlap(given, types) : Types.IsAny(given, types)))
            return true;
        source.Error(word, $"{NodeReader.Shown(word.Text)} is of type {Types.Describe(given)}; {where} is of type {Types.Describe(types)}.");
        return false;
    }

    private static Dictionary<string, int> Index(IEnumerable<string> names)
    {
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in names)
            index.TryAdd(name, index.Count);
        return index;
    }
}
