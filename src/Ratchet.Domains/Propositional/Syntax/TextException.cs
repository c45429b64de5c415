namespace Ratchet.Domains.Propositional.Syntax;

/// <summary>A mistake at a place in a text, inside this folder only.</summary>
internal sealed class TextException(string message, int start, int end, bool isLimit = false) : Exception(message)
{
    public int Start { get; } = start;

    public int End { get; } = end;

    /// <summary>True where the text is not wrong but larger than what is read.</summary>
    public bool IsLimit { get; } = isLimit;
}
