namespace Ratchet.Domains.Propositional.Syntax;

/// <summary>The shapes of a propositional formula.</summary>
internal enum FormulaKind : byte
{
    /// <summary>A propositional variable.</summary>
    Atom,

    /// <summary>The true proposition.</summary>
    True,

    /// <summary>The absurd proposition.</summary>
    False,

    /// <summary><c>~ A</c>, by definition <c>A -> False</c>.</summary>
    Not,

    /// <summary><c>A /\ B</c>.</summary>
    And,

    /// <summary><c>A \/ B</c>.</summary>
    Or,

    /// <summary><c>A &lt;-> B</c>, by definition <c>(A -> B) /\ (B -> A)</c>.</summary>
    Iff,

    /// <summary><c>A -> B</c>.</summary>
    Implies,
}
