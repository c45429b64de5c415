using System.Text.Json;
using System.Text.RegularExpressions;
using Ratchet.Verifiers.Pddl;

namespace Ratchet.Verifiers.Tests.Pddl;

/// <summary>Every verdict of the shared planning data. What is counted here stands in docs/results/plans.md.</summary>
public sealed class PlanBenchTests(ITestOutputHelper output)
{
    /// <summary>By set: problems that the usual run takes, and most states of one search. Searches in the last two sets take seconds.</summary>
    private static readonly Dictionary<string, (int Usual, int States)> Planned = new()
    {
        ["depots"] = (15, 20_000),
        ["logistics"] = (25, 20_000),
        ["blocksworld_hard"] = (3, 5_000),
        ["sokoban"] = (1, 5_000),
    };

    [Fact]
    public void Verdicts_on_the_plans_of_models_are_reproduced()
    {
        var (domains, problems) = (SharedData.Domains(), Problems("blocksworld", "blocksworld_3"));
        var verifier = new PddlVerifier();
        foreach (var group in SharedData.Rows("planbench/model_plans.jsonl.gz").GroupBy(r => (Set: r.Text("set"), Model: r.Text("model"))))
        {
            var (valid, invalid, wrong) = (0, 0, new List<string>());
            foreach (var row in group)
            {
                var verdict = verifier.Verify(domains[group.Key.Set] + problems[Key(row)], row.Text("plan"));
                var label = row["valid"].GetBoolean();
                if (verdict.IsAccepted != label)
                    wrong.Add(row.Text("instance_id"));
                _ = label ? valid++ : invalid++;
            }

            output.WriteLine($"| {group.Key.Set} | {group.Key.Model} | {valid} | {invalid} | {wrong.Count} |");
            Assert.Empty(wrong);
        }
    }

    [Fact]
    public void Reference_plans_are_valid()
    {
        var domains = SharedData.Domains();
        foreach (var set in new[] { "blocksworld", "blocksworld_hard", "blocksworld_3", "mystery_blocksworld", "logistics", "depots" })
        {
            var (plans, invalid) = (0, new List<string>());
            foreach (var row in SharedData.Rows($"planbench/{set}.jsonl"))
            {
                var task = PddlTask.Parse(domains[set], row.Text("problem_pddl"));
                foreach (var plan in ReferencePlans(row, set))
                {
                    plans++;
                    if (!PlanValidator.Validate(task, PlanReader.Read(plan)).IsValid)
                        invalid.Add(row.Text("instance_id"));
                }
            }

            output.WriteLine($"| {set} | {plans} | {plans - invalid.Count} |");
            Assert.Empty(invalid);
        }

        var depots = SharedData.Rows("pddl/val_depots.jsonl").Single(r => r.ContainsKey("plan") && r["plan"].ValueKind == JsonValueKind.String);
        var timed = PlanReader.Read(depots.Text("plan"));
        Assert.True(PlanValidator.Validate(PddlTask.Parse(depots.Text("domain_pddl"), depots.Text("problem_pddl")), timed).IsValid);
        output.WriteLine($"| val_depots, time-stamped plan | 1 | 1 |");
    }

    [Fact]
    public void Answers_of_the_verification_task_are_reproduced()
    {
        var domains = SharedData.Domains();
        foreach (var group in SharedData.Rows("planbench/nl_plan_verification.jsonl.gz").GroupBy(r => r.Text("set")))
        {
            var problems = Problems(group.Key);
            var (counts, differences) = (new SortedDictionary<string, int>(), new List<string>());
            foreach (var row in group)
            {
                var task = PddlTask.Parse(domains[group.Key], problems[Key(row)]);
                var report = PlanValidator.Validate(task, PlanBenchText.Plan(row.Text("query"), "[PLAN]", "[PLAN END]", group.Key));
                var ours = PlanBenchText.Verdict(report, group.Key);
                var theirs = PlanBenchText.Verdict(row.Text("ground_truth"), group.Key);
                var kind = theirs.Split('|')[0];
                counts[kind] = counts.GetValueOrDefault(kind) + 1;
                if (ours != theirs)
                    differences.Add($"{row.Text("instance_id")}: {theirs} / ours: {ours}");
            }

            output.WriteLine($"| {group.Key} | {string.Join(" | ", counts.Select(c => $"{c.Value} {c.Key}"))} | {differences.Count} |");
            foreach (var difference in differences)
                output.WriteLine($"  {difference}");
            Assert.Empty(differences);
        }
    }

    [Fact]
    public void Answers_of_the_execution_task_are_reproduced()
    {
        var domains = SharedData.Domains();
        foreach (var group in SharedData.Rows("planbench/nl_plan_execution.jsonl.gz").GroupBy(r => r.Text("set")))
        {
            var problems = Problems(group.Key);
            var (rows, differences) = (0, new List<string>());
            foreach (var row in group)
            {
                rows++;
                var task = PddlTask.Parse(domains[group.Key], problems[Key(row)]);
                var report = PlanValidator.Validate(task, PlanBenchText.Plan(row.Text("query"), "[ACTION SEQUENCE]", "[ACTION SEQUENCE END]", group.Key));
                var ours = report.State.Select(f => f.Trim('(', ')').Replace(' ', '_')).Order(StringComparer.Ordinal);
                var theirs = row["ground_truth"].EnumerateArray().Select(f => f.GetString()!).Order(StringComparer.Ordinal);
                if (report.FailedStep is not null || !ours.SequenceEqual(theirs))
                    differences.Add($"{row.Text("instance_id")}: {string.Join(' ', theirs)} / ours: {string.Join(' ', ours)} {report.FailedStep}");
            }

            output.WriteLine($"| {group.Key} | {rows} | {differences.Count} |");
            foreach (var difference in differences)
                output.WriteLine($"  {difference}");
            Assert.Empty(differences);
        }
    }

    [Theory]
    [InlineData("blocksworld_3")]
    [InlineData("blocksworld")]
    [InlineData("blocksworld_hard")]
    [InlineData("mystery_blocksworld")]
    [InlineData("logistics")]
    [InlineData("obfuscated_randomized_logistics")]
    [InlineData("depots")]
    [InlineData("sokoban")]
    [InlineData("blocksworld_goal_generalisation")]
    [InlineData("unsolvable_blocksworld")]
    public void Optimal_lengths_are_those_of_the_reference_plans(string set)
    {
        var domain = SharedData.Domains()[set];
        var rows = SharedData.Rows($"planbench/{set}.jsonl");
        var (equal, without, unsolvable, limit, differences) = (0, 0, 0, 0, new List<string>());
        var (usual, states) = Planned.GetValueOrDefault(set, (30, 20_000));
        foreach (var row in rows.Take(SharedData.Count(usual, rows.Count)))
        {
            var task = PddlTask.Parse(domain, row.Text("problem_pddl"));
            var result = OptimalPlanner.Solve(task, new PlannerOptions { MaxStates = states });
            var references = ReferencePlans(row, set).Select(p => PlanReader.Read(p).Count).Distinct().ToArray();
            if (result.Outcome == PlannerOutcome.LimitReached)
                limit++;
            else if (result.Outcome == PlannerOutcome.Unsolvable)
                unsolvable++;
            else if (!PlanValidator.Validate(task, result.Plan!).IsValid || (references.Length > 0 && references.Any(l => l != result.Cost)))
                differences.Add($"{row.Text("instance_id")}: {result.Cost}, reference {string.Join('/', references)}");
            else
                _ = references.Length > 0 ? equal++ : without++;
            if (result.Outcome == PlannerOutcome.Unsolvable && set != "unsolvable_blocksworld")
                differences.Add($"{row.Text("instance_id")}: no plan");
            if (result.Outcome == PlannerOutcome.Solved && set == "unsolvable_blocksworld")
                differences.Add($"{row.Text("instance_id")}: solved");
        }

        output.WriteLine($"| {set} | {rows.Count} | {equal} | {without} | {unsolvable} | {limit} | {differences.Count} |");
        foreach (var difference in differences)
            output.WriteLine($"  {difference}");
        Assert.Empty(differences);
        Assert.True(equal + without + unsolvable > 0);
    }

    [Fact]
    public void Files_of_other_projects_are_read_or_refused_by_the_name_of_what_they_need()
    {
        foreach (var file in new[] { "ai_planning_fixtures", "unified_planning_cases", "val_depots" })
        {
            var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
            foreach (var row in SharedData.Rows($"pddl/{file}.jsonl"))
            {
                var outcome = "read";
                try
                {
                    PddlTask.Parse(row.Text("domain_pddl"), row.Text("problem_pddl"));
                }
                catch (PddlException e)
                {
                    var named = Regex.Match(e.Message, @"(:[a-z-]+)(?= or |, which|,? is not supported)");
                    outcome = named.Success ? $"refused: {named.Value}" : $"mistake: {e.Errors[0]}";
                }

                counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
            }

            foreach (var (outcome, count) in counts)
                output.WriteLine($"| {file} | {outcome} | {count} |");
            Assert.DoesNotContain(counts.Keys, k => k.StartsWith("mistake", StringComparison.Ordinal));
            Assert.True(counts["read"] > 15);
        }
    }

    private static IEnumerable<string> ReferencePlans(Dictionary<string, JsonElement> row, string set)
    {
        if (row.TryGetValue("reference_plan", out var plan) && plan.ValueKind == JsonValueKind.String)
            yield return plan.GetString()!;
        if (row.TryGetValue("gold_plan_renamed_objects", out var gold) && gold.ValueKind == JsonValueKind.String)
            yield return PlanBenchText.Plain(gold.GetString()!, set);
    }

    private static (string Set, string Id) Key(Dictionary<string, JsonElement> row) => (row.Text("set"), row.Text("instance_id"));

    private static Dictionary<(string Set, string Id), string> Problems(params string[] sets) =>
        sets.SelectMany(s => SharedData.Rows($"planbench/{s}.jsonl")).ToDictionary(Key, r => r.Text("problem_pddl"));
}
