using Ratchet.Loop;
using Ratchet.Preferences;

namespace Ratchet.Tests.Preferences;

public sealed class LengthControlTests
{
    private static List<ComparedLengths> Rows(int count, double quality, double lengthEffect, double meanLength, ulong seed, bool weak, bool difficulty)
    {
        var stream = RandomStream.FromSeed(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var (model, reference) = (Math.Max(1, Math.Round(20 + meanLength + (6 * stream.NextNormal()))), Math.Max(1, Math.Round(20 + (6 * stream.NextNormal()))));
            var hard = difficulty ? stream.NextNormal() : 0;
            var p = LogisticRegression.Sigmoid(quality + (lengthEffect * Math.Tanh((model - reference) / 8.5)) + (0.5 * hard));
            return new ComparedLengths(weak ? 1 + p : stream.NextDouble() < p ? 2 : 1, model, reference, hard);
        })];
    }

    [Theory]
    [InlineData(1, false, false)]
    [InlineData(2, true, false)]
    [InlineData(3, false, true)]
    [InlineData(4, true, true)]
    public void Exchanging_model_and_reference_gives_exactly_one_minus_the_rate(ulong seed, bool weak, bool difficulty)
    {
        var rows = Rows(205, 0.4, 1.1, 3, seed, weak, difficulty);
        var gamed = Rows(60, 0, 1.5, 8, seed + 50, weak, false);

        var there = LengthControl.Fit(rows, gamed, default, 0);
        var back = LengthControl.Fit([.. rows.Select(r => r.Swapped())], [.. gamed.Select(r => r.Swapped())], default, 0);

        Assert.Equal(1.0, there.Value + back.Value);
        Assert.Equal(there.Quality, -back.Quality);
        Assert.Equal(there.LengthEffect, back.LengthEffect);
        Assert.Equal(there.DifficultyEffect, -back.DifficultyEffect);
    }

    [Fact]
    public void A_model_against_itself_is_at_one_half_exactly()
    {
        var rows = Enumerable.Range(0, 40).Select(i => new ComparedLengths(Annotation.Tie, 10 + i, 10 + i, i % 3)).ToList();

        Assert.Equal(0.5, LengthControl.Fit(rows, [], default).Value);
        Assert.Equal(0.5, WinRate.Of([.. rows.Select(r => r.Preference)]).Value);
    }

    [Fact]
    public void A_model_that_is_only_longer_comes_back_to_one_half_and_a_better_one_does_not()
    {
        var longer = LengthControl.Fit(Rows(2000, 0, 1.5, 6, 11, false, false), [], RandomStream.FromSeed(1), 50);
        var better = LengthControl.Fit(Rows(2000, 1, 1.5, 0, 12, false, false), [], RandomStream.FromSeed(1), 50);

        Assert.InRange(longer.Raw.Value, 0.6, 0.7);
        Assert.InRange(longer.Value, 0.46, 0.54);
        Assert.True(longer.Low < longer.Value && longer.Value < longer.High && longer.High - longer.Low < 0.12);
        Assert.True(longer.IsExtremeChange);
        Assert.InRange(better.Value, LogisticRegression.Sigmoid(1) - 0.04, LogisticRegression.Sigmoid(1) + 0.04);
        Assert.False(better.IsExtremeChange);
    }

    [Fact]
    public void Difficulty_is_found_again_from_several_models()
    {
        var stream = RandomStream.FromSeed(5);
        var gamma = Enumerable.Range(0, 120).Select(_ => stream.NextNormal()).ToArray();
        var models = Enumerable.Range(0, 12).Select(m => (IReadOnlyDictionary<string, ComparedLengths>)Enumerable.Range(0, gamma.Length).ToDictionary(
            x => $"{x}", x => new ComparedLengths(1 + LogisticRegression.Sigmoid((m * 0.2) - 1 + gamma[x]), 10, 10))).ToList();

        var found = InstructionDifficulty.Estimate(models);

        var pairs = gamma.Select((g, x) => (Truth: g, Found: found[$"{x}"])).ToList();
        var spearman = Ratchet.Evaluation.RankCorrelation.Of([.. pairs.Select(p => p.Truth)], [.. pairs.Select(p => p.Found)]).Spearman;
        Assert.True(spearman > 0.99, $"{spearman}");
    }

    [Fact]
    public void The_regression_minimises_its_objective()
    {
        var stream = RandomStream.FromSeed(9);
        var rows = Enumerable.Range(0, 300).Select(_ => Enumerable.Range(0, 6).Select(_ => stream.NextNormal()).ToArray()).ToList();
        var positive = rows.Select(r => LogisticRegression.Sigmoid(r[0] - (2 * r[3]))).ToArray();
        var negative = positive.Select(p => 1 - p).ToArray();
        var b = LogisticRegression.Fit(rows, positive, negative, 0, 0.5);

        // The gradient vanishes.
        for (var j = 0; j < 6; j++)
            Assert.Equal(0, rows.Select((r, i) => (LogisticRegression.Sigmoid(r.Zip(b, (x, y) => x * y).Sum()) - positive[i]) * r[j]).Sum() + (0.5 * b[j]), 1e-6);

        // A strong absolute penalty leaves nothing.
        Assert.All(LogisticRegression.Fit(rows, positive, negative, 1e4), x => Assert.Equal(0, x));
    }
}
