using Ratchet.Evaluation;
using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Tests.Evaluation;

public sealed class PairedBootstrapTests
{
    private static readonly RandomStream Stream = RandomStream.FromSeed(9);

    [Fact]
    public void The_same_run_twice_shows_no_difference()
    {
        var run = Scores(1, 0, 0.5, 1, 0.25);

        var result = PairedBootstrap.Compare([run], [run], 200, Stream);

        Assert.Equal((0.0, 0.0, 0.0, 1.0), (result.Difference, result.Low, result.High, result.PValue));
        Assert.False(result.IsBeyondNoise);
    }

    [Fact]
    public void A_constant_gain_is_certain_whatever_the_spread_between_problems()
    {
        var before = Scores(1, 0, 0.5, 0.9, 0.25);
        var after = Scores(1, 0.1, 0.6, 1.0, 0.35);

        var result = PairedBootstrap.Compare([before], [after], 999, Stream);

        Assert.Equal(0.1, result.Difference, 12);
        Assert.Equal(0.1, result.Low, 12);
        Assert.Equal(0.1, result.High, 12);
        Assert.Equal(2.0 / 1000, result.PValue, 12);
        Assert.True(result.IsBeyondNoise);
        Assert.True(result.SeedsPaired);
    }

    [Fact]
    public void Swapping_the_sides_turns_the_sign()
    {
        var a = Scores(1, 0, 0.5, 1, 0.25, 0.3, 0);
        var b = Scores(1, 1, 0.4, 1, 0.75, 0.2, 1);

        var there = PairedBootstrap.Compare([a], [b], 500, Stream);
        var back = PairedBootstrap.Compare([b], [a], 500, Stream);

        Assert.Equal(there.Difference, -back.Difference, 12);
        Assert.Equal(there.Low, -back.High, 12);
        Assert.Equal(there.PValue, back.PValue, 12);
    }

    [Fact]
    public void A_difference_between_seeds_only_is_not_beyond_noise()
    {
        // Given seeds that differ among themselves far more than the two sides do.
        ProblemScores[] before = [Constant(1, 0.2), Constant(2, 0.8), Constant(3, 0.5)];
        ProblemScores[] after = [Constant(4, 0.25), Constant(5, 0.85), Constant(6, 0.55)];

        var result = PairedBootstrap.Compare(before, after, 1000, Stream);

        Assert.False(result.SeedsPaired);
        Assert.Equal(0.05, result.Difference, 12);
        Assert.True(result is { Low: < -0.2, High: > 0.2, PValue: > 0.5 });
    }

    [Fact]
    public void The_same_seeds_on_both_sides_are_paired_in_any_order()
    {
        ProblemScores[] before = [Constant(1, 0.2), Constant(2, 0.8), Constant(3, 0.5)];
        ProblemScores[] after = [Constant(3, 0.55), Constant(1, 0.25), Constant(2, 0.85)];

        var result = PairedBootstrap.Compare(before, after, 1000, Stream);

        Assert.True(result.SeedsPaired);
        Assert.Equal(0.05, result.Low, 12);
        Assert.True(result.IsBeyondNoise);
    }

    [Fact]
    public void Different_problem_sets_are_refused_with_an_example()
    {
        var problem = Assert.Throws<RatchetException>(() => PairedBootstrap.Compare([Scores(1, 0, 1)], [Scores(1, 0, 1, 0.5)], 10, Stream));

        Assert.Contains("1 problems were evaluated in one run only (for example 'p2')", problem.Message);
        Assert.NotNull(problem.Remedy);
    }

    [Fact]
    public void A_problem_without_enough_verdicts_is_left_out_of_both_sides()
    {
        var before = ProblemScores.PassAt(2, 1, [.. Judged.Heldout("p1", "au"), .. Judged.Heldout("p2", "rr")]);
        var after = ProblemScores.PassAt(2, 1, [.. Judged.Heldout("p1", "ar"), .. Judged.Heldout("p2", "ar")]);

        var result = PairedBootstrap.Compare([before], [after], 10, Stream);

        Assert.Equal((1, 1, 0.0, 1.0), (result.Problems, result.LeftOut, result.Before, result.After));
    }

    [Fact]
    public void Without_a_real_difference_one_comparison_in_twenty_is_called_significant()
    {
        const int Trials = 300;
        var stream = RandomStream.FromSeed(21);
        var called = 0;
        for (var trial = 0; trial < Trials; trial++)
        {
            double[] Draw(ref RandomStream s)
            {
                var values = new double[60];
                for (var i = 0; i < values.Length; i++)
                    values[i] = s.NextDouble() < 0.3 ? 1 : 0;
                return values;
            }

            var result = PairedBootstrap.Compare([Scores(1, Draw(ref stream))], [Scores(1, Draw(ref stream))], 300, stream.Derive(trial));
            called += result.PValue < 0.05 ? 1 : 0;
        }

        Assert.InRange((double)called / Trials, 0.02, 0.09);
    }

    private static ProblemScores Scores(ulong seed, params double[] values) =>
        new(seed, values.Select((v, i) => (v, i)).ToDictionary(x => $"p{x.i}", x => (double?)x.v));

    private static ProblemScores Constant(ulong seed, double value) => Scores(seed, [.. Enumerable.Repeat(value, 20)]);
}
