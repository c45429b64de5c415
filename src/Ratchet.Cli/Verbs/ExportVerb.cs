using System.CommandLine;
using System.Text.Json;
using Ratchet.Attempts;
using Ratchet.Domains.Propositional;
using Ratchet.Journal;
using Ratchet.Learning.External;
using Ratchet.Loop;
using Ratchet.Runs;
using Ratchet.Systems;
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
        var proofs = new Command("proofs", "All accepted proofs of a run, the same proof of the same problem once.") { run, format, output, phase, best };
        proofs.SetAction(parsed =>
        {
            var accepted = Read(parsed.GetRequiredValue(run), parsed.GetValue(phase), parsed.GetValue(best));
            using var text = new StringWriter { NewLine = "\n" };
            if ((parsed.GetValue(format) ?? (accepted.TrueForAll(HasCoqForm) ? "coq" : "jsonl")) == "coq")
                Coq(text, accepted);
            else
                Json(text, accepted);
            if (parsed.GetValue(output) is { } file)
            {
                RunFolder.WriteAtomically(file, text.ToString());
                context.Error.WriteLine($"{accepted.Count} proofs of {accepted.Select(a => a.Problem.Id).Distinct().Count()} problems in {file}");
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

    private static List<JudgedAttempt> Read(string path, Phase? phase, bool best)
    {
        using var folder = RunFolder.OpenReadOnly(path);
        using var journal = RunJournal.OpenReadOnly(folder.JournalPath);
        // Only a full check may leave the run as a proof.
        var accepted = journal.Attempts(new AttemptQuery { Outcome = "accepted", Phase = phase })
            .Where(a => a.Verdict.Trust == TrustLevel.Full).DistinctBy(a => (a.Problem.Id, a.Attempt.Text));
        return best ? [.. accepted.GroupBy(a => a.Problem.Id).Select(g => g.MinBy(a => a.Attempt.TokenIds.Count)!)] : [.. accepted];
    }

    private static bool HasCoqForm(JudgedAttempt attempt) => attempt.Problem.Domain == "propositional";

    private static void Coq(TextWriter writer, List<JudgedAttempt> proofs)
    {
        if (proofs.Find(p => !HasCoqForm(p)) is { } other)
            throw new RatchetException($"Proofs of the domain '{other.Problem.Domain}' have no Coq form.", "Use --format jsonl.");
        CoqExport.Write(writer, proofs.Select(p => (p.Attempt.Id.ToString(), p.Problem.Statement, p.Attempt.Text)));
    }

    private static void Json(TextWriter writer, List<JudgedAttempt> proofs)
    {
        foreach (var p in proofs)
        {
            writer.WriteLine(JsonSerializer.Serialize(
                new { id = p.Attempt.Id.ToString(), problem = p.Problem.Id, statement = p.Problem.Statement, proof = p.Attempt.Text, verifier = p.Verdict.Verifier, verifier_version = p.Verdict.VerifierVersion },
                JsonLines.Options));
        }
    }
}
