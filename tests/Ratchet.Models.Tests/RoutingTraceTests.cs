namespace Ratchet.Models.Tests;

public sealed class RoutingTraceTests
{
    [Fact]
    public void Statistics_by_hand()
    {
        // Three tokens, two of four experts each, two rounds.
        var trace = new RoutingTrace(new ExpertMixture { Experts = 4, ExpertsPerToken = 2, ExpertSize = 1, Rounds = 2 });
        trace.Add(3, 0, [0, 1, 0, 2], [0.5f, 0.25f, 0.5f, 0.25f]);
        trace.Add(3, 1, [1, 2, 3, 0], [0.5f, 0.25f, 0.5f, 0.25f]);
        trace.Add(3, 0, [0, 1], [0.5f, 0.25f]);
        trace.Add(3, 1, [0, 1], [0.5f, 0.25f]);

        var statistics = trace.Statistics(3);

        Assert.Equal([3], trace.Layers);
        Assert.Equal([0, 1, 0, 2, 0, 1], trace.Choices(3, 0));
        Assert.Equal([3 / 6.0, 2 / 6.0, 1 / 6.0, 0], statistics.Loads[0], (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([2 / 6.0, 2 / 6.0, 1 / 6.0, 1 / 6.0], statistics.Loads[1], (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([2, 2, 1, 1], statistics.CoActivations[0]);
        Assert.Equal([1, 2, 1, 0], statistics.CoActivations[1]);

        // Again: expert 1 of the first token, 0 of the second, both of the third.
        Assert.Equal(4 / 6.0, statistics.ChosenAgain!.Value, 1e-12);
        Assert.Equal(1 / 6.0, statistics.LoadDifference!.Value, 1e-12);
        Assert.Equal(2, statistics.Imbalance(0), 1e-12);
        Assert.Equal(((0.5 * Math.Log(2)) + (Math.Log(3) / 3) + (Math.Log(6) / 6)) / Math.Log(4), statistics.Entropy(0), 1e-12);
    }

    [Fact]
    public void One_round_has_nothing_to_compare()
    {
        var trace = new RoutingTrace(new ExpertMixture { Experts = 2, ExpertsPerToken = 1, ExpertSize = 1 });
        trace.Add(0, 0, [1, 1, 1], [1, 1, 1]);

        var statistics = trace.Statistics(0);

        Assert.Equal((null, null, 0.0), (statistics.ChosenAgain, statistics.LoadDifference, statistics.Entropy(0)));
        Assert.Empty(statistics.CoActivations);
    }
}
