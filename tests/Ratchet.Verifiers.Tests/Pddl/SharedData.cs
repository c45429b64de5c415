using System.IO.Compression;
using System.Text.Json;

namespace Ratchet.Verifiers.Tests.Pddl;

/// <summary>Rows of the shared data sets; tests that need them skip where RATCHET_DATA does not say where they are.</summary>
internal static class SharedData
{
    public static IReadOnlyList<Dictionary<string, JsonElement>> Rows(string path)
    {
        var root = Environment.GetEnvironmentVariable("RATCHET_DATA");
        Assert.SkipUnless(Directory.Exists(root), "RATCHET_DATA names no folder.");
        var file = Path.Combine(root!, path);
        Assert.SkipUnless(File.Exists(file), $"{path} is not in RATCHET_DATA.");
        using var stream = File.OpenRead(file);
        using var reader = new StreamReader(path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(l)!)];
    }

    /// <summary>Domain texts of the planning benchmark by set.</summary>
    public static Dictionary<string, string> Domains() => Rows("planbench/domains.jsonl").ToDictionary(r => r.Text("set"), r => r.Text("domain_pddl"));

    /// <summary>Bigger counts when RATCHET_LONG_TESTS is 1.</summary>
    public static int Count(int usual, int thorough) => Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1" ? thorough : usual;

    public static string Text(this Dictionary<string, JsonElement> row, string key) => row[key].ToString();
}
