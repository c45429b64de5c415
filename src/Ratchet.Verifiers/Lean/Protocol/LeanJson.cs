using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Ratchet.Verifiers.Lean.Protocol;

/// <summary>Reads the JSON in which REPL, servers and <c>lean --json</c> give messages, holes and places.</summary>
internal static class LeanJson
{
    /// <summary>A list of messages; missing or null is empty.</summary>
    public static IReadOnlyList<LeanMessage> Messages(JsonElement parent) => [.. Items(parent, "messages").Select(Message)];

    /// <summary>A list of holes; missing or null is empty.</summary>
    public static IReadOnlyList<LeanHole> Holes(JsonElement parent) =>
        [.. Items(parent, "sorries").Select(h => new LeanHole(Position(h, "pos"), Position(h, "endPos"), Text(h, "goal") ?? "", Number(h, "proofState")))];

    /// <summary>One message: severity, place, text.</summary>
    public static LeanMessage Message(JsonElement message) =>
        new(Severity(Text(message, "severity")), Position(message, "pos"), Position(message, "endPos"), Text(message, "data") ?? "");

    /// <summary>A field's text, or null where it is missing or no string.</summary>
    public static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.String ? field.GetString() : null;

    /// <summary>A field's number, or null where it is missing or no number.</summary>
    public static int? Number(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.Number && field.TryGetInt32(out var value) ? value : null;

    /// <summary>A field's list, empty where it is missing or no list.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.Array ? field.EnumerateArray() : [];

    /// <summary>Reads a JSON document; false where the text is none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out JsonDocument? document)
    {
        try
        {
            document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 512 });
            return true;
        }
        catch (JsonException)
        {
            document = null;
            return false;
        }
    }

    private static LeanPosition? Position(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var field) && Number(field, "line") is { } line && Number(field, "column") is { } column && line > 0
            ? new LeanPosition(line, column)
            : null;

    private static LeanSeverity Severity(string? severity) => severity switch
    {
        "error" => LeanSeverity.Error,
        "warning" => LeanSeverity.Warning,
        "trace" => LeanSeverity.Trace,
        _ => LeanSeverity.Information,
    };
}
