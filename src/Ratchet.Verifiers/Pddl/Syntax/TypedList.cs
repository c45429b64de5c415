namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>Reads lists such as <c>a b - block ?x - (either t u) c</c>.</summary>
internal static class TypedList
{
    /// <summary>Names with the nodes of their types; no type node where none is written.</summary>
    public static List<(WordNode Name, Node? Type)> Read(IEnumerable<Node> items, SourceText source, string what)
    {
        var result = new List<(WordNode, Node?)>();
        var untyped = 0;
        WordNode? dash = null;
        foreach (var item in items)
        {
            if (dash is not null)
            {
                if (untyped == result.Count)
                    source.Error(dash, $"A '-' without {what}s before it.");
                for (; untyped < result.Count; untyped++)
                    result[untyped] = (result[untyped].Item1, item);
                dash = null;
            }
            else if (item is WordNode { Text: "-" } word)
            {
                dash = word;
            }
            else if (item is WordNode { Text: ['-', _, ..] } glued)
            {
                // "?x -block": the space after the dash is often forgotten.
                for (; untyped < result.Count; untyped++)
                    result[untyped] = (result[untyped].Item1, new WordNode(glued.Start + 1, glued.Text[1..]));
            }
            else if (item is WordNode name)
            {
                result.Add((name, null));
            }
            else
            {
                source.Error(item, $"A {what} is expected, not a list.");
            }
        }

        if (dash is not null)
            source.Error(dash, "A '-' without a type after it.");
        return result;
    }

    /// <summary>The types that a type node names.</summary>
    public static int[] Types(Node? node, TypeTable table, SourceText source)
    {
        switch (node)
        {
            case null:
                return TypeTable.Any;
            case WordNode word:
                return [Find(word, table, source)];
            case ListNode { Head: "either", Items.Count: > 1 } list:
                var types = new List<int>();
                foreach (var item in list.Items.Skip(1))
                {
                    if (item is WordNode word)
                        types.Add(Find(word, table, source));
                    else
                        source.Error(item, "A type is expected, not a list.");
                }

                return types.Count > 0 ? [.. types.Distinct()] : TypeTable.Any;
            default:
                source.Error(node, "A type, or (either TYPE ...), is expected.");
                return TypeTable.Any;
        }
    }

    /// <summary>Variables of a parameter list or quantifier.</summary>
    public static Variable[] Variables(ListNode list, Scope scope, SourceText source)
    {
        var result = new List<Variable>();
        foreach (var (name, type) in Read(list.Items, source, "variable"))
        {
            if (!name.IsVariable)
                source.Error(name, $"A variable such as ?x is expected, not '{NodeReader.Shown(name.Text)}'.");
            else if (result.Exists(v => v.Name == name.Text))
                source.Error(name, $"The variable {NodeReader.Shown(name.Text)} stands twice in one list.");
            else
                result.Add(new Variable(scope.NewSlot(), Types(type, scope.Types, source), name.Text));
        }

        return [.. result];
    }

    private static int Find(WordNode word, TypeTable table, SourceText source)
    {
        if (table.TryFind(word.Text, out var type))
            return type;
        source.Error(word, $"There is no type '{NodeReader.Shown(word.Text)}'.{Requirements.Nearest(word.Text, table.Names)}");
        return 0;
    }
}
