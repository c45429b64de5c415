using Ratchet.Loop;
using Ratchet.Models;

namespace Ratchet.Sampling.Tests;

/// <summary>Small models with weights large enough that the distribution is far from uniform.</summary>
internal static class Models
{
    public static readonly DecoderConfig Tiny = new()
    {
        VocabularySize = 23, HiddenSize = 24, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = 10, FeedForwardSize = 37, MaxPositions = 80,
    };

    public static DecoderWeights Weights(DecoderConfig config, ulong seed = 7)
    {
        var weights = DecoderWeights.Initialize(config, RandomStream.FromSeed(seed), 0.25);
        var stream = RandomStream.FromSeed(seed).Derive("vectors");
        foreach (var (name, shape) in config.WeightShapes())
        {
            for (var i = 0; shape.Length == 1 && i < shape[0]; i++)
                weights[name][i] += (float)(0.3 * stream.NextNormal());
        }

        return weights;
    }

    public static int[] Ids(int count, int vocabulary, ulong seed)
    {
        var stream = RandomStream.FromSeed(seed);
        return [.. Enumerable.Range(0, count).Select(_ => stream.NextInt(vocabulary))];
    }

    public static SamplePrompt Prompt(int[] ids, int samples, ulong seed)
        => new(ids, [.. Enumerable.Range(0, samples).Select(i => RandomStream.FromSeed(seed).Derive(i))]);

    /// <summary>Prompts of many lengths (around the page size of 16 too) with different numbers of samples.</summary>
    public static SamplePrompt[] Mixed(int vocabulary)
        => [.. new[] { 1, 2, 15, 16, 17, 31, 32, 33, 5, 8 }.Select((n, i) => Prompt(Ids(n, vocabulary, (ulong)i), 1 + (i * 3 % 7), (ulong)(100 + i)))];
}
