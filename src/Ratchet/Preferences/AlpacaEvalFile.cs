using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ratchet.Runs;

namespace Ratchet.Preferences;

/// <summary>A model's response in AlpacaEval's format.</summary>
/// <param name="Instruction">What was asked, input included.</param>
/// <param name="Output">Response.</param>
/// <param name="Generator">Model.</param>
/// <param name="Dataset">Part of the evaluation set, or null.</param>
public sealed record AlpacaEvalOutput(string Instruction, string Output, string? Generator = null, string? Dataset = null);

/// <summary>A judged pair in AlpacaEval's format; the model is the second, the reference the first.</summary>
public sealed record AlpacaEvalAnnotation
{
    /// <summary>What was asked.</summary>
    public required string Instruction { get; init; }

    /// <summary>The reference's response.</summary>
    [JsonPropertyName("output_1")]
    public required string Output1 { get; init; }

    /// <summary>Reference.</summary>
    [JsonPropertyName("generator_1")]
    public required string Generator1 { get; init; }

    /// <summary>The model's response.</summary>
    [JsonPropertyName("output_2")]
    public required string Output2 { get; init; }

    /// <summary>Model.</summary>
    [JsonPropertyName("generator_2")]
    public required string Generator2 { get; init; }

    /// <summary>Part of the evaluation set, or null.</summary>
    public string? Dataset { get; init; }

    /// <summary>Judge.</summary>
    public string? Annotator { get; init; }

    /// <summary>In [1, 2]; null where there is no judgement.</summary>
    public double? Preference { get; init; }
}

/// <summary>Reads and writes the JSON files of AlpacaEval.</summary>
public static class AlpacaEvalFile
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Reads a model's responses: a JSON list of objects with <c>instruction</c> and <c>output</c>, and as may be <c>input</c>, <c>generator</c> and <c>dataset</c>.</summary>
    /// <remarks>A non-empty <c>input</c> is joined to the instruction by an empty line, as AlpacaEval merges them.</remarks>
    /// <exception cref="RatchetException">The file cannot be read, or rows are wrong or ask the same twice: all of them are named (exit code 2).</exception>
    public static IReadOnlyList<AlpacaEvalOutput> ReadOutputs(string path)
    {
        var mistakes = new List<string>();
        var rows = new List<AlpacaEvalOutput>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (row, number) in Rows(path))
        {
            if (Text(row, "instruction") is not { } asked || Text(row, "output") is not { } output)
            {
                mistakes.Add($"row {number}: \"instruction\" and \"output\" must be texts.");
                continue;
            }

            var instruction = Text(row, "input") is { Length: > 0 } input ? $"{asked}\n\n{input}" : asked;
            if (!places.TryAdd(instruction, number))
                mistakes.Add($"row {number}: the instruction is that of row {places[instruction]} too.");
            rows.Add(new AlpacaEvalOutput(instruction, output, Text(row, "generator"), Text(row, "dataset")));
        }

        ThrowIfWrong(path, mistakes, rows.Count);
        return rows;
    }

    /// <summary>Reads judged pairs. A preference of 0, which older files have for draws, is read as 1.5.</summary>
    /// <exception cref="RatchetException">The file cannot be read, or rows are wrong: all of them are named (exit code 2).</exception>
    public static IReadOnlyList<AlpacaEvalAnnotation> ReadAnnotations(string path)
    {
        var mistakes = new List<string>();
        var rows = new List<AlpacaEvalAnnotation>();
        foreach (var (row, number) in Rows(path))
        {
            double? preference = row.TryGetProperty("preference", out var given) && given.ValueKind == JsonValueKind.Number ? given.GetDouble() : null;
            if (preference == 0)
                preference = Annotation.Tie;
            if (preference is not (null or (>= 1 and <= 2)))
                mistakes.Add($"row {number}: the preference {preference} lies outside [1, 2].");
            string[] names = ["instruction", "output_1", "generator_1", "output_2", "generator_2"];
            if (names.Where(n => Text(row, n) is null).ToList() is { Count: > 0 } missing)
            {
                mistakes.Add($"row {number}: {string.Join(", ", missing)} must be texts.");
                continue;
            }

            rows.Add(new AlpacaEvalAnnotation
            {
                Instruction = Text(row, "instruction")!,
                Output1 = Text(row, "output_1")!,
                Generator1 = Text(row, "generator_1")!,
                Output2 = Text(row, "output_2")!,
                Generator2 = Text(row, "generator_2")!,
                Dataset = Text(row, "dataset"),
                Annotator = Text(row, "annotator"),
                Preference = preference,
            });
        }

        ThrowIfWrong(path, mistakes, rows.Count);
        return rows;
    }

    /// <summary>Writes judged pairs, whole or not at all.</summary>
    /// <exception cref="RatchetException">The file cannot be written.</exception>
    public static void WriteAnnotations(string path, IReadOnlyList<AlpacaEvalAnnotation> annotations) => RunFolder.WriteAtomically(path, JsonSerializer.Serialize(annotations, Json) + "\n");

    private static string? Text(JsonElement row, string name) => row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static List<(JsonElement Row, int Number)> Rows(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(path));
            if (json.RootElement.ValueKind != JsonValueKind.Array || json.RootElement.EnumerateArray().Any(r => r.ValueKind != JsonValueKind.Object))
                throw new JsonException("a list of objects is needed");
            return [.. json.RootElement.EnumerateArray().Select((r, i) => (r.Clone(), i + 1))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new RatchetException($"The file {path} cannot be read: {e.Message}", "Give a JSON list in AlpacaEval's format: [{\"instruction\": ..., \"output\": ...}, ...].", e) { ExitCode = 2 };
        }
    }

    private static void ThrowIfWrong(string path, List<string> mistakes, int rows)
    {
        if (rows == 0 && mistakes.Count == 0)
            mistakes.Add("there is no row.");
        if (mistakes.Count > 0)
            throw new RatchetException($"{path}: {string.Join(" ", mistakes.Take(20))}{(mistakes.Count > 20 ? $" And {mistakes.Count - 20} more." : "")}", "Correct the file.") { ExitCode = 2 };
    }
}
