using Ratchet.Systems.EchoChamber;

namespace Ratchet.Systems.Tests.EchoChamber;

public sealed class NullModelTests
{
    private static readonly double[] Accuracy = [0.35, 0.25, 0.15];
    private static readonly double[] Even = [0.34, 0.33, 0.33];
    private static readonly double[] Rare = [0.02, 0.28, 0.70];

    [Fact]
    public void The_three_predictions_for_even_shares_are_those_of_the_derivation()
    {
        Near([0.97, 0.02, 0.01], NullModel.PolicyGradient(Even, Accuracy, 200));
        Near([0.70, 0.25, 0.05], NullModel.ExpertIteration(Even, Accuracy, 3));
        Near([0.47, 0.33, 0.20], NullModel.KlOptimum(Even, Accuracy, 0.1));
        Near([0.47, 0.33, 0.20], NullModel.KlOptimum(Even, Accuracy, 1e-3));
    }

    [Fact]
    public void A_best_format_that_is_rare_loses_for_a_long_time_and_wins_in_the_end()
    {
        var shares = NullModel.PolicyGradient(Rare, Accuracy, 200);

        Assert.InRange(shares[0], 0.01, 0.025);
        Assert.InRange(shares[1], 0.93, 0.95);
        Assert.InRange(shares[2], 0.03, 0.05);
        Assert.True(NullModel.PolicyGradient(Rare, Accuracy, 20_000)[0] > 0.9);
    }

    [Fact]
    public void Much_cost_of_divergence_keeps_the_start_and_equal_accuracies_change_nothing()
    {
        Near(Even, NullModel.KlOptimum(Even, Accuracy, 1000));
        Near(Rare, NullModel.PolicyGradient(Rare, [0.5, 0.5, 0.5], 100));
        Near(Rare, NullModel.ExpertIteration(Rare, [0.5, 0.5, 0.5], 5));
        Near(Rare, NullModel.PolicyGradient(Rare, Accuracy, 0));
    }

    [Fact]
    public void A_format_without_a_share_never_gets_one()
    {
        double[] start = [0, 0.5, 0.5];

        Assert.Equal(0, NullModel.PolicyGradient(start, [1, 0.2, 0.1], 500)[0]);
        Assert.Equal(0, NullModel.KlOptimum(start, [1, 0.2, 0.1], 0.01)[0]);
        Assert.Equal(0, NullModel.ExpertIteration(start, [1, 0.2, 0.1], 4)[0]);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(1.3)]
    [InlineData(7)]
    public void The_rate_of_measured_shares_is_found_again(double rate)
    {
        List<(double, IReadOnlyList<double>)> measured = [.. new[] { 1.0, 3, 10, 30, 100 }.Select(at => (at, (IReadOnlyList<double>)NullModel.PolicyGradient(Even, Accuracy, rate * at)))];

        Assert.InRange(NullModel.FitRate(Even, Accuracy, measured) / rate, 0.93, 1.07);
    }

    [Fact]
    public void Shares_and_accuracies_that_are_none_are_refused()
    {
        Assert.Throws<ArgumentException>(() => NullModel.ExpertIteration([0.5, 0.5], [0.5], 1));
        Assert.Throws<ArgumentException>(() => NullModel.ExpertIteration([0.5, 1.5], [0.5, 0.5], 1));
        Assert.Throws<ArgumentException>(() => NullModel.ExpertIteration([0.5, 0.5], [0, 0], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => NullModel.KlOptimum(Even, Accuracy, 0));
    }

    private static void Near(double[] expected, double[] actual)
    {
        Assert.Equal(1, actual.Sum(), 9);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 0.0055);
    }
}
