namespace Ratchet.Domains.Propositional.Syntax;

/// <summary>Bounds on what is read, so that hostile text ends quickly and never overflows the stack.</summary>
internal static class SyntaxLimits
{
    /// <summary>Longest statement, in characters.</summary>
    public const int StatementLength = 20_000;

    /// <summary>Longest proof text, in characters.</summary>
    public const int ProofLength = 100_000;

    /// <summary>Deepest nesting of a formula, a term or a pattern.</summary>
    public const int Nesting = 300;
}
