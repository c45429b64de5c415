using System.CommandLine;
using System.Text.Json;
using Ratchet.Attempts;
using Ratchet.Evaluation;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet compare RUN_A RUN_B</c>.</summary>
internal static class CompareVerb
{
    public static Command Make(CliContext context)
    {
        var before = Arguments.Run("run-a");
        var after = Arguments.Run("run-b");
        var k = new Option<int[]>("--k") { HelpName = "k", Description = "k of pass@k; repeatable. Default: every k that both runs report.", DefaultValueFactory = _ => [] };
        var resamples = new Option<int>("--bootstrap") { HelpName = "n", Description = "Resamples.", DefaultValueFactory = _ => 10_000 };
        var json = Arguments.Json();
        var command = new Command("compare", "Compares the last rounds of two runs on the same held-out problems by a paired bootstrap.") { before, after, k, resamples, json };
        command.SetAction(parsed =>
        {
            var a = Read(parsed.GetRequiredValue(before));
            var b = Read(parsed.GetRequiredValue(after));
            var ks = parsed.GetValue(k)!;
            if (ks.Length == 0)
                ks = [.. a.Last.Heldout.PassAtK.Keys.Intersect(b.Last.Heldout.PassAtK.Keys).Order()];
            var n = parsed.GetValue(resamples);
            if (n < 1 || ks.Any(x => x < 1))
                throw new RatchetException("--k and --bootstrap must be at least 1.") { ExitCode = CommandLine.UsageError };
            if (!parsed.GetValue(json))
                context.Out.WriteLine($"{parsed.GetValue(before)}, round {a.Last.Round} -> {parsed.GetValue(after)}, round {b.Last.Round}: held-out problems, 95 % intervals, {n} resamples");
            foreach (var each in ks)
            {
                var result = PairedBootstrap.Compare([ProblemScores.PassAt(each, a.Seed, a.Attempts)], [ProblemScores.PassAt(each, b.Seed, b.Attempts)], n, RandomStream.FromSeed(0).Derive("compare").Derive(each));
                if (parsed.GetValue(json))
                {
                    context.Out.WriteLine(JsonSerializer.Serialize(
                        new { measure = $"pass@{each}", before = result.Before, after = result.After, difference = result.Difference, low = result.Low, high = result.High, p = result.PValue, problems = result.Problems, left_out = result.LeftOut }));
                }
                else
                {
                    context.Out.WriteLine($"  pass@{each,-4} {result.Before:0.000} -> {result.After:0.000}   {result.Difference:+0.000;-0.000} [{result.Low:+0.000;-0.000}, {result.High:+0.000;-0.000}]   p = {result.PValue:0.0000}   {result.Problems} problems{(result.LeftOut > 0 ? $", {result.LeftOut} left out" : "")}   {(result.IsBeyondNoise ? "a difference" : "within noise")}");
                }
            }

            if (!parsed.GetValue(json))
                context.Out.WriteLine($"  spent: {a.Tokens} and {b.Tokens} sampled tokens, {a.Calls} and {b.Calls} verifier calls");
            return 0;
        });
        return command;
    }

    private static (RoundSummary Last, ulong Seed, IReadOnlyList<JudgedAttempt> Attempts, long Tokens, long Calls) Read(string path)
    {
        using var folder = RunFolder.OpenReadOnly(path);
        var summary = folder.ReadSummary();
        var evaluated = summary.Rounds.LastOrDefault(r => r.Heldout.Problems > 0)
            ?? throw new RatchetException($"The run '{path}' has no evaluated round yet.", $"Continue it with 'ratchet resume {path}'.");
        using var journal = RunJournal.OpenReadOnly(folder.JournalPath);
        return (evaluated, summary.Seed, journal.Attempts(new AttemptQuery { Round = evaluated.Round, Phase = Phase.Heldout }), summary.TokensSampled, summary.Verifier.Calls);
    }
}
