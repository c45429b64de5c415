using Ratchet.Evaluation;

namespace Ratchet.Systems.AlpacaFarm;

/// <summary>A point of the curve of best-of-n.</summary>
/// <param name="N">Samples that the best is taken of.</param>
/// <param name="Proxy">Mean reward of the best.</param>
/// <param name="Gold">Its mean gold utility.</param>
/// <param name="Low">Lower end of the 95 % interval of the gold utility over instructions.</param>
/// <param name="High">Upper end.</param>
internal sealed record BestOfNPoint(int N, double Proxy, double Gold, double Low, double High);

/// <summary>What best-of-n gives when n becomes very large: the reward goes on rising, the gold utility may not.</summary>
internal sealed class FarmBestOfNCurve(FarmWorld world, FarmStages stages)
{
    private const int Resamples = 500;

    /// <summary>Computes the curve for n = 1, 2, 4 ... and adds its numbers.</summary>
    public async Task<IReadOnlyList<BestOfNPoint>> RunAsync(SortedDictionary<string, double> measures, CancellationToken cancellationToken)
    {
        var samples = await stages.CurveSamplesAsync(cancellationToken);
        var instructions = world.Evaluation.Take(samples.Count).ToList();
        IReadOnlyList<double[]> scores;
        using (var scorer = new FarmScorer(world, await stages.RewardModelAsync(cancellationToken)))
            scores = scorer.Score([.. instructions.Select(world.Prompt)], samples);
        var gold = samples.Select((group, i) => group.Select(r => FarmWorld.Grade(instructions[i], r.Text).Utility).ToArray()).ToList();
        List<int> ns = [];
        for (var n = 1; n <= world.Recipe.BestOfN.CurveN; n *= 2)
            ns.Add(n);

        // [instruction][n]
        var expected = samples.Select((_, i) => ns.Select(n => BestOfN.Expected(scores[i], gold[i], n)).ToArray()).ToList();
        var proxy = ns.Select(n => scores.Average(s => BestOfN.Expected(s, s, n))).ToList();
        var means = Means(expected, Enumerable.Range(0, expected.Count).ToArray());
        var stream = world.Stream.Derive("curve");
        var resampled = Enumerable.Range(0, Resamples).Select(_ => Means(expected, [.. Enumerable.Range(0, expected.Count).Select(_ => stream.NextInt(expected.Count))])).ToList();
        List<BestOfNPoint> points = [.. ns.Select((n, k) =>
        {
            var sorted = resampled.Select(r => r[k]).Order().ToArray();
            return new BestOfNPoint(n, proxy[k], means[k], Intervals.Quantile(sorted, 0.025), Intervals.Quantile(sorted, 0.975));
        })];
        var peak = points.MaxBy(p => p.Gold)!;
        var at = ns.IndexOf(peak.N);
        var falls = resampled.Select(r => r[at] - r[^1]).Order().ToArray();
        foreach (var point in points)
            (measures[$"gold@{point.N}"], measures[$"proxy@{point.N}"]) = (point.Gold, point.Proxy);
        measures["gold_peak_n"] = peak.N;
        measures["gold_fall"] = peak.Gold - points[^1].Gold;
        measures["gold_fall_low"] = Intervals.Quantile(falls, 0.025);
        return points;
    }

    private static double[] Means(List<double[]> rows, int[] chosen) => [.. Enumerable.Range(0, rows[0].Length).Select(k => chosen.Average(i => rows[i][k]))];
}
