using Ratchet.Evaluation;
using Ratchet.Loop;
using Ratchet.Preferences;

namespace Ratchet.Tests.Preferences;

public sealed class JudgeAuditTests
{
    private static AuditedPair Pair(double[] human, double[] judge, double first = 10, double second = 10, bool list = false) =>
        new() { Human = human, Judge = judge, FirstLength = first, SecondLength = second, FirstIsList = list };

    [Fact]
    public void The_row_of_a_judge_is_what_a_reader_counts_by_hand()
    {
        List<AuditedPair> pairs = [Pair([1, 1, 1, 2], [1, 1], 50, 10), Pair([2, 2, 2, 2], [1, 2], 10, 50, list: true)];

        var audit = JudgeAudit.Of("judge", pairs, 30, RandomStream.FromSeed(1));

        // First pair: the mode of three others is 1 whoever is left out, and both labels are 1. Second: always 2, one label of two.
        Assert.Equal((1 + 0.5) / 2, audit.Agreement.Value);

        // Modes: 1 against 1; a tie against 2.
        Assert.Equal(0.25, audit.Bias);
        Assert.Equal((0 + 1.0) / 2, audit.Variance);
        Assert.Equal((1 + 0.5) / 2, audit.Longer);
        Assert.Equal(0.5, audit.List);
        Assert.Equal((1 + 0.5) / 2, audit.First);

        var people = JudgeAudit.OfHumans("people", pairs, 30, RandomStream.FromSeed(1));
        Assert.Equal((0.75 + 1) / 2, people.Agreement.Value);
        Assert.Equal(1 - people.Agreement.Value, people.Variance!.Value, 12);
        var longest = JudgeAudit.OfLongest(pairs, 30, RandomStream.FromSeed(1));
        Assert.Equal((1, 1, null), (longest.Agreement.Value, longest.Longer!.Value, longest.Variance));
    }

    [Fact]
    public void Weak_preferences_are_rounded_and_even_votes_are_ties()
    {
        Assert.Equal(2, JudgeAudit.Mode([1.7, 1.2, 1.9]));
        Assert.Equal(1.5, JudgeAudit.Mode([1, 2]));
        Assert.Equal(1.5, JudgeAudit.Mode([1.5, 1.5, 2]));
        Assert.Throws<ArgumentException>(() => JudgeAudit.Of("judge", [Pair([1], [1])], 30, default));
    }

    [Fact]
    public void Ties_count_a_half_in_win_rates()
    {
        var rate = WinRate.Of([2, 2, 1, 1.5]);

        Assert.Equal((0.625, 2, 1, 1, 4), (rate.Value, rate.Wins, rate.Losses, rate.Ties, rate.Total));
        Assert.Equal(Math.Sqrt(((2 * Math.Pow(0.375, 2)) + Math.Pow(0.625, 2) + Math.Pow(0.125, 2)) / 3 / 4), rate.StandardError, 12);
        Assert.Throws<ArgumentException>(() => WinRate.Of([0]));
        Assert.Throws<ArgumentException>(() => WinRate.Of([]));
    }

    [Fact]
    public void Orders_are_compared_by_rank()
    {
        var same = RankCorrelation.Of([1, 2, 3, 4], [10, 20, 40, 30]);

        Assert.Equal((0.8, 1, 6), (same.Spearman, same.Inversions, same.Pairs));
        Assert.Equal(-1, RankCorrelation.Of([1, 2, 3], [3, 2, 1]).Pearson, 12);
        Assert.Equal([1, 2.5, 2.5, 4], RankCorrelation.Ranks([1, 2, 2, 3]));
    }

    [Fact]
    public void Best_of_n_is_the_mean_over_all_draws()
    {
        var stream = RandomStream.FromSeed(2);
        var scores = Enumerable.Range(0, 6).Select(_ => Math.Round(4 * stream.NextDouble())).ToArray();
        var values = Enumerable.Range(0, 6).Select(_ => stream.NextDouble()).ToArray();
        for (var n = 1; n <= 6; n++)
        {
            // Slow: every subset of size n.
            var subsets = Enumerable.Range(0, 64).Where(s => System.Numerics.BitOperations.PopCount((uint)s) == n).ToList();
            var slow = subsets.Average(s => values[Enumerable.Range(0, 6).Where(i => (s >> i & 1) == 1).OrderByDescending(i => scores[i]).ThenBy(i => i).First()]);
            Assert.Equal(slow, BestOfN.Expected(scores, values, n), 12);
        }

        Assert.Equal(Math.Log(16) - (15.0 / 16), BestOfN.Kl(16), 12);
    }
}
