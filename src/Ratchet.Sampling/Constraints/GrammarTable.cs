using Ratchet.Runs;

namespace Ratchet.Sampling.Constraints;

/// <summary>What a place in an alternative is.</summary>
internal enum ElementKind
{
    /// <summary>The alternative ends here.</summary>
    End,

    /// <summary>One byte of a set.</summary>
    Bytes,

    /// <summary>A rule.</summary>
    Rule,
}

/// <summary>
/// A grammar as a flat table over bytes: rules, their alternatives, and the elements of those. Alternatives that describe no text are left out, so that
/// every beginning that the table allows can be brought to an end.
/// </summary>
internal sealed class GrammarTable
{
    private const int MostElements = 400_000;

    private readonly List<(ElementKind Kind, int Value)> _elements = [];
    private readonly List<List<int>> _alternatives = [];
    private readonly List<ulong[]> _sets = [];
    private readonly Dictionary<(ulong, ulong, ulong, ulong), int> _setIds = [];
    private readonly Dictionary<string, int> _named = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];

    public GrammarTable(Grammar grammar)
    {
        foreach (var name in grammar.Rules.Keys)
            _named[name] = NewRule(name);
        foreach (var (name, node) in grammar.Rules)
        {
            foreach (var alternative in Alternatives(node))
                Add(_named[name], alternative, name);
        }

        Root = _named[grammar.Root];
        LeaveOutUnproductive();
        if (_alternatives[Root].Count == 0)
            throw new RatchetException("The grammar describes no text at all: each of its texts needs another one inside.", "Give some rule an alternative without itself.") { ExitCode = 2 };
        RefuseLeftRecursion();
    }

    public int Root { get; }

    public (ElementKind Kind, int Value) this[int position] => _elements[position];

    /// <summary>Where the alternatives of a rule begin.</summary>
    public IReadOnlyList<int> Of(int rule) => _alternatives[rule];

    /// <summary>A byte is in the set of an element.</summary>
    public bool Holds(int set, byte value) => (_sets[set][value >> 6] & (1UL << (value & 63))) != 0;

    private static IReadOnlyList<GrammarNode> Alternatives(GrammarNode node) => node is ChoiceNode choice ? choice.Items : [node];

    private int NewRule(string name)
    {
        _alternatives.Add([]);
        _names.Add(name);
        return _alternatives.Count - 1;
    }

    private void Add(int rule, GrammarNode node, string name)
    {
        var elements = new List<(ElementKind, int)>();
        Write(node, elements, name);
        _alternatives[rule].Add(_elements.Count);
        _elements.AddRange(elements);
        _elements.Add((ElementKind.End, 0));
        if (_elements.Count > MostElements)
            throw new RatchetException($"The grammar is too large: written out it has more than {MostElements} elements.", "Repeat less often ({m,n}), or use * and +.") { ExitCode = 2 };
    }

    private void Write(GrammarNode node, List<(ElementKind, int)> elements, string name)
    {
        switch (node)
        {
            case LiteralNode literal:
                foreach (var b in literal.Bytes)
                    elements.Add((ElementKind.Bytes, Set(b, b)));
                break;
            case CharactersNode characters:
                elements.Add((ElementKind.Rule, Characters(characters)));
                break;
            case SequenceNode sequence:
                foreach (var item in sequence.Items)
                    Write(item, elements, name);
                break;
            case RuleNode rule:
                elements.Add((ElementKind.Rule, _named[rule.Name]));
                break;
            case ChoiceNode choice:
                var inner = NewRule(name);
                foreach (var item in choice.Items)
                    Add(inner, item, name);
                elements.Add((ElementKind.Rule, inner));
                break;
            case RepeatNode repeat:
                Repeat(repeat, elements, name);
                break;
        }
    }

    private void Repeat(RepeatNode repeat, List<(ElementKind, int)> elements, string name)
    {
        var item = NewRule(name);
        foreach (var alternative in Alternatives(repeat.Item))
            Add(item, alternative, name);
        for (var i = 0; i < repeat.Least; i++)
            elements.Add((ElementKind.Rule, item));
        if (repeat.Most is { } most)
        {
            // x{0,n} is (x x{0,n-1})?: one state for each number that is left.
            var rest = -1;
            for (var i = repeat.Least; i < most; i++)
            {
                var outer = NewRule(name);
                AddElements(outer, rest < 0 ? [(ElementKind.Rule, item)] : [(ElementKind.Rule, item), (ElementKind.Rule, rest)]);
                AddElements(outer, []);
                rest = outer;
            }

            if (rest >= 0)
                elements.Add((ElementKind.Rule, rest));
        }
        else
        {
            var loop = NewRule(name);
            AddElements(loop, [(ElementKind.Rule, item), (ElementKind.Rule, loop)]);
            AddElements(loop, []);
            elements.Add((ElementKind.Rule, loop));
        }
    }

    private void AddElements(int rule, (ElementKind, int)[] elements)
    {
        _alternatives[rule].Add(_elements.Count);
        _elements.AddRange(elements);
        _elements.Add((ElementKind.End, 0));
    }

    private readonly Dictionary<string, int> _characterRules = new(StringComparer.Ordinal);

    /// <summary>A rule for one character: an alternative for each form that its UTF-8 bytes may have.</summary>
    private int Characters(CharactersNode node)
    {
        var key = string.Join(',', node.Ranges.Select(r => $"{r.Low}-{r.High}"));
        if (_characterRules.TryGetValue(key, out var known))
            return known;
        var rule = NewRule("characters");
        _characterRules.Add(key, rule);
        var single = new ulong[4];
        var many = new List<(byte Low, byte High)[]>();
        foreach (var (low, high) in node.Ranges)
        {
            for (var c = low; c <= Math.Min(high, 0x7F); c++)
                single[c >> 6] |= 1UL << (c & 63);
            if (high > 0x7F)
                Utf8Ranges.Split(Math.Max(low, 0x80), high, many);
        }

        if (single.Any(w => w != 0))
            AddElements(rule, [(ElementKind.Bytes, Set(single))]);
        foreach (var bytes in many)
            AddElements(rule, [.. bytes.Select(b => (ElementKind.Bytes, Set(b.Low, b.High)))]);
        return rule;
    }

    private int Set(byte low, byte high)
    {
        var set = new ulong[4];
        for (int b = low; b <= high; b++)
            set[b >> 6] |= 1UL << (b & 63);
        return Set(set);
    }

    private int Set(ulong[] set)
    {
        var key = (set[0], set[1], set[2], set[3]);
        if (!_setIds.TryGetValue(key, out var id))
        {
            _setIds.Add(key, id = _sets.Count);
            _sets.Add(set);
        }

        return id;
    }

    private IEnumerable<(ElementKind Kind, int Value)> Elements(int start)
    {
        for (var i = start; _elements[i].Kind != ElementKind.End; i++)
            yield return _elements[i];
    }

    private void LeaveOutUnproductive()
    {
        var productive = Closure(static (_, e) => e.Kind == ElementKind.Bytes);
        foreach (var alternatives in _alternatives)
            alternatives.RemoveAll(a => Elements(a).Any(e => e.Kind == ElementKind.Rule && !productive[e.Value]));
    }

    /// <summary>The rules with an alternative all of whose elements count: those that are told to, and rules that do.</summary>
    private bool[] Closure(Func<GrammarTable, (ElementKind Kind, int Value), bool> counts)
    {
        var result = new bool[_alternatives.Count];
        for (var changed = true; changed;)
        {
            changed = false;
            for (var rule = 0; rule < result.Length; rule++)
            {
                if (result[rule] || !_alternatives[rule].Any(a => Elements(a).All(e => e.Kind == ElementKind.Rule ? result[e.Value] : counts(this, e))))
                    continue;
                result[rule] = changed = true;
            }
        }

        return result;
    }

    /// <summary>
    /// Refuses rules that begin with themselves with something behind: a stack for them grows without end. One that is only itself, or itself at its end, does no harm.
    /// </summary>
    private void RefuseLeftRecursion()
    {
        var empty = Closure(static (_, _) => false);
        var edges = new List<(int To, bool Grows)>[_alternatives.Count];
        for (var rule = 0; rule < edges.Length; rule++)
        {
            edges[rule] = [];
            foreach (var start in _alternatives[rule])
            {
                for (var i = start; _elements[i].Kind == ElementKind.Rule; i++)
                {
                    edges[rule].Add((_elements[i].Value, _elements[i + 1].Kind != ElementKind.End));
                    if (!empty[_elements[i].Value])
                        break;
                }
            }
        }

        var component = Components(edges);
        for (var rule = 0; rule < edges.Length; rule++)
        {
            if (edges[rule].Any(e => e.Grows && component[e.To] == component[rule]))
            {
                throw new RatchetException(
                    $"The rule '{_names[rule]}' of the grammar begins with itself (left recursion).", "Write the repetition as item (\",\" item)* instead of list \",\" item.") { ExitCode = 2 };
            }
        }
    }

    /// <summary>Strongly connected components (Tarjan 1972), without recursion.</summary>
    private static int[] Components(List<(int To, bool Grows)>[] edges)
    {
        var (index, low, component) = (new int[edges.Length], new int[edges.Length], new int[edges.Length]);
        Array.Fill(component, -1);
        var stack = new Stack<int>();
        var work = new Stack<(int Node, int Edge)>();
        var (next, components) = (1, 0);
        for (var root = 0; root < edges.Length; root++)
        {
            if (index[root] == 0)
                work.Push((root, 0));
            while (work.TryPop(out var at))
            {
                var (node, edge) = at;
                if (edge == 0)
                {
                    index[node] = low[node] = next++;
                    stack.Push(node);
                }
                else
                {
                    low[node] = Math.Min(low[node], component[edges[node][edge - 1].To] < 0 ? low[edges[node][edge - 1].To] : int.MaxValue);
                }

                while (edge < edges[node].Count && index[edges[node][edge].To] != 0)
                {
                    var seen = edges[node][edge++].To;
                    if (component[seen] < 0)
                        low[node] = Math.Min(low[node], index[seen]);
                }

                if (edge < edges[node].Count)
                {
                    work.Push((node, edge + 1));
                    work.Push((edges[node][edge].To, 0));
                }
                else if (low[node] == index[node])
                {
                    int member;
                    do
                        component[member = stack.Pop()] = components;
                    while (member != node);
                    components++;
                }
            }
        }

        return component;
    }
}

/// <summary>Splits ranges of code points into ranges of UTF-8 bytes, place by place.</summary>
internal static class Utf8Ranges
{
    private static readonly int[] LastOfLength = [0x7F, 0x7FF, 0xFFFF, CodePoints.Last];

    public static void Split(int low, int high, List<(byte Low, byte High)[]> result)
    {
        foreach (var last in LastOfLength)
        {
            if (low > high)
                return;
            if (low > last)
                continue;
            SplitSameLength(low, Math.Min(high, last), result);
            low = last + 1;
        }
    }

    private static void SplitSameLength(int low, int high, List<(byte Low, byte High)[]> result)
    {
        // Where the last i places of both are not the full 00..3F range, the range is cut at such a border.
        for (var i = 1; i < 4; i++)
        {
            var mask = (1 << (6 * i)) - 1;
            if ((low & ~mask) == (high & ~mask))
                continue;
            if ((low & mask) != 0)
            {
                SplitSameLength(low, low | mask, result);
                SplitSameLength((low | mask) + 1, high, result);
                return;
            }

            if ((high & mask) != mask)
            {
                SplitSameLength(low, (high & ~mask) - 1, result);
                SplitSameLength(high & ~mask, high, result);
                return;
            }
        }

        var (a, b) = (Bytes(low), Bytes(high));
        result.Add([.. a.Zip(b)]);
    }

    private static byte[] Bytes(int c) => c switch
    {
        <= 0x7F => [(byte)c],
        <= 0x7FF => [(byte)(0xC0 | (c >> 6)), Tail(c, 0)],
        <= 0xFFFF => [(byte)(0xE0 | (c >> 12)), Tail(c, 6), Tail(c, 0)],
        _ => [(byte)(0xF0 | (c >> 18)), Tail(c, 12), Tail(c, 6), Tail(c, 0)],
    };

    private static byte Tail(int c, int shift) => (byte)(0x80 | ((c >> shift) & 0x3F));
}
