using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Systems.Verification;

namespace Ratchet.Systems.Evaluation;

/// <summary>Reads the problems of a published benchmark, one JSON object a line, for a verifier.</summary>
public static class BenchmarkFile
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
            if (!fields.Takes(line) || (fields.Limit > 0 && problems.Count == fields.Limit))
                return;
            var id = fields.IdOf(line, number);
            if (!lines.TryAdd(id, number))
                throw new FormatException($"the identifier '{id}' is that of line {lines[id]} too.");
            var reference = fields.ReferenceOf(line) ?? line.Text("solution");
            var stratum = fields.StratumOf(line);
            var item = new ProofItem { Id = id, Stratum = stratum, Statement = fields.StatementOf(line), Proof = "", Reference = reference, Source = path, Line = number };
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
}
