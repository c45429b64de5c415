using System.Text;
using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Problems;

/// <summary>Reads a user's problems: one JSON value a line.</summary>
/// <remarks>
/// A line is a JSON string with the statement, or an object with <c>goal</c> (or <c>statement</c>), and optionally <c>id</c>, <c>proof</c> (or
/// <c>solution</c>) and <c>split</c> (<c>seed</c>, <c>train</c>, <c>heldout</c>). Empty lines are skipped. Without <c>split</c> the canonical
/// hash decides, the same in every file: one problem in five is held out; of the others, those with a proof are seed problems and the
/// rest are for training. Of several problems with one canonical hash the first stays, a held-out one before the others.
/// </remarks>
public static class ProblemFile
{
    private const int ShownErrors = 20;
    private const long MaxBytes = 256L << 20;

    /// <summary>Reads a file.</summary>
    /// <param name="path">JSON lines, UTF-8, at most 256 MiB.</param>
    /// <param name="domain">Domain of the statements; its verifier checks the proofs that the file gives.</param>
    /// <exception cref="RatchetException">The file cannot be read, or lines are wrong: all of them are named, the first 20 in full.</exception>
    public static ProblemSet Read(string path, IDomain domain)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(domain);
        string text;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes } file)
                throw new RatchetException($"The problem file {path} has {file.Length} bytes; at most {MaxBytes} are read.", "Split the file.");
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new RatchetException($"The problem file {path} cannot be read: {e.Message}", "Give the path of a readable file with one JSON object a line.", e);
        }

        return Parse(text, path, domain);
    }

    /// <summary>Reads the text of such a file.</summary>
    /// <param name="text">JSON lines.</param>
    /// <param name="path">What the text is called in messages.</param>
    /// <param name="domain">Domain of the statements.</param>
    /// <exception cref="RatchetException">Lines are wrong: all of them are named, the first 20 in full.</exception>
    public static ProblemSet Parse(string text, string path, IDomain domain)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(domain);
        var lines = text.Split('\n');
        var errors = new List<string>();
        var found = new List<(Problem Problem, string? Solution)>();
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim().TrimStart('\uFEFF');
            if (line.Length == 0)
                continue;
            try
            {
                var item = ReadLine(line, i + 1, domain);
                if (!ids.TryAdd(item.Problem.Id, i + 1))
                    throw new LineException($"the identifier \"{item.Problem.Id}\" was used on line {ids[item.Problem.Id]} already");
                found.Add(item);
            }
            catch (LineException e)
            {
                errors.Add($"line {i + 1}: {e.Message}");
            }
        }

        if (errors.Count > 0)
        {
            var shown = errors.Take(ShownErrors).ToList();
            if (errors.Count > ShownErrors)
                shown.Add($"and {errors.Count - ShownErrors} more");
            throw new RatchetException(
                $"{errors.Count} line{(errors.Count == 1 ? "" : "s")} of {path} cannot be used:\n{string.Join('\n', shown)}",
                "Correct or remove these lines.");
        }

        if (found.Count == 0)
            throw new RatchetException($"The problem file {path} holds no problem.", "Write one JSON object with \"goal\" on each line.");
        return Assemble(found);
    }

    private static ProblemSet Assemble(List<(Problem Problem, string? Solution)> found)
    {
        var keep = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (problem, _) in found.OrderByDescending(f => f.Problem.Split == Split.Heldout))
            keep.TryAdd(problem.CanonicalHash, problem.Id);
        var kept = found.Where(f => keep[f.Problem.CanonicalHash] == f.Problem.Id).ToList();
        var references = kept.Where(f => f.Solution is not null).ToDictionary(f => f.Problem.Id, f => f.Solution!, StringComparer.Ordinal);
        var removed = new Dictionary<string, int>();
        if (found.Count > kept.Count)
            removed["same canonical hash as another problem"] = found.Count - kept.Count;
        return new ProblemSet([.. kept.Select(f => f.Problem)], references, removed);
    }

    private static (Problem Problem, string? Solution) ReadLine(string line, int number, IDomain domain)
    {
        var fields = Fields(line);
        var statement = fields.GetValueOrDefault("goal") ?? fields.GetValueOrDefault("statement")
            ?? throw new LineException("there is no \"goal\"");
        var id = fields.GetValueOrDefault("id") ?? $"line{number}";
        if (id.Length is 0 or > 200 || id.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            throw new LineException("\"id\" must have 1 to 200 characters and no white space");
        Problem problem;
        try
        {
            problem = domain.Parse(id, statement, Split.Train);
        }
        catch (StatementException e)
        {
            throw new LineException($"{e.Message}\n{Caret(statement, e.Position)}");
        }

        var solution = fields.GetValueOrDefault("proof") ?? fields.GetValueOrDefault("solution");
        if (solution is not null)
            solution = Checked(domain, problem, domain.NormalizeSolution(statement, solution));
        var split = fields.GetValueOrDefault("split") switch
        {
            null => DefaultSplit(problem.CanonicalHash, solution is not null),
            "seed" => Split.Seed,
            "train" => Split.Train,
            "heldout" or "held-out" or "test" => Split.Heldout,
            var other => throw new LineException($"\"split\" is \"{other}\"; it can be \"seed\", \"train\" or \"heldout\""),
        };
        if (split == Split.Seed && solution is null)
            throw new LineException("a seed problem needs a \"proof\"");
        return (problem with { Split = split }, solution);
    }

    private static string Checked(IDomain domain, Problem problem, string solution)
    {
        var verdict = domain.Verifier.VerifyAsync(problem, solution, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        if (verdict.IsAccepted)
            return solution;
        var first = verdict.Feedback.Count > 0 ? verdict.Feedback[0] : null;
        throw new LineException($"the proof is not accepted: {first?.Message ?? verdict.Reason.ToString()}"
            + (first is { Start: >= 0 } ? "\n" + Caret(solution, first.Start) : ""));
    }

    private static Dictionary<string, string> Fields(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.String)
                return new() { ["goal"] = root.GetString()! };
            if (root.ValueKind != JsonValueKind.Object)
                throw new LineException("a JSON object or string is expected");
            var fields = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var property in root.EnumerateObject())
            {
                if (property.Name is not ("goal" or "statement" or "id" or "proof" or "solution" or "split") || property.Value.ValueKind == JsonValueKind.Null)
                    continue;
                fields[property.Name] = property.Value.ValueKind switch
                {
                    JsonValueKind.String => property.Value.GetString()!,
                    JsonValueKind.Number when property.Name == "id" => property.Value.GetRawText(),
                    _ => throw new LineException($"\"{property.Name}\" must be a string"),
                };
            }

            return fields;
        }
        catch (JsonException e)
        {
            throw new LineException($"this is no JSON at character {(e.BytePositionInLine ?? 0) + 1}: {line[..Math.Min(line.Length, 60)]}");
        }
        catch (InvalidOperationException)
        {
            throw new LineException("a string holds half of a surrogate pair");
        }
    }

    private static Split DefaultSplit(string hash, bool hasSolution)
    {
        var value = 0;
        foreach (var c in hash)
            value = ((value * 31) + c) % 1_000_003;
        return value % 5 == 0 ? Split.Heldout : hasSolution ? Split.Seed : Split.Train;
    }

    /// <summary>The part of a text around a position, with a caret under it.</summary>
    private static string Caret(string text, int position)
    {
        position = Math.Clamp(position, 0, text.Length);
        var from = Math.Max(0, position - 50);
        var to = Math.Min(text.Length, position + 30);
        var shown = new StringBuilder("  ");
        foreach (var c in text.AsSpan(from, to - from))
            shown.Append(char.IsControl(c) ? ' ' : c);
        return shown.Append('\n').Append(' ', 2 + position - from).Append('^').ToString();
    }

    private sealed class LineException(string message) : Exception(message);
}
