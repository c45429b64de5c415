using Ratchet.Proving;
using Ratchet.Runs;
using Ratchet.Search.Policies;
using Ratchet.Search.Trees;
using Ratchet.Verdicts;

namespace Ratchet.Search.Tests;

public sealed class SearchEngineTests
{
    private const string Currying = @"(A /\ B -> C) -> A -> B -> C";

    [Theory]
    [InlineData(SearchStrategy.BestFirst, UniformOrder.Listed)]
    [InlineData(SearchStrategy.Beam, UniformOrder.Listed)]
    [InlineData(SearchStrategy.Greedy, UniformOrder.Listed)]
    [InlineData(SearchStrategy.Mcts, UniformOrder.Listed)]
    [InlineData(SearchStrategy.Sample, UniformOrder.Random)]
    [InlineData(SearchStrategy.Mcts, UniformOrder.Random)]
    public async Task Every_strategy_proves_a_goal_and_the_verifier_has_accepted_it(SearchStrategy strategy, UniformOrder order)
    {
        var result = await Worlds.Engine(new UniformPolicy(Worlds.Propositional, order)).SearchAsync(Worlds.Task(Currying), Worlds.Wide with { Strategy = strategy });
        Assert.Equal(SearchStatus.Proved, result.Status);
        Assert.True(result.Verdict is Verdict.Accepted { Trust: TrustLevel.Full });
        Assert.True((await Worlds.Domain.Verifier.VerifyAsync(result.Problem, result.Proof!, default)).IsAccepted);
        Assert.Equal(result.Path, result.Steps.Select(s => s.Edge.Step));
        Assert.Equal("intros h0 h1 h2.", result.Path[0]);
    }

    [Theory]
    [InlineData(SearchStrategy.BestFirst)]
    [InlineData(SearchStrategy.Beam)]
    [InlineData(SearchStrategy.Greedy)]
    [InlineData(SearchStrategy.Mcts)]
    [InlineData(SearchStrategy.Sample)]
    public async Task A_result_depends_on_its_task_alone(SearchStrategy strategy)
    {
        IReadOnlyList<SearchTask> tasks = [.. Worlds.Corpus(20), Worlds.Task("A -> B", "no1"), Worlds.Task(@"((A -> B) -> A) -> (C -> A) -> A", "no2")];
        var options = new SearchOptions { Strategy = strategy, Width = 3, Restarts = 2, NodesPerCall = strategy == SearchStrategy.Mcts ? 2 : 1, Budget = new SearchBudget { Expansions = 60 } };
        var policy = new UniformPolicy(Worlds.Propositional, UniformOrder.Random);
        var reference = await Worlds.Engine(policy).RunAsync(tasks, options);
        Assert.Contains(reference, r => r.Status == SearchStatus.Proved);
        Assert.Contains(reference, r => r.Status != SearchStatus.Proved);
        foreach (var (workers, batch) in ((int, int)[])[(4, 128), (3, 1)])
        {
            var again = await Worlds.Engine(policy, workers: workers, batch: batch).RunAsync(tasks, options);
            Assert.Equal(reference.Select(Worlds.Essence), again.Select(Worlds.Essence));
        }

        var alone = await Worlds.Engine(policy).SearchAsync(tasks[5], options);
        Assert.Equal(Worlds.Essence(reference[5]), Worlds.Essence(alone));
        var other = await Worlds.Engine(policy).RunAsync([.. tasks.Select(t => t with { Stream = t.Stream.Derive("other") })], options);
        Assert.NotEqual(reference.Select(Worlds.Essence), other.Select(Worlds.Essence));
    }

    [Fact]
    public async Task The_best_score_is_expanded_first_and_alpha_decides_between_deep_and_shallow()
    {
        // Two ways: a likely step with an unlikely one behind it, and two middling steps.
        var order = new List<int>();
        var policy = new ScriptedPolicy("scripted", state =>
        {
            order.Add(state.Path.Count == 0 ? 0 : state.Path[0] == "split." ? 10 + state.Path.Count : 20 + state.Path.Count);
            return state.Path.Count switch
            {
                0 => [new("split.", -1), new("assert (B) as h0.", -1.5)],
                _ => [new($"assert (A -> A) as h{state.Path.Count + 1}.", state.Path[0] == "split." ? -3 : -0.4)],
            };
        });
        async Task<int> ThirdAsync(double alpha)
        {
            order.Clear();
            await Worlds.Engine(policy).SearchAsync(Worlds.Task(@"(A -> B) /\ (B -> A)"), new SearchOptions { Alpha = alpha, Budget = new SearchBudget { Expansions = 4 } });
            return order[3];
        }

        // After the start, the left way (-1) and the right way (-1.5), the choice is between depth 2 left (-4) and depth 2 right (-1.9).
        Assert.Equal(22, await ThirdAsync(0));
        Assert.Equal(22, await ThirdAsync(1));
        // Strong normalisation goes deep at once: the second node of the left way (-4/4) comes before the right way (-1.5) is looked at.
        await Worlds.Engine(policy).SearchAsync(Worlds.Task(@"(A -> B) /\ (B -> A)"), new SearchOptions { Alpha = 2, Budget = new SearchBudget { Expansions = 4 } });
        Assert.Equal([0, 11, 12], order[^4..^1]);
    }

    [Fact]
    public async Task A_known_state_is_an_edge_and_no_node_and_a_way_back_is_a_cycle()
    {
        var environment = new TrickWorld(Worlds.Propositional, (step, _) => null);
        var policy = new ScriptedPolicy("scripted", state => state.Path.Count switch
        {
            0 => [new("intros h0 h1.", -1), new("intros h0.", -1.1)],
            1 when state.Path[0] == "intros h0." => [new("intros h1.", -1)],
            _ => [],
        });
        var result = await Worlds.Engine(policy, environment).SearchAsync(Worlds.Task("A -> B -> C"));
        Assert.Equal((SearchStatus.Exhausted, 3), (result.Status, result.Nodes));
        Assert.Equal([EdgeKind.Known], result.Root!.Edges[1].To!.Edges.Select(e => e.Kind));
        var cycle = new TrickWorld(Worlds.Propositional, (step, _) => step == "idle" ? Worlds.Propositional.OpenAsync(Worlds.Goal("A -> B"), default).AsTask() : null);
        var round = await Worlds.Engine(new ScriptedPolicy("idle", _ => [new("idle", -1)]), cycle).SearchAsync(Worlds.Task("A -> B"));
        Assert.Equal([EdgeKind.Cycle], round.Root!.Edges.Select(e => e.Kind));
    }

    [Fact]
    public async Task A_chain_that_leads_nowhere_ends_at_the_depth_limit()
    {
        var count = 0;
        var policy = new ScriptedPolicy("rambling", _ => [new($"assert (A -> A) as x{count++}.", -0.01)]);
        var result = await Worlds.Engine(policy).SearchAsync(Worlds.Task("A -> B"), new SearchOptions { MaxDepth = 5 });
        Assert.Equal((SearchStatus.Exhausted, 6, 6), (result.Status, result.Nodes, result.Expansions));
    }

    [Fact]
    public async Task Budgets_end_a_search_with_the_limit_in_words_and_what_was_found_so_far_stays()
    {
        async Task<SearchResult> RunAsync(SearchBudget budget) => await Worlds.Engine().SearchAsync(Worlds.Task(@"((A -> B) -> A) -> (B -> A) -> ((B -> C) -> C) -> C"), Worlds.Wide with { Budget = budget });
        var expansions = await RunAsync(new SearchBudget { Expansions = 7 });
        Assert.Equal((SearchStatus.OutOfBudget, "the budget of 7 expansions is used up", 7), (expansions.Status, expansions.Message, expansions.Expansions));
        Assert.True(expansions.Nodes > 1 && expansions.Root!.Edges.Count > 0);
        Assert.Contains("states", (await RunAsync(new SearchBudget { Nodes = 3 })).Message, StringComparison.Ordinal);
        Assert.Equal(SearchStatus.OutOfBudget, (await RunAsync(new SearchBudget { Expansions = int.MaxValue, Wall = TimeSpan.FromMilliseconds(1) })).Status);
    }

    [Fact]
    public async Task A_verifier_that_hangs_on_one_step_costs_that_step_and_its_story_is_told()
    {
        // One that hears its token, one that hears nothing at all, one that breaks, one that dies.
        var environment = new TrickWorld(Worlds.Propositional, (step, token) => step switch
        {
            "hang." => Wait(token),
            "deaf." => new TaskCompletionSource<StepOutcome>().Task,
            "break." => throw new InvalidOperationException("broken pipe"),
            "die." => Task.FromResult<StepOutcome>(new StepOutcome.Unknown(VerdictReason.Crashed, new Feedback(-1, -1, "the worker was killed by signal 9"))),
            _ => null,
        });
        var policy = new ScriptedPolicy("mixed", s => [.. new[] { "hang.", "deaf.", "break.", "die.", "\ud800 nonsense (((" }.Select(t => new StepProposal(t, -0.5)), .. Worlds.Propositional.Steps(s).Select(t => new StepProposal(t, -1))]);
        var result = await Worlds.Engine(policy, environment, workers: 4).SearchAsync(Worlds.Task("A -> A"), Worlds.Wide with { StepLimit = TimeSpan.FromMilliseconds(50) });
        Assert.Equal(SearchStatus.Proved, result.Status);
        Assert.True(result.Unknown[VerdictReason.TimedOut] >= 2);
        Assert.True(result.Unknown[VerdictReason.Crashed] >= 2);
        var story = result.Story.Where(e => e.Kind == SearchEventKind.StepUnknown).ToList();
        Assert.Contains(story, e => e.Step == "hang." && e.Message.Contains("did not end within 0.05 s", StringComparison.Ordinal));
        Assert.Contains(story, e => e.Step == "break." && e.Message.Contains("broken pipe", StringComparison.Ordinal));
        Assert.Contains(story, e => e.Step == "die." && e.Message.Contains("signal 9", StringComparison.Ordinal));
        Assert.Equal(EdgeKind.Failed, result.Root!.Edges.Single(e => e.Step.Contains("nonsense", StringComparison.Ordinal)).Kind);

        static async Task<StepOutcome> Wait(CancellationToken token)
        {
            await Task.Delay(Timeout.Infinite, token);
            throw new InvalidOperationException();
        }
    }

    [Fact]
    public async Task A_path_that_only_looks_finished_is_refused_and_the_search_goes_on()
    {
        var environment = new TrickWorld(Worlds.Propositional, (step, _) => step == "cheat." ? Task.FromResult<StepOutcome>(new StepOutcome.Finished(["cheat."])) : null);
        var policy = new ScriptedPolicy("cheating", s => [new("cheat.", -0.1), .. Worlds.Propositional.Steps(s).Select(t => new StepProposal(t, -1))]);
        var result = await Worlds.Engine(policy, environment).SearchAsync(Worlds.Task("A -> A"));
        Assert.Equal(SearchStatus.Proved, result.Status);
        Assert.Equal(EdgeKind.Refused, result.Root!.Edges[0].Kind);
        Assert.Contains(result.Story, e => e.Kind == SearchEventKind.ProofRefused);
        foreach (var verdict in (Func<Verdict>[])[
            () => new Verdict.Accepted { Reason = VerdictReason.Proved, Verifier = "one", VerifierVersion = "1", Trust = TrustLevel.Guide },
            () => new Verdict.Unknown { Reason = VerdictReason.TimedOut, Verifier = "one", VerifierVersion = "1" },
            () => throw new InvalidOperationException("the verifier broke")])
        {
            Assert.NotEqual(SearchStatus.Proved, (await Worlds.Engine(verifier: new OneVerdict(verdict)).SearchAsync(Worlds.Task("A -> A"))).Status);
        }
    }

    [Fact]
    public async Task The_first_proof_cancels_the_steps_behind_it()
    {
        var cancelled = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        var environment = new TrickWorld(Worlds.Propositional, (step, token) => step switch
        {
            "slow." => Slow(token),
            "exact h0." => Fast(),
            _ => null,
        });
        var policy = new ScriptedPolicy("two", s => s.Path.Count == 0 ? [new("intros h0.", -1)] : [new("exact h0.", -1), new("slow.", -1)]);
        var result = await Worlds.Engine(policy, environment, workers: 2).SearchAsync(Worlds.Task("A -> A"), Worlds.Wide with { StepLimit = TimeSpan.FromMinutes(5) });
        Assert.Equal(SearchStatus.Proved, result.Status);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Empty(result.Unknown);

        async Task<StepOutcome> Fast()
        {
            await started.Task;
            return await Worlds.Propositional.RunAsync((await ProofReplay.RunAsync(Worlds.Propositional, Worlds.Goal("A -> A"), ["intros h0."], default)).Outcome is StepOutcome.Moved m ? m.State : null!, "exact h0.", default);
        }

        async Task<StepOutcome> Slow(CancellationToken token)
        {
            started.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            catch (OperationCanceledException)
            {
                cancelled.SetResult();
                throw;
            }

            throw new InvalidOperationException();
        }
    }

    [Fact]
    public async Task One_attempt_of_a_group_that_finds_ends_the_others()
    {
        var tasks = Enumerable.Range(0, 4).Select(i => Worlds.Task(@"(A -> B \/ C) -> (B -> D) -> (C -> D) -> A -> D", seed: (ulong)i) with { Group = "all" }).ToList();
        var results = await Worlds.Engine(new UniformPolicy(Worlds.Propositional, UniformOrder.Random)).RunAsync(tasks, Worlds.Wide with { Width = 3, Alpha = 0 });
        Assert.Equal([SearchStatus.Proved, SearchStatus.Cancelled], results.Select(r => r.Status).Distinct().Order());
        Assert.Equal("another attempt was first", results.First(r => r.Status == SearchStatus.Cancelled).Message);
    }

    [Fact]
    public async Task A_cancelled_search_gives_what_it_has()
    {
        using var stop = new CancellationTokenSource();
        var turns = 0;
        var results = await Worlds.Engine(new UniformPolicy(Worlds.Propositional)).RunAsync(
            [Worlds.Task(@"A -> (B -> C) -> (C -> B) -> D"), Worlds.Task("A -> A", "q")],
            Worlds.Wide with { Budget = new SearchBudget { Expansions = 1_000_000 } },
            _ =>
            {
                if (++turns == 5)
                    stop.Cancel();
            },
            cancellationToken: stop.Token);
        Assert.Equal([SearchStatus.Cancelled, SearchStatus.Proved], results.Select(r => r.Status));
        Assert.True(results[0].Nodes > 1);
    }

    [Fact]
    public async Task The_first_goal_alone_is_closed_and_the_others_stay()
    {
        var start = Assert.IsType<StepOutcome.Moved>((await ProofReplay.RunAsync(Worlds.Propositional, Worlds.Goal(@"A -> B -> (B /\ A) /\ B"), ["intros h0 h1.", "split."], default)).Outcome).State;
        var result = await Worlds.Engine().SearchAsync(Worlds.Task(@"A -> B -> (B /\ A) /\ B") with { Start = start, FirstGoalOnly = true });
        Assert.Equal(SearchStatus.GoalClosed, result.Status);
        Assert.Equal(start.Goals.Skip(1), result.End!.Goals);
        Assert.Equal(["intros h0 h1.", "split.", "split.", "exact h1.", "exact h0."], result.Path);
    }

    [Fact]
    public async Task When_no_node_is_left_new_draws_are_made_until_the_restarts_are_used_up()
    {
        var policy = new UniformPolicy(Worlds.Propositional, UniformOrder.Random);
        var options = new SearchOptions { Width = 1, Restarts = 20, Budget = new SearchBudget { Expansions = 200 } };
        var result = await Worlds.Engine(policy).SearchAsync(Worlds.Task(@"A \/ B -> (A -> C) -> (B -> C) -> C \/ D"), options);
        Assert.Equal(SearchStatus.Proved, result.Status);
        Assert.Contains(result.Story, e => e.Kind == SearchEventKind.Restarted);
        var once = await Worlds.Engine(policy).SearchAsync(Worlds.Task("A -> B"), options with { Restarts = 2 });
        Assert.Equal("no node is left to expand after 2 restarts", once.Message);
    }

    [Fact]
    public async Task Beam_search_goes_down_again_with_new_draws_through_states_that_it_knows()
    {
        var policy = new UniformPolicy(Worlds.Propositional, UniformOrder.Random);
        var result = await Worlds.Engine(policy).SearchAsync(
            Worlds.Task(@"((A -> B) -> A) -> (C -> A) -> A"), new SearchOptions { Strategy = SearchStrategy.Beam, Width = 2, MaxDepth = 6, Restarts = 6, Budget = new SearchBudget { Expansions = 300 } });
        Assert.Equal(SearchStatus.Exhausted, result.Status);
        Assert.True(result.Root!.Edges.First(e => e.Kind == EdgeKind.New).To!.Expansions > 1);
    }

    [Fact]
    public async Task A_policy_that_writes_whole_proofs_is_walked_step_by_step()
    {
        var policy = new ScriptedPolicy("whole", _ => [new("intros h0.", -3, 9) { Then = ["exact h9.", "exact h0."] }, new("intros h0.", -2, 9) { Then = ["exact h0.", "exact h0."] }]);
        var result = await Worlds.Engine(policy).SearchAsync(Worlds.Task("A -> A"), Worlds.Wide with { Strategy = SearchStrategy.Sample, Width = 2 });
        Assert.Equal((SearchStatus.OutOfBudget, 400), (result.Status, result.Expansions));
        result = await Worlds.Engine(policy).SearchAsync(Worlds.Task("A -> A"), Worlds.Wide with { Strategy = SearchStrategy.BestFirst, Width = 2 });
        Assert.Equal(["intros h0.", "exact h0."], result.Path);
        Assert.Equal(EdgeKind.Failed, result.Root!.Edges[0].To!.Edges[0].Kind);
    }

    [Fact]
    public async Task A_statement_that_is_none_and_options_out_of_range_are_told()
    {
        var result = await Worlds.Engine().SearchAsync(Worlds.Task("A") with { Problem = Worlds.Goal("A") with { Statement = "A ->" } });
        Assert.Equal(SearchStatus.NotOpened, result.Status);
        var wrong = new SearchOptions { Alpha = -1, Width = 0, Beam = 0, Exploration = 0, MaxDepth = 0, NodesPerCall = 0, Restarts = -1, StepLimit = TimeSpan.Zero, Budget = new() { Expansions = 0, Tokens = 0, Nodes = 0, Wall = TimeSpan.Zero } };
        Assert.Equal(12, wrong.Validate().Count);
        await Assert.ThrowsAsync<RatchetException>(() => Worlds.Engine().RunAsync([Worlds.Task("A")], wrong));
    }
}
