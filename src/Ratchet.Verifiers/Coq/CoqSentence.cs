namespace Ratchet.Verifiers.Coq;

/// <summary>One sentence of Coq: a command or tactic with its dot, a bullet, or a brace with its selector.</summary>
/// <param name="Start">Zero-based character offset of its first character that is neither blank nor comment.</param>
/// <param name="Text">Its text from there to its end, comments replaced by as many blanks (line breaks kept), so that what is judged is what Coq reads.</param>
internal readonly record struct CoqSentence(int Start, string Text)
{
    /// <summary>Exclusive end offset.</summary>
    public int End => Start + Text.Length;

    /// <summary>Its words and signs without the blanks between, for comparisons.</summary>
    public string Normal => string.Join(' ', Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
