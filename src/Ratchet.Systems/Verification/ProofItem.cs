namespace Ratchet.Systems.Verification;

/// <summary>A proof to judge, with the statement that it is to prove.</summary>
public sealed record ProofItem
{
    /// <summary>Short identifier, without white space.</summary>
    public required string Id { get; init; }

    /// <summary>Statement in the form that the verifier reads.</summary>
    public required string Statement { get; init; }

    /// <summary>Proof, answer or plan in the form that the verifier reads.</summary>
    public required string Proof { get; init; }

    /// <summary>What a right answer is compared with, for verifiers that compare; null elsewhere.</summary>
    public string? Reference { get; init; }

    /// <summary>
    /// The statement comes from somebody who is not trusted with this machine, such as a client of the service: verifiers then refuse statements that
    /// assume something or make a tool act.
    /// </summary>
    public bool Untrusted { get; init; }

    /// <summary>Class that results are grouped by.</summary>
    public string Stratum { get; init; } = "all";

    /// <summary>File that the item came from, or a word for it such as <c>-</c> for standard input.</summary>
    public string Source { get; init; } = "";

    /// <summary>Line of the proof's first character in the source, from 1; 0 where there is none.</summary>
    public int Line { get; init; }
}
