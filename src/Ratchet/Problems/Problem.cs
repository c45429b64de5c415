namespace Ratchet.Problems;

/// <summary>A statement in a domain that a proposer is asked to solve.</summary>
/// <remarks>
/// A problem never carries its gold answer: references live in <see cref="ProblemSet.References"/>, which only
/// verifiers and learners are given.
/// </remarks>
public sealed record Problem
{
    /// <summary>Stable identifier, unique within a run: a short text without white space.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the domain, for example <c>propositional</c>.</summary>
    public required string Domain { get; init; }

    /// <summary>The statement in the domain's concrete syntax.</summary>
    public required string Statement { get; init; }

    /// <summary>
    /// Hash of the statement's canonical form (hexadecimal). Two problems that differ only in naming or in the order of
    /// commutative parts have the same hash; splits and contamination checks go by it.
    /// </summary>
    public required string CanonicalHash { get; init; }

    /// <summary>The part of the data that the problem belongs to.</summary>
    public required Split Split { get; init; }

    /// <summary>Where the problem came from.</summary>
    public Provenance Provenance { get; init; } = Provenance.Given;

    /// <summary>Name of the difficulty class that evaluation reports by, for example <c>depth 3-4</c>.</summary>
    public string Stratum { get; init; } = "all";

    /// <summary>Identifier of the problem that this one was derived from, or null.</summary>
    public string? ParentId { get; init; }
}

/// <summary>The part of the data that a problem belongs to.</summary>
public enum Split
{
    /// <summary>Problems whose reference solutions train the start model.</summary>
    Seed,

    /// <summary>Problems that the loop proposes on and learns from.</summary>
    Train,

    /// <summary>Problems that only evaluation sees: never selected from, never trained on.</summary>
    Heldout,
}

/// <summary>Where a problem came from.</summary>
public enum Provenance
{
    /// <summary>Given by the user or a data set.</summary>
    Given,

    /// <summary>Drawn by a domain's generator.</summary>
    Generated,

    /// <summary>Written by a conjecturing model.</summary>
    Conjectured,

    /// <summary>A subgoal of another problem.</summary>
    Subgoal,

    /// <summary>The negation of another problem.</summary>
    Negation,
}
