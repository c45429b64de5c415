namespace Ratchet.Evaluation;

/// <summary>How the error rate falls when only the most confident answers are given (El-Yaniv and Wiener 2010).</summary>
public static class RiskCoverage
{
    /// <summary>One point for each distinct confidence, from the most to the least confident.</summary>
    /// <param name="answers">Confidence (any scale, higher is surer) and whether the answer was right. At least one.</param>
    public static IReadOnlyList<RiskCoveragePoint> Curve(IReadOnlyList<(double Confidence, bool Correct)> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentOutOfRangeException.ThrowIfLessThan(answers.Count, 1, nameof(answers));
        var points = new List<RiskCoveragePoint>();
        var given = 0;
        var wrong = 0;

        // Ties enter together: their order would otherwise decide the curve.
        foreach (var tie in answers.GroupBy(a => a.Confidence).OrderByDescending(g => g.Key))
        {
            given += tie.Count();
            wrong += tie.Count(a => !a.Correct);
            points.Add(new RiskCoveragePoint(tie.Key, (double)given / answers.Count, (double)wrong / given));
        }

        return points;
    }

    /// <summary>Area under the curve: mean risk over coverage, 0 is perfect. Lower is better.</summary>
    public static double Area(IReadOnlyList<RiskCoveragePoint> curve)
    {
        ArgumentNullException.ThrowIfNull(curve);
        var area = 0.0;
        var before = 0.0;
        foreach (var point in curve)
        {
            area += point.Risk * (point.Coverage - before);
            before = point.Coverage;
        }

        return area;
    }
}

/// <summary>A point of a risk-coverage curve.</summary>
/// <param name="Confidence">Answers at least this confident are given.</param>
/// <param name="Coverage">Share of answers given, in (0, 1].</param>
/// <param name="Risk">Share of the given answers that are wrong.</param>
public sealed record RiskCoveragePoint(double Confidence, double Coverage, double Risk);
