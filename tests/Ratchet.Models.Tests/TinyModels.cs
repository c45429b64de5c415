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
        ["untied"] = Plain with { TiedHead = false, RopeTheta = 500_000, NormEpsilon = 1e-6f },
    };

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
