namespace Ratchet.Domains.Metamath;

/// <summary>The four kinds of labelled statements.</summary>
public enum MetamathStatementKind
{
    /// <summary><c>$f</c>: a variable has a type.</summary>
    Floating,

    /// <summary><c>$e</c>: a hypothesis.</summary>
    Essential,

    /// <summary><c>$a</c>: an axiom, a definition or a rule of syntax.</summary>
    Axiom,

    /// <summary><c>$p</c>: a theorem with a proof.</summary>
    Theorem,
}
