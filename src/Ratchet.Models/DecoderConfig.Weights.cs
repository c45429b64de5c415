namespace Ratchet.Models;

public sealed partial record DecoderConfig
{
    /// <summary>Number of parameters; a tied head counts once.</summary>
    public long ParameterCount => ModelCost.Of(this).Parameters;

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
        if (ScalarHead)
            shapes.Add(("score.weight", [1, HiddenSize]));
        else if (!TiedHead)
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
        for (var t = 0; t < mixture.Routers; t++)
            shapes.Add((p + MixtureNames.Router(mixture, t), [mixture.Experts, HiddenSize]));
        for (var t = 0; t < mixture.RoundNorms; t++)
            shapes.Add((p + MixtureNames.RoundNorm(t), [HiddenSize]));
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

/// <summary>Names of a mixture's weights that depend on its rounds, behind <c>model.layers.N.mlp.</c></summary>
internal static class MixtureNames
{
    /// <summary><c>gate.weight</c> where there is one router; the released chains number theirs.</summary>
    public static string Router(ExpertMixture mixture, int router) => mixture.Routers == 1 ? "gate.weight" : $"gate.{router}.weight";

    /// <summary>Gains of the norm before round <paramref name="norm"/> + 2; the first round has the block's own norm. A name of this project: the released code has no such norms.</summary>
    public static string RoundNorm(int norm) => $"round_norms.{norm}.weight";
}
