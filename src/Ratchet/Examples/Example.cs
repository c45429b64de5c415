namespace Ratchet.Examples;

/// <summary>One row that a learner sees: ids, which of them are targets, a weight, and where the row came from.</summary>
public sealed record Example
{
    /// <summary>Stable identifier within a run: <c>seed/p3</c> or the attempt's identifier.</summary>
    public required string Id { get; init; }

    /// <summary>All ids, begin and end marks included.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>
    /// Index of the first target: positions <c>[TargetStart, Ids.Count)</c> are predicted and carry loss, earlier ones are
    /// context only. At least 1.
    /// </summary>
    public required int TargetStart { get; init; }

    /// <summary>
    /// Parts of the targets that carry no loss after all, because a tool wrote them and not the model: in order, apart, within
    /// <c>[TargetStart, Ids.Count)</c>. Empty for most rows.
    /// </summary>
    public IReadOnlyList<IdSpan> Masked { get; init; } = [];

    /// <summary>Number of ids that carry loss.</summary>
    public int Targets => Ids.Count - TargetStart - Masked.Sum(s => s.End - s.Start);

    /// <summary>Factor on the row's loss; 1 is neutral, never negative.</summary>
    public float Weight { get; init; } = 1f;

    /// <summary>Problem that the row solves.</summary>
    public required string ProblemId { get; init; }

    /// <summary>Attempts (text form of their identifiers) that the row was made from; empty for a reference solution.</summary>
    public required IReadOnlyList<string> AttemptIds { get; init; }

    /// <summary>Whether the id at an index carries loss.</summary>
    public bool IsTarget(int index) => index >= TargetStart && index < Ids.Count && !IdSpan.Contains(Masked, index);
}

/// <summary>Neighbouring ids: the indices <c>[Start, End)</c>.</summary>
/// <param name="Start">First index.</param>
/// <param name="End">One past the last index; above <paramref name="Start"/>.</param>
public readonly record struct IdSpan(int Start, int End)
{
    /// <summary>Whether an index lies in one of some spans.</summary>
    public static bool Contains(IReadOnlyList<IdSpan> spans, int index)
    {
        ArgumentNullException.ThrowIfNull(spans);
        for (var i = 0; i < spans.Count; i++)
        {
            if (index >= spans[i].Start && index < spans[i].End)
                return true;
        }

        return false;
    }
}
