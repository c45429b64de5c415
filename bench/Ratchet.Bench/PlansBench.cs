using System.Diagnostics;
using System.Globalization;
using Ratchet.Domains.Blocks;
using Ratchet.Domains.Rules;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verifiers.Pddl;

namespace Ratchet.Bench;

/// <summary>Planners side by side on generated blocks problems, and checks a second of the verifiers of plans and rules.</summary>
internal static class PlansBench
{
    private const int MaxStates = 300_000;

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--problems", "--seconds");
        var count = SideBySide.Number(SideBySide.Option(args, "--problems", "6"));
        var seconds = SideBySide.Number(SideBySide.Option(args, "--seconds", "1"));
        Console.WriteLine("## Plans");
        Console.WriteLine();
        SideBySide.PrintFacts("plans", args);
        Console.WriteLine($"- Planners: {count} generated blocks problems of each class, the same for all, one thread, taken in turn problem by problem; at most {MaxStates:N0} states. All must find the same cost, or the benchmark stops.");
        Console.WriteLine("- Time is from the PDDL text to the plan (native: from the statement). To blind: summed time of blind search over summed time, on the problems that blind search solves.");
        Console.WriteLine();
        Planners(count);
        Console.WriteLine();
        Checks(seconds);
    }

    private static void Planners(int count)
    {
        Console.WriteLine("| shortest plan | planner | solved | seconds | to blind | expanded | expanded/s |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var (min, max) in new[] { (6, 8), (10, 12), (14, 16) })
        {
            var domain = new BlocksDomain(new BlocksGeneratorOptions { Strata = [new(min, max, 1, 1)], MaxBlocks = 8 });
            var problems = domain.Generate(new ProblemCounts(0, count, 0), RandomStream.FromSeed(1)).All;
            var tasks = problems.Select(p => (p.Statement, Pddl: BlocksPddl.Problem(p.Statement))).ToArray();
            if (min == 6)
                WarmUp(tasks);
            var rows = new Dictionary<string, List<(double Seconds, long Expanded, long? Cost)>>();
            foreach (var (statement, pddl) in tasks)
            {
                foreach (var heuristic in new[] { PlannerHeuristic.Blind, PlannerHeuristic.Max, PlannerHeuristic.LandmarkCut })
                {
                    var clock = Stopwatch.StartNew();
                    var result = OptimalPlanner.Solve(PddlTask.Parse(BlocksPddl.Domain, pddl), new PlannerOptions { Heuristic = heuristic, MaxStates = MaxStates });
                    Add(heuristic.ToString(), clock, result.Expanded, result.Plan is null ? null : result.Cost);
                }

                var native = Stopwatch.StartNew();
                var plan = BlocksOracle.ShortestPlan(statement);
                Add("native", native, 0, plan?.Split('\n').Length);
            }

            var costs = Enumerable.Range(0, tasks.Length).Select(i => rows.Values.Select(r => r[i].Cost).OfType<long>().Distinct().Count());
            if (costs.Any(c => c > 1))
                throw new InvalidOperationException("The planners disagree about the cheapest cost.");
            var solvedByBlind = Enumerable.Range(0, tasks.Length).Where(i => rows["Blind"][i].Cost is not null).ToArray();
            foreach (var (name, row) in rows)
            {
                var seconds = row.Sum(r => r.Seconds);
                var ratio = solvedByBlind.Sum(i => rows["Blind"][i].Seconds) / solvedByBlind.Sum(i => row[i].Seconds);
                var expanded = row.Sum(r => r.Expanded);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {min}-{max} | {Label(name)} | {row.Count(r => r.Cost is not null)} of {row.Count} | {seconds:F3} | {(solvedByBlind.Length > 0 ? ratio.ToString("F2", CultureInfo.InvariantCulture) : "-")} | {(name == "native" ? "-" : expanded.ToString("N0", CultureInfo.InvariantCulture))} | {(name == "native" ? "-" : (expanded / seconds).ToString("N0", CultureInfo.InvariantCulture))} |"));
            }

            void Add(string name, Stopwatch clock, long expanded, long? cost)
            {
                if (!rows.TryGetValue(name, out var row))
                    rows[name] = row = [];
                row.Add((clock.Elapsed.TotalSeconds, expanded, cost));
            }
        }
    }

    /// <summary>Compiles everything before the clock runs.</summary>
    private static void WarmUp((string Statement, string Pddl)[] tasks)
    {
        for (var i = 0; i < 30; i++)
        {
            var (statement, pddl) = tasks[i % tasks.Length];
            foreach (var heuristic in Enum.GetValues<PlannerHeuristic>())
                OptimalPlanner.Solve(PddlTask.Parse(BlocksPddl.Domain, pddl), new PlannerOptions { Heuristic = heuristic });
            BlocksOracle.ShortestPlan(statement);
        }
    }

    private static void Checks(int seconds)
    {
        var blocks = new BlocksDomain();
        var plans = blocks.Generate(new ProblemCounts(0, 100, 0), RandomStream.FromSeed(2));
        var pddl = plans.All.Select(p => (Statement: BlocksPddl.Domain + BlocksPddl.Problem(p.Statement), Plan: string.Join('\n', plans.References[p.Id].Split('\n').Select(s => $"({s})")))).ToArray();
        var rules = new RulesDomain();
        var proofs = rules.Generate(new ProblemCounts(0, 100, 0), RandomStream.FromSeed(2));
        var verifier = new PddlVerifier();
        var rates = SideBySide.Interleave(
        [
            () => SideBySide.Rate(() => All(plans.All.Select(p => blocks.BlocksVerifier.Verify(p.Statement, plans.References[p.Id]).IsAccepted)), plans.All.Count, seconds),
            () => SideBySide.Rate(() => All(pddl.Select(p => verifier.Verify(p.Statement, p.Plan).IsAccepted)), pddl.Length, seconds),
            () => SideBySide.Rate(() => All(proofs.All.Select(p => rules.RulesVerifier.Verify(p.Statement, proofs.References[p.Id]).IsAccepted)), proofs.All.Count, seconds),
        ],
        repeats: 5);
        Console.WriteLine("Right plans and proofs of 100 generated problems of each domain, one thread; median of 5 (least to most). 100 problems are more than the 64 that the PDDL verifier keeps, so it reads the statement each time.");
        Console.WriteLine();
        Console.WriteLine("| verifier | checks a second | to PDDL |");
        Console.WriteLine("|---|---|---|");
        foreach (var (name, rate) in new[] { "blocks", "pddl, the same plans", "rules" }.Zip(rates))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {rate.Median:N0} ({rate.Least:N0} to {rate.Most:N0}) | {(name == "rules" ? "-" : (rate.Median / rates[1].Median).ToString("F1", CultureInfo.InvariantCulture))} |"));
    }

    private static void All(IEnumerable<bool> accepted)
    {
        if (!accepted.All(a => a))
            throw new InvalidOperationException("A right plan or proof was not accepted.");
    }

    private static string Label(string name) => name switch
    {
        "Blind" => "PDDL, blind",
        "Max" => "PDDL, h-max",
        "LandmarkCut" => "PDDL, LM-cut",
        _ => "native (blocks only)",
    };
}
