namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>A word or a parenthesised list.</summary>
internal abstract class Node(int start)
{
    /// <summary>Zero-based character offset of the first character.</summary>
    public int Start { get; } = start;
}

/// <summary>A word, in lower case: PDDL does not tell cases apart.</summary>
internal sealed class WordNode(int start, string text) : Node(start)
{
    public string Text { get; } = text;

    public bool IsVariable => Text.Length > 1 && Text[0] == '?';

    public override string ToString() => Text;
}

/// <summary>A list.</summary>
internal sealed class ListNode(int start) : Node(start)
{
    public List<Node> Items { get; } = [];

    /// <summary>The first word, or null where the list is empty or starts with a list.</summary>
    public string? Head => Items.Count > 0 && Items[0] is WordNode word ? word.Text : null;

    public override string ToString() => $"({string.Join(' ', Items)})";
}
