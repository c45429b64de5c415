namespace Ratchet.Models;

public sealed partial record DecoderConfig
{
    /// <summary>Number of parameters; a tied head counts once.</summary>
    public long ParameterCount
    {
        get
        {
            long hidden = HiddenSize, attention;
            if (LatentAttention is { } latent)
            {
                var query = (long)Heads * HeadSize;
                attention = (latent.QueryRank is { } rank ? (rank * hidden) + rank + (query * rank) : query * hidden)
                    + ((latent.KeyValueRank + latent.RotaryHeadSize) * hidden) + latent.KeyValueRank
                    + ((long)Heads * (latent.PlainHeadSize + latent.ValueHeadSize) * latent.KeyValueRank)
                    + (hidden * Heads * latent.ValueHeadSize);
            }
            else
            {
                attention = hidden * HeadSize * ((2 * Heads) + (2 * KeyValueHeads));
                if (QkvBias)
                    attention += (long)HeadSize * (Heads + (2 * KeyValueHeads));
                if (QkNorm)
                    attention += 2L * HeadSize;
            }

            var dense = Mixture?.FirstDenseLayers ?? Layers;
            var feedForward = 3 * hidden * FeedForwardSize * dense;
            if (Mixture is { } mixture)
                feedForward += ((mixture.Experts * hidden) + (3 * hidden * mixture.ExpertSize * (mixture.Experts + mixture.SharedExperts))) * (Layers - dense);
            return ((attention + (2 * hidden)) * Layers) + feedForward + hidden + (VocabularySize * hidden * (TiedHead ? 1 : 2));
        }
    }

    /// <summary>True where a block has a mixture of experts.</summary>
    internal bool IsMixture(int layer) => Mixture is { } mixture && layer >= mixture.FirstDenseLayers;

    /// <summary>Names and shapes of all weights in the Hugging Face layout, in file order. Matrices are [out, in].</summary>
    public IReadOnlyList<(string Name, int[] Shape)> WeightShapes()
    {
        var shapes = new List<(string, int[])> { ("model.embed_tokens.weight", [VocabularySize, HiddenSize]) };
        for (var i = 0; i < Layers; i++)
        {
            var p = $"model.layers.{i}.";
            shapes.Add((p + "input_layernorm.weight", [HiddenSize]));
            if (LatentAttention is { } latent)
                AddLatent(shapes, p + "self_attn.", latent);
            else
                AddGrouped(shapes, p + "self_attn.");
            shapes.Add((p + "post_attention_layernorm.weight", [HiddenSize]));
            if (IsMixture(i))
                AddMixture(shapes, p + "mlp.", Mixture!);
            else
                AddFeedForward(shapes, p + "mlp.", FeedForwardSize);
        }

        shapes.Add(("model.norm.weight", [HiddenSize]));
        if (!TiedHead)
            shapes.Add(("lm_head.weight", [VocabularySize, HiddenSize]));
        return shapes;
    }

    private void AddGrouped(List<(string, int[])> shapes, string p)
    {
        shapes.Add((p + "q_proj.weight", [Heads * HeadSize, HiddenSize]));
        shapes.Add((p + "k_proj.weight", [KeyValueHeads * HeadSize, HiddenSize]));
        shapes.Add((p + "v_proj.weight", [KeyValueHeads * HeadSize, HiddenSize]));
        if (QkvBias)
        {
            shapes.Add((p + "q_proj.bias", [Heads * HeadSize]));
            shapes.Add((p + "k_proj.bias", [KeyValueHeads * HeadSize]));
            shapes.Add((p + "v_proj.bias", [KeyValueHeads * HeadSize]));
        }

        if (QkNorm)
        {
            shapes.Add((p + "q_norm.weight", [HeadSize]));
            shapes.Add((p + "k_norm.weight", [HeadSize]));
        }

        shapes.Add((p + "o_proj.weight", [HiddenSize, Heads * HeadSize]));
    }

    private void AddLatent(List<(string, int[])> shapes, string p, LatentAttention latent)
    {
        if (latent.QueryRank is { } rank)
        {
            shapes.Add((p + "q_a_proj.weight", [rank, HiddenSize]));
            shapes.Add((p + "q_a_layernorm.weight", [rank]));
            shapes.Add((p + "q_b_proj.weight", [Heads * HeadSize, rank]));
        }
        else
        {
            shapes.Add((p + "q_proj.weight", [Heads * HeadSize, HiddenSize]));
        }

        shapes.Add((p + "kv_a_proj_with_mqa.weight", [latent.KeyValueRank + latent.RotaryHeadSize, HiddenSize]));
        shapes.Add((p + "kv_a_layernorm.weight", [latent.KeyValueRank]));
        shapes.Add((p + "kv_b_proj.weight", [Heads * (latent.PlainHeadSize + latent.ValueHeadSize), latent.KeyValueRank]));
        shapes.Add((p + "o_proj.weight", [HiddenSize, Heads * latent.ValueHeadSize]));
    }

    private void AddMixture(List<(string, int[])> shapes, string p, ExpertMixture mixture)
    {
        shapes.Add((p + "gate.weight", [mixture.Experts, HiddenSize]));
        for (var e = 0; e < mixture.Experts; e++)
            AddFeedForward(shapes, $"{p}experts.{e}.", mixture.ExpertSize);
        if (mixture.SharedExperts > 0)
            AddFeedForward(shapes, p + "shared_experts.", mixture.ExpertSize * mixture.SharedExperts);
    }

    private void AddFeedForward(List<(string, int[])> shapes, string p, int size)
    {
        shapes.Add((p + "gate_proj.weight", [size, HiddenSize]));
        shapes.Add((p + "up_proj.weight", [size, HiddenSize]));
        shapes.Add((p + "down_proj.weight", [HiddenSize, size]));
    }
}
