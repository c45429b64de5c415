using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;

namespace Ratchet.Search;

/// <summary>What a search is to prove.</summary>
public sealed record SearchTask
{
    /// <summary>The problem.</summary>
    public required Problem Problem { get; init; }

    /// <summary>Where the search's draws come from; theorems of one call should each have a stream of their own.</summary>
    public required RandomStream Stream { get; init; }

    /// <summary>State to begin at; null opens the problem.</summary>
    public ProofState? Start { get; init; }

    /// <summary>
    /// Only the first goal of <see cref="Start"/> is to be proved: the search ends at a state whose goals are the others. Its path is not validated by a verifier, since the whole proof is
    /// not there yet.
    /// </summary>
    public bool FirstGoalOnly { get; init; }

    /// <summary>Tasks with the same name are attempts at one thing: when one of them has found, the others end. Null for none.</summary>
    public string? Group { get; init; }

    /// <summary>Settings of this theorem; null takes the engine's.</summary>
    public SearchOptions? Options { get; init; }

    /// <summary>The result keeps its search, so that it can be gone on with.</summary>
    internal bool Keep { get; init; }

    /// <summary>
    /// The search to go on with, with the budget of the new call; its own task counts. Null begins a new one. The result has what this call alone took.
    /// </summary>
    internal TheoremSearch? Continued { get; init; }
}
