using System.Text.Json;
using Ratchet.Problems;

namespace Ratchet.Verifiers.Tests.Lean;

internal static class LeanData
{
    public const string Statement = "theorem goal (n : Nat) : n + 0 = n := by";

    public static Problem Problem(string statement = Statement) =>
        new() { Id = "p", Domain = "lean", Statement = statement, CanonicalHash = "00", Split = Split.Train };

    /// <summary>Rows of a JSON-lines file that is embedded in the tests.</summary>
    public static IReadOnlyList<JsonElement> Embedded(string name)
    {
        using var stream = typeof(LeanData).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException(name);
        using var reader = new StreamReader(stream);
        return Rows(reader.ReadToEnd());
    }

    /// <summary>A file of the shared data, or a skip.</summary>
    public static string Shared(string path)
    {
        var root = Environment.GetEnvironmentVariable("RATCHET_DATA");
        Assert.SkipUnless(root is not null && File.Exists(Path.Combine(root, path)), $"RATCHET_DATA does not name a folder with {path}.");
        return Path.Combine(root!, path);
    }

    /// <summary>Rows of JSON lines; some strings hold other line separators, so only line feeds part.</summary>
    public static IReadOnlyList<JsonElement> Rows(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    /// <summary>A string field with half surrogate pairs left as they are, which <see cref="JsonElement.GetString()"/> refuses.</summary>
    public static string Text(JsonElement row, string name)
    {
        var raw = row.GetProperty(name).GetRawText();
        return raw.Contains("\\ud800", StringComparison.Ordinal)
            ? string.Join('\ud800', raw.Split("\\ud800").Select((part, i) => JsonSerializer.Deserialize<string>((i == 0 ? "" : "\"") + part + (i == 0 ? "\"" : ""))))
            : row.GetProperty(name).GetString()!;
    }
}
