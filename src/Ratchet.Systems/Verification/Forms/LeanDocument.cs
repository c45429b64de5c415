using Ratchet.Verifiers.Lean;

namespace Ratchet.Systems.Verification.Forms;

/// <summary>Theorems of a Lean file. The statement is everything before the theorem's <c>:=</c>; a proof that is a term becomes the tactic <c>exact</c>.</summary>
internal sealed class LeanDocument : IProofDocument
{
    /// <summary>How Lean proofs are spoilt.</summary>
    public static ProofSyntax Syntax { get; } = new() { Steps = TextLines.Split, Hole = "sorry", FalseStatement = FalseStatement };

    public IReadOnlyList<DocumentProof> Read(string text) =>
        [.. LeanScript.Theorems(text).Select(t => new DocumentProof(t.Name, text, ..t.Declaration.End, t.Proof, t.IsTactics ? "" : "exact "))];

    private static string? FalseStatement(string statement)
    {
        // The statement stops before its proof, so a proof is lent to it to find where its last theorem begins.
        var end = statement.LastIndexOf(":=", StringComparison.Ordinal);
        try
        {
            var theorems = LeanScript.Theorems((end < 0 ? statement : statement[..end]) + " := by trivial\n");
            return statement[..theorems[^1].Declaration.Start.Value] + "theorem ratchet_false : False := by";
        }
        catch (Problems.StatementException)
        {
            return null;
        }
    }
}
