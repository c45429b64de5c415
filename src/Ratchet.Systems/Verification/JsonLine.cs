using System.Text.Json;

namespace Ratchet.Systems.Verification;

/// <summary>A line of a file of proofs, problems or responses: an object whose fields are found by name, upper and lower case being the same.</summary>
internal sealed class JsonLine
{
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a line.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="FormatException">It is no object.</exception>
    public JsonLine(string text)
    {
        using var document = JsonDocument.Parse(text);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new FormatException("a JSON object is needed.");
        foreach (var property in document.RootElement.EnumerateObject())
            _fields[property.Name] = property.Value.Clone();
    }

    /// <summary>The names of the fields, for messages.</summary>
    public string Names => string.Join(", ", _fields.Keys);

    /// <summary>The first of some fields that holds a text or a number; null where none does.</summary>
    public string? Text(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (_fields.TryGetValue(name, out var value) && Text(name, value) is { } text)
                return text;
        }

        return null;
    }

    /// <summary>As <see cref="Text(ReadOnlySpan{string})"/>; an object is its JSON, as some tests of programs are.</summary>
    public string? TextOrObject(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (_fields.TryGetValue(name, out var value) && (value.ValueKind == JsonValueKind.Object ? value.GetRawText() : Text(name, value)) is { } text)
                return text;
        }

        return null;
    }

    /// <summary>The texts of a field that holds one or a list of them; null where the field is absent.</summary>
    public IReadOnlyList<string>? Texts(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!_fields.TryGetValue(name, out var value))
                continue;
            if (value.ValueKind == JsonValueKind.Array)
                return [.. value.EnumerateArray().Select(e => Text(name, e) ?? throw new FormatException($"\"{name}\" holds something that is no text."))];
            if (Text(name, value) is { } text)
                return [text];
        }

        return null;
    }

    private static string? Text(string name, JsonElement value)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
                JsonValueKind.Array => string.Join('\n', value.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String ? e.GetString() : e.GetRawText())),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"\"{name}\" holds half of a surrogate pair.");
        }
    }
}
