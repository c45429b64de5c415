using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Models;

public static partial class HuggingFaceConfig
{
    /// <summary>The text of <c>config.json</c>.</summary>
    /// <exception cref="RatchetException">The shape is not valid, or no family has its combination of features.</exception>
    public static string Write(DecoderConfig config, WeightsType type = WeightsType.Float32)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.ThrowIfInvalid();
        if (config is { QkNorm: true, QkvBias: true })
            throw new RatchetException("A model with both QkNorm and QkvBias belongs to no Hugging Face family, so it cannot be saved in that layout.", "Use one of the two.");
        var (family, architecture) = config switch
        {
            { LatentAttention: not null, SlidingWindow: null } when IsChain(config.Mixture) => (Chain, "CoeForCausalLM"),
            { LatentAttention: not null, SlidingWindow: null } => ("deepseek_v2", "DeepseekV2ForCausalLM"),
            { Mixture: { Groups: 1, SharedExperts: 0, FirstDenseLayers: 0, WeightScale: 1 }, QkNorm: true, SlidingWindow: null } when !IsChain(config.Mixture) => ("qwen3_moe", "Qwen3MoeForCausalLM"),
            { Mixture: { Groups: 1 }, QkNorm: false, QkvBias: false, SlidingWindow: null } when config.HeadSize * config.Heads == config.HiddenSize => ("deepseek", "DeepseekForCausalLM"),
            { Mixture: not null } => throw new RatchetException("A mixture of experts without latent attention is saved as Qwen 3 MoE, which has QkNorm and no groups, shared experts, dense layers, weight scale, rounds or sliding window; or as DeepSeek, which has heads as wide together as the model and no QkNorm, QkvBias, groups or sliding window.", "Use one of these combinations, or latent attention."),
            { SlidingWindow: not null, QkNorm: false, QkvBias: false } => ("mistral", "MistralForCausalLM"),
            { SlidingWindow: not null } => throw new RatchetException("A sliding window with QkNorm, QkvBias or latent attention belongs to no Hugging Face family, so it cannot be saved in that layout.", "Leave one of the two out."),
            { QkNorm: true } => ("qwen3", "Qwen3ForCausalLM"),
            { QkvBias: true } => ("qwen2", "Qwen2ForCausalLM"),
            _ => ("llama", "LlamaForCausalLM"),
        };
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartArray("architectures");
            json.WriteStringValue(config.ScalarHead ? architecture.Replace("ForCausalLM", "ForSequenceClassification", StringComparison.Ordinal) : architecture);
            json.WriteEndArray();
            if (family != "qwen2")
                json.WriteBoolean("attention_bias", false);
            json.WriteNumber("attention_dropout", 0);
            json.WriteNumber("bos_token_id", config.BeginId);
            json.WriteNumber("eos_token_id", config.EndId);
            if (config.LatentAttention is null && family != "deepseek")
                json.WriteNumber("head_dim", config.HeadSize);
            json.WriteString("hidden_act", "silu");
            json.WriteNumber("hidden_size", config.HiddenSize);
            if (config.ScalarHead)
                WriteOneLabel(json);
            json.WriteNumber("initializer_range", 0.02);
            json.WriteNumber("intermediate_size", config.FeedForwardSize);
            json.WriteNumber("max_position_embeddings", config.MaxPositions);
            if (config.LatentAttention is { } latent)
                WriteLatent(json, latent);
            if (family == "llama")
                json.WriteBoolean("mlp_bias", false);
            if (config.Mixture is { } mixture)
                WriteMixture(json, mixture, family);
            json.WriteString("model_type", family);
            json.WriteNumber("num_attention_heads", config.Heads);
            json.WriteNumber("num_hidden_layers", config.Layers);
            json.WriteNumber("num_key_value_heads", config.KeyValueHeads);
            json.WriteNumber("pad_token_id", config.PadId);
            json.WriteNumber("rms_norm_eps", config.NormEpsilon);
            WriteScaling(json, config.RopeScaling);
            json.WritePropertyName("rope_theta");
            json.WriteRawValue(FloatText(config.RopeTheta));
            if (config.SlidingWindow is { } window)
                json.WriteNumber("sliding_window", window);
            json.WriteBoolean("tie_word_embeddings", config.TiedHead);
            json.WriteString("torch_dtype", type switch { WeightsType.BFloat16 => "bfloat16", WeightsType.Float16 => "float16", _ => "float32" });
            json.WriteBoolean("use_cache", true);
            if (family.StartsWith("qwen", StringComparison.Ordinal))
                json.WriteBoolean("use_sliding_window", false);
            json.WriteNumber("vocab_size", config.VocabularySize);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>One label without a meaning of its own: how Hugging Face's classes know that the head gives one number.</summary>
    private static void WriteOneLabel(Utf8JsonWriter json)
    {
        json.WriteStartObject("id2label");
        json.WriteString("0", "LABEL_0");
        json.WriteEndObject();
    }

    private static void WriteLatent(Utf8JsonWriter json, LatentAttention latent)
    {
        json.WriteNumber("kv_lora_rank", latent.KeyValueRank);
        if (latent.QueryRank is { } rank)
            json.WriteNumber("q_lora_rank", rank);
        else
            json.WriteNull("q_lora_rank");
        json.WriteNumber("qk_nope_head_dim", latent.PlainHeadSize);
        json.WriteNumber("qk_rope_head_dim", latent.RotaryHeadSize);
        json.WriteNumber("v_head_dim", latent.ValueHeadSize);
    }

    private static void WriteMixture(Utf8JsonWriter json, ExpertMixture mixture, string family)
    {
        json.WriteNumber("moe_intermediate_size", mixture.ExpertSize);
        json.WriteBoolean("norm_topk_prob", mixture.NormalizeWeights);
        json.WriteNumber("num_experts_per_tok", mixture.ExpertsPerToken);
        if (family == "qwen3_moe")
        {
            json.WriteNumber("decoder_sparse_step", 1);
            json.WriteStartArray("mlp_only_layers");
            json.WriteEndArray();
            json.WriteNumber("num_experts", mixture.Experts);
            json.WriteBoolean("output_router_logits", mixture.BalanceWeight > 0);
            json.WritePropertyName("router_aux_loss_coef");
            json.WriteRawValue(FloatText(mixture.BalanceWeight));
            return;
        }

        json.WritePropertyName("aux_loss_alpha");
        json.WriteRawValue(FloatText(mixture.BalanceWeight));

        json.WriteNumber("first_k_dense_replace", mixture.FirstDenseLayers);
        json.WriteNumber("moe_layer_freq", 1);
        json.WriteNumber("n_group", mixture.Groups);
        json.WriteNumber("n_routed_experts", mixture.Experts);
        if (mixture.SharedExperts > 0)
            json.WriteNumber("n_shared_experts", mixture.SharedExperts);
        else
            json.WriteNull("n_shared_experts");
        json.WritePropertyName("routed_scaling_factor");
        json.WriteRawValue(FloatText(mixture.WeightScale));
        json.WriteString("scoring_func", "softmax");
        json.WriteBoolean("seq_aux", true);
        json.WriteNumber("topk_group", mixture.GroupsPerToken);
        json.WriteString("topk_method", mixture.Groups > 1 ? "group_limited_greedy" : "greedy");
        if (!IsChain(mixture))
            return;
        json.WriteNumber("inner_iter", mixture.Rounds);
        json.WriteBoolean("use_igate", !mixture.SharedRouter);
        if (mixture.Residual == MixtureResidual.PreNorm)
        {
            json.WriteString("residual", "prenorm");
            return;
        }

        json.WriteBoolean("inner_residual", mixture.Residual is MixtureResidual.Repo or MixtureResidual.Both);
        json.WriteBoolean("outer_residual", mixture.Residual is MixtureResidual.Outer or MixtureResidual.Both);
    }

    /// <summary>True where the plain families cannot say what the mixture does.</summary>
    private static bool IsChain(ExpertMixture? mixture) => mixture is not null && (mixture.Rounds > 1 || mixture.Residual != MixtureResidual.PreNorm);

    private static void WriteScaling(Utf8JsonWriter json, RopeScaling? scaling)
    {
        if (scaling is null)
        {
            json.WriteNull("rope_scaling");
            return;
        }

        void Float(string name, double? value)
        {
            if (value is null)
                return;
            json.WritePropertyName(name);
            json.WriteRawValue(FloatText(value.Value));
        }

        json.WriteStartObject("rope_scaling");
        Float("factor", scaling.Factor);
        if (scaling.Kind != RopeScalingKind.Linear)
            json.WriteNumber("original_max_position_embeddings", scaling.OriginalPositions);
        if (scaling.Kind == RopeScalingKind.Llama3)
        {
            Float("high_freq_factor", scaling.HighFrequencyFactor);
            Float("low_freq_factor", scaling.LowFrequencyFactor);
        }
        else if (scaling.Kind == RopeScalingKind.Yarn)
        {
            Float("attention_factor", scaling.AttentionFactor);
            Float("beta_fast", scaling.BetaFast);
            Float("beta_slow", scaling.BetaSlow);
            Float("mscale", scaling.MScale);
            Float("mscale_all_dim", scaling.MScaleAllDimensions);
            json.WriteBoolean("truncate", scaling.Truncate);
        }

        json.WriteString("rope_type", scaling.Kind switch { RopeScalingKind.Linear => "linear", RopeScalingKind.Llama3 => "llama3", _ => "yarn" });
        json.WriteEndObject();
    }

    private static string FloatText(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 ? text + ".0" : text;
    }
}
