namespace Ratchet.Verifiers.Pddl;

/// <summary>What a search came to.</summary>
public sealed record PlannerResult
{
    /// <summary>How it ended.</summary>
    public required PlannerOutcome Outcome { get; init; }

    /// <summary>A cheapest plan where <see cref="Outcome"/> is <see cref="PlannerOutcome.Solved"/>, else null.</summary>
    public IReadOnlyList<PlanStep>? Plan { get; init; }

    /// <summary>Cost of <see cref="Plan"/>: total cost where the problem asks for it, else its length.</summary>
    public long Cost { get; init; }

    /// <summary>The limit that was reached, in words, where <see cref="Outcome"/> is <see cref="PlannerOutcome.LimitReached"/>.</summary>
    public string? Limit { get; init; }

    /// <summary>Facts of the ground problem that can change and matter.</summary>
    public int Facts { get; init; }

    /// <summary>Ground operators.</summary>
    public int Operators { get; init; }

    /// <summary>The heuristic's lower bound at the start state; null where it shows that there is no plan, or nothing was searched.</summary>
    public int? StartBound { get; init; }

    /// <summary>States expanded.</summary>
    public long Expanded { get; init; }

    /// <summary>Successors generated.</summary>
    public long Generated { get; init; }

    /// <summary>Different states reached.</summary>
    public int States { get; init; }
}

/// <summary>How a search ended.</summary>
public enum PlannerOutcome
{
    /// <summary>A cheapest plan was found.</summary>
    Solved,

    /// <summary>There is no plan: the whole reachable space was searched, or the bound shows it.</summary>
    Unsolvable,

    /// <summary>A limit came first; nothing is known.</summary>
    LimitReached,
}
