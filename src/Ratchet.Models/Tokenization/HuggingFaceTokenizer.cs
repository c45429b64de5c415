using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Runs;

namespace Ratchet.Models.Tokenization;

/// <summary>Writes and reads byte-level encodings as <c>tokenizer.json</c> and <c>tokenizer_config.json</c>.</summary>
internal static class HuggingFaceTokenizer
{
    public const string File = "tokenizer.json";
    public const string ConfigFile = "tokenizer_config.json";

    private const string Supported = "Supported are byte-level BPE tokenizers (GPT-2, Llama 3, Qwen) without a normalizer.";

    public static IReadOnlyDictionary<string, string> Save(BpeModel model) => new Dictionary<string, string> { [File] = Write(json => WriteTokenizer(json, model)), [ConfigFile] = Write(json => WriteConfig(json, model)) };

    public static ByteLevelBpeTokenizer Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var path = Path.Combine(folder, File);
        var text = CheckpointStore.ReadText(path, $"The folder '{folder}' has no {File}.");
        var configPath = Path.Combine(folder, ConfigFile);
        var configText = System.IO.File.Exists(configPath) ? CheckpointStore.ReadText(configPath, $"The folder '{folder}' has no {ConfigFile}.") : "{}";
        try
        {
            return new ByteLevelBpeTokenizer(Read(JsonNode.Parse(text)!, JsonNode.Parse(configText)!));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException or NullReferenceException or KeyNotFoundException or OverflowException)
        {
            throw new RatchetException($"'{path}' is not a tokenizer that can be used: {e.Message.Split('\n')[0]}.", Supported, e);
        }
    }

    private static BpeModel Read(JsonNode root, JsonNode config)
    {
        var model = root["model"] ?? throw new FormatException("it has no model");
        if ((string?)model["type"] is { } type && type != "BPE")
            throw new FormatException($"its model is '{type}'");
        if (root["normalizer"] is { } normalizer)
            throw new FormatException($"its normalizer is '{(string?)normalizer["type"]}'");
        if ((bool?)model["byte_fallback"] == true)
            throw new FormatException("its model falls back to bytes instead of being byte-level");
        var vocabulary = (model["vocab"] as JsonObject ?? throw new FormatException("it has no vocabulary")).ToDictionary(p => p.Key, p => Id(p.Value), StringComparer.Ordinal);
        var merges = (model["merges"] as JsonArray ?? throw new FormatException("it has no merges")).Select(Merge).ToList();
        var special = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in root["added_tokens"] as JsonArray ?? [])
            special.Add((string?)token!["content"] ?? throw new FormatException("an added token has no content"), Id(token["id"]));
        foreach (var token in special.Keys)
            vocabulary.Remove(token);
        if (vocabulary.Values.Concat(special.Values).Distinct().Count() != vocabulary.Count + special.Count)
            throw new FormatException("an id is used twice");
        var end = Name(config["eos_token"]) ?? Default(special, "</s>", "<|endoftext|>", "<|end_of_text|>") ?? throw new FormatException($"{ConfigFile} names no eos_token");
        return new BpeModel(
            vocabulary,
            merges,
            special,
            ReadPreTokenizer(root["pre_tokenizer"]),
            (bool?)model["ignore_merges"] ?? false,
            Name(config["pad_token"]) ?? end,
            Name(config["bos_token"]) ?? end,
            end);
    }

    private static int Id(JsonNode? node)
    {
        // An id decides the size of tables, so a damaged file must not ask for gigabytes.
        var id = (int?)node ?? throw new FormatException("a token has no id");
        return id is >= 0 and < 1 << 24 ? id : throw new FormatException($"the id {id} is out of range");
    }

    private static string? Default(Dictionary<string, int> special, params string[] names) => Array.Find(names, special.ContainsKey);

    /// <summary>A mark's name: a string, or an object with its content.</summary>
    private static string? Name(JsonNode? node) => node is JsonObject token ? (string?)token["content"] : (string?)node;

    private static (string Left, string Right) Merge(JsonNode? node)
    {
        if (node is JsonArray { Count: 2 } pair)
            return ((string)pair[0]!, (string)pair[1]!);
        var text = (string?)node ?? string.Empty;
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && space < text.Length - 1 ? (text[..space], text[(space + 1)..]) : throw new FormatException($"the merge '{text}' is not a pair");
    }

    private static PreTokenizer ReadPreTokenizer(JsonNode? node)
    {
        if (node is null)
            throw new FormatException("it has no pre-tokenizer");
        var steps = (string?)node["type"] == "Sequence" ? (node["pretokenizers"] as JsonArray ?? []).ToList() : [node];
        if (steps is [var only] && IsByteLevel(only, useRegex: true))
            return PreTokenizer.Gpt2;
        if (steps is [var split, var bytes] && IsByteLevel(bytes, useRegex: false) && (string?)split?["type"] == "Split" && (string?)split["behavior"] == "Isolated" && (bool?)split["invert"] != true && (string?)split["pattern"]?["Regex"] is { } pattern)
            return PreTokenizer.FromPattern(pattern);
        throw new FormatException("its pre-tokenizer is neither ByteLevel nor an isolating Split followed by ByteLevel: " + string.Join(", ", steps.Select(s => (string?)s?["type"])));
    }

    private static bool IsByteLevel(JsonNode? node, bool useRegex) =>
        (string?)node?["type"] == "ByteLevel" && (bool?)node["add_prefix_space"] != true && ((bool?)node["use_regex"] ?? true) == useRegex;

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            write(json);
        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void WriteConfig(Utf8JsonWriter json, BpeModel model)
    {
        json.WriteStartObject();
        json.WriteBoolean("add_prefix_space", false);
        json.WriteString("bos_token", model.Begin);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        json.WriteString("eos_token", model.End);
        json.WriteString("pad_token", model.Pad);
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        json.WriteEndObject();
    }

    private static void WriteTokenizer(Utf8JsonWriter json, BpeModel model)
    {
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        foreach (var (token, id) in model.SpecialTokens.OrderBy(t => t.Value))
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", token);
            foreach (var flag in (string[])["single_word", "lstrip", "rstrip", "normalized"])
                json.WriteBoolean(flag, false);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNull("normalizer");
        WritePreTokenizer(json, model.PreTokenizer);
        json.WriteNull("post_processor");
        json.WritePropertyName("decoder");
        WriteByteLevel(json, useRegex: true);
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        foreach (var empty in (string[])["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"])
            json.WriteNull(empty);
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", model.IgnoreMerges);
        json.WriteStartObject("vocab");
        foreach (var (token, id) in model.Vocabulary.Concat(model.SpecialTokens).OrderBy(t => t.Value))
            json.WriteNumber(token, id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var (left, right) in model.Merges)
            json.WriteStringValue(left + " " + right);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WritePreTokenizer(Utf8JsonWriter json, PreTokenizer rule)
    {
        json.WritePropertyName("pre_tokenizer");
        if (rule.Pattern is null)
        {
            WriteByteLevel(json, useRegex: true);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Split");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", rule.Pattern);
        json.WriteEndObject();
        json.WriteString("behavior", "Isolated");
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        WriteByteLevel(json, useRegex: false);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, bool useRegex)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", useRegex);
        json.WriteEndObject();
    }
}
