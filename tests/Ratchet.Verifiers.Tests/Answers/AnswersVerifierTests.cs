using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Answers;

namespace Ratchet.Verifiers.Tests.Answers;

public sealed class AnswersVerifierTests
{
    private static readonly Problem Sum = new() { Id = "sum", Domain = "mathematics", Statement = "Compute 3 + 4.", CanonicalHash = "00", Split = Split.Train };

    [Theory]
    [InlineData(@"It is \boxed{7}.", "accepted", VerdictReason.Proved)]
    [InlineData(@"It is \boxed{\frac{14}{2}}.", "accepted", VerdictReason.Proved)]
    [InlineData(@"It is \boxed{8}.", "rejected", VerdictReason.WrongAnswer)]
    [InlineData("Let me think about it.\nI do not know it.", "rejected", VerdictReason.Incomplete)]
    [InlineData(@"It is \boxed{7+}.", "rejected", VerdictReason.Syntax)]
    [InlineData(@"It is \boxed{9^{9^{9^{9}}}}.", "unknown", VerdictReason.ResourceLimit)]
    public async Task A_solution_is_judged_by_its_final_answer(string text, string outcome, VerdictReason reason)
    {
        var verifier = new AnswersVerifier(new Dictionary<string, string> { ["sum"] = "7" }, AnswerProfiles.Math);

        var verdict = await verifier.VerifyAsync(Sum, text, TestContext.Current.CancellationToken);

        Assert.Equal((outcome, reason), (verdict.Outcome, verdict.Reason));
        Assert.Equal(("answers:math", AnswerGrader.Version), (verdict.Verifier, verdict.VerifierVersion));
        Assert.Equal(outcome == "accepted", verdict.Feedback.Count == 0);
    }

    [Fact]
    public async Task The_reason_points_at_the_answer()
    {
        IVerifier verifier = new AnswersVerifier(_ => @"Work, then \boxed{7}", AnswerProfiles.Math);
        const string Text = @"It is \boxed{8}.";

        var verdict = await verifier.VerifyAsync(Sum, Text, TestContext.Current.CancellationToken);

        var feedback = Assert.Single(verdict.Feedback);
        Assert.Equal(@"\boxed{8}", Text[feedback.Start..feedback.End]);
        Assert.Equal("the numbers differ", feedback.Message);
    }

    [Theory]
    [InlineData(SeveralBoxes.Last, "accepted", VerdictReason.Proved)]
    [InlineData(SeveralBoxes.Reject, "rejected", VerdictReason.Cheat)]
    [InlineData(SeveralBoxes.Undecided, "unknown", VerdictReason.ResourceLimit)]
    public async Task Boxing_several_answers_counts_as_the_profile_says(SeveralBoxes rule, string outcome, VerdictReason reason)
    {
        var verifier = new AnswersVerifier(_ => "7", AnswerProfiles.Math with { SeveralBoxes = rule });

        var verdict = await verifier.VerifyAsync(Sum, @"It is \boxed{6}. No, it is \boxed{7}.", TestContext.Current.CancellationToken);

        Assert.Equal((outcome, reason), (verdict.Outcome, verdict.Reason));
    }

    [Fact]
    public async Task Without_a_reference_the_verdict_is_unknown()
    {
        var verifier = new AnswersVerifier(new Dictionary<string, string>(), AnswerProfiles.Math);

        var verdict = await verifier.VerifyAsync(Sum, @"\boxed{7}", TestContext.Current.CancellationToken);

        Assert.Equal(("unknown", VerdictReason.Unavailable), (verdict.Outcome, verdict.Reason));
        Assert.Equal("There is no reference answer for the problem sum.", Assert.Single(verdict.Feedback).Message);
    }
}
