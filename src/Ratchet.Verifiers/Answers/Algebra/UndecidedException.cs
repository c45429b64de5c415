namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>A comparison that cannot come to an end; caught by the grader and turned into an undecided outcome. Never leaves the room.</summary>
internal sealed class UndecidedException(AnswerReason reason, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public AnswerReason Reason { get; } = reason;
}
