namespace Ratchet.Models;

/// <summary>What a decoder holds and what a token costs, counted from its shape alone.</summary>
/// <remarks>
/// One multiply-add is two floating-point operations. Norms, activations, softmax and rotations are not counted. For the feed-forward part of a mixture
/// layer a token costs rounds · ((chosen + shared) · 3 · width · expert width + width · experts) multiply-adds.
/// </remarks>
public sealed record ModelCost
{
    /// <summary>Parameters; a tied head counts once.</summary>
    public required long Parameters { get; init; }

    /// <summary>
    /// Most parameters that one token makes use of: all but the experts that no round chooses. Rounds may choose the same expert again, so the number can be
    /// smaller for a token of a chain.
    /// </summary>
    public required long ActiveParameters { get; init; }

    /// <summary>Parameters of the embedding and, where it is not tied, the head.</summary>
    public required long EmbeddingParameters { get; init; }

    /// <summary>Multiply-adds of one token in all feed-forward layers, routers included.</summary>
    public required long FeedForwardMultiplyAdds { get; init; }

    /// <summary>Multiply-adds of one token in the projections of attention, all layers.</summary>
    public required long AttentionMultiplyAdds { get; init; }

    /// <summary>Multiply-adds of one token for each position that it attends to, all layers: scores and values.</summary>
    public required long MultiplyAddsPerPosition { get; init; }

    /// <summary>Multiply-adds of one token in the output head.</summary>
    public required long HeadMultiplyAdds { get; init; }

    /// <summary>Experts that a token goes through in a mixture layer, shared ones and every round counted; 0 without a mixture.</summary>
    public required int ExpertEvaluations { get; init; }

    /// <summary>Floating-point operations of the forward pass for one token that attends to a number of positions, itself included.</summary>
    public double FlopsPerToken(double positions) => 2 * (FeedForwardMultiplyAdds + AttentionMultiplyAdds + HeadMultiplyAdds + (positions * MultiplyAddsPerPosition));

    /// <summary>Counts a shape.</summary>
    public static ModelCost Of(DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        long hidden = config.HiddenSize, heads = config.Heads;
        var (products, vectors) = Attention(config);
        long denseLayers = Math.Min(config.Mixture?.FirstDenseLayers ?? config.Layers, config.Layers), sparseLayers = config.Layers - denseLayers;
        var dense = 3 * hidden * config.FeedForwardSize;
        long sparse = 0, active = 0, sparseCost = 0;
        if (config.Mixture is { } mixture)
        {
            var expert = 3 * hidden * mixture.ExpertSize;
            var routers = (mixture.Routers * mixture.Experts * hidden) + (mixture.RoundNorms * hidden);
            sparse = routers + (expert * (mixture.Experts + mixture.SharedExperts));
            active = routers + (expert * (Math.Min(mixture.Experts, (long)mixture.Rounds * mixture.ExpertsPerToken) + mixture.SharedExperts));
            sparseCost = mixture.Rounds * ((expert * (mixture.ExpertsPerToken + mixture.SharedExperts)) + (mixture.Experts * hidden));
        }

        var embedding = (config.VocabularySize * hidden) + (config.ScalarHead ? hidden : config.TiedHead ? 0 : config.VocabularySize * hidden);
        var rest = ((products + vectors + (2 * hidden)) * config.Layers) + (dense * denseLayers) + hidden + embedding;
        return new ModelCost
        {
            Parameters = rest + (sparse * sparseLayers),
            ActiveParameters = rest + (active * sparseLayers),
            EmbeddingParameters = embedding,
            FeedForwardMultiplyAdds = (dense * denseLayers) + (sparseCost * sparseLayers),
            AttentionMultiplyAdds = products * config.Layers,
            MultiplyAddsPerPosition = heads * (config.HeadSize + (config.LatentAttention?.ValueHeadSize ?? config.HeadSize)) * config.Layers,
            HeadMultiplyAdds = config.HeadOutputs * hidden,
            ExpertEvaluations = config.Mixture is { } m ? m.Rounds * (m.ExpertsPerToken + m.SharedExperts) : 0,
        };
    }

    /// <summary>A layer's attention: weights that take part in products, each once a token, and the others.</summary>
    private static (long Products, long Vectors) Attention(DecoderConfig config)
    {
        long hidden = config.HiddenSize, heads = config.Heads, size = config.HeadSize;
        if (config.LatentAttention is { } latent)
        {
            var query = heads * size;
            var products = (latent.QueryRank is { } rank ? (rank * hidden) + (query * rank) : query * hidden)
                + ((latent.KeyValueRank + latent.RotaryHeadSize) * hidden)
                + (heads * (latent.PlainHeadSize + latent.ValueHeadSize) * latent.KeyValueRank)
                + (hidden * heads * latent.ValueHeadSize);
            return (products, latent.KeyValueRank + (latent.QueryRank ?? 0));
        }

        var vectors = (config.QkvBias ? size * (heads + (2 * config.KeyValueHeads)) : 0) + (config.QkNorm ? 2 * size : 0);
        return (hidden * size * ((2 * heads) + (2 * config.KeyValueHeads)), vectors);
    }
}
