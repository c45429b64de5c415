namespace Ratchet.Domains.Metamath;

/// <summary>What a <see cref="MetamathVerifier"/> lets pass.</summary>
public sealed record MetamathVerifierOptions
{
    /// <summary>Labels of the axioms that proofs may rest on, through any number of theorems; null for all axioms of the database. Syntax is always allowed.</summary>
    public IReadOnlySet<string>? AllowedAxioms { get; init; }

    /// <summary>Whether definitions (<c>df-...</c>) may be used beside the allowed axioms. Default true. Of no effect where all axioms are allowed.</summary>
    public bool AllowDefinitions { get; init; } = true;

    /// <summary>Threads for the one check of the whole database that the constructor makes, from 1. Default 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Longest proof in characters; longer ones are unknown. Default 1,048,576, at least 1.</summary>
    public int MaxProofLength { get; init; } = 1 << 20;
}
