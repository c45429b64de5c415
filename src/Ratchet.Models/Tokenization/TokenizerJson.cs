using System.Text.Json;

namespace Ratchet.Models.Tokenization;

/// <summary>Typed access to the parts of a <c>tokenizer.json</c>; mistakes are <see cref="FormatException"/> with the setting's name.</summary>
internal static class TokenizerJson
{
    // An id decides the size of tables, so a damaged file must not ask for gigabytes.
    private const int MaxId = 1 << 24;

    public static string Kind(this JsonElement json) => json.Text("type");

    public static JsonElement Required(this JsonElement json, string name) =>
        json.Optional(name) ?? throw new FormatException($"'{name}' is missing");

    /// <summary>A setting, or null where it is missing or null.</summary>
    public static JsonElement? Optional(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string Text(this JsonElement json, string name) =>
        json.OptionalText(name) ?? throw new FormatException($"'{name}' is missing");

    public static string? OptionalText(this JsonElement json, string name) => json.Optional(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        _ => throw new FormatException($"'{name}' is no text"),
    };

    public static bool Flag(this JsonElement json, string name, bool missing) => json.Optional(name)?.ValueKind switch
    {
        null => missing,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new FormatException($"'{name}' is neither true nor false"),
    };

    public static IEnumerable<JsonElement> Items(this JsonElement json, string name) => json.Optional(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray(),
        _ => throw new FormatException($"'{name}' is no list"),
    };

    public static int Id(this JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Number || !json.TryGetInt32(out var id))
            throw new FormatException($"{json} is no token id");
        return id is >= 0 and < MaxId ? id : throw new FormatException($"the id {id} is out of range");
    }

    /// <summary>Ids by token.</summary>
    public static Dictionary<string, int> Vocabulary(this JsonElement model)
    {
        if (model.Required("vocab") is not { ValueKind: JsonValueKind.Object } vocab)
            throw new FormatException("'vocab' is no object");
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in vocab.EnumerateObject())
            ids[entry.Name] = entry.Value.Id();
        return ids;
    }
}
