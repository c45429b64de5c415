using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Coq;

namespace Ratchet.Bench;

/// <summary>Counts on the Coq statements of miniF2F and PutnamBench: which load, and what the portfolio of simple scripts proves.</summary>
internal static class CoqData
{
    /// <summary>A row of a data set.</summary>
    /// <param name="Problem">Problem, or null where the source cannot be split.</param>
    /// <param name="Loads">Whether the data set says that the statement loads.</param>
    /// <param name="Simple">Whether it says that simple tactics prove it.</param>
    public sealed record Row(string Name, Problem? Problem, bool Loads, bool Simple);

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--data", "--list", "--part", "--take");
        var folder = Folder(args);
        var part = SideBySide.Option(args, "--part", "all");
        var take = SideBySide.Number(SideBySide.Option(args, "--take", "100000"));
        if (part is "all" or "loads")
            Loads(folder, take, SideBySide.Option(args, "--list", "no") == "yes");
        if (part is "all" or "portfolio")
            Portfolio([.. MiniF2F(folder).Where(r => r.Simple).Take(take)]);
    }

    private static void Loads(string folder, int take, bool list)
    {
        Console.WriteLine("| data set | rows | said to load | load | rows where both differ | seconds |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var (name, rows) in ((string, List<Row>)[])[("miniF2F", MiniF2F(folder)), ("PutnamBench", Putnam(folder))])
            Load(name, [.. rows.Take(take)], list);
        Console.WriteLine();
    }

    public static string Folder(string[] args) =>
        SideBySide.Option(args, "--data", Environment.GetEnvironmentVariable("RATCHET_DATA") ?? "") is { Length: > 0 } folder
            ? folder
            : throw new ArgumentException("Say where the data is: --data FOLDER, or RATCHET_DATA.");

    public static List<Row> MiniF2F(string folder) => Read(Path.Combine(folder, "minif2f/rocq.jsonl"), row => row.GetProperty("header").GetString() + row.GetProperty("statement").GetString());

    public static List<Row> Putnam(string folder) => Read(Path.Combine(folder, "putnambench/rocq.jsonl"), row => row.GetProperty("source").GetString()!);

    private static List<Row> Read(string file, Func<JsonElement, string> source)
    {
        var rows = new List<Row>();
        foreach (var line in File.ReadAllText(file).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var document = JsonDocument.Parse(line);
            var row = document.RootElement;
            var name = row.GetProperty("name").GetString()!;
            Problem? problem = null;
            try
            {
                problem = CoqProblem.Create(name, source(row), Split.Heldout);
            }
            catch (StatementException e)
            {
                Console.Error.WriteLine($"{name}: {e.Message}");
            }

            rows.Add(new Row(name, problem, row.GetProperty("loads_on_coq_8_16").GetBoolean(), row.TryGetProperty("solved_by_simple_tactics", out var simple) && simple.GetBoolean()));
        }

        return rows;
    }

    private static void Load(string name, List<Row> rows, bool list)
    {
        using var verifier = new CoqVerifier();
        var environment = verifier.CreateEnvironment();
        var clock = Stopwatch.StartNew();
        var outcomes = Task.WhenAll(rows.Select(async r => r.Problem is null ? null : await environment.OpenAsync(r.Problem, CancellationToken.None))).GetAwaiter().GetResult();
        var loaded = outcomes.Count(o => o is StepOutcome.Moved);
        var odd = rows.Zip(outcomes).Where(p => p.First.Loads != p.Second is StepOutcome.Moved).ToList();
        Console.WriteLine($"| {name} | {rows.Count} | {rows.Count(r => r.Loads)} | {loaded} | {odd.Count} | {clock.Elapsed.TotalSeconds:F0} |");
        foreach (var (row, outcome) in list ? odd : [])
            Console.Error.WriteLine($"  {row.Name}: said to load: {row.Loads}; {outcome switch { StepOutcome.Failed f => f.Feedback.Message, StepOutcome.Unknown u => $"{u.Reason} {u.Feedback.Message}", _ => "loads" }}");
    }

    private static void Portfolio(List<Row> rows)
    {
        var options = new CoqOptions { Imports = CoqPortfolio.Imports, Level = CoqLevel.Guide, SentenceSeconds = 10 };
        using var verifier = new CoqVerifier(options);
        var found = new ConcurrentDictionary<string, int>();
        var checks = 0;
        var clock = Stopwatch.StartNew();
        Task.WhenAll(rows.Select(async row =>
        {
            for (var i = 0; i < CoqPortfolio.Scripts.Count; i++)
            {
                Interlocked.Increment(ref checks);
                var verdict = await verifier.VerifyAsync(row.Problem!, CoqPortfolio.Scripts[i], CancellationToken.None);
                if (!verdict.IsAccepted)
                    continue;
                found[row.Name] = i;
                return;
            }
        })).GetAwaiter().GetResult();
        Console.WriteLine($"portfolio: {found.Count} of {rows.Count} found, {checks} checks, {clock.Elapsed.TotalSeconds:F0} s");
        foreach (var row in rows.Where(r => !found.ContainsKey(r.Name)))
            Console.Error.WriteLine($"  not found: {row.Name}");
        var proofs = rows.Where(r => found.ContainsKey(r.Name)).Select(r => (r.Problem!, CoqPortfolio.Scripts[found[r.Name]])).ToList();
        clock.Restart();
        var verdicts = verifier.RecheckAsync(proofs, CancellationToken.None).GetAwaiter().GetResult();
        Console.WriteLine($"recheck in fresh processes: {verdicts.Count(v => v.IsAccepted)} accepted of {proofs.Count}, {clock.Elapsed.TotalSeconds:F0} s");
        foreach (var (proof, verdict) in proofs.Zip(verdicts).Where(p => !p.Second.IsAccepted))
            Console.Error.WriteLine($"  {proof.Item1.Id}: {verdict.Outcome} {verdict.Reason} {(verdict.Feedback.Count > 0 ? verdict.Feedback[0].Message : "")}");
        Console.WriteLine("scripts used: " + string.Join(", ", found.Values.GroupBy(i => i).OrderBy(g => g.Key).Select(g => $"{g.Key}: {g.Count()}")));
    }
}
