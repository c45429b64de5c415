using Ratchet.Proving;
using Ratchet.Verdicts;

namespace Ratchet.Search.Trees;

/// <summary>A state that a search has come to, with what it tried there.</summary>
/// <remarks>Belongs to the search; read it from the thread that runs it, or when it has ended.</remarks>
public sealed class SearchNode
{
    private readonly List<SearchEdge> _edges = [];

    internal SearchNode(int id, ProofState state, SearchNode? parent, string? step, double logProbability, double pathLogProbability, double score)
    {
        (Id, State, Parent, Step, LogProbability, PathLogProbability, Score) = (id, state, parent, step, logProbability, pathLogProbability, score);
        Depth = parent is null ? 0 : parent.Depth + 1;
    }

    /// <summary>Number in order of discovery; the start is 0.</summary>
    public int Id { get; }

    /// <summary>State.</summary>
    public ProofState State { get; }

    /// <summary>Node that the state was first reached from; null for the start.</summary>
    public SearchNode? Parent { get; }

    /// <summary>Step that led here from <see cref="Parent"/>; null for the start.</summary>
    public string? Step { get; }

    /// <summary>Log-probability of the step, as the score counts it.</summary>
    public double LogProbability { get; }

    /// <summary>Steps from the start of the search.</summary>
    public int Depth { get; }

    /// <summary>Sum of the log-probabilities of the steps from the start.</summary>
    public double PathLogProbability { get; }

    /// <summary>Length-normalised score; 0 for the start.</summary>
    public double Score { get; }

    /// <summary>Times that the node was expanded.</summary>
    public int Expansions { get; internal set; }

    /// <summary>Steps tried here, in order.</summary>
    public IReadOnlyList<SearchEdge> Edges => _edges;

    /// <summary>Visits of tree search.</summary>
    internal int Visits { get; set; }

    /// <summary>Sum of the values that visits brought back.</summary>
    internal double Value { get; set; }

    /// <summary>Visits that are under way.</summary>
    internal int Pending { get; set; }

    /// <summary>Nothing below can be expanded any more.</summary>
    internal bool IsDead { get; set; }

    internal void Add(SearchEdge edge) => _edges.Add(edge);

    /// <summary>Whether a step was tried here and answered.</summary>
    internal bool HasTried(string step) => _edges.Exists(e => e.Step == step && e.Kind != EdgeKind.Unknown);

    /// <summary>Whether a state is among those that led here, this one included.</summary>
    internal bool IsOnPath(string key)
    {
        for (var node = this; node is not null; node = node.Parent)
        {
            if (node.State.Key == key)
                return true;
        }

        return false;
    }
}

/// <summary>A step that was tried at a node.</summary>
/// <param name="Step">The step.</param>
/// <param name="LogProbability">Its log-probability, all tokens together.</param>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Kind">What it led to.</param>
/// <param name="To">Node that it led to; null where it led to none.</param>
/// <param name="Reason">Why it led nowhere; null where it led somewhere.</param>
/// <param name="Message">What the environment or the verifier said; null where there is nothing to say.</param>
public sealed record SearchEdge(string Step, double LogProbability, int Tokens, EdgeKind Kind, SearchNode? To = null, VerdictReason? Reason = null, string? Message = null)
{
    /// <summary>Mean log-probability of a token, as proposed.</summary>
    public double MeanLogProbability { get; init; }
}

/// <summary>What a step led to.</summary>
public enum EdgeKind
{
    /// <summary>A state that was not known.</summary>
    New,

    /// <summary>A state that was known by another path.</summary>
    Known,

    /// <summary>A state on the path to the node itself.</summary>
    Cycle,

    /// <summary>A state that is deeper than the search goes.</summary>
    TooDeep,

    /// <summary>A proof that replay and verifier accepted.</summary>
    Proved,

    /// <summary>A path that the environment called finished and the full check refused.</summary>
    Refused,

    /// <summary>Nothing: the step does not apply.</summary>
    Failed,

    /// <summary>A hole.</summary>
    GaveUp,

    /// <summary>Nothing was found out: time-out, crash, limit.</summary>
    Unknown,
}
