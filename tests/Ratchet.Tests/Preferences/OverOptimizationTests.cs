using Ratchet.Evaluation;
using Ratchet.Loop;
using Ratchet.Preferences;

namespace Ratchet.Tests.Preferences;

/// <summary>
/// When does the true value fall while best-of-n goes on raising a learned one? A linear Bradley-Terry reward model with 8 useful features and 40 nuisance features of heavy tails
/// (Student's t, 3 degrees of freedom): few pairs with noisy labels are needed, as with few people's labels.
/// </summary>
public sealed class OverOptimizationTests
{
    private const int Useful = 8;
    private const int Nuisance = 40;
    private const int Prompts = 24;
    private static readonly int[] Ns = [1, 4, 16, 64, 256, 1024];

    [Fact]
    public void Few_noisy_pairs_make_an_interior_maximum_and_clean_or_many_ones_do_not()
    {
        var (clean, noisy, many) = (new double[Ns.Length], new double[Ns.Length], new double[Ns.Length]);
        for (ulong seed = 1; seed <= 3; seed++)
        {
            var stream = RandomStream.FromSeed(seed).Derive("over-optimisation");
            var samples = stream.Derive("samples");
            var prompts = Enumerable.Range(0, Prompts).Select(_ => Enumerable.Range(0, Ns[^1]).Select(_ => Features(ref samples)).ToList()).ToList();
            Add(clean, RewardModel(stream, 400, 0), prompts);
            Add(noisy, RewardModel(stream, 400, 0.25), prompts);
            Add(many, RewardModel(stream, 2000, 0.25), prompts);
        }

        var curves = $"clean {Text(clean)}; noisy {Text(noisy)}; many {Text(many)}";
        Assert.True(clean.Zip(clean.Skip(1)).All(p => p.Second > p.First), curves);
        Assert.True(many.Zip(many.Skip(1)).All(p => p.Second > p.First), curves);
        Assert.InRange(clean[^1], 2.2, 3);
        var peak = noisy.ToList().IndexOf(noisy.Max());
        Assert.InRange(peak, 2, 4);
        Assert.True(noisy[^1] < noisy[peak] - 0.05, curves);
        Assert.True(noisy[^1] < clean[^1] - 0.5, curves);
    }

    private static string Text(double[] curve) => string.Join('/', curve.Select(c => c.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>A linear reward model learned from pairs of which a share has its label flipped.</summary>
    private static double[] RewardModel(RandomStream stream, int pairs, double flips)
    {
        var data = stream.Derive("pairs");
        var rows = new List<double[]>();
        var labels = new List<double>();
        for (var i = 0; i < pairs; i++)
        {
            var (a, b) = (Features(ref data), Features(ref data));
            rows.Add([.. a.Zip(b, (x, y) => x - y)]);
            var win = data.NextDouble() < LogisticRegression.Sigmoid(2 * (Value(a) - Value(b))) ? 1.0 : 0.0;
            labels.Add(data.NextDouble() < flips ? 1 - win : win);
        }

        return LogisticRegression.Fit(rows, labels, [.. labels.Select(l => 1 - l)], l2: 1);
    }

    /// <summary>Adds the mean true value of best-of-n to a curve, a third of it.</summary>
    private static void Add(double[] curve, double[] model, List<List<double[]>> prompts)
    {
        foreach (var drawn in prompts)
        {
            var scores = drawn.Select(x => LogisticRegression.Dot(x, model)).ToArray();
            var values = drawn.Select(Value).ToArray();
            for (var n = 0; n < Ns.Length; n++)
                curve[n] += BestOfN.Expected(scores, values, Ns[n]) / Prompts / 3;
        }
    }

    /// <summary>The true value has deviation 1.</summary>
    private static double Value(double[] features) => features.Take(Useful).Sum() / Math.Sqrt(Useful);

    private static double[] Features(ref RandomStream stream)
    {
        var x = new double[Useful + Nuisance];
        for (var i = 0; i < Useful; i++)
            x[i] = stream.NextNormal();
        for (var i = Useful; i < x.Length; i++)
        {
            double squares = 0;
            for (var k = 0; k < 3; k++)
                squares += Math.Pow(stream.NextNormal(), 2);
            x[i] = stream.NextNormal() / Math.Sqrt(squares / 3);
        }

        return x;
    }
}
