namespace Ratchet.Verifiers.Answers;

/// <summary>The outcome of comparing an answer with a reference answer.</summary>
/// <param name="Outcome">Equal, different or undecided.</param>
/// <param name="Reason">Why, as a code.</param>
/// <param name="Message">Why, in words.</param>
public sealed record AnswerComparison(AnswerOutcome Outcome, AnswerReason Reason, string Message)
{
    /// <summary>Work done, in the grader's own steps: the same on every machine.</summary>
    public long Steps { get; init; }

    /// <summary>True where the answers are the same.</summary>
    public bool IsEqual => Outcome == AnswerOutcome.Equal;

    internal static AnswerComparison Equal(AnswerReason reason, string message) => new(AnswerOutcome.Equal, reason, message);

    internal static AnswerComparison Different(AnswerReason reason, string message) => new(AnswerOutcome.Different, reason, message);

    internal static AnswerComparison Undecided(AnswerReason reason, string message) => new(AnswerOutcome.Undecided, reason, message);
}
