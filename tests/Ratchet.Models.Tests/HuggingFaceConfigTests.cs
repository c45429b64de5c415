using System.Text.Json.Nodes;
using Ratchet.Runs;

namespace Ratchet.Models.Tests;

public sealed class HuggingFaceConfigTests
{
    private const string Llama = """
        {"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":64,"intermediate_size":128,"num_hidden_layers":2,"num_attention_heads":4,
         "num_key_value_heads":2,"vocab_size":100,"max_position_embeddings":512,"rms_norm_eps":1e-05,"rope_theta":500000.0,"hidden_act":"silu",
         "bos_token_id":1,"eos_token_id":[2,3],"tie_word_embeddings":false,"rope_scaling":null}
        """;

    public static TheoryData<string> VariantNames => [.. TinyModels.Variants.Keys, .. TinyModels.TorchVariants.Keys];

    [Theory]
    [MemberData(nameof(VariantNames))]
    public void A_written_configuration_reads_back_equal(string variant)
    {
        var config = TinyModels.Any(variant);

        Assert.Equal(config, HuggingFaceConfig.Read(HuggingFaceConfig.Write(config)));
    }

    [Theory]
    [InlineData("grouped", "llama", "LlamaForCausalLM")]
    [InlineData("qk-norm", "qwen3", "Qwen3ForCausalLM")]
    [InlineData("qkv-bias", "qwen2", "Qwen2ForCausalLM")]
    public void The_family_follows_from_the_features(string variant, string modelType, string architecture)
    {
        var json = JsonNode.Parse(HuggingFaceConfig.Write(TinyModels.Variants[variant], WeightsType.BFloat16))!;

        Assert.Equal(modelType, (string?)json["model_type"]);
        Assert.Equal(architecture, (string?)json["architectures"]![0]);
        Assert.Equal("bfloat16", (string?)json["torch_dtype"]);
        Assert.Equal("10000.0", json["rope_theta"]!.ToJsonString());
    }

    [Theory]
    [InlineData("\"residual\": \"inner\"", MixtureResidual.Repo)]
    [InlineData("\"inner_residual\": true, \"outer_residual\": false", MixtureResidual.Repo)]
    [InlineData("\"inner_residual\": false, \"outer_residual\": true", MixtureResidual.Outer)]
    [InlineData("\"inner_residual\": true, \"outer_residual\": true", MixtureResidual.Both)]
    public void A_chain_of_experts_is_read_as_its_code_means_it(string residual, MixtureResidual expected)
    {
        var text = $$"""
            {"model_type": "coe_deepseekv2", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 100,
             "max_position_embeddings": 512, "hidden_act": "silu", "bos_token_id": 1, "eos_token_id": 2, "kv_lora_rank": 16, "q_lora_rank": null, "qk_nope_head_dim": 8,
             "qk_rope_head_dim": 4, "v_head_dim": 8, "n_routed_experts": 15, "n_shared_experts": 1, "num_experts_per_tok": 4, "moe_intermediate_size": 32,
             "norm_topk_prob": false, "aux_loss_alpha": 0.001, "inner_iter": 2, "use_igate": true, {{residual}}}
            """;

        var mixture = HuggingFaceConfig.Read(text).Mixture!;

        Assert.Equal(new ExpertMixture { Experts = 15, ExpertsPerToken = 4, ExpertSize = 32, SharedExperts = 1, Rounds = 2, Residual = expected, BalanceWeight = 0.001 }, mixture);
        Assert.True(HuggingFaceConfig.Read(text.Replace("\"use_igate\": true", "\"use_igate\": false", StringComparison.Ordinal)).Mixture!.SharedRouter);
        var error = Assert.Throws<RatchetException>(() => HuggingFaceConfig.Read(text.Replace(residual, "\"inner_residual\": false", StringComparison.Ordinal)));
        Assert.Contains("inner_residual", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_llama_configuration_is_read()
    {
        var config = HuggingFaceConfig.Read(Llama);

        Assert.Equal(
            new DecoderConfig
            {
                VocabularySize = 100, HiddenSize = 64, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = 16, FeedForwardSize = 128, MaxPositions = 512,
                RopeTheta = 500_000, NormEpsilon = 1e-5f, TiedHead = false, BeginId = 1, EndId = 2, PadId = 2,
            },
            config);
    }

    [Theory]
    [InlineData("model_type", "\"mixtral\"", "model type 'mixtral' is not supported")]
    [InlineData("rope_scaling", """{"rope_type":"llama3","factor":8.0}""", "rope_scaling.high_freq_factor is missing")]
    [InlineData("rope_scaling", """{"type":"linear","factor":"2"}""", "rope_scaling.factor must be a number")]
    [InlineData("rope_scaling", """{"type":"linear","factor":0.5}""", "RopeScaling.Factor must be at least 1, not 0.5")]
    [InlineData("rope_scaling", """{"type":"dynamic","factor":2.0}""", "rope_scaling is 'dynamic', which is not supported")]
    [InlineData("rope_parameters", """{"rope_type":"longrope","rope_theta":1.0}""", "rope_parameters is 'longrope'")]
    [InlineData("attention_bias", "true", "attention_bias is true")]
    [InlineData("mlp_bias", "true", "mlp_bias is true")]
    [InlineData("hidden_act", "\"gelu\"", "hidden_act is gelu")]
    [InlineData("num_local_experts", "8", "num_local_experts is a mixture of experts")]
    [InlineData("quantization_config", "{}", "quantization_config is a quantised model")]
    [InlineData("layer_types", """["full_attention","sliding_attention"]""", "layer_types is 'sliding_attention'")]
    [InlineData("vocab_size", "null", "vocab_size is missing")]
    [InlineData("vocab_size", "\"many\"", "vocab_size must be a whole number")]
    [InlineData("vocab_size", "-5", "VocabularySize must be positive, not -5")]
    [InlineData("num_key_value_heads", "3", "Heads (4) must be a multiple of KeyValueHeads (3)")]
    public void What_is_not_supported_is_refused_by_name(string key, string value, string expected)
    {
        var json = JsonNode.Parse(Llama)!;
        json[key] = JsonNode.Parse(value);

        var error = Assert.Throws<RatchetException>(() => HuggingFaceConfig.Read(json.ToJsonString(), "models/x/config.json"));

        Assert.Contains("'models/x/config.json'", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sliding_window_is_read_only_where_it_binds()
    {
        var json = JsonNode.Parse(Llama)!;
        json["model_type"] = "mistral";
        json["sliding_window"] = 512;
        Assert.Null(HuggingFaceConfig.Read(json.ToJsonString()).SlidingWindow);

        json["sliding_window"] = 511;
        Assert.Equal(511, HuggingFaceConfig.Read(json.ToJsonString()).SlidingWindow);

        json["model_type"] = "qwen2";
        json["use_sliding_window"] = true;
        Assert.Contains("sliding_window is 511", Assert.Throws<RatchetException>(() => HuggingFaceConfig.Read(json.ToJsonString())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var json = JsonNode.Parse(Llama)!;
        json["hidden_act"] = "relu";
        json["mlp_bias"] = true;
        json["intermediate_size"] = null;

        var message = Assert.Throws<RatchetException>(() => HuggingFaceConfig.Read(json.ToJsonString())).Message;

        Assert.Equal("'config.json': hidden_act is relu, which is not supported; intermediate_size is missing; mlp_bias is true, which is not supported.", message);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"a":1,"a":2}""")]
    public void Text_that_is_no_object_is_refused(string text) =>
        Assert.Contains("not a readable model configuration", Assert.Throws<RatchetException>(() => HuggingFaceConfig.Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_combination_that_no_family_has_is_refused_when_written() =>
        Assert.Contains("QkNorm and QkvBias", Assert.Throws<RatchetException>(() => HuggingFaceConfig.Write(TinyModels.Plain with { QkNorm = true, QkvBias = true })).Message, StringComparison.Ordinal);
}
