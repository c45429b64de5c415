using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Sampling.Endpoints;
using Ratchet.Search.Journal;
using Ratchet.Search.Planning;
using Ratchet.Search.Policies;

namespace Ratchet.Search.Tests;

public sealed class PlanSearchTests
{
    // Without a plan the uniform policy needs more expansions than with the lemmas of the chain.
    private const string Chain = "(A -> B) -> (B -> C) -> (C -> D) -> (D -> E) -> (E -> F) -> A -> F";

    [Fact]
    public async Task A_plan_is_carried_out_in_order_and_the_whole_proof_is_accepted()
    {
        var result = await ProveAsync(Fixed("B", "C", "D", "E"));
        Assert.Equal(SearchStatus.Proved, result.Search.Status);
        Assert.Equal(["B", "C", "D", "E"], result.Proven);
        Assert.True((await Worlds.Domain.Verifier.VerifyAsync(Worlds.Goal(Chain), result.Search.Proof!, default)).IsAccepted);
        Assert.Contains("assert (B) as h6.", result.Search.Path);
    }

    [Fact]
    public async Task A_false_subgoal_is_refuted_at_no_cost_and_a_new_plan_keeps_what_is_proved()
    {
        var asked = new List<PlanRequest>();
        var planner = new FunctionPlanner("liar", request =>
        {
            asked.Add(request);
            return asked.Count == 1 ? ["B", "~ A", "D"] : ["~ A", "C", "D"];
        });
        var refuted = await ProveAsync(planner, refuter: Worlds.Propositional);
        Assert.Equal(SearchStatus.Proved, refuted.Search.Status);
        Assert.Equal(["B", "C", "D"], refuted.Proven);
        Assert.Equal((2, "~ A"), (asked.Count, asked[1].Stuck));
        Assert.Equal(["B"], asked[1].Proven);
        Assert.Contains("false", asked[1].Reason, StringComparison.Ordinal);
        Assert.Contains(refuted.Search.Story, e => e.Kind == SearchEventKind.Subgoal && e.Message.StartsWith("refuted: ~ A", StringComparison.Ordinal));

        // Without the refuter the same subgoal costs its whole budget.
        asked.Clear();
        var costly = await ProveAsync(planner);
        Assert.Equal(SearchStatus.Proved, costly.Search.Status);
        Assert.True(costly.Search.Expansions >= refuted.Search.Expansions + 20, $"{costly.Search.Expansions} against {refuted.Search.Expansions}");
    }

    [Fact]
    public async Task Nonsense_of_a_planner_is_no_plan_and_the_goal_is_searched_as_it_is()
    {
        var nonsense = new FunctionPlanner("nonsense", _ => ["A -> (", "", "Theorem"]);
        var result = await Plan(nonsense).ProveAsync("k", Worlds.Goal("A -> A"), Options, RandomStream.FromSeed(1));
        Assert.Equal(SearchStatus.Proved, result.Search.Status);
        Assert.Equal(4, result.Search.Story.Count(e => e.Kind == SearchEventKind.Planned && e.Message.Contains("is refused", StringComparison.Ordinal)));
        Assert.Contains(result.Search.Story, e => e.Message == "no usable plan in 4 tries");
    }

    [Fact]
    public async Task Plans_end_with_their_number_and_budgets_are_kept()
    {
        var result = await Plan(new FunctionPlanner("stubborn", _ => ["C -> A"])).ProveAsync("k", Worlds.Goal(@"(A -> B) -> (B -> A) -> C"), Options with { Budget = new SearchBudget { Expansions = 130 } }, RandomStream.FromSeed(1));
        Assert.NotEqual(SearchStatus.Proved, result.Search.Status);
        Assert.InRange(result.Search.Expansions, 1, 130);
        Assert.Equal(3, result.Plans);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Plans_without_a_subgoal_cost_what_one_search_for_the_goal_costs(bool provable)
    {
        // Three plans of nothing: a quarter of the budget, a quarter, and what is left; each search goes on where the last one stood.
        var goal = Worlds.Goal(provable ? Chain : "(A -> B) -> (B -> A) -> (C -> A) -> (A -> C) -> D -> A");
        foreach (var budget in (int[])[20, 60, 200])
        {
            var options = Options with { Budget = new SearchBudget { Expansions = budget } };
            var state = Assert.IsType<StepOutcome.Moved>(await Worlds.Propositional.OpenAsync(goal, default)).State;
            var named = Assert.IsType<StepOutcome.Moved>(await Worlds.Propositional.RunAsync(state, Worlds.Propositional.Opening(state)!, default)).State;
            var engine = Worlds.Engine(new UniformPolicy(Worlds.Propositional, UniformOrder.Listed));
            var plain = (await engine.RunAsync([new SearchTask { Problem = goal, Start = named, Stream = RandomStream.FromSeed(3) }], options))[0];

            var plans = new PlanSearch(engine, Worlds.Propositional, new FunctionPlanner("none", _ => []), new ProofCache(Worlds.Propositional), new PlanOptions { GoalExpansions = budget / 4, Replans = 2 });
            var planned = await plans.ProveAsync("k", goal, options, RandomStream.FromSeed(1));

            Assert.Equal((plain.Status, plain.Expansions, plain.Nodes), (planned.Search.Status, planned.Search.Expansions, planned.Search.Nodes));
            Assert.Equal(plain.Path, planned.Search.Path);
            Assert.Equal(plain.VerifierCalls + 2, planned.Search.VerifierCalls);
        }
    }

    [Fact]
    public async Task Subgoal_proofs_are_shared_between_runs_through_the_journal_and_replayed_before_they_count()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "search.db");
        int first;
        using (var journal = SearchJournal.Open(path))
        {
            var result = await ProveAsync(Fixed("B", "C", "D", "E"), journal: journal);
            first = result.Search.Expansions;
            Assert.Equal(0, result.FromCache);
        }

        using (var journal = SearchJournal.Open(path))
        {
            var result = await ProveAsync(Fixed("B", "C", "D", "E"), journal: journal);
            Assert.Equal((SearchStatus.Proved, 4), (result.Search.Status, result.FromCache));
            Assert.True(result.Search.Expansions < first);
        }

        // A proof that does not close its goal costs time and no soundness.
        using var damaged = SearchJournal.Open(Path.Combine(folder.Path, "damaged.db"));
        var state = Assert.IsType<StepOutcome.Moved>((await ProofReplay.RunAsync(Worlds.Propositional, Worlds.Goal("A -> B"), ["intros h0."], default)).Outcome).State;
        var cache = new ProofCache(Worlds.Propositional, damaged);
        Assert.True(cache.Add(state, ["exact h0."]));
        Assert.False(cache.Add(state, ["exfalso."]));
        Assert.Null(await new ProofCache(Worlds.Propositional, damaged).CloseAsync(state, default));
    }

    [Fact]
    public async Task Of_many_writers_the_first_proof_of_a_subgoal_stays()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "search.db");
        using (SearchJournal.Open(path))
        {
        }

        var won = new int[8];
        await Task.WhenAll(Enumerable.Range(0, won.Length).Select(i => Task.Run(() =>
        {
            using var journal = SearchJournal.Open(path);
            for (var k = 0; k < 10; k++)
                won[i] += journal.AddSubgoal($"key{k}", "p", "goal", [$"step {i}"]) ? 1 : 0;
        })));
        Assert.Equal(10, won.Sum());
        using var reader = SearchJournal.Open(path);
        Assert.All(Enumerable.Range(0, 10), k => Assert.Single(reader.FindSubgoal($"key{k}")!));
    }

    [Theory]
    [InlineData(PlanParallelism.Focused, 3)]
    [InlineData(PlanParallelism.Split, 1)]
    [InlineData(PlanParallelism.Split, 2)]
    public async Task Provers_side_by_side_find_the_same_theorem_and_the_result_is_the_same_each_time(PlanParallelism parallelism, int provers)
    {
        async Task<PlanResult> RunAsync() => await ProveAsync(Fixed("B", "C", "D", "E"), parallelism: parallelism, provers: provers);
        var result = await RunAsync();
        Assert.Equal(SearchStatus.Proved, result.Search.Status);
        if (parallelism == PlanParallelism.Split)
            Assert.Equal(4, result.FromCache);
        Assert.Equal(Worlds.Essence(result.Search), Worlds.Essence((await RunAsync()).Search));
    }

    [Fact]
    public async Task Oracle_and_random_planners_plan_and_plans_are_in_the_journal()
    {
        using var folder = new TemporaryFolder();
        using var journal = SearchJournal.Open(Path.Combine(folder.Path, "search.db"));
        var problem = Worlds.Goal(@"((A -> B) -> C) -> (A -> B) -> (C -> D) -> D \/ E");
        foreach (var planner in (IPlanner[])[new FunctionPlanner("oracle", r => Worlds.Propositional.OracleCuts(r.State)), FunctionPlanner.Random(Worlds.Propositional.Parts, 3)])
        {
            var result = await Plan(planner, Worlds.Propositional, journal).ProveAsync(planner.Name, problem, Options, RandomStream.FromSeed(2));
            Assert.Equal(SearchStatus.Proved, result.Search.Status);
            Assert.True(result.Plans >= 1);
        }
    }

    [Fact]
    public async Task An_endpoint_plans_with_the_stuck_subgoal_in_view_and_its_reasoning_is_dropped()
    {
        var model = new Model("<think>assert (A -> F) is hard</think>\nassert (B).\nassert (C) as x.\nassert (D).\nassert (E).");
        var result = await ProveAsync(new EndpointPlanner(model, "m", Worlds.Propositional, EndpointPlanner.AssertRules));
        Assert.Equal(["B", "C", "D", "E"], result.Proven);
        Assert.Contains("h5 : A\n============================\nF", model.Calls[0].Messages![1].Content, StringComparison.Ordinal);

        var stuck = new Model("assert (F -> A).\nassert (B).");
        await ProveAsync(new EndpointPlanner(stuck, "m", Worlds.Propositional, EndpointPlanner.AssertRules), refuter: Worlds.Propositional);
        Assert.True(stuck.Calls.Count == 1 || stuck.Calls[1].Messages![1].Content.Contains("could not be proved", StringComparison.Ordinal));
    }

    private static SearchOptions Options { get; } = new() { Width = 64, KeepTree = false, Budget = new SearchBudget { Expansions = 600 } };

    private static FunctionPlanner Fixed(params string[] steps) => new("fixed", _ => steps);

    private static PlanSearch Plan(IPlanner planner, IRefuter? refuter = null, SearchJournal? journal = null, PlanParallelism parallelism = PlanParallelism.Focused, int provers = 1) => new(
        Worlds.Engine(new UniformPolicy(Worlds.Propositional, UniformOrder.Random)), Worlds.Propositional, planner, new ProofCache(Worlds.Propositional, journal),
        new PlanOptions { SubgoalExpansions = 40, GoalExpansions = 40, Replans = 2, Refuter = refuter, Parallelism = parallelism, Provers = provers }, journal);

    private static Task<PlanResult> ProveAsync(IPlanner planner, IRefuter? refuter = null, SearchJournal? journal = null, PlanParallelism parallelism = PlanParallelism.Focused, int provers = 1) =>
        Plan(planner, refuter, journal, parallelism, provers).ProveAsync("k", Worlds.Goal(Chain), Options, RandomStream.FromSeed(1));

    private sealed class Model(string answer) : ICompletionModel
    {
        public List<CompletionCall> Calls { get; } = [];

        public Task<CompletionReply> CompleteAsync(CompletionCall call, CancellationToken cancellationToken)
        {
            Calls.Add(call);
            return Task.FromResult(new CompletionReply { Choices = [new CompletionChoice { Text = answer }] });
        }
    }
}
