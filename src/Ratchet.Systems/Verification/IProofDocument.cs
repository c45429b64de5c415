using Ratchet.Problems;

namespace Ratchet.Systems.Verification;

/// <summary>Reads the theorems of a verifier's native file, such as a Coq script.</summary>
public interface IProofDocument
{
    /// <summary>All finished and unfinished theorems of a file, in its order; at least one.</summary>
    /// <exception cref="StatementException">The text is no such file: what is wrong, with the place.</exception>
    IReadOnlyList<DocumentProof> Read(string text);
}

/// <summary>A theorem of a native file: names places in the file's text, and copies them out only when asked.</summary>
/// <param name="Name">Its name in the file; a number where it has none.</param>
/// <param name="Text">The file.</param>
/// <param name="StatementRange">Place of the statement in the form that the verifier reads, with whatever goes before it in the file.</param>
/// <param name="ProofRange">Place of the proof.</param>
/// <param name="Lead">What is put before the proof to give it the form that the verifier reads; empty in most forms.</param>
public sealed record DocumentProof(string Name, string Text, Range StatementRange, Range ProofRange, string Lead = "")
{
    /// <summary>The statement.</summary>
    public string Statement => Text[StatementRange];

    /// <summary>The proof as the verifier is given it.</summary>
    public string Proof => Lead.Length == 0 ? Text[ProofRange] : Lead + Text[ProofRange];

    /// <summary>Character offset of the proof in the file.</summary>
    public int ProofStart => ProofRange.Start.GetOffset(Text.Length);

    /// <summary>The offset in the file that an offset in <see cref="Proof"/> shows.</summary>
    public int OffsetInText(int offset) => ProofStart + Math.Max(0, offset - Lead.Length);
}
