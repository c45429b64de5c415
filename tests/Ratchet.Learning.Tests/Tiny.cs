using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Models;

namespace Ratchet.Learning.Tests;

/// <summary>Small models and rows that many tests share.</summary>
internal static class Tiny
{
    public static DecoderConfig Config { get; } = new()
    {
        VocabularySize = 11,
        HiddenSize = 12,
        Layers = 2,
        Heads = 4,
        KeyValueHeads = 2,
        HeadSize = 6,
        FeedForwardSize = 20,
        MaxPositions = 96,
    };

    /// <summary>Weights with every norm and bias away from its start value, so that a gradient which forgets one shows.</summary>
    public static DecoderWeights Weights(DecoderConfig config, ulong seed = 1)
    {
        var weights = DecoderWeights.Initialize(config, RandomStream.FromSeed(seed), deviation: 0.4);
        var stream = RandomStream.FromSeed(seed + 100);
        foreach (var (name, shape) in config.WeightShapes())
        {
            if (shape.Length == 1)
            {
                for (var i = 0; i < weights[name].Length; i++)
                    weights[name][i] += (float)(0.3 * stream.NextNormal());
            }
        }

        return weights;
    }

    public static Example Row(string id, int[] ids, int targetStart = 1, float weight = 1f) =>
        new() { Id = id, Ids = ids, TargetStart = targetStart, Weight = weight, ProblemId = id, AttemptIds = [] };

    /// <summary>Random rows of mixed lengths with targets in their tails.</summary>
    public static Example[] Rows(int count, int vocabulary, ulong seed = 5, int longest = 14)
    {
        var stream = RandomStream.FromSeed(seed);
        var rows = new Example[count];
        for (var r = 0; r < count; r++)
        {
            var ids = new int[2 + stream.NextInt(longest - 1)];
            for (var i = 0; i < ids.Length; i++)
                ids[i] = stream.NextInt(vocabulary);
            rows[r] = Row($"row{r}", ids, 1 + stream.NextInt(ids.Length - 1), (float)(0.5 + stream.NextDouble()));
        }

        return rows;
    }

    /// <summary>All weights of a model one behind the other, as bits.</summary>
    public static int[] Bits(DecoderWeights weights) =>
        [.. weights.Config.WeightShapes().SelectMany(s => weights[s.Name]).Select(BitConverter.SingleToInt32Bits)];
}
