using Ratchet.Verifiers.Answers;

namespace Ratchet.Verifiers.Tests.Answers;

/// <summary>Assertions on comparisons: both directions, and against words for the outcome.</summary>
internal static class Grading
{
    public static void Equal(string reference, string answer, AnswerProfile profile)
    {
        var result = AnswerGrader.Compare(reference, answer, profile);
        Assert.True(result.IsEqual, $"[{reference}] and [{answer}] under {profile.Name}: {result.Outcome}, {result.Reason}, {result.Message}");
    }

    public static void Different(string reference, string answer, AnswerProfile profile)
    {
        var result = AnswerGrader.Compare(reference, answer, profile);
        Assert.True(result.Outcome == AnswerOutcome.Different, $"[{reference}] and [{answer}] under {profile.Name}: {result.Outcome}, {result.Reason}, {result.Message}");
    }

    public static AnswerComparison Undecided(string reference, string answer, AnswerProfile profile)
    {
        var result = AnswerGrader.Compare(reference, answer, profile);
        Assert.True(result.Outcome == AnswerOutcome.Undecided, $"[{reference}] and [{answer}] under {profile.Name}: {result.Outcome}, {result.Reason}, {result.Message}");
        return result;
    }
}
