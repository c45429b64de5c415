using Ratchet.Problems;

namespace Ratchet.Proving;

/// <summary>A moment in the making of a proof: what is still to be shown, and the steps that led here.</summary>
/// <remarks>
/// A state is plain data. An environment may keep a live session for it, but can always rebuild that session by running
/// <see cref="Path"/> from the start, so a state may be kept, written down, and returned to in any order.
/// </remarks>
public sealed record ProofState
{
    /// <summary>Problem that the proof is for.</summary>
    public required Problem Problem { get; init; }

    /// <summary>Steps from the start to here, in order; each is a text that <see cref="IProofEnvironment.RunAsync"/> took.</summary>
    public required IReadOnlyList<string> Path { get; init; }

    /// <summary>Open goals in the order in which steps meet them, each as the verifier shows it; never empty.</summary>
    public required IReadOnlyList<string> Goals { get; init; }

    /// <summary>
    /// Hash of the open goals' normal form (hexadecimal). Two states of one problem with the same key are the same for search,
    /// whatever paths led to them; numbering by which a verifier tells its goals apart is not part of it.
    /// </summary>
    public required string Key { get; init; }
}
