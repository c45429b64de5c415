using System.Globalization;
using Ratchet.Runs;

namespace Ratchet.Models;

/// <summary>
/// Writes and reads <c>config.json</c> in the Hugging Face layout. The family is chosen by the features, so that the
/// <c>transformers</c> library builds the same model: latent attention is DeepSeek-V2, query-key norms are Qwen 3 (with a mixture Qwen 3 MoE),
/// query-key-value biases Qwen 2, a sliding window Mistral, a mixture without any of them DeepSeek (DeepSeekMoE), nothing of all this Llama.
/// </summary>
/// <remarks>
/// <para>A window that no position can look past is read as none. DeepSeek-V3 (sigmoid routing) and interleaved layer types are refused.</para>
/// <para>A chain of experts has the keys of its released code (model type <c>coe_deepseekv2</c> with latent attention, else <c>deepseek</c>):
/// <c>inner_iter</c>, <c>use_igate</c>, <c>inner_residual</c> and <c>outer_residual</c>, in place of which an older version has <c>residual</c>. A standard block with
/// several rounds, which that code cannot build, has <c>"residual": "prenorm"</c>.</para>
/// </remarks>
public static partial class HuggingFaceConfig
{
    private const string Supported = "Supported are Llama 2/3, Mistral, Qwen 2/2.5, Qwen 3, Qwen 3 MoE, DeepSeek (MoE), DeepSeek-V2 and Chain-of-Experts decoders with SiLU and plain, linear, llama3 or yarn rotary positions.";

    private const string Chain = "coe_deepseekv2";

    private static readonly string[] MoeKeys = ["num_experts", "num_local_experts", "n_routed_experts", "num_experts_per_tok"];

    /// <summary>Reads the text of a <c>config.json</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">Name of the file, for messages.</param>
    /// <exception cref="RatchetException">
    /// The text is no JSON object, a value is missing or of the wrong kind, or the model uses something that is not supported; the
    /// message names all settings concerned.
    /// </exception>
    public static DecoderConfig Read(string text, string file = "config.json")
    {
        ArgumentNullException.ThrowIfNull(text);
        var values = ConfigReader.Parse(text, file);
        var family = values.Text("model_type") ?? string.Empty;
        if (family is not ("llama" or "mistral" or "qwen2" or "qwen3" or "qwen3_moe" or "deepseek" or "deepseek_v2" or Chain))
            throw new RatchetException($"'{file}': the model type '{family}' is not supported.", Supported);
        RefuseUnsupported(values, family);
        var heads = values.Int("num_attention_heads");
        var hidden = values.Int("hidden_size");
        var positions = values.Int("max_position_embeddings");
        var end = values.Id("eos_token_id") ?? 2;
        var latent = family is "deepseek_v2" or Chain ? ReadLatent(values) : null;
        var config = new DecoderConfig
        {
            VocabularySize = values.Int("vocab_size"),
            HiddenSize = hidden,
            Layers = values.Int("num_hidden_layers"),
            Heads = heads,
            KeyValueHeads = latent is not null ? heads : values.Int("num_key_value_heads", family is "llama" or "deepseek" ? heads : null),
            HeadSize = latent is not null ? latent.PlainHeadSize + latent.RotaryHeadSize : values.Int("head_dim", family is "qwen3" or "qwen3_moe" ? 128 : heads > 0 && hidden % heads == 0 ? hidden / heads : null),
            FeedForwardSize = values.Int("intermediate_size"),
            MaxPositions = positions,
            RopeTheta = values.RopeTheta(),
            RopeScaling = values.RopeScaling(positions),
            SlidingWindow = family == "mistral" && values.Has("sliding_window") && values.Int("sliding_window") is var window && window < positions ? window : null,
            LatentAttention = latent,
            Mixture = family switch { "deepseek" or "deepseek_v2" or Chain => ReadDeepSeekMixture(values), "qwen3_moe" => ReadQwenMixture(values), _ => null },
            NormEpsilon = (float)values.Number("rms_norm_eps", 1e-6),
            QkNorm = family is "qwen3" or "qwen3_moe",
            QkvBias = family == "qwen2",
            TiedHead = values.Flag("tie_word_embeddings"),
            ScalarHead = IsClassifier(values),
            BeginId = values.Id("bos_token_id") ?? end,
            EndId = end,
            PadId = values.Id("pad_token_id") ?? end,
        };
        if (values.Errors.Count > 0)
            throw new RatchetException($"'{file}': " + string.Join("; ", values.Errors) + ".", Supported);
        if (config.Validate() is { Count: > 0 } errors)
            throw new RatchetException($"'{file}' describes a model that cannot be built: " + string.Join(" ", errors), "Correct the file.");
        return config;
    }

    private static bool IsClassifier(ConfigReader values) => values.FirstText("architectures")?.EndsWith("ForSequenceClassification", StringComparison.Ordinal) == true;

    private static LatentAttention ReadLatent(ConfigReader values) => new()
    {
        QueryRank = values.Has("q_lora_rank") ? values.Int("q_lora_rank") : null,
        KeyValueRank = values.Int("kv_lora_rank"),
        PlainHeadSize = values.Int("qk_nope_head_dim"),
        RotaryHeadSize = values.Int("qk_rope_head_dim"),
        ValueHeadSize = values.Int("v_head_dim"),
    };

    private static ExpertMixture? ReadDeepSeekMixture(ConfigReader values)
    {
        if (!values.Has("n_routed_experts"))
            return null;
        if (values.Text("scoring_func") is not (null or "softmax") and var scoring)
            values.Refuse("scoring_func", scoring);
        if (values.Int("moe_layer_freq", 1) != 1)
            values.Refuse("moe_layer_freq", "not 1");
        var method = values.Text("topk_method") ?? "greedy";
        if (method is not ("greedy" or "group_limited_greedy"))
            values.Refuse("topk_method", method);
        var grouped = method == "group_limited_greedy";
        return new ExpertMixture
        {
            Experts = values.Int("n_routed_experts"),
            ExpertsPerToken = values.Int("num_experts_per_tok"),
            ExpertSize = values.Int("moe_intermediate_size"),
            SharedExperts = values.Int("n_shared_experts", 0),
            FirstDenseLayers = values.Int("first_k_dense_replace", 0),
            NormalizeWeights = values.Flag("norm_topk_prob"),
            WeightScale = values.Number("routed_scaling_factor", 1),
            Groups = grouped ? values.Int("n_group") : 1,
            GroupsPerToken = grouped ? values.Int("topk_group") : 1,
            Rounds = values.Int("inner_iter", 1),
            SharedRouter = values.Int("inner_iter", 1) > 1 && !values.Flag("use_igate"),
            Residual = ReadResidual(values),
            BalanceWeight = values.Number("aux_loss_alpha", 0),
        };
    }

    private static MixtureResidual ReadResidual(ConfigReader values)
    {
        if (!values.Has("inner_iter"))
            return MixtureResidual.PreNorm;
        switch (values.Text("residual"))
        {
            case "inner":
                return MixtureResidual.Repo;
            case "outer":
                return MixtureResidual.Outer;
            case "prenorm":
                return MixtureResidual.PreNorm;
            case { } other:
                values.Refuse("residual", other);
                return MixtureResidual.PreNorm;
        }

        switch (values.Flag("inner_residual"), values.Flag("outer_residual"))
        {
            case (true, true):
                return MixtureResidual.Both;
            case (true, false):
                return MixtureResidual.Repo;
            case (false, true):
                return MixtureResidual.Outer;
            default:
                values.Refuse("inner_residual", "false beside outer_residual false, a chain without any residual");
                return MixtureResidual.PreNorm;
        }
    }

    private static ExpertMixture ReadQwenMixture(ConfigReader values)
    {
        if (values.Int("decoder_sparse_step", 1) != 1)
            values.Refuse("decoder_sparse_step", "not 1");
        if (values.HasItems("mlp_only_layers"))
            values.Refuse("mlp_only_layers", "not empty");
        return new ExpertMixture
        {
            Experts = values.Int("num_experts"),
            ExpertsPerToken = values.Int("num_experts_per_tok"),
            ExpertSize = values.Int("moe_intermediate_size"),
            NormalizeWeights = values.Flag("norm_topk_prob"),
            BalanceWeight = values.Flag("output_router_logits") ? values.Number("router_aux_loss_coef", 0.001) : 0,
        };
    }

    private static void RefuseUnsupported(ConfigReader values, string family)
    {
        var act = values.Text("hidden_act");
        if (act is not (null or "silu" or "swish"))
            values.Refuse("hidden_act", act);
        if (family != "qwen2" && values.Flag("attention_bias"))
            values.Refuse("attention_bias", "true");
        if (values.Flag("mlp_bias"))
            values.Refuse("mlp_bias", "true");
        // Without id2label these classes have two labels.
        if (IsClassifier(values) && values.Entries("id2label") != 1)
            values.Refuse("id2label", "not one label, in a model for sequence classification");
        if (values.Has("quantization_config"))
            values.Refuse("quantization_config", "a quantised model");
        foreach (var key in family is "deepseek" or "deepseek_v2" or Chain or "qwen3_moe" ? [] : MoeKeys)
        {
            if (values.Has(key))
                values.Refuse(key, "a mixture of experts");
        }

        if (values.Number("partial_rotary_factor", 1) != 1)
            values.Refuse("partial_rotary_factor", "not 1");

        // Qwen slides in some layers only; a window that no position can look past changes nothing.
        if (family != "mistral" && values.Has("sliding_window") && values.Flag("use_sliding_window") && values.Int("sliding_window") is var size && size < values.Int("max_position_embeddings"))
            values.Refuse("sliding_window", size.ToString(CultureInfo.InvariantCulture) + ", less than max_position_embeddings (with at most that many positions it would be full attention)");
        if (family != "mistral")
            values.RefuseLayerTypes();
    }
}
