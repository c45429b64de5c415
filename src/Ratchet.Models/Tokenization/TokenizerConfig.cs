using System.Text.Json;
using Ratchet.Models.ChatTemplates;

namespace Ratchet.Models.Tokenization;

/// <summary>What <c>tokenizer_config.json</c> adds to a tokenizer: its marks and its chat template.</summary>
/// <param name="Begin">Text of the begin mark, or null.</param>
/// <param name="End">Text of the end mark, or null.</param>
/// <param name="Pad">Text of the pad mark, or null.</param>
/// <param name="ChatTemplate">Template, or null.</param>
internal sealed record TokenizerConfig(string? Begin, string? End, string? Pad, ChatTemplate? ChatTemplate)
{
    public const string FileName = "tokenizer_config.json";

    /// <summary>Newer checkpoints keep the template in a file of its own.</summary>
    public const string TemplateFileName = "chat_template.jinja";

    /// <summary>Reads the texts of the files; null where a file is not there.</summary>
    /// <exception cref="FormatException">A setting is of the wrong kind.</exception>
    public static TokenizerConfig Read(string? config, string? template)
    {
        using var json = JsonDocument.Parse(config ?? "{}");
        var root = json.RootElement;
        var (begin, end, pad) = (Mark(root, "bos_token"), Mark(root, "eos_token"), Mark(root, "pad_token"));
        template ??= Template(root.Optional("chat_template"));
        var marks = new Dictionary<string, string>();
        foreach (var name in (string[])["bos_token", "eos_token", "pad_token", "unk_token"])
        {
            if (Mark(root, name) is { } mark)
                marks.Add(name, mark);
        }

        return new TokenizerConfig(begin, end, pad, template is null ? null : new ChatTemplate(template, marks));
    }

    /// <summary>A mark: a string, or an object with its content.</summary>
    private static string? Mark(JsonElement root, string name) =>
        root.Optional(name) is { ValueKind: JsonValueKind.Object } token ? token.Text("content") : root.OptionalText(name);

    /// <summary>A template: a string, or a list of named ones, of which the default counts.</summary>
    private static string? Template(JsonElement? element)
    {
        if (element is not { ValueKind: JsonValueKind.Array } list)
            return element is null ? null : element.Value.ValueKind == JsonValueKind.String ? element.Value.GetString() : throw new FormatException("'chat_template' is no text");
        foreach (var named in list.EnumerateArray())
        {
            if (named.OptionalText("name") == "default")
                return named.Text("template");
        }

        return null;
    }
}
