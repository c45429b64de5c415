using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Search.Trees;
using Ratchet.Verdicts;

namespace Ratchet.Search;

/// <summary>How a search ended.</summary>
public enum SearchStatus
{
    /// <summary>There is a proof: replayed, and accepted by the verifier.</summary>
    Proved,

    /// <summary>The first goal of the start state is closed (<see cref="SearchTask.FirstGoalOnly"/>).</summary>
    GoalClosed,

    /// <summary>The goal cannot be proved: a refuter says so.</summary>
    Refuted,

    /// <summary>No node was left to expand: all that the policy proposes leads nowhere, within the depth limit.</summary>
    Exhausted,

    /// <summary>A limit of the budget was reached.</summary>
    OutOfBudget,

    /// <summary>The problem could not be opened: its statement is refused, or the verifier was not there.</summary>
    NotOpened,

    /// <summary>The search was cancelled.</summary>
    Cancelled,
}

/// <summary>What a search found.</summary>
public sealed record SearchResult
{
    /// <summary>Problem.</summary>
    public required Problem Problem { get; init; }

    /// <summary>How it ended.</summary>
    public required SearchStatus Status { get; init; }

    /// <summary>Why, in a few words.</summary>
    public required string Message { get; init; }

    /// <summary>Steps of the proof from the problem's start; empty where there is none.</summary>
    public IReadOnlyList<string> Path { get; init; } = [];

    /// <summary>The proof as the verifier reads it; null where there is none.</summary>
    public string? Proof { get; init; }

    /// <summary>The verifier's verdict on <see cref="Proof"/>.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>State after the first goal was closed (<see cref="SearchStatus.GoalClosed"/>).</summary>
    public ProofState? End { get; init; }

    /// <summary>Steps on the way to the proof with the states that they were taken in.</summary>
    public IReadOnlyList<ProvedStep> Steps { get; init; } = [];

    /// <summary>Nodes that were expanded.</summary>
    public required int Expansions { get; init; }

    /// <summary>Steps that the environment ran, and full checks of finished paths.</summary>
    public required int VerifierCalls { get; init; }

    /// <summary>Tokens of steps that the policy's model wrote or ranked.</summary>
    public required long Tokens { get; init; }

    /// <summary>States in the tree.</summary>
    public required int Nodes { get; init; }

    /// <summary>Steps that came to no end, by reason.</summary>
    public required IReadOnlyDictionary<VerdictReason, int> Unknown { get; init; }

    /// <summary>What happened beside the plain course: time-outs, crashes, refused proofs, restarts, and the end.</summary>
    public required IReadOnlyList<SearchEvent> Story { get; init; }

    /// <summary>Root of the tree; null where no tree is kept or the problem could not be opened.</summary>
    public SearchNode? Root { get; init; }

    /// <summary>Wall seconds from the theorem's start to its end, other theorems of the same calls included.</summary>
    public double WallSeconds { get; init; }

    /// <summary>The search, where <see cref="SearchTask.Keep"/> asks for it.</summary>
    internal TheoremSearch? Search { get; init; }

    /// <summary>There is a proof, or the goal that was asked for is closed.</summary>
    public bool IsFound => Status is SearchStatus.Proved or SearchStatus.GoalClosed;
}

/// <summary>A step of a found proof.</summary>
/// <param name="State">State in which it was taken.</param>
/// <param name="Edge">The step with its log-probability.</param>
/// <param name="Errors">Steps that were tried in the same state and that the environment refused.</param>
public sealed record ProvedStep(ProofState State, SearchEdge Edge, IReadOnlyList<SearchEdge> Errors);

/// <summary>Something worth telling about a search.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Node">Node, or -1.</param>
/// <param name="Step">Step, or null.</param>
/// <param name="Message">In words.</param>
public sealed record SearchEvent(SearchEventKind Kind, int Node, string? Step, string Message);

/// <summary>Kinds of <see cref="SearchEvent"/>.</summary>
public enum SearchEventKind
{
    /// <summary>The search began.</summary>
    Began,

    /// <summary>A step did not come to an end.</summary>
    StepUnknown,

    /// <summary>A finished path did not pass the full check.</summary>
    ProofRefused,

    /// <summary>No node was left, and the search began again with new draws.</summary>
    Restarted,

    /// <summary>A plan was made, checked or dropped.</summary>
    Planned,

    /// <summary>A subgoal was closed, refuted, or taken from the cache.</summary>
    Subgoal,

    /// <summary>The search ended.</summary>
    Ended,
}
