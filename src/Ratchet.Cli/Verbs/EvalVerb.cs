using System.CommandLine;
using System.Text.Json;
using Ratchet.Cli.Progress;
using Ratchet.Evaluation;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Systems;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet eval MODEL --problems FILE</c>.</summary>
internal static class EvalVerb
{
    public static Command Make(CliContext context)
    {
        var model = new Argument<string>("model") { Description = "Checkpoint folder, or a run folder for its last checkpoint." };
        var problems = new Option<string>("--problems") { HelpName = "file", Description = "Problems, one JSON object a line; all of the file's problems are evaluated.", Required = true };
        var k = new Option<int[]>("--k") { HelpName = "k", Description = "k of pass@k; repeatable. Default 1 and the number of samples.", DefaultValueFactory = _ => [] };
        var domainName = Arguments.Domain();
        var json = Arguments.Json();
        var draw = new DrawOptions(samples: 8);
        var command = new Command("eval", "Evaluates a model on a file of problems: pass@k with intervals.") { model, problems, k, domainName, json };
        draw.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            draw.ThrowIfInvalid(parsed);
            var domain = DomainCatalog.Create(parsed.GetRequiredValue(domainName));
            var set = ProblemFile.Read(parsed.GetRequiredValue(problems), domain);
            var samples = draw.Samples(parsed);
            var ks = parsed.GetValue(k)!;
            if (ks.Length == 0)
                ks = [.. new[] { 1, samples }.Distinct()];
            if (ks.Any(x => x < 1 || x > samples))
                throw new RatchetException($"Each --k must be from 1 to the number of samples ({samples}).") { ExitCode = CommandLine.UsageError };
            var checkpoint = PolicyProbe.Find(parsed.GetRequiredValue(model));
            var attempts = await draw.JudgeAsync(parsed, checkpoint, domain, set.All, cancellationToken);
            var summary = Evaluator.Summarize(attempts, [], ks, 2000, RandomStream.FromSeed(draw.Seed(parsed)).Derive("bootstrap"));
            if (parsed.GetValue(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(summary, RunSummary.JsonOptions));
                return 0;
            }

            context.Out.WriteLine($"{checkpoint.Folder} on {summary.Problems} problems, {summary.Attempts} attempts, {summary.Unknown} unknown");
            context.Out.WriteLine($"  {"all",-16} {ProgressText.PassAtK(summary)}");
            foreach (var (stratum, part) in summary.ByStratum.Where(s => summary.ByStratum.Count > 1))
                context.Out.WriteLine($"  {stratum,-16} {ProgressText.PassAtK(part)}  ({part.Problems})");
            return 0;
        });
        return command;
    }
}
