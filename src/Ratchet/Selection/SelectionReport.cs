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

    /// <summary>The report as counts by name, as the journal records it.</summary>
    public IReadOnlyDictionary<string, int> ToCounts()
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal)
        {
            ["judged"] = Judged,
            ["selected"] = Selected,
            ["problems"] = Problems,
            ["seed_rows"] = SeedRows,
            ["rows"] = Rows,
            ["target_tokens"] = (int)Math.Min(TargetTokens, int.MaxValue),
        };
        foreach (var (reason, count) in Dropped)
            counts[DroppedPrefix + reason] = count;
        if (Control is not null)
            counts[ControlPrefix + Control] = 1;
        return counts;
    }

    /// <summary>Reads what <see cref="ToCounts"/> wrote; names that it does not know are passed over.</summary>
    public static SelectionReport FromCounts(int round, IReadOnlyDictionary<string, int> counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        var dropped = new SortedDictionary<DropReason, int>();
        string? control = null;
        foreach (var (name, count) in counts)
        {
            if (name.StartsWith(DroppedPrefix, StringComparison.Ordinal) && Enum.TryParse<DropReason>(name[DroppedPrefix.Length..], out var reason))
                dropped[reason] = count;
            else if (name.StartsWith(ControlPrefix, StringComparison.Ordinal))
                control = name[ControlPrefix.Length..];
        }

        return new SelectionReport
        {
            Round = round,
            Judged = counts.GetValueOrDefault("judged"),
            Selected = counts.GetValueOrDefault("selected"),
            Problems = counts.GetValueOrDefault("problems"),
            SeedRows = counts.GetValueOrDefault("seed_rows"),
            Rows = counts.GetValueOrDefault("rows"),
            TargetTokens = counts.GetValueOrDefault("target_tokens"),
            Dropped = dropped,
            Control = control,
        };
    }

    private const string DroppedPrefix = "dropped: ";
    private const string ControlPrefix = "control: ";
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

    /// <summary>The same ids were already kept for the problem.</summary>
    Duplicate,

    /// <summary>Enough other proofs of the problem were kept.</summary>
    OverLimit,

    /// <summary>The seed-only control leaves out all attempts.</summary>
    SeedOnly,
}
