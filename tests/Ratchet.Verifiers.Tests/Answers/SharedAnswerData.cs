using System.IO.Compression;
using System.Text.Json;

namespace Ratchet.Verifiers.Tests.Answers;

/// <summary>Data sets outside the repository; tests that need them are skipped where the folder is not given.</summary>
internal static class SharedAnswerData
{
    private static readonly string? Folder = Environment.GetEnvironmentVariable("RATCHET_DATA");

    /// <summary>The rows of a file of JSON lines, plain or compressed by gzip. Skips the test without the file.</summary>
    public static List<JsonElement> Rows(string file)
    {
        var path = Path.Combine(Folder ?? "", file);
        Assert.SkipUnless(Folder is not null && File.Exists(path), $"Needs {file} in the folder that RATCHET_DATA names.");
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(File.OpenRead(path), CompressionMode.Decompress) : File.OpenRead(path);
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n').Where(l => l.Length > 0).Select(l => JsonDocument.Parse(l).RootElement)];
    }
}
