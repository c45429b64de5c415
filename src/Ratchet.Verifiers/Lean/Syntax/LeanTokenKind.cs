namespace Ratchet.Verifiers.Lean.Syntax;

/// <summary>What a token of Lean source text is.</summary>
internal enum LeanTokenKind
{
    /// <summary>An identifier, dots included, or a keyword: Lean tells them apart by a table that imports extend.</summary>
    Word,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A string, or the part of an interpolated string up to the next hole.</summary>
    String,

    /// <summary>A character in single quotes.</summary>
    Character,

    /// <summary>Any other character, each by itself.</summary>
    Symbol,
}
