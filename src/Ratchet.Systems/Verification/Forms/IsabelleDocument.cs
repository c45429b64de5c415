using Ratchet.Problems;
using Ratchet.Verifiers.Isabelle;

namespace Ratchet.Systems.Verification.Forms;

/// <summary>The last theorem of an Isabelle theory. Those before it are part of its statement, so that Isabelle reads their proofs too, and none may have a hole.</summary>
internal sealed class IsabelleDocument : IProofDocument
{
    /// <summary>How Isar proofs are spoilt.</summary>
    public static ProofSyntax Syntax { get; } = new() { Steps = TextLines.Split, Hole = "sorry", FalseStatement = FalseStatement };

    public IReadOnlyList<DocumentProof> Read(string text)
    {
        var (name, statement, proof) = IsabelleScript.LastTheorem(text);
        return [new DocumentProof(name, text, statement, proof)];
    }

    private static string? FalseStatement(string statement)
    {
        try
        {
            _ = IsabelleStatement.Parse(statement);
        }
        catch (StatementException)
        {
            return null;
        }

        // The imports alone: whatever was defined after them, False stays false.
        var begin = statement.IndexOf("begin", StringComparison.Ordinal) + "begin".Length;
        return statement[..begin] + "\n\ntheorem ratchet_false: \"False\"";
    }
}
