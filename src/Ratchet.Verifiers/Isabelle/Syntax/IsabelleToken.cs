namespace Ratchet.Verifiers.Isabelle.Syntax;

/// <summary>A token of Isabelle's outer syntax; comments and white space are between tokens.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Zero-based character offset of its first character.</param>
/// <param name="End">Offset after its last character.</param>
/// <param name="Text">Its characters.</param>
internal readonly record struct IsabelleToken(IsabelleTokenKind Kind, int Start, int End, string Text)
{
    /// <summary>Whether it is the word <paramref name="text"/>.</summary>
    public bool IsWord(string text) => Kind == IsabelleTokenKind.Word && Text == text;

    /// <summary>Whether it is the sign <paramref name="text"/>.</summary>
    public bool IsSymbol(string text) => Kind == IsabelleTokenKind.Symbol && Text == text;
}
