using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Runs;

namespace Ratchet.Models;

/// <summary>Typed access to a configuration file; mistakes are gathered, not thrown.</summary>
internal sealed class ConfigReader
{
    private readonly SortedSet<string> _errors = new(StringComparer.Ordinal);

    private readonly JsonObject _root;

    private ConfigReader(JsonObject root) => _root = root;

    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Opens the text of a file.</summary>
    /// <exception cref="RatchetException">The text is no JSON object.</exception>
    public static ConfigReader Parse(string text, string file)
    {
        try
        {
            var root = JsonNode.Parse(text) as JsonObject ?? throw new JsonException("it is not an object");

            // The object is indexed lazily, and a repeated key shows only then.
            _ = root.Count;
            return new ConfigReader(root);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new RatchetException($"'{file}' is not a readable model configuration: {Printable(e.Message.Split('\n')[0])}", "Write it again with the tool that made the model.", e);
        }
    }

    public bool Has(string key) => _root[key] is not null;

    public void Refuse(string key, string value) => _errors.Add($"{key} is {Printable(value)}, which is not supported");

    /// <summary>A text of a file for a message: without what moves the cursor.</summary>
    public static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));

    public string? Text(string key) => _root[key] is JsonValue v && v.TryGetValue<string>(out var text) ? text : Wrong<string>(key, "a string");

    public bool Flag(string key, bool missing = false) => _root[key] is null ? missing : _root[key] is JsonValue v && v.TryGetValue<bool>(out var flag) ? flag : Wrong<bool>(key, "true or false");

    public double Number(string key, double missing) => Has(key) ? Number(_root, key) : missing;

    public double? Number(string key) => Has(key) ? Number(_root, key) : null;

    public int Int(string key, int? missing = null)
    {
        if (_root[key] is JsonValue v && v.TryGetValue<int>(out var number))
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
        var node = _root[key] is JsonArray { Count: > 0 } list ? list[0] : _root[key];
        if (node is null)
            return null;
        return node is JsonValue v && v.TryGetValue<int>(out var id) ? id : Wrong<int>(key, "a token id");
    }

    /// <summary>Token ids: one, or a list.</summary>
    public IReadOnlyList<int> Ids(string key)
    {
        var nodes = _root[key] as JsonArray as IEnumerable<JsonNode?> ?? (Has(key) ? Enumerable.Repeat(_root[key], 1) : []);
        return [.. nodes.Select(node => node is JsonValue v && v.TryGetValue<int>(out var id) ? id : Wrong<int>(key, "a token id or a list of them"))];
    }

    public double RopeTheta()
    {
        if (_root["rope_parameters"] is JsonObject rope && rope["rope_theta"] is not null)
            return Number(rope, "rope_theta");
        return Number("rope_theta", 10_000);
    }

    /// <summary>The scaling of <c>rope_scaling</c> or, in newer files, <c>rope_parameters</c>.</summary>
    public RopeScaling? RopeScaling(int positions)
    {
        var key = Has("rope_scaling") ? "rope_scaling" : "rope_parameters";
        if (_root[key] is not { } node)
            return null;
        var rope = node as JsonObject ?? [];
        var kind = rope["rope_type"] ?? rope["type"];
        var name = kind is JsonValue v && v.TryGetValue<string>(out var text) ? text : kind?.ToJsonString();
        if (name == "default" || (name is null && key == "rope_parameters"))
            return null;
        RopeScalingKind? known = name switch { "linear" => RopeScalingKind.Linear, "llama3" => RopeScalingKind.Llama3, "yarn" => RopeScalingKind.Yarn, _ => null };
        if (known is null)
        {
            Refuse(key, $"'{name ?? node.ToJsonString()}'");
            return null;
        }

        double Required(string part) => rope[part] is null && _errors.Add($"{key}.{part} is missing") ? 2 : Number(rope, part, key);
        double? Optional(string part) => rope[part] is null ? null : Number(rope, part, key);
        var plain = new RopeScaling { Kind = known.Value, Factor = Required("factor") };
        return known.Value switch
        {
            RopeScalingKind.Llama3 => plain with { OriginalPositions = (int)Required("original_max_position_embeddings"), LowFrequencyFactor = Required("low_freq_factor"), HighFrequencyFactor = Required("high_freq_factor") },
            RopeScalingKind.Yarn => plain with
            {
                OriginalPositions = (int)(Optional("original_max_position_embeddings") ?? positions),
                BetaFast = Optional("beta_fast") ?? 32,
                BetaSlow = Optional("beta_slow") ?? 1,
                AttentionFactor = Optional("attention_factor"),
                MScale = Optional("mscale"),
                MScaleAllDimensions = Optional("mscale_all_dim"),
                Truncate = rope["truncate"] is not JsonValue t || !t.TryGetValue<bool>(out var truncate) || truncate,
            },
            _ => plain,
        };
    }

    /// <summary>Refuses a list of layers of which some have no full attention.</summary>
    public void RefuseLayerTypes()
    {
        if (_root["layer_types"] is not JsonArray layers)
            return;
        foreach (var layer in layers)
        {
            if (layer is not JsonValue v || !v.TryGetValue<string>(out var kind) || kind != "full_attention")
                Refuse("layer_types", $"'{layer?.ToString()}' in a layer");
        }
    }

    /// <summary>The first text of a list; null without one.</summary>
    public string? FirstText(string key) => _root[key] is JsonArray { Count: > 0 } list && list[0] is JsonValue v && v.TryGetValue<string>(out var text) ? text : null;

    /// <summary>Entries of an object; 0 where it is none.</summary>
    public int Entries(string key) => (_root[key] as JsonObject)?.Count ?? 0;

    /// <summary>True for a list or an object that is not empty.</summary>
    public bool HasItems(string key) => _root[key] is JsonArray { Count: > 0 } or JsonObject { Count: > 0 };

    private double Number(JsonObject from, string key, string? inside = null) =>
        from[key] is JsonValue v && v.TryGetValue<double>(out var number) ? number : inside is null ? Wrong<double>(key, "a number") : _errors.Add($"{inside}.{key} must be a number") ? 2 : 2;

    private T? Wrong<T>(string key, string expected)
    {
        if (_root[key] is not null || key == "rope_theta")
            _errors.Add($"{key} must be {expected}");
        return typeof(T) == typeof(int) ? (T)(object)2 : default;
    }
}
