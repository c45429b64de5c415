using Ratchet.Loop;

namespace Ratchet.Models.Tests;

/// <summary>Small decoders, one for each feature.</summary>
internal static class TinyModels
{
    public static DecoderConfig Plain { get; } = new()
    {
        VocabularySize = 23, HiddenSize = 16, Layers = 2, Heads = 4, KeyValueHeads = 4, HeadSize = 4, FeedForwardSize = 24, MaxPositions = 32,
    };

    public static IReadOnlyDictionary<string, DecoderConfig> Variants { get; } = new Dictionary<string, DecoderConfig>
    {
        ["plain"] = Plain,
        ["grouped"] = Plain with { KeyValueHeads = 2 },
        ["multi-query, wide heads"] = Plain with { KeyValueHeads = 1, HeadSize = 10 },
        ["qk-norm"] = Plain with { KeyValueHeads = 2, QkNorm = true },
        ["qkv-bias"] = Plain with { KeyValueHeads = 2, QkvBias = true },
        ["linear rope"] = Plain with { RopeScaling = new RopeScaling { Kind = RopeScalingKind.Linear, Factor = 3 } },
        ["llama3 rope"] = Plain with { HeadSize = 8, RopeScaling = new RopeScaling { Kind = RopeScalingKind.Llama3, Factor = 8, OriginalPositions = 16, LowFrequencyFactor = 1, HighFrequencyFactor = 4 } },
        ["yarn rope"] = Plain with { HeadSize = 8, RopeScaling = new RopeScaling { Kind = RopeScalingKind.Yarn, Factor = 4, OriginalPositions = 8, BetaFast = 2, BetaSlow = 0.5 } },
        ["untied"] = Plain with { TiedHead = false, RopeTheta = 500_000, NormEpsilon = 1e-6f },
    };

    /// <summary>What only the tensor library computes.</summary>
    public static IReadOnlyDictionary<string, DecoderConfig> TorchVariants { get; } = new Dictionary<string, DecoderConfig>
    {
        ["window"] = Plain with { KeyValueHeads = 2, SlidingWindow = 5, TiedHead = false },
        ["latent"] = Plain with { HeadSize = 10, LatentAttention = new LatentAttention { KeyValueRank = 7, PlainHeadSize = 6, RotaryHeadSize = 4, ValueHeadSize = 5 } },
        ["latent and mixture"] = Plain with
        {
            Layers = 3, HeadSize = 10, TiedHead = false,
            LatentAttention = new LatentAttention { QueryRank = 6, KeyValueRank = 7, PlainHeadSize = 6, RotaryHeadSize = 4, ValueHeadSize = 10 },
            Mixture = new ExpertMixture { Experts = 6, ExpertsPerToken = 2, ExpertSize = 12, SharedExperts = 2, FirstDenseLayers = 1, WeightScale = 2.5, Groups = 3, GroupsPerToken = 2 },
            RopeScaling = new RopeScaling { Kind = RopeScalingKind.Yarn, Factor = 4, OriginalPositions = 8, BetaFast = 2, BetaSlow = 0.5, MScale = 0.7, MScaleAllDimensions = 0.9 },
        },
        ["mixture"] = Plain with { Mixture = new ExpertMixture { Experts = 5, ExpertsPerToken = 2, ExpertSize = 9, SharedExperts = 1, FirstDenseLayers = 1, WeightScale = 1.5, BalanceWeight = 0.01 } },
        ["chain"] = Plain with { TiedHead = false, Mixture = new ExpertMixture { Experts = 5, ExpertsPerToken = 2, ExpertSize = 9, SharedExperts = 1, Rounds = 2 } },
        ["chain, released"] = Plain with { Mixture = new ExpertMixture { Experts = 5, ExpertsPerToken = 1, ExpertSize = 9, Rounds = 3, Residual = MixtureResidual.Repo } },
        ["chain, one router"] = Plain with { Mixture = new ExpertMixture { Experts = 5, ExpertsPerToken = 2, ExpertSize = 9, Rounds = 2, Residual = MixtureResidual.Outer, SharedRouter = true } },
        ["latent chain"] = Plain with
        {
            HeadSize = 10, LatentAttention = new LatentAttention { KeyValueRank = 7, PlainHeadSize = 6, RotaryHeadSize = 4, ValueHeadSize = 5 },
            Mixture = new ExpertMixture { Experts = 5, ExpertsPerToken = 2, ExpertSize = 9, SharedExperts = 1, Rounds = 2, Residual = MixtureResidual.Both, BalanceWeight = 0.001 },
        },
        ["qk-norm and mixture"] = Plain with { KeyValueHeads = 2, QkNorm = true, Mixture = new ExpertMixture { Experts = 5, ExpertsPerToken = 3, ExpertSize = 9, NormalizeWeights = true } },
    };

    /// <summary>A variant of either list.</summary>
    public static DecoderConfig Any(string variant) => Variants.TryGetValue(variant, out var config) ? config : TorchVariants[variant];

    /// <summary>Weights large enough that every part of the model shows in the logits, norms and biases included.</summary>
    public static DecoderWeights Weights(DecoderConfig config, ulong seed = 7)
    {
        var stream = RandomStream.FromSeed(seed);
        return new DecoderWeights(config, config.WeightShapes().ToDictionary(s => s.Name, s =>
        {
            var own = stream.Derive(s.Name);
            var norm = s.Shape.Length == 1 && !s.Name.EndsWith(".bias", StringComparison.Ordinal);
            return Enumerable.Range(0, s.Shape.Aggregate(1, (a, b) => a * b)).Select(_ => (float)((0.3 * own.NextNormal()) + (norm ? 1 : 0))).ToArray();
        }));
    }

    /// <summary>Sequences of different lengths over the vocabulary.</summary>
    public static IReadOnlyList<int[]> Sequences(DecoderConfig config, params int[] lengths)
    {
        var stream = RandomStream.FromSeed(11);
        return [.. lengths.Select(n => Enumerable.Range(0, n).Select(_ => stream.NextInt(config.VocabularySize)).ToArray())];
    }
}
