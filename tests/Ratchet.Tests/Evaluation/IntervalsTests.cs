using CsCheck;
using Ratchet.Evaluation;
using Ratchet.Loop;

namespace Ratchet.Tests.Evaluation;

public sealed class IntervalsTests
{
    // Published values: Newcombe 1998, table I, method 3 (score, no continuity correction).
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void Wilson_gives_the_published_intervals(int successes, int trials, double low, double high)
    {
        var interval = Intervals.Wilson(successes, trials);

        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
    }

    [Fact]
    public void Wilson_holds_its_share_and_mirrors() =>
        Gen.Int[1, 500].SelectMany(n => Gen.Int[0, n], (n, s) => (n, s)).Sample(x =>
        {
            var interval = Intervals.Wilson(x.s, x.n);
            var mirror = Intervals.Wilson(x.n - x.s, x.n);
            return interval.Low >= 0 && interval.Low <= interval.Value && interval.Value <= interval.High && interval.High <= 1
                && Math.Abs(interval.Low - (1 - mirror.High)) < 1e-12;
        });

    [Fact]
    public void The_bootstrap_repeats_itself_and_holds_the_mean() =>
        Gen.Double[0, 1].Array[1, 40].Sample(values =>
        {
            var stream = RandomStream.FromSeed(1);
            var interval = Intervals.Bootstrap(values, 60, stream);
            return interval == Intervals.Bootstrap(values, 60, stream)
                && interval.Low <= interval.Value && interval.Value <= interval.High
                && Math.Abs(interval.Value - values.Average()) < 1e-12;
        });

    [Fact]
    public void The_bootstrap_agrees_with_the_exact_resampling_distribution()
    {
        // Values 0 and 1, two each: the resampled sum is binomial(4, 1/2), so its 2.5 % and 97.5 % points are 0 and 4.
        var four = Intervals.Bootstrap([0, 0, 1, 1], 4000, RandomStream.FromSeed(3));
        Assert.Equal((0.5, 0.0, 1.0), (four.Value, four.Low, four.High));

        // 100 values: binomial(100, 1/2) has the points 40 and 60.
        var hundred = Intervals.Bootstrap([.. Enumerable.Range(0, 100).Select(i => i % 2.0)], 4000, RandomStream.FromSeed(3));
        Assert.InRange(hundred.Low, 0.39, 0.41);
        Assert.InRange(hundred.High, 0.59, 0.61);
    }

    [Fact]
    public void Equal_values_do_not_claim_certainty()
    {
        Assert.Equal(Intervals.Wilson(0, 30), Intervals.Bootstrap(new double[30], 100, RandomStream.FromSeed(1)));
        Assert.Equal(Intervals.Wilson(30, 30), Intervals.Bootstrap([.. Enumerable.Repeat(1.0, 30)], 100, RandomStream.FromSeed(1)));
    }

    [Fact]
    public void The_interval_of_pass_at_4_covers_the_truth_about_95_times_in_100()
    {
        // Given problems whose success rate is uniform on [0, 1]: the true mean pass@4 is 1 - 1/5.
        const double Truth = 0.8;
        const int Trials = 400;
        var stream = RandomStream.FromSeed(11);
        var covered = 0;
        for (var trial = 0; trial < Trials; trial++)
        {
            var values = new double[80];
            for (var p = 0; p < values.Length; p++)
            {
                var rate = stream.NextDouble();
                var accepted = 0;
                for (var i = 0; i < 8; i++)
                    accepted += stream.NextDouble() < rate ? 1 : 0;
                values[p] = PassAtK.Estimate(8, accepted, 4);
            }

            var interval = Intervals.Bootstrap(values, 400, stream.Derive(trial));
            covered += interval.Low <= Truth && Truth <= interval.High ? 1 : 0;
        }

        Assert.InRange((double)covered / Trials, 0.91, 0.98);
    }

    [Fact]
    public void Quantiles_interpolate_between_neighbours()
    {
        Assert.Equal(1.5, Intervals.Quantile([1, 2], 0.5), 12);
        Assert.Equal(3, Intervals.Quantile([3], 0.9), 12);
        Assert.Equal(1.3, Intervals.Quantile([1, 2, 3, 4], 0.1), 12);
    }
}
