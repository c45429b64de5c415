namespace Ratchet.Domains.Metamath;

/// <summary>What steps of a <see cref="MetamathEnvironment"/> may use, and how it writes proofs.</summary>
public sealed record MetamathEnvironmentOptions
{
    /// <summary>Labels that no step may use and no listing shows, such as near-duplicates of held-out theorems. Default none.</summary>
    public IReadOnlySet<string> Withheld { get; init; } = new HashSet<string>();

    /// <summary>Form of <see cref="MetamathEnvironment.ProofText(Problems.Problem, IReadOnlyList{string})"/>. Default compressed.</summary>
    public MetamathProofFormat Format { get; init; } = MetamathProofFormat.Compressed;
}
