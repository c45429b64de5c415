using System.Text.Json;

namespace Ratchet.Models.Tokenization;

/// <summary>The marks that a tokenizer file puts around a single text.</summary>
/// <param name="Before">Ids before it.</param>
/// <param name="After">Ids after it.</param>
internal sealed record PostProcessor(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    private static readonly PostProcessor None = new([], []);

    /// <summary>Reads a post-processor.</summary>
    /// <exception cref="FormatException">The kind is not supported, or a mark has no id.</exception>
    public static PostProcessor Read(JsonElement? element)
    {
        if (element is not { } json)
            return None;
        switch (json.Kind())
        {
            case "ByteLevel":
                // Moves offsets only.
                return None;
            case "Sequence":
                return json.Items("processors").Select(p => Read(p)).Aggregate(None, (inner, outer) => new PostProcessor([.. outer.Before, .. inner.Before], [.. inner.After, .. outer.After]));
            case "TemplateProcessing":
                return Template(json);
            case "BertProcessing" or "RobertaProcessing":
                return new PostProcessor([Mark(json, "cls")], [Mark(json, "sep")]);
            default:
                throw new FormatException($"its post-processor is '{json.Kind()}'");
        }
    }

    private static PostProcessor Template(JsonElement json)
    {
        List<int> before = [], after = [];
        var sequences = 0;
        foreach (var part in json.Items("single"))
        {
            if (part.Optional("Sequence") is not null)
            {
                sequences++;
                continue;
            }

            var name = part.Required("SpecialToken").Text("id");
            var token = json.Required("special_tokens").Optional(name) ?? throw new FormatException($"the post-processor's mark '{name}' has no ids");
            (sequences == 0 ? before : after).AddRange(token.Items("ids").Select(id => id.Id()));
        }

        return sequences == 1 ? new PostProcessor(before, after) : throw new FormatException($"the post-processor's template holds the text {sequences} times");
    }

    private static int Mark(JsonElement json, string name) =>
        json.Items(name).ToList() is [_, var id] ? id.Id() : throw new FormatException($"the post-processor's '{name}' is not a token with its id");
}
