using System.Text.RegularExpressions;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Systems.Verification;

namespace Ratchet.Systems.Evaluation;

/// <summary>Reads the problems of a published benchmark, one JSON object a line, for a verifier.</summary>
public static partial class BenchmarkFile
{
    /// <summary>Reads problems and their references.</summary>
    /// <param name="path">JSON lines, .gz or not.</param>
    /// <param name="fields">Where the file keeps what.</param>
    /// <param name="verifier">Verifier that judges; it reads the statements.</param>
    /// <returns>All problems in the held-out split, in the order of the file. References are those of the file.</returns>
    /// <exception cref="RatchetException">The file or lines cannot be read, or no line is left (exit code 2).</exception>
    public static ProblemSet Read(string path, BenchmarkFields fields, OpenVerifier verifier)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(fields);
        ArgumentNullException.ThrowIfNull(verifier);
        var problems = new List<Problem>();
        var references = new Dictionary<string, string>(StringComparer.Ordinal);
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        JsonLineFile.Read(path, (line, number) =>
        {
            if (fields.Where.Any(w => (line.Text(w.Key) ?? "") != w.Value) || (fields.Limit > 0 && problems.Count == fields.Limit))
                return;
            var id = WhiteSpace().Replace((fields.Id is { } field ? line.Text(field) ?? throw Missing(line, field) : line.Text("id", "unique_id", "name", "instance_id")) ?? $"line-{number}", "_");
            if (!lines.TryAdd(id, number))
                throw new FormatException($"the identifier '{id}' is that of line {lines[id]} too.");
            var reference = fields.Reference is { } name ? line.Text(name) ?? throw Missing(line, name) : line.Text("reference", "answer", "target", "solution");
            var stratum = (fields.Stratum is { } by ? line.Text(by) : line.Text("stratum", "level")) ?? "all";
            var item = new ProofItem { Id = id, Stratum = stratum, Statement = Statement(line, fields.Statement), Proof = "", Reference = reference, Source = path, Line = number };
            try
            {
                // A verifier may know what it read by the object: it is copied only where it does not carry the class.
                var problem = verifier.Read(item);
                problems.Add(problem.Stratum == stratum ? problem : problem with { Stratum = stratum });
            }
            catch (StatementException e)
            {
                throw new FormatException($"{id}: {e.Message}");
            }

            if (reference is not null)
                references.Add(id, reference);
        }, "Correct them, leave them out with --where, or say with --statement, --reference and --id which fields to read.");
        return problems.Count > 0 ? new ProblemSet(problems, references) : throw new RatchetException($"No problem of {path} is left.", "Look at --where and --limit.") { ExitCode = 2 };
    }

    private static string Statement(JsonLine line, string? template)
    {
        if (template is not null)
            return Field().Replace(template, m => line.Text(m.Groups[1].Value) ?? throw Missing(line, m.Groups[1].Value));
        var statement = line.Text("statement", "goal", "problem", "question", "input") ?? throw Missing(line, "statement");
        if (line.Text("header") is { } header)
            return $"{header.TrimEnd()}\n{statement}";
        return line.Text("body") is { } body ? $"{body.TrimEnd()} {statement}" : statement;
    }

    private static FormatException Missing(JsonLine line, string field) => new($"there is no \"{field}\"; the fields are: {line.Names}.");

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Field();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
