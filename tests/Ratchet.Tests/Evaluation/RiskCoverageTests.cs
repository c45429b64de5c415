using Ratchet.Evaluation;

namespace Ratchet.Tests.Evaluation;

public sealed class RiskCoverageTests
{
    [Fact]
    public void The_curve_goes_from_the_most_confident_answer_to_all_answers()
    {
        var curve = RiskCoverage.Curve([(0.1, false), (0.9, true), (0.5, true), (0.4, false)]);

        Assert.Equal([(0.25, 0.0), (0.5, 0.0), (0.75, 1.0 / 3), (1.0, 0.5)], curve.Select(p => (p.Coverage, p.Risk)));
        Assert.Equal((0 + 0 + (1.0 / 3) + 0.5) / 4, RiskCoverage.Area(curve), 12);
    }

    [Fact]
    public void Equal_confidences_enter_together()
    {
        var curve = RiskCoverage.Curve([(1, true), (1, false), (0, true)]);

        Assert.Equal([(2.0 / 3, 0.5), (1.0, 1.0 / 3)], curve.Select(p => (p.Coverage, p.Risk)));
    }

    [Fact]
    public void Confidence_that_knows_beats_confidence_that_is_the_wrong_way_round()
    {
        (double, bool)[] knows = [.. Enumerable.Range(0, 20).Select(i => ((double)i, i >= 10))];
        (double, bool)[] wrongWay = [.. knows.Select(a => (-a.Item1, a.Item2))];

        Assert.True(RiskCoverage.Area(RiskCoverage.Curve(knows)) < 0.2);
        Assert.True(RiskCoverage.Area(RiskCoverage.Curve(wrongWay)) > 0.7);
    }
}
