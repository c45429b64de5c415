using System.Text.Json;
using Ratchet.Service.Admission;

namespace Ratchet.Service.Completions;

/// <summary>Reads the fields of a request; a mistake is answered with 400 and the field's name.</summary>
internal sealed class RequestFields(JsonElement body)
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <summary>Parses a body.</summary>
    /// <exception cref="RequestRefusedException">It is no JSON object (400).</exception>
    public static JsonDocument Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var document = JsonDocument.Parse(bytes.ToArray(), Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
            throw new RequestRefusedException(400, "The body must be a JSON object.");
        }
        catch (JsonException e)
        {
            throw new RequestRefusedException(400, $"The body is not JSON: {CheckService.Shown(e.Message, 200)}");
        }
        catch (InvalidOperationException)
        {
            throw new RequestRefusedException(400, "The body holds half of a surrogate pair.");
        }
    }

    public static RequestRefusedException Wrong(string name, string message) => new(400, $"'{name}' {message}.") { Parameter = name };

    /// <summary>A field that is there and not null.</summary>
    public JsonElement? Find(string name) => body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public string? Text(string name) => Find(name) is { } value ? Text(value, name) : null;

    public bool Flag(string name) => Find(name) is { } value && value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(name, "must be true or false"),
    };

    public int? Whole(string name, int least, int most) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most ? number : throw Wrong(name, $"must be a whole number from {least} to {most}");

    public double? Number(string name, double least, double most) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most ? number : throw Wrong(name, FormattableString.Invariant($"must be a number from {least} to {most}"));

    public long? Seed(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw Wrong(name, "must be a whole number");

    /// <summary>A text or a list of texts.</summary>
    public IReadOnlyList<string> Texts(string name, int most)
    {
        if (Find(name) is not { } value)
            return [];
        if (value.ValueKind != JsonValueKind.Array)
            return [Text(value, name)];
        return value.GetArrayLength() <= most ? [.. value.EnumerateArray().Select(v => Text(v, name))] : throw Wrong(name, $"may have at most {most} texts");
    }

    public static string Text(JsonElement value, string name)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(name, "must be a text");
        }
        catch (InvalidOperationException)
        {
            throw Wrong(name, "holds half of a surrogate pair");
        }
    }
}
