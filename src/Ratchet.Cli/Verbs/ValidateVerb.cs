using System.CommandLine;
using System.Text.Json;
using Ratchet.Cli.Progress;
using Ratchet.Runs;
using Ratchet.Systems;
using Ratchet.Systems.Verification;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet validate SET --with VERIFIER</c>.</summary>
internal static class ValidateVerb
{
    private const int ShownSurprises = 50;

    public static Command Make(CliContext context)
    {
        var set = new Argument<string>("set") { Description = "Right proofs, in a form that 'ratchet verify' reads; or the name of a verifier, for the checks that come with it." };
        var with = VerifierArguments.With();
        var json = Arguments.Json();
        var command = new Command("validate", "Tries a verifier before use: right proofs must be accepted, spoilt copies must not.") { set, with, json };
        var (options, fields) = (new VerifierArguments(), VerifyVerb.Fields());
        options.AddTo(command);
        fields.AddTo(command);
        command.SetAction((parsed, cancellationToken) => VerifyVerb.AsBadInput(async () =>
        {
            var from = parsed.GetRequiredValue(set);
            var named = Path.Exists(from) ? null : VerifierCatalog.All.FirstOrDefault(v => v.Name == from);
            if (named is { ConformanceAsync: not null })
                return await ConformAsync(named, options.Read(parsed), parsed.GetValue(json), context, cancellationToken);
            var sampled = named is { Samples.Count: > 0 } ? named : null;
            var entry = sampled ?? VerifierCatalog.Find(parsed.GetRequiredValue(with));
            var settings = ProofItems.WithDatabase(options.Read(parsed), from, entry);
            var items = sampled?.Samples ?? ProofItems.Read(from, entry, everyTheorem: true, context.In, fields.Read(parsed));
            await using var verifier = await entry.OpenAsync(settings, cancellationToken);
            ValidationReport report;
            using (var progress = new CheckProgress(context.Error, context.Interactive, context.Clock))
                report = await GoldValidation.RunAsync(verifier, items, settings, (done, all, accepted, unknown) => progress.Report(done, all, accepted, unknown), cancellationToken);
            if (parsed.GetValue(json))
                WriteJson(context.Out, verifier, report);
            else
                Write(context.Out, verifier, report);
            return report.IsSound ? 0 : 1;
        }));
        return command;
    }

    /// <summary>Runs a verifier's conformance kit on the tool of this machine.</summary>
    private static async Task<int> ConformAsync(VerifierEntry entry, VerifierOptions settings, bool json, CliContext context, CancellationToken cancellationToken)
    {
        if (await entry.ProbeAsync(settings, cancellationToken) is { IsAvailable: false } missing)
            throw new RatchetException($"{entry.Name} cannot be tried: {missing.Text}", missing.Remedy);
        var checks = await entry.ConformanceAsync!(settings, cancellationToken);
        var failed = checks.Count(c => !c.Passed);
        if (json)
        {
            context.Out.WriteLine(JsonSerializer.Serialize(new { verifier = entry.Name, sound = failed == 0, checks }, JsonLines.Options));
            return failed == 0 ? 0 : 1;
        }

        foreach (var check in checks)
        {
            context.Out.WriteLine($"  {(check.Passed ? "passed" : "FAILED"),-8}{check.Name}");
            if (!check.Passed)
                context.Out.WriteLine($"  {"",-10}expected  {check.Expected}\n  {"",-10}seen      {check.Seen.ReplaceLineEndings(" ")}");
        }

        context.Out.WriteLine(failed == 0 ? $"{entry.Name} does all {checks.Count} things that the adapter relies on" : $"{failed} of {checks.Count} checks failed: do not rely on verdicts of this {entry.Name}");
        return failed == 0 ? 0 : 1;
    }

    private static string Word(Corruption kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()).Replace('_', ' ');

    private static void Write(TextWriter writer, OpenVerifier verifier, ValidationReport report)
    {
        writer.WriteLine($"{verifier.Verifier.Name} {verifier.Verifier.Version}");
        writer.WriteLine($"  {"",-20}{"checked",8}{"accepted",10}{"rejected",10}{"unknown",9}");
        WriteRow(writer, "gold", report.Gold);
        foreach (var (kind, summary) in report.Spoilt)
            WriteRow(writer, Word(kind), summary);
        foreach (var surprise in report.Surprises.Take(ShownSurprises))
        {
            var (item, verdict) = (surprise.Checked.Item, surprise.Checked.Verdict);
            var what = surprise.Corruption is { } kind ? $"accepted with {Word(kind)}{(surprise.MayBeRight ? " (it may be right: look at it)" : "")}" : $"gold proof {verdict.Outcome} ({InspectVerb.Word(verdict.Reason)})";
            writer.WriteLine($"{item.Source}:{item.Line}: {what}: {VerifyVerb.Title(item)}");
            if (surprise.Corruption is null || surprise.MayBeRight)
                writer.Write(Carets.Render(item.Proof, verdict.Feedback));
        }

        if (report.Surprises.Count > ShownSurprises)
            writer.WriteLine($"and {report.Surprises.Count - ShownSurprises} more surprises; --json shows all");
        writer.WriteLine(report.IsSound ? "sound: every gold proof was accepted, and nothing that cannot be right"
            : $"not sound: {report.Surprises.Count(s => s.Corruption is null)} gold proofs not accepted, {report.Surprises.Count(s => s.Corruption is not null && !s.MayBeRight)} wrong proofs accepted");
    }

    private static void WriteRow(TextWriter writer, string name, CheckSummary summary) =>
        writer.WriteLine($"  {name,-20}{summary.All,8}{summary.Accepted,10}{summary.Rejected.Values.Sum(),10}{summary.Unknown.Values.Sum(),9}");

    private static void WriteJson(TextWriter writer, OpenVerifier verifier, ValidationReport report)
    {
        static object Counts(CheckSummary s) => new { s.All, s.Accepted, rejected = s.Rejected.ToDictionary(r => InspectVerb.Word(r.Key), r => r.Value), unknown = s.Unknown.ToDictionary(r => InspectVerb.Word(r.Key), r => r.Value) };
        writer.WriteLine(JsonSerializer.Serialize(
            new
            {
                verifier = verifier.Verifier.Name, verifier_version = verifier.Verifier.Version, sound = report.IsSound, gold = Counts(report.Gold),
                spoilt = report.Spoilt.ToDictionary(s => JsonNamingPolicy.SnakeCaseLower.ConvertName(s.Key.ToString()), s => Counts(s.Value)),
                surprises = report.Surprises.Select(s => new { corruption = s.Corruption, may_be_right = s.MayBeRight, s.Checked.Item.Source, s.Checked.Item.Line, s.Checked.Item.Id, s.Checked.Item.Statement, s.Checked.Item.Proof, s.Checked.Verdict.Outcome, s.Checked.Verdict.Reason }),
            },
            JsonLines.Options));
    }
}
