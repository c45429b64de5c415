using System.CommandLine;
using System.Text.Json;
using Ratchet.Attempts;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet inspect RUN [ATTEMPT]</c>.</summary>
internal static class InspectVerb
{
    public static Command Make(CliContext context)
    {
        var run = Arguments.Run();
        var attempt = new Argument<string?>("attempt") { Arity = ArgumentArity.ZeroOrOne, Description = "Identifier of one attempt, for example r2/train/p17/3: shows it whole. Of a step prover's run, the key of a search or its beginning." };
        var round = new Option<int?>("--round") { HelpName = "n", Description = "Only this round." };
        var phase = new Option<Phase?>("--phase") { HelpName = "phase", Description = "Only train, heldout or greedy." };
        var problem = new Option<string?>("--problem") { HelpName = "id", Description = "Only this problem." };
        var outcome = new Option<string?>("--outcome") { HelpName = "outcome", Description = "Only accepted, rejected or unknown." };
        outcome.AcceptOnlyFromAmong("accepted", "rejected", "unknown");
        var reason = new Option<string?>("--reason") { HelpName = "reason", Description = $"Only this reason: {string.Join(", ", Enum.GetValues<VerdictReason>().Select(Word))}." };
        reason.AcceptOnlyFromAmong([.. Enum.GetValues<VerdictReason>().Select(Word)]);
        var limit = new Option<int>("--limit") { HelpName = "n", Description = "Most attempts to show; 0 shows all.", DefaultValueFactory = _ => 20 };
        var json = Arguments.Json();
        var command = new Command("inspect", "Browses the attempts and verdicts of a run.") { run, attempt, round, phase, problem, outcome, reason, limit, json };
        command.SetAction(parsed =>
        {
            using var folder = RunFolder.OpenReadOnly(parsed.GetRequiredValue(run));
            if (SearchInspect.IsFor(folder.Root))
            {
                SearchInspect.Write(context, folder.Root, parsed.GetValue(attempt), parsed.GetValue(problem), parsed.GetValue(limit), parsed.GetValue(json));
                return 0;
            }

            using var journal = RunJournal.OpenReadOnly(folder.JournalPath);
            var id = parsed.GetValue(attempt);
            var most = parsed.GetValue(limit);
            var found = journal.Attempts(new AttemptQuery
            {
                Id = id,
                Round = parsed.GetValue(round),
                Phase = parsed.GetValue(phase),
                ProblemId = parsed.GetValue(problem),
                Outcome = parsed.GetValue(outcome),
                Reason = parsed.GetValue(reason) is { } word ? Enum.GetValues<VerdictReason>().First(r => Word(r) == word) : null,
                // One more than shown, to know whether there are more.
                Limit = most > 0 ? most + 1 : 0,
            });
            if (id is not null && found.Count == 0)
                throw new RatchetException($"The run has no attempt '{id}'.", "'ratchet inspect RUN' lists attempts with their identifiers.");
            var shown = most > 0 ? found.Take(most) : found;
            if (parsed.GetValue(json))
                Json(context.Out, shown);
            else if (id is not null)
                Whole(context.Out, found[0], journal);
            else
                Table(context.Out, shown, found.Count > most && most > 0 ? most : 0);
            return 0;
        });
        return command;
    }

    /// <summary>snake_case word of a reason, as the journal and the summary spell it.</summary>
    public static string Word(VerdictReason reason) => JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());

    /// <summary>A table of attempts.</summary>
    internal static void Table(TextWriter writer, IEnumerable<JudgedAttempt> attempts, int cutAt)
    {
        var rows = attempts.Select(a => (
            Id: a.Attempt.Id.ToString(), a.Verdict.Outcome, Reason: Word(a.Verdict.Reason), Tokens: a.Attempt.TokenIds.Count.ToString(),
            Statement: Short(a.Problem.Statement, 40), Text: Short(a.Attempt.Text, 60))).ToList();
        if (rows.Count == 0)
        {
            writer.WriteLine("no attempt fits");
            return;
        }

        var id = Math.Max(7, rows.Max(r => r.Id.Length));
        var reason = Math.Max(6, rows.Max(r => r.Reason.Length));
        var statement = Math.Max(7, rows.Max(r => r.Statement.Length));
        writer.WriteLine($"{"attempt".PadRight(id)}  outcome   {"reason".PadRight(reason)}  tokens  {"problem".PadRight(statement)}  text");
        foreach (var r in rows)
            writer.WriteLine($"{r.Id.PadRight(id)}  {r.Outcome,-8}  {r.Reason.PadRight(reason)}  {r.Tokens,6}  {r.Statement.PadRight(statement)}  {r.Text}");
        if (cutAt > 0)
            writer.WriteLine($"the first {cutAt}; --limit shows more");
    }

    private static void Whole(TextWriter writer, JudgedAttempt a, RunJournal journal)
    {
        var probability = a.Attempt.LogProbabilities.Count == 0 ? "" : $", log-probability {a.Attempt.LogProbabilities.Where(p => !float.IsNaN(p)).Sum(p => (double)p):0.000}";
        writer.WriteLine($"attempt   {a.Attempt.Id}");
        writer.WriteLine($"problem   {a.Problem.Id} ({a.Problem.Stratum}, {a.Problem.Split.ToString().ToLowerInvariant()})");
        writer.WriteLine($"goal      {a.Problem.Statement}");
        writer.WriteLine($"policy    {a.Attempt.Policy}, {a.Attempt.TokenIds.Count} tokens, ended by {JsonNamingPolicy.SnakeCaseLower.ConvertName(a.Attempt.Stop.ToString())}{probability}");
        writer.WriteLine($"verdict   {a.Verdict.Outcome}, {Word(a.Verdict.Reason)}, by {a.Verdict.Verifier} {a.Verdict.VerifierVersion} in {a.Verdict.Steps} steps");
        var trained = journal.Checkpoints().Where(c => journal.Lineage(c.Id).Any(r => r.AttemptIds.Contains(a.Attempt.Id.ToString()))).Select(c => c.Id).ToList();
        writer.WriteLine($"trained   {(trained.Count == 0 ? "no checkpoint" : string.Join(", ", trained))}");
        writer.WriteLine();
        writer.Write(Carets.Render(a.Attempt.Text, a.Verdict.Feedback));
    }

    private static void Json(TextWriter writer, IEnumerable<JudgedAttempt> attempts)
    {
        foreach (var a in attempts)
        {
            writer.WriteLine(JsonSerializer.Serialize(
                new
                {
                    id = a.Attempt.Id.ToString(), round = a.Attempt.Id.Round, phase = a.Attempt.Id.Phase, problem = a.Problem.Id, statement = a.Problem.Statement, stratum = a.Problem.Stratum,
                    outcome = a.Verdict.Outcome, reason = a.Verdict.Reason, verifier = a.Verdict.Verifier, steps = a.Verdict.Steps, feedback = a.Verdict.Feedback,
                    policy = a.Attempt.Policy, text = a.Attempt.Text, token_ids = a.Attempt.TokenIds, log_probabilities = a.Attempt.LogProbabilities.Select(p => float.IsNaN(p) ? (float?)null : p), stop = a.Attempt.Stop,
                },
                JsonLines.Options));
        }
    }

    private static string Short(string text, int length)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= length ? line : line[..(length - 3)] + "...";
    }
}
