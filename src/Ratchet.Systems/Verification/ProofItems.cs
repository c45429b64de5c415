using System.Text.Json;
using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Systems.Verification;

/// <summary>Reads proofs to judge from JSON lines, from a verifier's native files, and from folders of both.</summary>
public static class ProofItems
{
    private const long MaxBytes = 256L << 20;
    private const int ShownMistakes = 20;
    private static readonly string[] JsonLinesEndings = [".jsonl", ".ndjson"];

    /// <summary>Reads a file, a folder with all of its folders, or standard input.</summary>
    /// <param name="path">
    /// A native file of the verifier; any other file as JSON lines, each an object with <c>statement</c> (or <c>goal</c>) and <c>proof</c> (or
    /// <c>solution</c>), optionally <c>id</c> and <c>reference</c> (or <c>answer</c>); a folder, of which native files and files ending in
    /// .jsonl or .ndjson are read in the order of their names; or <c>-</c> for JSON lines from <paramref name="input"/>.
    /// </param>
    /// <param name="entry">Verifier whose files are read.</param>
    /// <param name="everyTheorem">Of a native file all theorems, not only the last.</param>
    /// <param name="input">Standard input.</param>
    /// <exception cref="RatchetException">Files or lines cannot be read (exit code 2): all of them are named, the first 20 in full.</exception>
    public static IReadOnlyList<ProofItem> Read(string path, VerifierEntry entry, bool everyTheorem, TextReader input)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(input);
        var (items, mistakes) = (new List<ProofItem>(), new List<string>());
        foreach (var file in Files(path, entry))
        {
            if (entry.ReadDatabase is not null && IsNative(file, entry))
            {
                items.AddRange(entry.ReadDatabase(file));
                continue;
            }

            var text = file == "-" ? input.ReadToEnd() : ReadFile(file);
            if (IsNative(file, entry))
                ReadDocument(text, file, entry.Document!, everyTheorem, items, mistakes);
            else
                ReadLines(text, file, items, mistakes);
        }

        if (mistakes.Count > 0)
            throw Mistakes(mistakes, "Correct them; a line is an object with the texts \"statement\" and \"proof\".");
        return items.Count > 0 ? items : throw new RatchetException($"There is no proof in {path}.", Wanted(entry)) { ExitCode = 2 };
    }

    /// <summary>The options with the file itself as database, where the verifier's native files are databases and none is given.</summary>
    public static VerifierOptions WithDatabase(VerifierOptions options, string path, VerifierEntry entry)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(entry);
        return options.Database is null && entry.ReadDatabase is not null && File.Exists(path) && IsNative(path, entry) ? options with { Database = path } : options;
    }

    /// <summary>An exception that names mistakes, the first 20 in full; exit code 2.</summary>
    internal static RatchetException Mistakes(IReadOnlyList<string> mistakes, string remedy)
    {
        var more = mistakes.Count > ShownMistakes ? $"\n  and {mistakes.Count - ShownMistakes} more" : "";
        return new RatchetException($"{mistakes.Count} {(mistakes.Count == 1 ? "item" : "items")} cannot be read:\n  {string.Join("\n  ", mistakes.Take(ShownMistakes))}{more}", remedy) { ExitCode = 2 };
    }

    private static IReadOnlyList<string> Files(string path, VerifierEntry entry)
    {
        if (path == "-" || !Directory.Exists(path))
            return [path];
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
        return [.. Directory.EnumerateFiles(path, "*", options)
            .Where(f => IsNative(f, entry) || JsonLinesEndings.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
    }

    /// <summary>A file is one of the verifier's native files, by its ending.</summary>
    internal static bool IsNative(string file, VerifierEntry entry) => entry.Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    private static string Wanted(VerifierEntry entry) =>
        $"'{entry.Name}' reads JSON lines (.jsonl){(entry.Extensions.Count == 0 ? "" : $" and files ending in {string.Join(", ", entry.Extensions)}")}.";

    private static string ReadFile(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes } file)
                throw new RatchetException($"The file {path} has {file.Length} bytes; at most {MaxBytes} are read.", "Split the file.") { ExitCode = 2 };
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new RatchetException($"The file {path} cannot be read: {e.Message}", "Check the path.", e) { ExitCode = 2 };
        }
    }

    private static void ReadDocument(string text, string file, IProofDocument document, bool everyTheorem, List<ProofItem> items, List<string> mistakes)
    {
        try
        {
            var theorems = document.Read(text);
            foreach (var theorem in everyTheorem ? theorems : [theorems[^1]])
            {
                items.Add(new ProofItem
                {
                    Id = theorem.Name, Statement = theorem.Statement, Proof = theorem.Proof, Source = file, Line = LineOf(text, theorem.ProofStart),
                });
            }
        }
        catch (StatementException e)
        {
            mistakes.Add($"{file}:{LineOf(text, e.Position)}: {e.Message}");
        }
    }

    private static int LineOf(string text, int offset) => 1 + text.AsSpan(0, Math.Clamp(offset, 0, text.Length)).Count('\n');

    private static void ReadLines(string text, string file, List<ProofItem> items, List<string> mistakes)
    {
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var content = line.Trim().TrimStart('\uFEFF');
            if (content.Length == 0)
                continue;
            try
            {
                items.Add(ReadLine(content, file, number));
            }
            catch (Exception e) when (e is JsonException or FormatException)
            {
                mistakes.Add($"{file}:{number}: {(e is JsonException ? $"not JSON: {e.Message}" : e.Message)}");
            }
        }
    }

    private static ProofItem ReadLine(string line, string file, int number)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            throw new FormatException("an object with the texts \"statement\" and \"proof\" is needed.");
        if ((Text(root, "statement") ?? Text(root, "goal")) is not { } statement || (Text(root, "proof") ?? Text(root, "solution")) is not { } proof)
            throw new FormatException("an object with the texts \"statement\" and \"proof\" is needed.");
        return new ProofItem
        {
            Id = Text(root, "id") ?? $"line-{number}", Statement = statement, Proof = proof, Reference = Text(root, "reference") ?? Text(root, "answer"), Source = file, Line = number,
        };
    }

    /// <summary>A text, the digits of a number, or a list as JSON where a reference is one; null where there is none.</summary>
    private static string? Text(JsonElement root, string key)
    {
        if (!root.TryGetProperty(key, out var value))
            return null;
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number => value.GetRawText(),

                // A list of tests: the verifier reads it.
                JsonValueKind.Array or JsonValueKind.Object when key == "reference" => value.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"\"{key}\" holds half of a surrogate pair.");
        }
    }
}
