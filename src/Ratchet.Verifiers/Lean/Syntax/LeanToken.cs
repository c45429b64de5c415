namespace Ratchet.Verifiers.Lean.Syntax;

/// <summary>A token of Lean source text; comments and white space are between tokens.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Zero-based character offset of its first character.</param>
/// <param name="End">Offset after its last character.</param>
/// <param name="Text">Its characters.</param>
internal readonly record struct LeanToken(LeanTokenKind Kind, int Start, int End, string Text)
{
    /// <summary>Whether it is the word <paramref name="text"/>.</summary>
    public bool IsWord(string text) => Kind == LeanTokenKind.Word && Text == text;

    /// <summary>Whether it is the symbol <paramref name="text"/>.</summary>
    public bool IsSymbol(string text) => Kind == LeanTokenKind.Symbol && Text == text;
}
