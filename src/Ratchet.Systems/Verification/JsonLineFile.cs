using System.IO.Compression;
using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Systems.Verification;

/// <summary>Reads files of one JSON object a line, also compressed ones (.gz).</summary>
internal static class JsonLineFile
{
    private static readonly string[] Endings = [".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"];

    /// <summary>Whether a file is one of JSON lines, by its ending.</summary>
    public static bool Is(string path) => Endings.Any(e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads all lines through a function; empty lines are passed over.</summary>
    /// <param name="path">File.</param>
    /// <param name="read">Takes a line and its number, from 1; throws <see cref="FormatException"/> for what it cannot use.</param>
    /// <param name="remedy">What to do about lines that cannot be used.</param>
    /// <exception cref="RatchetException">The file or lines cannot be read (exit code 2): all of them are named, the first 20 in full.</exception>
    public static void Read(string path, Action<JsonLine, int> read, string remedy)
    {
        var mistakes = new List<string>();
        Read(path, read, mistakes);
        if (mistakes.Count > 0)
            throw ProofItems.Mistakes(mistakes, remedy);
    }

    /// <summary>As <see cref="Read(string, Action{JsonLine, int}, string)"/>; lines that cannot be used are added to <paramref name="mistakes"/>.</summary>
    public static void Read(string path, Action<JsonLine, int> read, List<string> mistakes)
    {
        try
        {
            using var file = File.OpenRead(path);
            using var stream = Path.GetExtension(path) == ".gz" ? (Stream)new GZipStream(file, CompressionMode.Decompress) : file;
            using var reader = new StreamReader(stream);
            Read(reader, path, read, mistakes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or InvalidDataException)
        {
            throw new RatchetException($"The file {path} cannot be read: {e.Message}", "Check the path.", e) { ExitCode = 2 };
        }
    }

    /// <summary>As <see cref="Read(string, Action{JsonLine, int}, List{string})"/> from an open text.</summary>
    public static void Read(TextReader reader, string path, Action<JsonLine, int> read, List<string> mistakes)
    {
        var number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            var content = line.Trim().TrimStart('\uFEFF');
            if (content.Length == 0)
                continue;
            try
            {
                read(new JsonLine(content), number);
            }
            catch (Exception e) when (e is JsonException or FormatException)
            {
                mistakes.Add($"{path}:{number}: {(e is JsonException ? $"not JSON: {e.Message}" : e.Message)}");
            }
        }
    }
}
