namespace Ratchet.Verifiers.Pddl;

/// <summary>How to search and when to give up.</summary>
public sealed record PlannerOptions
{
    /// <summary>Lower bound that guides the search. Default: <see cref="PlannerHeuristic.LandmarkCut"/>. All give cheapest plans.</summary>
    public PlannerHeuristic Heuristic { get; init; } = PlannerHeuristic.LandmarkCut;

    /// <summary>Most different states. Default 2,000,000.</summary>
    public int MaxStates { get; init; } = 2_000_000;

    /// <summary>Most bytes for states, at least 1. Default 1 GiB; the ground problem comes on top.</summary>
    public long MaxMemoryBytes { get; init; } = 1L << 30;

    /// <summary>Most ground operators. Default 1,000,000.</summary>
    public int MaxOperators { get; init; } = 1_000_000;
}

/// <summary>Lower bounds on the cost to the goal.</summary>
public enum PlannerHeuristic
{
    /// <summary>LM-cut (Helmert and Domshlak 2009): few states, some work for each.</summary>
    LandmarkCut,

    /// <summary>h-max (Bonet and Geffner 2001): more states, less work for each.</summary>
    Max,

    /// <summary>None: all states up to the cost of the plan.</summary>
    Blind,
}
