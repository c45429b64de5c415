using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Systems.Verification;

/// <summary>Reads proofs to judge from JSON lines, from a verifier's native files, and from folders of both.</summary>
public static class ProofItems
{
    private const long MaxBytes = 256L << 20;
    private const int ShownMistakes = 20;

    /// <summary>Reads a file, a folder with all of its folders, or standard input.</summary>
    /// <param name="path">
    /// A native file of the verifier; any other file as JSON lines, each an object with what <paramref name="fields"/> says; a folder, of which native files and files ending in
    /// .jsonl or .ndjson (or these with .gz) are read in the order of their names; or <c>-</c> for JSON lines from <paramref name="input"/>.
    /// </param>
    /// <param name="entry">Verifier whose files are read.</param>
    /// <param name="everyTheorem">Of a native file all theorems, not only the last.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="fields">Where JSON lines keep what; null for the usual names. Its limit is one for each file.</param>
    /// <exception cref="RatchetException">Files or lines cannot be read (exit code 2): all of them are named, the first 20 in full.</exception>
    public static IReadOnlyList<ProofItem> Read(string path, VerifierEntry entry, bool everyTheorem, TextReader input, BenchmarkFields? fields = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(input);
        fields ??= new BenchmarkFields();
        var (items, mistakes) = (new List<ProofItem>(), new List<string>());
        foreach (var file in Files(path, entry))
        {
            if (entry.ReadDatabase is not null && IsNative(file, entry))
            {
                items.AddRange(entry.ReadDatabase(file));
                continue;
            }

            if (IsNative(file, entry))
            {
                ReadDocument(ReadFile(file), file, entry.Document!, everyTheorem, items, mistakes);
                continue;
            }

            var taken = 0;
            void Take(JsonLine line, int number)
            {
                if (!fields.Takes(line) || (fields.Limit > 0 && taken == fields.Limit))
                    return;
                items.Add(fields.ItemOf(line, file, number));
                taken++;
            }

            if (file == "-")
                JsonLineFile.Read(input, file, Take, mistakes);
            else
                JsonLineFile.Read(file, Take, mistakes);
        }

        if (mistakes.Count > 0)
            throw Mistakes(mistakes, "Correct them; a line is an object with the texts \"statement\" and \"proof\", or say with --statement, --proof and --reference which fields to read.");
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
            .Where(f => IsNative(f, entry) || JsonLineFile.Is(f)).Order(StringComparer.Ordinal)];
    }

    /// <summary>A file is one of the verifier's native files, by its ending.</summary>
    internal static bool IsNative(string file, VerifierEntry entry) => entry.Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    private static string Wanted(VerifierEntry entry) =>
        $"'{entry.Name}' reads JSON lines (.jsonl){(entry.Extensions.Count == 0 ? "" : $" and files ending in {string.Join(", ", entry.Extensions)}")}.";

    /// <summary>The text of a file.</summary>
    /// <exception cref="RatchetException">It cannot be read or is too large (exit code 2).</exception>
    internal static string ReadFile(string path)
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
}
