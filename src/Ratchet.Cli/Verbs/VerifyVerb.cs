using System.CommandLine;
using System.Text.Json;
using Ratchet.Cli.Progress;
using Ratchet.Runs;
using Ratchet.Systems;
using Ratchet.Systems.Verification;
using Ratchet.Verdicts;
using Spectre.Console;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet verify FILE|FOLDER --with VERIFIER</c>.</summary>
internal static class VerifyVerb
{
    /// <summary>A table of more rows than this shows only what was not accepted.</summary>
    private const int WholeTable = 200;

    public static Command Make(CliContext context)
    {
        var file = new Argument<string>("file") { Description = "JSON lines with \"statement\" and \"proof\", a native file of the verifier, a folder of such files, or '-' for JSON lines from standard input." };
        var with = VerifierArguments.With();
        var every = new Option<bool>("--every") { Description = "Of a native file every theorem, not only the last." };
        var json = Arguments.Json();
        var command = new Command("verify", "Judges proofs; exit code 1 when some are not accepted, 2 when something cannot be read.") { file, with, every, json };
        var (options, fields) = (new VerifierArguments(), Fields());
        options.AddTo(command);
        fields.AddTo(command);
        command.SetAction((parsed, cancellationToken) => AsBadInput(async () =>
        {
            var entry = VerifierCatalog.Find(parsed.GetRequiredValue(with));
            var settings = ProofItems.WithDatabase(options.Read(parsed), parsed.GetRequiredValue(file), entry);
            var items = ProofItems.Read(parsed.GetRequiredValue(file), entry, parsed.GetValue(every), context.In, fields.Read(parsed));
            await using var verifier = await entry.OpenAsync(settings, cancellationToken);
            var problems = ProofCheck.ReadStatements(verifier, items);
            var summary = new CheckSummary();
            var table = context.Table && !parsed.GetValue(json) ? new ResultTable(items.Count > WholeTable) : null;
            using (var progress = new CheckProgress(context.Error, context.Interactive, context.Clock))
            {
                await foreach (var result in ProofCheck.RunAsync(verifier, items, problems, settings, cancellationToken))
                {
                    summary.Add(result.Verdict);
                    if (parsed.GetValue(json))
                        WriteJson(context.Out, result);
                    else if (table is not null)
                        table.Add(result);
                    else if (!result.Verdict.IsAccepted)
                        WriteLines(context.Out, result);
                    progress.Report(summary.All, items.Count, summary.Accepted, summary.Unknown.Values.Sum());
                }
            }

            if (!parsed.GetValue(json))
            {
                table?.Write(context.Out);
                context.Out.WriteLine($"{summary.Accepted} of {summary.All} accepted by {verifier.Verifier.Name} {verifier.Verifier.Version}{Reasons(summary)}");
            }

            return summary.Accepted == summary.All ? 0 : 1;
        }));
        return command;
    }

    /// <summary>Options that say where JSON lines keep what.</summary>
    public static BenchmarkOptions Fields() => new("--proof", "Field of the proof, answer or plan; default: proof or solution.");

    /// <summary>Whatever keeps proofs from being judged must not look like proofs that were judged and found wrong.</summary>
    public static async Task<int> AsBadInput(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (RatchetException e) when (e.ExitCode == 1)
        {
            throw new RatchetException(e.Message, e.Remedy, e) { ExitCode = CommandLine.UsageError };
        }
    }

    /// <summary>What is said after the count: rejected and unknown by reason.</summary>
    public static string Reasons(CheckSummary summary)
    {
        var parts = new List<string>();
        if (summary.Rejected.Count > 0)
            parts.Add($"rejected {Counts(summary.Rejected)}");
        if (summary.Unknown.Count > 0)
            parts.Add($"unknown {Counts(summary.Unknown)}");
        return parts.Count == 0 ? "" : "; " + string.Join("; ", parts);
    }

    /// <summary>What an item is called: its statement, or the name of a theorem whose statement is a whole file.</summary>
    public static string Title(ProofItem item)
    {
        var line = item.Statement.Contains('\n', StringComparison.Ordinal) ? item.Id : item.Statement;
        return line.Length <= 100 ? line : line[..97] + "...";
    }

    private static string Counts(IReadOnlyDictionary<VerdictReason, int> counts) => string.Join(", ", counts.Select(c => $"{InspectVerb.Word(c.Key)} {c.Value}"));

    private static void WriteLines(TextWriter writer, CheckedItem result)
    {
        writer.WriteLine($"{result.Item.Source}:{result.Item.Line}: {result.Verdict.Outcome} ({InspectVerb.Word(result.Verdict.Reason)}): {Title(result.Item)}");
        writer.Write(Carets.Render(result.Item.Proof, result.Verdict.Feedback));
    }

    private static void WriteJson(TextWriter writer, CheckedItem result) => writer.WriteLine(JsonSerializer.Serialize(
        new
        {
            id = result.Item.Id, file = result.Item.Source, line = result.Item.Line, outcome = result.Verdict.Outcome, reason = result.Verdict.Reason, trust = result.Verdict.Trust,
            verifier = result.Verdict.Verifier, verifier_version = result.Verdict.VerifierVersion, steps = result.Verdict.Steps, seconds = Math.Round(result.Elapsed.TotalSeconds, 6), feedback = result.Verdict.Feedback,
        },
        JsonLines.Options));

    /// <summary>Results as a table.</summary>
    private sealed class ResultTable(bool onlyFailures)
    {
        private readonly Table _table = new Table { Border = TableBorder.Minimal }.AddColumns("item", "outcome", "reason", "ms", "message");

        public void Add(CheckedItem result)
        {
            if (onlyFailures && result.Verdict.IsAccepted)
                return;
            var colour = result.Verdict.IsAccepted ? "green" : result.Verdict.IsUnknown ? "yellow" : "red";
            var message = result.Verdict.Feedback.Count == 0 ? "" : result.Verdict.Feedback[0].Message.ReplaceLineEndings(" ");
            _table.AddRow(
                new Text($"{result.Item.Source}:{result.Item.Line} {result.Item.Id}"), new Markup($"[{colour}]{result.Verdict.Outcome}[/]"), new Text(InspectVerb.Word(result.Verdict.Reason)),
                new Text($"{result.Elapsed.TotalMilliseconds:0.#}").RightJustified(), new Text(message.Length <= 200 ? message : message[..197] + "..."));
        }

        public void Write(TextWriter writer)
        {
            if (_table.Rows.Count > 0)
                AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) }).Write(_table);
        }
    }
}
