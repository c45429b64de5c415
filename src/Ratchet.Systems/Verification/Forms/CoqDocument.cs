using Ratchet.Problems;
using Ratchet.Verifiers.Coq;

namespace Ratchet.Systems.Verification.Forms;

/// <summary>Theorems of a Coq script. The statement is everything up to and with the theorem's own sentence.</summary>
internal sealed class CoqDocument : IProofDocument
{
    /// <summary>How Coq proofs are spoilt.</summary>
    public static ProofSyntax Syntax { get; } = new() { Steps = Steps, Hole = "admit.", FalseStatement = FalseStatement };

    public IReadOnlyList<DocumentProof> Read(string text) => [.. CoqScript.Theorems(text).Select(t => new DocumentProof(t.Name, text, ..t.Sentence.End, t.Proof))];

    /// <summary>The sentences of a proof; none where it cannot be split.</summary>
    public static IReadOnlyList<Range> Steps(string proof)
    {
        try
        {
            return CoqScript.Sentences(proof);
        }
        catch (StatementException)
        {
            return [];
        }
    }

    private static string? FalseStatement(string statement)
    {
        var sentences = Steps(statement);
        while (sentences.Count > 0 && statement[sentences[^1]] is "Proof." or "Admitted.")
            sentences = [.. sentences.SkipLast(1)];
        return sentences.Count == 0 ? null : statement[..sentences[^1].Start.Value] + "Theorem ratchet_false : False.";
    }
}
