namespace Ratchet.Verifiers.Answers;

/// <summary>What a comparison of two answers came to.</summary>
public enum AnswerOutcome
{
    /// <summary>The answers are the same under the profile.</summary>
    Equal,

    /// <summary>The answers are not the same under the profile.</summary>
    Different,

    /// <summary>Neither could be shown; says nothing about the answer.</summary>
    Undecided,
}
