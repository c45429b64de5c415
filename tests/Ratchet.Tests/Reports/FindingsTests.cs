using Ratchet.Evaluation;
using Ratchet.Reports;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Tests.Reports;

public sealed class FindingsTests
{
    [Fact]
    public void A_gain_with_an_interval_beyond_zero_is_good()
    {
        var finding = Find(SampleReport.Create(), FindingKind.Gain)!;

        Assert.Equal(FindingTone.Good, finding.Tone);
        Assert.Contains("+41.3\u00A0points (interval +36.1\u00A0points to +46.6\u00A0points, p\u00A0<\u00A00.001)", finding.Text);
        Assert.EndsWith("this is beyond noise.", finding.Text);
    }

    [Fact]
    public void A_gain_whose_interval_holds_zero_may_be_noise()
    {
        var data = SampleReport.Create();
        var noisy = data with { Gain = data.Gain! with { Result = data.Gain.Result with { Difference = 0.01, Low = -0.02, High = 0.04, PValue = 0.51 } } };

        var finding = Find(noisy, FindingKind.Gain)!;

        Assert.Equal(FindingTone.Warning, finding.Tone);
        Assert.Contains("p\u00A0=\u00A00.51); zero is inside: this may be noise", finding.Text);
    }

    [Fact]
    public void Without_a_paired_comparison_the_intervals_decide()
    {
        Assert.EndsWith("The intervals do not overlap: this is beyond noise.", Find(TwoRounds(0.2, 0.6), FindingKind.Gain)!.Text);
        Assert.EndsWith("The intervals overlap: this may be noise.", Find(TwoRounds(0.2, 0.25), FindingKind.Gain)!.Text);
        Assert.Equal(FindingTone.Warning, Find(TwoRounds(0.6, 0.2), FindingKind.Gain)!.Tone);
    }

    [Fact]
    public void The_classes_that_gained_and_the_hardest_one_are_named()
    {
        var text = Find(SampleReport.Create(), FindingKind.Strata)!.Text;

        Assert.Equal("All 4 difficulty classes gained beyond their intervals at pass@8; the most: depth 5-6, from 8.7\u00A0% to 79.5\u00A0%. Hardest now: depth 7-8 at 40.7\u00A0%.", text);
    }

    [Fact]
    public void Surer_but_not_broader_is_a_warning()
    {
        var data = TwoRounds(0.2, 0.4, eightBefore: 0.7, eightAfter: 0.6);

        Assert.Contains("the model became surer, not broader", Find(data, FindingKind.Diversity)!.Text);
    }

    [Fact]
    public void Unknown_verdicts_are_good_news_only_when_there_are_none()
    {
        Assert.Equal(FindingTone.Good, Find(WithUnknown(0), FindingKind.Unknown)!.Tone);
        Assert.Equal(FindingTone.Neutral, Find(WithUnknown(5), FindingKind.Unknown)!.Tone);
        var many = Find(WithUnknown(60), FindingKind.Unknown)!;
        Assert.Equal(FindingTone.Warning, many.Tone);
        Assert.StartsWith("6.0\u00A0% of checks came to no end (TimedOut 60)", many.Text);
    }

    [Fact]
    public void Many_cut_off_attempts_point_at_the_token_limit()
    {
        var data = SampleReport.Create() with { Rejections = new Dictionary<VerdictReason, long> { [VerdictReason.CutOff] = 30, [VerdictReason.StepFailed] = 70 } };

        var finding = Find(data, FindingKind.Rejections)!;

        Assert.Equal(FindingTone.Warning, finding.Tone);
        Assert.Equal("Most common failure of the last round: 70.0\u00A0% of 100 rejected attempts fail at a step that does not apply. 30.0\u00A0% were cut off by the token limit: a higher limit may help.", finding.Text);
    }

    [Fact]
    public void Half_of_the_accepted_attempts_is_counted_from_the_most_solved_problem_down()
    {
        var data = SampleReport.Create() with { AcceptedByProblem = new Dictionary<string, int> { ["a"] = 1, ["b"] = 5, ["c"] = 3, ["d"] = 1, ["e"] = 0 } };

        Assert.Equal("Half of the 10\u00A0accepted training attempts come from 1 of 4\u00A0solved problems.", Find(data, FindingKind.Concentration)!.Text);
    }

    [Fact]
    public void A_parity_figure_beyond_rounding_is_a_warning()
    {
        var data = SampleReport.Create();

        Assert.Equal(FindingTone.Good, Find(data, FindingKind.Parity)!.Tone);
        Assert.Equal(FindingTone.Warning, Find(data with { Summary = data.Summary with { Parity = new ParitySummary(0.2) } }, FindingKind.Parity)!.Tone);
        Assert.Equal(FindingTone.Warning, Find(data with { Summary = data.Summary with { Parity = new ParitySummary(double.NaN) } }, FindingKind.Parity)!.Tone);
    }

    [Fact]
    public void A_control_and_an_early_end_are_said_first()
    {
        var data = SampleReport.Create();
        data = data with
        {
            Summary = data.Summary with { Status = "failed", Message = "The disk is full." },
            Selections = [.. data.Selections.Select(s => s with { Control = "shuffled verdicts" })],
        };

        var findings = Findings.Of(data);

        Assert.Equal([FindingKind.Status, FindingKind.Control], findings.Take(2).Select(f => f.Kind));
        Assert.Equal("The run failed before its end: The disk is full.", findings[0].Text);
        Assert.Contains("(shuffled verdicts)", findings[1].Text);
    }

    private static Finding? Find(ReportData data, FindingKind kind) => Findings.Of(data).FirstOrDefault(f => f.Kind == kind);

    private static ReportData WithUnknown(long count)
    {
        var data = SampleReport.Create();
        return data with { Summary = data.Summary with { Verifier = new VerifierSummary(1000, 0, 0, 0, new Dictionary<string, long> { ["TimedOut"] = count }) } };
    }

    private static ReportData TwoRounds(double before, double after, double? eightBefore = null, double? eightAfter = null)
    {
        EvaluationSummary Evaluation(double one, double? eight)
        {
            var values = new SortedDictionary<int, Estimate> { [1] = SampleReport.Around(one, 200) };
            if (eight is { } value)
                values[8] = SampleReport.Around(value, 200);
            return new EvaluationSummary { Problems = 200, Attempts = 1600, PassAtK = values };
        }

        var data = SampleReport.Create();
        return data with
        {
            Gain = null,
            Summary = data.Summary with
            {
                Rounds = [data.Summary.Rounds[0] with { Heldout = Evaluation(before, eightBefore) }, data.Summary.Rounds[1] with { Heldout = Evaluation(after, eightAfter) }],
            },
        };
    }
}
