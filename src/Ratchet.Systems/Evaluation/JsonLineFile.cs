using System.IO.Compression;
using System.Text.Json;
using Ratchet.Runs;
using Ratchet.Systems.Verification;

namespace Ratchet.Systems.Evaluation;

/// <summary>Reads files of one JSON object a line, also compressed ones (.gz).</summary>
internal static class JsonLineFile
{
    /// <summary>Reads all lines through a function; empty lines are passed over.</summary>
    /// <param name="path">File.</param>
    /// <param name="read">Takes a line and its number, from 1; throws <see cref="FormatException"/> for what it cannot use.</param>
    /// <param name="remedy">What to do about lines that cannot be used.</param>
    /// <exception cref="RatchetException">The file or lines cannot be read (exit code 2): all of them are named, the first 20 in full.</exception>
    public static void Read(string path, Action<JsonLine, int> read, string remedy)
    {
        var mistakes = new List<string>();
        var number = 0;
        try
        {
            using var file = File.OpenRead(path);
            using var stream = Path.GetExtension(path) == ".gz" ? (Stream)new GZipStream(file, CompressionMode.Decompress) : file;
            using var reader = new StreamReader(stream);
            while (reader.ReadLine() is { } line)
            {
                number++;
                if (string.IsNullOrWhiteSpace(line))
                    continue;
                try
                {
                    read(new JsonLine(line), number);
                }
                catch (Exception e) when (e is JsonException or FormatException)
                {
                    mistakes.Add($"{path}:{number}: {(e is JsonException ? $"not JSON: {e.Message}" : e.Message)}");
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or InvalidDataException)
        {
            throw new RatchetException($"The file {path} cannot be read: {e.Message}", "Check the path.", e) { ExitCode = 2 };
        }

        if (mistakes.Count > 0)
            throw ProofItems.Mistakes(mistakes, remedy);
    }
}
