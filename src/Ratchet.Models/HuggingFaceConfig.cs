using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Runs;

namespace Ratchet.Models;

/// <summary>
/// Writes and reads <c>config.json</c> in the Hugging Face layout. The family is chosen by the features, so that the
/// <c>transformers</c> library builds the same model: query-key norms are Qwen 3, query-key-value biases Qwen 2, neither is Llama.
/// </summary>
/// <remarks>Mistral files are read where their sliding window does not bind; they are written as Llama, the same computation.</remarks>
public static class HuggingFaceConfig
{
    private const string Supported = "Supported are dense Llama 2/3, Mistral, Qwen 2/2.5 and Qwen 3 decoders with plain rotary positions, full attention and SiLU.";

    private static readonly string[] MoeKeys = ["num_experts", "num_local_experts", "n_routed_experts", "num_experts_per_tok"];

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
            { QkNorm: true } => ("qwen3", "Qwen3ForCausalLM"),
            { QkvBias: true } => ("qwen2", "Qwen2ForCausalLM"),
            _ => ("llama", "LlamaForCausalLM"),
        };
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartArray("architectures");
            json.WriteStringValue(architecture);
            json.WriteEndArray();
            if (family != "qwen2")
                json.WriteBoolean("attention_bias", false);
            json.WriteNumber("attention_dropout", 0);
            json.WriteNumber("bos_token_id", config.BeginId);
            json.WriteNumber("eos_token_id", config.EndId);
            json.WriteNumber("head_dim", config.HeadSize);
            json.WriteString("hidden_act", "silu");
            json.WriteNumber("hidden_size", config.HiddenSize);
            json.WriteNumber("initializer_range", 0.02);
            json.WriteNumber("intermediate_size", config.FeedForwardSize);
            json.WriteNumber("max_position_embeddings", config.MaxPositions);
            if (family == "llama")
                json.WriteBoolean("mlp_bias", false);
            json.WriteString("model_type", family);
            json.WriteNumber("num_attention_heads", config.Heads);
            json.WriteNumber("num_hidden_layers", config.Layers);
            json.WriteNumber("num_key_value_heads", config.KeyValueHeads);
            json.WriteNumber("pad_token_id", config.PadId);
            json.WriteNumber("rms_norm_eps", config.NormEpsilon);
            json.WriteNull("rope_scaling");
            json.WritePropertyName("rope_theta");
            json.WriteRawValue(FloatText(config.RopeTheta));
            json.WriteBoolean("tie_word_embeddings", config.TiedHead);
            json.WriteString("torch_dtype", type switch { WeightsType.BFloat16 => "bfloat16", WeightsType.Float16 => "float16", _ => "float32" });
            json.WriteBoolean("use_cache", true);
            if (family != "llama")
                json.WriteBoolean("use_sliding_window", false);
            json.WriteNumber("vocab_size", config.VocabularySize);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

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
        JsonObject root;
        try
        {
            root = JsonNode.Parse(text) as JsonObject ?? throw new JsonException("it is not an object");

            // The object is indexed lazily, and a repeated key shows only then.
            _ = root.Count;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new RatchetException($"'{file}' is not a readable model configuration: {e.Message.Split('\n')[0]}", "Write it again with the tool that made the model.", e);
        }

        var values = new ConfigReader(root);
        var family = values.Text("model_type") ?? string.Empty;
        if (family is not ("llama" or "mistral" or "qwen2" or "qwen3"))
            throw new RatchetException($"'{file}': the model type '{family}' is not supported.", Supported);
        RefuseUnsupported(values, family);
        var heads = values.Int("num_attention_heads");
        var hidden = values.Int("hidden_size");
        var end = values.Id("eos_token_id") ?? 2;
        var config = new DecoderConfig
        {
            VocabularySize = values.Int("vocab_size"),
            HiddenSize = hidden,
            Layers = values.Int("num_hidden_layers"),
            Heads = heads,
            KeyValueHeads = values.Int("num_key_value_heads", family == "llama" ? heads : null),
            HeadSize = values.Int("head_dim", family == "qwen3" ? 128 : heads > 0 && hidden % heads == 0 ? hidden / heads : null),
            FeedForwardSize = values.Int("intermediate_size"),
            MaxPositions = values.Int("max_position_embeddings"),
            RopeTheta = values.RopeTheta(),
            NormEpsilon = (float)values.Number("rms_norm_eps", 1e-6),
            QkNorm = family == "qwen3",
            QkvBias = family == "qwen2",
            TiedHead = values.Flag("tie_word_embeddings"),
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

    private static void RefuseUnsupported(ConfigReader values, string family)
    {
        var act = values.Text("hidden_act");
        if (act is not (null or "silu" or "swish"))
            values.Refuse("hidden_act", act);
        if (family != "qwen2" && values.Flag("attention_bias"))
            values.Refuse("attention_bias", "true");
        if (values.Flag("mlp_bias"))
            values.Refuse("mlp_bias", "true");
        if (values.Has("quantization_config"))
            values.Refuse("quantization_config", "a quantised model");
        foreach (var key in MoeKeys)
        {
            if (values.Has(key))
                values.Refuse(key, "a mixture of experts");
        }

        if (values.Number("partial_rotary_factor", 1) != 1)
            values.Refuse("partial_rotary_factor", "not 1");

        // A window that no position can look past changes nothing.
        var window = values.Has("sliding_window") && (family == "mistral" || values.Flag("use_sliding_window"));
        if (window && values.Int("sliding_window") is var size && size < values.Int("max_position_embeddings"))
            values.Refuse("sliding_window", size.ToString(CultureInfo.InvariantCulture) + ", less than max_position_embeddings (with at most that many positions it would be full attention)");
        values.RefuseScaling("rope_scaling");
        values.RefuseScaling("rope_parameters");
        values.RefuseLayerTypes();
    }

    private static string FloatText(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 ? text + ".0" : text;
    }

    /// <summary>Typed access to a configuration; mistakes are gathered, not thrown.</summary>
    private sealed class ConfigReader(JsonObject root)
    {
        private readonly SortedSet<string> _errors = new(StringComparer.Ordinal);

        public IReadOnlyCollection<string> Errors => _errors;

        public bool Has(string key) => root[key] is not null;

        public void Refuse(string key, string value) => _errors.Add($"{key} is {value}, which is not supported");

        public string? Text(string key) => root[key] is JsonValue v && v.TryGetValue<string>(out var text) ? text : Wrong<string>(key, "a string");

        public bool Flag(string key) => root[key] is JsonValue v && v.TryGetValue<bool>(out var flag) ? flag : Wrong<bool>(key, "true or false");

        public double Number(string key, double missing) => Has(key) ? Number(root, key) : missing;

        public int Int(string key, int? missing = null)
        {
            if (root[key] is JsonValue v && v.TryGetValue<int>(out var number))
                return number;
            if (Has(key))
                return Wrong<int>(key, "a whole number");
            if (missing is null)
                _errors.Add($"{key} is missing");

            // 2: a value that raises no second complaint.
            return missing ?? 2;
        }

        /// <summary>A token id; the first one where a list is given.</summary>
        public int? Id(string key)
        {
            var node = root[key] is JsonArray { Count: > 0 } list ? list[0] : root[key];
            if (node is null)
                return null;
            return node is JsonValue v && v.TryGetValue<int>(out var id) ? id : Wrong<int>(key, "a token id");
        }

        public double RopeTheta()
        {
            if (root["rope_parameters"] is JsonObject rope && rope["rope_theta"] is not null)
                return Number(rope, "rope_theta");
            return Number("rope_theta", 10_000);
        }

        public void RefuseScaling(string key)
        {
            if (root[key] is not { } node)
                return;
            var kind = node is JsonObject rope ? rope["rope_type"] ?? rope["type"] : node;
            var name = kind is JsonValue v && v.TryGetValue<string>(out var text) ? text : kind?.ToJsonString();
            if (name is not (null or "default") || (name is null && key == "rope_scaling"))
                Refuse(key, $"'{name ?? node.ToJsonString()}'");
        }

        public void RefuseLayerTypes()
        {
            if (root["layer_types"] is not JsonArray layers)
                return;
            foreach (var layer in layers)
            {
                if (layer is not JsonValue v || !v.TryGetValue<string>(out var kind) || kind != "full_attention")
                    Refuse("layer_types", $"'{layer?.ToString()}' in a layer");
            }
        }

        private double Number(JsonObject from, string key) => from[key] is JsonValue v && v.TryGetValue<double>(out var number) ? number : Wrong<double>(key, "a number");

        private T? Wrong<T>(string key, string expected)
        {
            if (root[key] is not null || key == "rope_theta")
                _errors.Add($"{key} must be {expected}");
            return typeof(T) == typeof(int) ? (T)(object)2 : default;
        }
    }
}
