namespace Ratchet.Verifiers.Answers;

/// <summary>The final answer found in a solution, or why there is none.</summary>
public sealed record ExtractedAnswer
{
    /// <summary>The answer; null where none was found or where there are several.</summary>
    public string? Text { get; init; }

    /// <summary>Where it was found; 0 without an answer.</summary>
    public AnswerPlaces Place { get; init; }

    /// <summary>Zero-based offset in the solution at which the answer starts, or -1.</summary>
    public int Start { get; init; } = -1;

    /// <summary>Exclusive end offset, or -1.</summary>
    public int End { get; init; } = -1;

    /// <summary>True where boxes with different answers were found and the profile takes none of them.</summary>
    public bool HasSeveral { get; init; }
}
