using Ratchet.Problems;

namespace Ratchet.Systems.Verification;

/// <summary>Reads the theorems of a verifier's native file, such as a Coq script.</summary>
public interface IProofDocument
{
    /// <summary>All finished and unfinished theorems of a file, in its order.</summary>
    /// <exception cref="StatementException">The text is no such file: what is wrong, with the place.</exception>
    IReadOnlyList<DocumentProof> Read(string text);
}

/// <summary>A theorem of a native file.</summary>
/// <param name="Name">Its name in the file; a number where it has none.</param>
/// <param name="Statement">Statement in the form that the verifier reads, with whatever goes before it in the file.</param>
/// <param name="Proof">Proof: a part of the file's text, beginning at <paramref name="ProofStart"/>.</param>
/// <param name="ProofStart">Character offset of the proof in the file.</param>
public sealed record DocumentProof(string Name, string Statement, string Proof, int ProofStart);
