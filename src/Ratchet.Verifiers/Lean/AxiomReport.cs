using Ratchet.Verifiers.Lean.Syntax;

namespace Ratchet.Verifiers.Lean;

/// <summary>What <c>#print axioms</c> said.</summary>
/// <param name="Theorem">The theorem it is about.</param>
/// <param name="Axioms">The axioms that it rests on.</param>
internal sealed record AxiomReport(string Theorem, IReadOnlyList<string> Axioms)
{
    /// <summary>Reads the message; null where it is none.</summary>
    public static AxiomReport? Parse(string message)
    {
        const string None = "' does not depend on any axioms";
        const string Some = "' depends on axioms: [";
        message = message.Trim();
        if (message.Length == 0 || message[0] != '\'')
            return null;
        if (message.EndsWith(None, StringComparison.Ordinal))
            return new AxiomReport(message[1..^None.Length], []);
        var at = message.IndexOf(Some, StringComparison.Ordinal);
        if (at < 0 || message[^1] != ']')
            return null;
        return new AxiomReport(message[1..at], message[(at + Some.Length)..^1].Split([',', ' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Whether the report is about a theorem; guillemets and the mark of private names aside.</summary>
    public bool IsAbout(string fullName)
    {
        var name = LeanName.Normal(Theorem);
        var wanted = LeanName.Normal(fullName);
        return name == wanted || (name.StartsWith("_private.", StringComparison.Ordinal) && name.EndsWith("." + wanted, StringComparison.Ordinal));
    }

    /// <summary>The audit that refuses an axiom: a hole, the compiler, or an axiom that is not on the list.</summary>
    public static string AuditOf(string axiom) =>
        axiom == "sorryAx" ? LeanWords.Hole
        : axiom is "Lean.ofReduceBool" or "Lean.ofReduceNat" or "Lean.trustCompiler" || axiom.Contains("._native.", StringComparison.Ordinal) ? LeanWords.Native
        : LeanWords.Axiom;
}
