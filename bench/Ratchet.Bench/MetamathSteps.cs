using System.Diagnostics;
using Ratchet.Domains.Metamath;
using Ratchet.Problems;
using Ratchet.Proving;

namespace Ratchet.Bench;

/// <summary>
/// Takes the known proofs of a Metamath database apart into steps, runs them in the environment, writes the proofs again in both forms and
/// verifies them. A count of what works, not a measurement of speed.
/// </summary>
internal static class MetamathSteps
{
    private const int ShownFailures = 10;

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--database", "--first");
        var path = SideBySide.Option(args, "--database", "/usr/share/metamath/databases/set.mm");
        var first = SideBySide.Number(SideBySide.Option(args, "--first", "2000"));
        var database = MetamathDatabase.Load(path);
        var environment = new MetamathEnvironment(database);
        var clock = Stopwatch.StartNew();
        var failures = new List<string>();
        var (theorems, steps, bound) = (0, 0L, 0L);
        for (var i = 0; i < database.Count && theorems < first; i++)
        {
            if (database[i].Kind != MetamathStatementKind.Theorem)
                continue;
            theorems++;
            if (Replay(environment, database[i].Label, out var known) is { } failure)
                failures.Add($"{database[i].Label}: {failure}");
            steps += known.Count;
            bound += known.Count(s => s.Contains('{', StringComparison.Ordinal));
        }

        Console.WriteLine($"| database | theorems | made again and verified, both forms | steps | steps with written expressions | seconds |");
        Console.WriteLine("|---|---|---|---|---|---|");
        Console.WriteLine($"| {Path.GetFileName(path)} | {theorems} | {theorems - failures.Count} | {steps} | {bound} ({(steps == 0 ? 0 : 100.0 * bound / steps):F1} %) | {clock.Elapsed.TotalSeconds:F0} |");
        foreach (var failure in failures.Take(ShownFailures))
            Console.WriteLine($"  {failure}");
    }

    private static string? Replay(MetamathEnvironment environment, string label, out IReadOnlyList<string> known)
    {
        known = [];
        try
        {
            var theorem = environment.Database.Theorem(label);
            var problem = MetamathProblems.Problem(theorem, Split.Train);
            known = environment.KnownSteps(problem);
            var outcome = environment.OpenAsync(problem, CancellationToken.None).AsTask().Result;
            foreach (var step in known)
            {
                if (outcome is not StepOutcome.Moved moved)
                    return $"before \"{step}\": {outcome}";
                outcome = environment.RunAsync(moved.State, step, CancellationToken.None).AsTask().Result;
            }

            if (outcome is not StepOutcome.Finished)
                return $"not finished: {outcome}";
            foreach (var format in Enum.GetValues<MetamathProofFormat>())
            {
                if (environment.Database.Verify(theorem, environment.ProofText(problem, known, format)).Fault is { } fault)
                    return $"{format}: {fault.Message}";
            }

            return null;
        }
        catch (Exception e) when (e is Ratchet.Runs.RatchetException or StatementException)
        {
            return e.Message;
        }
    }
}
