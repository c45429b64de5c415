using System.CommandLine;
using System.Text.Json;
using Ratchet.Attempts;
using Ratchet.Domains.Propositional;
using Ratchet.Journal;
using Ratchet.Learning.External;
using Ratchet.Runs;
using Ratchet.Search.Journal;
using Ratchet.Systems;
using Ratchet.Systems.BfsProver;
using Ratchet.Systems.ExpertIteration;
using Ratchet.Verdicts;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet export proofs|rows RUN</c>.</summary>
internal static class ExportVerb
{
    public static Command Make(CliContext context)
    {
        var run = Arguments.Run();
        var format = new Option<string?>("--format") { HelpName = "coq|jsonl", Description = "coq: one file for coqc (domain propositional); jsonl: one JSON object a line. Default: coq where the domain has it." };
        format.AcceptOnlyFromAmong("coq", "jsonl");
        var output = new Option<string?>("--output", "-o") { HelpName = "file", Description = "File to write; default standard output." };
        var phase = new Option<Phase?>("--phase") { HelpName = "phase", Description = "Only attempts made for train, heldout or greedy." };
        var best = new Option<bool>("--best") { Description = "Only the shortest proof of each problem." };
        var proofs = new Command("proofs", "All accepted proofs of a run, of its attempts or its searches, the same proof of the same problem once.") { run, format, output, phase, best };
        proofs.SetAction(parsed =>
        {
            var accepted = Read(parsed.GetRequiredValue(run), parsed.GetValue(phase), parsed.GetValue(best));
            using var text = new StringWriter { NewLine = "\n" };
            if ((parsed.GetValue(format) ?? (accepted.TrueForAll(p => p.HasCoqForm) ? "coq" : "jsonl")) == "coq")
                Coq(text, accepted);
            else
                Json(text, accepted);
            if (parsed.GetValue(output) is { } file)
            {
                RunFolder.WriteAtomically(file, text.ToString());
                context.Error.WriteLine($"{accepted.Count} proofs of {accepted.Select(a => a.Problem).Distinct().Count()} problems in {file}");
            }
            else
            {
                context.Out.Write(text.ToString());
            }

            return 0;
        });
        return new Command("export", "Takes results out of a run.") { proofs, Rows(context) };
    }

    private static Command Rows(CliContext context)
    {
        var run = Arguments.Run();
        var format = new Option<string>("--format") { HelpName = "layout", Description = "trl-prompt-completion, trl-messages or trl-preference, the layouts of the TRL library.", DefaultValueFactory = _ => "trl-prompt-completion" };
        format.AcceptOnlyFromAmong("trl-prompt-completion", "trl-messages", "trl-preference");
        var output = new Option<string>("--output", "-o") { HelpName = "file", Description = "File to write: Parquet where its name ends in .parquet, else one JSON object a line.", Required = true };
        var round = new Option<int?>("--round") { HelpName = "n", Description = "Round whose training rows are taken; default the last that trained." };
        var command = new Command("rows", "The training rows of a round as text, for other trainers.") { run, format, output, round };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = parsed.GetRequiredValue(run);
            using var folder = RunFolder.OpenReadOnly(path);
            using var journal = RunJournal.OpenReadOnly(folder.JournalPath);
            var checkpoints = journal.Checkpoints();
            var wanted = parsed.GetValue(round);
            var checkpoint = checkpoints.LastOrDefault(c => wanted is null || c.Round == wanted)
                ?? throw new RatchetException(wanted is null ? $"The run '{path}' has trained nothing yet." : $"Round {wanted} of the run '{path}' has trained nothing.", checkpoints.Count == 0 ? $"Continue it with 'ratchet resume {path}'." : $"Rounds that have: {string.Join(", ", checkpoints.Select(c => c.Round))}.");
            var problems = journal.Problems();
            var layout = parsed.GetValue(format) switch { "trl-messages" => RowFormat.Messages, "trl-preference" => RowFormat.Preference, _ => RowFormat.PromptCompletion };
            var lineage = journal.Lineage(checkpoint.Id);
            var rows = new RunRows(DomainCatalog.Create(problems!.All[0].Domain), journal).Texts(lineage.Where(l => l.Weight > 0).Select(l => (l.ProblemId, l.AttemptIds)), layout, checkpoint.Round);
            var file = parsed.GetRequiredValue(output);
            await RowFile.WriteAsync(file, rows, layout, file.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) ? RowFileType.Parquet : RowFileType.Jsonl, cancellationToken);
            context.Error.WriteLine($"{rows.Count} rows of round {checkpoint.Round} in {file}{(rows.Count < lineage.Count ? $" ({lineage.Count - rows.Count} left out: no rejected attempt, or weight 0)" : "")}");
            return 0;
        });
        return command;
    }

    private static List<FoundProof> Read(string path, Phase? phase, bool best)
    {
        using var folder = RunFolder.OpenReadOnly(path);
        using var journal = RunJournal.OpenReadOnly(folder.JournalPath);
        var found = SearchInspect.IsFor(path) ? Searched(path, journal, phase) : Attempted(journal, phase);
        var proofs = found.DistinctBy(p => (p.Problem, p.Proof));
        return best ? [.. proofs.GroupBy(p => p.Problem).Select(g => g.MinBy(p => p.Length)!)] : [.. proofs];
    }

    /// <summary>Accepted attempts. Only a full check may leave the run as a proof.</summary>
    private static List<FoundProof> Attempted(RunJournal journal, Phase? phase) =>
    [
        .. journal.Attempts(new AttemptQuery { Outcome = "accepted", Phase = phase }).Where(a => a.Verdict.Trust == TrustLevel.Full).Select(a => new FoundProof(
            a.Attempt.Id.ToString(), a.Problem.Id, a.Problem.Domain, a.Problem.Statement, a.Attempt.Text, a.Attempt.TokenIds.Count, a.Verdict.Verifier, a.Verdict.VerifierVersion)),
    ];

    /// <summary>Proofs that the searches of a step prover found; each was replayed and judged as a whole before it was written down.</summary>
    private static List<FoundProof> Searched(string path, RunJournal journal, Phase? phase)
    {
        var domains = journal.Problems()!.All.ToDictionary(p => p.Id, p => p.Domain);
        using var searches = SearchJournal.Open(Path.Combine(path, BfsProverRun.SearchFile));
        var proofs = new List<FoundProof>();
        foreach (var search in searches.Searches().Where(s => s.Proof is not null && (phase is null || s.Key.Split('/')[1].Split('.')[0].Equals(phase.ToString(), StringComparison.OrdinalIgnoreCase))))
        {
            var (verifier, version) = search.Environment.Split(' ', 2) is [var name, var number] ? (name, number) : (search.Environment, "");
            proofs.Add(new FoundProof(search.Key, search.ProblemId, domains[search.ProblemId], search.Statement, search.Proof!, search.Path.Count, verifier, version));
        }

        return proofs;
    }

    private static void Coq(TextWriter writer, List<FoundProof> proofs)
    {
        if (proofs.Find(p => !p.HasCoqForm) is { } other)
            throw new RatchetException($"Proofs of the domain '{other.Domain}' have no Coq form.", "Use --format jsonl.");
        CoqExport.Write(writer, proofs.Select(p => (p.Id, p.Statement, p.Proof)));
    }

    private static void Json(TextWriter writer, List<FoundProof> proofs)
    {
        foreach (var p in proofs)
            writer.WriteLine(JsonSerializer.Serialize(new { id = p.Id, problem = p.Problem, statement = p.Statement, proof = p.Proof, verifier = p.Verifier, verifier_version = p.VerifierVersion }, JsonLines.Options));
    }

    private sealed record FoundProof(string Id, string Problem, string Domain, string Statement, string Proof, int Length, string Verifier, string VerifierVersion)
    {
        public bool HasCoqForm => Domain == "propositional";
    }
}
