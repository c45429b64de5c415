namespace Ratchet.Selection;

/// <summary>What selection kept and left out, and why: <c>Judged == Selected + sum of Dropped</c>.</summary>
public sealed record SelectionReport
{
    /// <summary>Round that selection ended.</summary>
    public required int Round { get; init; }

    /// <summary>Judged attempts looked at, all rounds.</summary>
    public required int Judged { get; init; }

    /// <summary>Attempts that became rows.</summary>
    public required int Selected { get; init; }

    /// <summary>Problems with at least one row, seed rows not counted.</summary>
    public required int Problems { get; init; }

    /// <summary>Seed rows among the rows, repetitions included.</summary>
    public required int SeedRows { get; init; }

    /// <summary>Rows in all.</summary>
    public required int Rows { get; init; }

    /// <summary>Target tokens of all rows: what one epoch learns from.</summary>
    public required long TargetTokens { get; init; }

    /// <summary>Attempts left out, by the first rule that left them out.</summary>
    public required IReadOnlyDictionary<DropReason, int> Dropped { get; init; }

    /// <summary><c>shuffled verdicts</c>, <c>seed only</c>, or null for selection as it is meant.</summary>
    public string? Control { get; init; }
}

/// <summary>Why an attempt is no training row. Each attempt counts at the first rule that applies, in this order.</summary>
public enum DropReason
{
    /// <summary>Its round is older than the replay setting allows.</summary>
    NotReplayed,

    /// <summary>Its verdict is unknown.</summary>
    Unknown,

    /// <summary>It was only checked as a guide, not in full.</summary>
    NotFullyChecked,

    /// <summary>It does not end with the end token: it was cut by the length limit or cancelled.</summary>
    NotEnded,

    /// <summary>It was rejected (after shuffling, in that control).</summary>
    Rejected,

    /// <summary>Its problem's pass rate in that round is outside the window.</summary>
    OutsidePassRate,

    /// <summary>The same text was already kept for the problem.</summary>
    Duplicate,

    /// <summary>Enough other proofs of the problem were kept.</summary>
    OverLimit,

    /// <summary>The seed-only control leaves out all attempts.</summary>
    SeedOnly,
}
