namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>Reads the parenthesised form of PDDL. Does not recurse, so deep nesting is a message and no crash.</summary>
internal static class NodeReader
{
    private const int MaxDepth = 200;

    /// <summary>The lists at the top of a text; wrong parentheses become mistakes of the text.</summary>
    public static List<ListNode> Read(SourceText source)
    {
        var top = new List<ListNode>();
        var open = new Stack<ListNode>();
        var text = source.Text;
        if (text.Length > SourceText.MaxLength)
        {
            source.Error(0, $"The text has {text.Length} characters; at most {SourceText.MaxLength} are read.");
            return top;
        }

        for (var i = 0; i < text.Length;)
        {
            var c = text[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (c == ';')
            {
                i = EndOfLine(text, i);
            }
            else if (c == '(')
            {
                if (open.Count >= MaxDepth)
                {
                    source.Error(i, $"Nested deeper than {MaxDepth} levels.");
                    return top;
                }

                var list = new ListNode(i++);
                if (open.TryPeek(out var parent))
                    parent.Items.Add(list);
                else
                    top.Add(list);
                open.Push(list);
            }
            else if (c == ')')
            {
                if (open.Count == 0)
                    source.Error(i, "A ')' without a '('.");
                else
                    open.Pop();
                i++;
            }
            else
            {
                i = Word(source, open, i);
            }
        }

        foreach (var list in open)
            source.Error(list, "This '(' is never closed.");
        return top;
    }

    public static int EndOfLine(string text, int start)
    {
        var end = text.IndexOf('\n', start);
        return end < 0 ? text.Length : end;
    }

    private static int Word(SourceText source, Stack<ListNode> open, int start)
    {
        var text = source.Text;
        var end = start;
        while (end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] is not ('(' or ')' or ';'))
            end++;
        var word = text[start..end].ToLowerInvariant();
        if (open.TryPeek(out var parent))
            parent.Items.Add(new WordNode(start, word));
        else
            source.Error(start, $"'{Shown(word)}' stands outside of all parentheses.");
        return end;
    }

    /// <summary>A word as messages show it.</summary>
    public static string Shown(string word) => word.Length <= 60 ? word : word[..60] + "...";
}
