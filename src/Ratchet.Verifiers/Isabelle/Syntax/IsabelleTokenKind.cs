namespace Ratchet.Verifiers.Isabelle.Syntax;

/// <summary>What a token of Isabelle's outer syntax is.</summary>
internal enum IsabelleTokenKind
{
    /// <summary>A name, dots included, or a keyword.</summary>
    Word,

    /// <summary>A number.</summary>
    Number,

    /// <summary>Inner syntax or a name in double quotes or back quotes.</summary>
    String,

    /// <summary>Text between nested cartouche brackets, or the old verbatim brackets.</summary>
    Cartouche,

    /// <summary>A schematic or type variable.</summary>
    Variable,

    /// <summary>Any other sign.</summary>
    Symbol,
}
