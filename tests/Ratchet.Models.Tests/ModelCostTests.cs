namespace Ratchet.Models.Tests;

public sealed class ModelCostTests
{
    // The shape of the released CoE-DeepSeek-V2-Tiny.
    private static readonly DecoderConfig Released = new()
    {
        VocabularySize = 102_400, HiddenSize = 1024, Layers = 4, Heads = 8, KeyValueHeads = 8, HeadSize = 192, FeedForwardSize = 5472, MaxPositions = 4096, TiedHead = false,
        LatentAttention = new LatentAttention { KeyValueRank = 512, PlainHeadSize = 128, RotaryHeadSize = 64, ValueHeadSize = 128 },
        Mixture = new ExpertMixture { Experts = 63, SharedExperts = 1, ExpertsPerToken = 8, ExpertSize = 704, Residual = MixtureResidual.Repo },
    };

    private static ExpertMixture Mixture => Released.Mixture!;

    [Theory]
    [InlineData(4, 63, 1, 544.51)]
    [InlineData(4, 63, 2, 544.75)]
    [InlineData(4, 47, 2, 412.63)]
    [InlineData(8, 63, 1, 1089.01)]
    [InlineData(12, 63, 1, 1633.52)]
    public void Parameters_without_embeddings_are_those_of_the_papers_plots_in_units_of_2_to_the_20(int layers, int experts, int rounds, double expected)
    {
        var cost = ModelCost.Of(Released with { Layers = layers, Mixture = Mixture with { Experts = experts, Rounds = rounds } });

        // The plots leave out the last norm, 1,024 parameters.
        Assert.Equal(expected, Math.Round((cost.Parameters - cost.EmbeddingParameters - 1024) / (double)(1 << 20), 2));
        Assert.Equal(2L * 102_400 * 1024, cost.EmbeddingParameters);
    }

    [Theory]
    [InlineData(8, 1, 9)]
    [InlineData(4, 2, 10)]
    [InlineData(8, 2, 18)]
    [InlineData(16, 1, 17)]
    [InlineData(24, 1, 25)]
    public void A_token_costs_each_rounds_chosen_and_shared_experts_and_its_router(int chosen, int rounds, int evaluations)
    {
        var cost = ModelCost.Of(Released with { Mixture = Mixture with { ExpertsPerToken = chosen, Rounds = rounds } });

        Assert.Equal(evaluations, cost.ExpertEvaluations);
        Assert.Equal(4L * ((evaluations * 3L * 1024 * 704) + (rounds * 63 * 1024)), cost.FeedForwardMultiplyAdds);
    }

    [Fact]
    public void Active_parameters_leave_out_the_experts_that_no_round_chooses()
    {
        var cost = ModelCost.Of(Released with { Mixture = Mixture with { ExpertsPerToken = 4, Rounds = 2 } });
        Assert.Equal(cost.Parameters - (4L * (63 - 8) * 3 * 1024 * 704), cost.ActiveParameters);

        // More rounds than there are experts to choose.
        cost = ModelCost.Of(Released with { Mixture = Mixture with { ExpertsPerToken = 24, Rounds = 3 } });
        Assert.Equal(cost.Parameters, cost.ActiveParameters);
    }

    [Fact]
    public void A_dense_models_operations_are_twice_its_matrices_and_what_attention_looks_at()
    {
        var config = TinyModels.Plain with { KeyValueHeads = 2, TiedHead = false };

        var cost = ModelCost.Of(config);

        var matrices = config.WeightShapes().Where(s => s.Shape.Length == 2 && !s.Name.Contains("embed", StringComparison.Ordinal)).Sum(s => (long)s.Shape[0] * s.Shape[1]);
        Assert.Equal(2 * matrices, cost.FlopsPerToken(0));
        Assert.Equal(2 * 10 * 2 * 2 * 4 * 4, cost.FlopsPerToken(10) - cost.FlopsPerToken(0));
        Assert.Equal(cost.Parameters, cost.ActiveParameters);
        Assert.Equal(0, cost.ExpertEvaluations);
    }

    [Theory]
    [InlineData(MixtureResidual.PreNorm, false)]
    [InlineData(MixtureResidual.Repo, true)]
    public void Parameters_are_those_of_all_tensors(MixtureResidual residual, bool sharedRouter)
    {
        var config = TinyModels.Plain with { Mixture = new ExpertMixture { Experts = 5, ExpertsPerToken = 2, ExpertSize = 7, SharedExperts = 2, FirstDenseLayers = 1, Rounds = 3, Residual = residual, SharedRouter = sharedRouter } };

        Assert.Equal(config.WeightShapes().Sum(s => s.Shape.Aggregate(1L, (a, b) => a * b)), ModelCost.Of(config).Parameters);
    }
}
