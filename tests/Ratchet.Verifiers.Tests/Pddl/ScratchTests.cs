using System.Diagnostics;
using Ratchet.Verifiers.Pddl;
using System.Text.Json;
namespace Ratchet.Verifiers.Tests.Pddl;
public sealed class ScratchTests(ITestOutputHelper output)
{
    [Fact]
    public void Parse_all()
    {
        foreach (var f in new[] { "ai_planning_fixtures", "unified_planning_cases", "val_depots" })
        {
            foreach (var g in SharedData.Rows($"pddl/{f}.jsonl").GroupBy(r => (r.TryGetValue("domain", out var d) ? d.ToString() : "") + (r.TryGetValue("group", out var e) ? e.ToString() : "")))
            {
                var first = "";
                var good = 0;
                foreach (var r in g)
                {
                    try { PddlTask.Parse(r.Text("domain_pddl"), r.Text("problem_pddl")); good++; }
                    catch (PddlException e) { first = string.Join(" | ", e.Errors.Take(3)); }
                }
                output.WriteLine($"{f} {g.Key} {good}/{g.Count()} {first}");
            }
        }
    }
    [Fact]
    public void Model_plans()
    {
        var domains = SharedData.Domains();
        var problems = new[] { "blocksworld", "blocksworld_3" }.SelectMany(f => SharedData.Rows($"planbench/{f}.jsonl")).ToDictionary(r => (r.Text("set"), r.Text("instance_id")), r => r.Text("problem_pddl"));
        var verifier = new PddlVerifier();
        var (agree, all) = (0, 0);
        foreach (var r in SharedData.Rows("planbench/model_plans.jsonl.gz"))
        {
            all++;
            var v = verifier.Verify(domains[r.Text("set")] + problems[(r.Text("set"), r.Text("instance_id"))], r.Text("plan"));
            if (v.IsAccepted == r["valid"].GetBoolean()) agree++;
            else output.WriteLine($"{r.Text("set")} {r.Text("instance_id")} {r.Text("model")} label {r.Text("valid")} ours {v.Outcome} {string.Join(" ", v.Feedback.Select(f => f.Message))}\n{r.Text("plan")}");
        }
        output.WriteLine($"{agree}/{all}");
    }
    [Theory]
    [InlineData("blocksworld_3", 1000000)]
    [InlineData("blocksworld", 1000000)]
    [InlineData("mystery_blocksworld", 1000000)]
    [InlineData("blocksworld_hard", 20)]
    [InlineData("logistics", 40)]
    [InlineData("depots", 40)]
    [InlineData("unsolvable_blocksworld", 40)]
    [InlineData("sokoban", 20)]
    [InlineData("obfuscated_randomized_logistics", 20)]
    [InlineData("blocksworld_goal_generalisation", 20)]
    public void Plan(string set, int take)
    {
        var domains = SharedData.Domains();
        var clock = Stopwatch.StartNew();
        var counts = new SortedDictionary<string, int>();
        long expanded = 0;
        foreach (var r in SharedData.Rows($"planbench/{set}.jsonl").Take(take))
        {
            var t = PddlTask.Parse(domains[set], r.Text("problem_pddl"));
            var c = Stopwatch.StartNew();
            var p = OptimalPlanner.Solve(t, new PlannerOptions { MaxStates = 20000 });
            expanded += p.Expanded;
            var gold = r.TryGetValue("reference_length", out var l) ? l.GetInt32() : r.TryGetValue("gold_plan_renamed_objects", out var g) ? g.GetString()!.Count(ch => ch == '(') : -1;
            var key = p.Outcome + (p.Outcome == PlannerOutcome.Solved ? gold < 0 ? "?" : p.Cost == gold ? "=" : p.Cost < gold ? "<" : ">>>" : "");
            counts[key] = counts.GetValueOrDefault(key) + 1;
            if (p.Outcome == PlannerOutcome.Solved && !PlanValidator.Validate(t, p.Plan!).IsValid) output.WriteLine("INVALID " + r.Text("instance_id"));
            if (c.ElapsedMilliseconds > 1000) output.WriteLine($"{r.Text("instance_id")} {p.Outcome} {p.Cost} {gold} h0={p.StartBound} states={p.States} exp={p.Expanded} ops={p.Operators} facts={p.Facts} {c.ElapsedMilliseconds} ms");
        }
        output.WriteLine($"{set}: {string.Join(", ", counts)} expanded {expanded} {clock.ElapsedMilliseconds} ms");
    }
}
