using Ratchet.Domains.Propositional;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;

namespace Ratchet.Domains.Tests.Propositional;

public sealed class PropositionalEnvironmentTests
{
    private static readonly PropositionalEnvironment Environment = new();

    [Fact]
    public async Task A_goal_is_shown_as_Coq_shows_it_and_its_prompt_names_each_hypothesis()
    {
        var state = await AtAsync(@"A /\ (A -> B) -> B \/ C", "intros h0.", "destruct h0 as [h1 h2].");
        Assert.Equal(["h1 : A\nh2 : A -> B\n============================\nB \\/ C"], state.Goals);
        Assert.Equal(@"A h1. A -> B h2. B \/ C Proof. ", PropositionalEnvironment.Prompt(state));
        var tokenizer = new PropositionalTokenizer();
        Assert.Equal(PropositionalEnvironment.Prompt(state).Trim(), tokenizer.Decode(tokenizer.Encode(PropositionalEnvironment.Prompt(state))));
    }

    [Fact]
    public async Task Bullets_and_braces_are_steps()
    {
        var state = await AtAsync(@"A -> A /\ A", "intros h0.", "split.", "-", "exact h0.");
        Assert.Equal(["h0 : A\n============================\nA"], state.Goals);
        var brace = await AtAsync(@"A -> A /\ A", "intros h0.", "split.", "{", "exact h0.");
        Assert.NotEqual(state.Key, brace.Key);
        var closed = Moved(await Environment.RunAsync(brace, "}", default));
        Assert.IsType<StepOutcome.Finished>(await Environment.RunAsync(closed, "exact h0.", default));
        var last = await AtAsync("A -> A", "{", "intros h0.", "exact h0.");
        Assert.Contains("missing", last.Goals[0], StringComparison.Ordinal);
        Assert.IsType<StepOutcome.Finished>(await Environment.RunAsync(last, "}", default));
    }

    [Theory]
    [InlineData(@"A -> B -> A", "intros h0 h1.")]
    [InlineData(@"~ A -> ~ A", "intros h0 h1.")]
    [InlineData(@"True", "split.")]
    public async Task The_list_offers_what_takes_the_goal_apart(string statement, string step) => Assert.Contains(step, Environment.Steps(await AtAsync(statement)));

    [Fact]
    public async Task Where_a_step_closes_the_goal_nothing_else_is_offered() =>
        Assert.Equal(["exact h0."], Environment.Steps(await AtAsync(@"A \/ B -> (A \/ B -> C) -> A \/ B", "intros h0 h1.")));

    [Fact]
    public async Task Names_of_the_list_keep_clear_of_atoms_and_of_the_end_of_the_vocabulary()
    {
        Assert.Equal(["intros h1."], Environment.Steps(await AtAsync("h0 -> h0")));
        var many = string.Join(" -> ", Enumerable.Repeat("A", 20)) + " -> B";
        Assert.Equal(["intros " + string.Join(' ', Enumerable.Range(0, 16).Select(i => $"h{i}")) + "."], Environment.Steps(await AtAsync(many)));
    }

    [Fact]
    public async Task A_breadth_first_search_over_the_list_finds_what_the_oracle_finds()
    {
        // Few small goals in full: the list misses nothing that a proof of few steps needs.
        var set = new PropositionalDomain().Generate(new ProblemCounts(0, 30, 0), RandomStream.FromSeed(5));
        var found = 0;
        foreach (var problem in set.All.Where(p => p.Stratum is "depth 1-3" or "depth 4-6"))
            found += await FindsAsync(problem, 4_000) ? 1 : 0;
        Assert.Equal(set.All.Count(p => p.Stratum is "depth 1-3" or "depth 4-6"), found);
    }

    [Fact]
    public async Task A_goal_that_does_not_follow_is_refuted_and_one_that_follows_is_not()
    {
        Assert.NotNull(Environment.Refute(await AtAsync(@"A \/ ~ A")));
        Assert.NotNull(Environment.Refute(await AtAsync(@"(A -> B) -> C -> B", "intros h0 h1.")));
        Assert.Null(Environment.Refute(await AtAsync(@"~ ~ (A \/ ~ A)")));
    }

    [Fact]
    public async Task A_cut_puts_a_subgoal_first_and_alone_it_is_the_same_goal()
    {
        var state = await AtAsync("(A -> B) -> (B -> C) -> A -> C");
        var opening = Environment.Opening(state);
        Assert.Equal("intros h0 h1 h2.", opening);
        state = Moved(await Environment.RunAsync(state, opening!, default));
        var cut = Moved(await Environment.RunAsync(state, Environment.Cut(state, "B"), default));
        Assert.Equal(["B", "C"], cut.Goals.Select(g => g.Split('\n')[^1]));
        Assert.EndsWith("h3 : B\n============================\nC", cut.Goals[1], StringComparison.Ordinal);

        var alone = Environment.Alone(state, ["B"], "C")!;
        Assert.Equal("(A -> B) -> (B -> C) -> A -> B -> C", alone.Problem.Statement);
        Assert.Equal((Provenance.Subgoal, "p"), (alone.Problem.Provenance, alone.Problem.ParentId));
        var opened = Assert.IsType<StepOutcome.Moved>((await ProofReplay.RunAsync(Environment, alone.Problem, alone.Opening, default)).Outcome).State;
        Assert.Equal(cut.Goals[1], opened.Goals[0]);
        Assert.Null(Environment.Alone(state, [], "C ->"));
    }

    [Fact]
    public async Task The_oracle_s_cuts_follow_from_the_hypotheses()
    {
        var cuts = 0;
        var set = new PropositionalDomain().Generate(new ProblemCounts(0, 60, 0), RandomStream.FromSeed(3));
        foreach (var problem in set.All)
        {
            var state = await AtAsync(problem.Statement);
            if (Environment.Opening(state) is { } opening)
                state = Moved(await Environment.RunAsync(state, opening, default));
            var assumed = new List<string>();
            foreach (var cut in Environment.OracleCuts(state))
            {
                Assert.True(PropositionalOracle.Decide(Environment.Alone(state, [], cut)!.Problem.Statement).Provable, $"{problem.Statement}: {cut}");
                assumed.Add(cut);
                cuts++;
            }
        }

        Assert.True(cuts > 5, $"{cuts} cuts");
    }

    [Theory]
    [InlineData("assert (A -> B). assert (C /\\ (A)) as h3.", new[] { "A -> B", @"C /\ A" })]
    [InlineData("Here is a plan:\n1. A -> B\n2. ~ C\nGood luck!", new[] { "A -> B", "~ C" })]
    [InlineData("assert (A -> . assert (", new string[0])]
    [InlineData("\u0000\ud800 (((", new string[0])]
    [InlineData("", new string[0])]
    public void A_plan_is_read_out_of_any_text(string text, string[] expected) => Assert.Equal(expected, Environment.ReadPlan(text));

    private static async Task<bool> FindsAsync(Problem problem, int states)
    {
        var start = Moved(await Environment.OpenAsync(problem, default));
        var (queue, seen) = (new Queue<ProofState>([start]), new HashSet<string> { start.Key });
        while (queue.TryDequeue(out var state) && seen.Count < states)
        {
            foreach (var step in Environment.Steps(state))
            {
                switch (await Environment.RunAsync(state, step, default))
                {
                    case StepOutcome.Finished:
                        return true;
                    case StepOutcome.Moved moved when seen.Add(moved.State.Key):
                        queue.Enqueue(moved.State);
                        break;
                }
            }
        }

        return false;
    }

    private static ProofState Moved(StepOutcome outcome) => Assert.IsType<StepOutcome.Moved>(outcome).State;

    private static async Task<ProofState> AtAsync(string statement, params string[] path) => Moved((await ProofReplay.RunAsync(
        Environment, new Problem { Id = "p", Domain = "propositional", Statement = statement, CanonicalHash = "", Split = Split.Train }, path, default)).Outcome);
}
