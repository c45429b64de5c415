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

    /// <summary>Factor on the row's loss; 1 is neutral, never negative.</summary>
    public float Weight { get; init; } = 1f;

    /// <summary>Problem that the row solves.</summary>
    public required string ProblemId { get; init; }

    /// <summary>Attempts (text form of their identifiers) that the row was made from; empty for a reference solution.</summary>
    public required IReadOnlyList<string> AttemptIds { get; init; }
}
