using Ratchet.Domains.Metamath;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Tests.Metamath;

public sealed class MetamathEnvironmentTests
{
    private static readonly MetamathDatabase Database = TinyLogic.Load();
    private static readonly MetamathEnvironment Environment = new(Database);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_theorem_is_proved_backwards_and_its_proof_verifies_in_both_forms()
    {
        var problem = TinyLogic.Problem("syl");
        var state = await Open(problem);
        Assert.Equal(["|- ( p -> r )"], state.Goals);

        // The first goal of the step, |- ( p -> q ), is a hypothesis and closes by itself.
        state = await Step(state, "mp { p := ( p -> q ) }");
        Assert.Equal(["|- ( ( p -> q ) -> ( p -> r ) )"], state.Goals);
        state = await Step(state, "mp { p := ( p -> ( q -> r ) ) }");
        Assert.Equal(["|- ( p -> ( q -> r ) )", "|- ( ( p -> ( q -> r ) ) -> ( ( p -> q ) -> ( p -> r ) ) )"], state.Goals);
        state = await Step(state, "a1");
        Assert.Equal(["|- ( ( p -> ( q -> r ) ) -> ( ( p -> q ) -> ( p -> r ) ) )"], state.Goals);
        var finished = Assert.IsType<StepOutcome.Finished>(await Environment.RunAsync(state, "ax-s", Stop));
        Assert.Equal(["mp { p := ( p -> q ) }", "mp { p := ( p -> ( q -> r ) ) }", "a1", "ax-s"], finished.Path);

        Assert.Equal("( wi a1 ax-s mp ) ABFZACFZDABCFZFJKFLAEGABCHII", Environment.ProofText(problem, finished.Path));
        var normal = Environment.ProofText(problem, finished.Path, MetamathProofFormat.Normal);
        Assert.Equal("wp wq wi wp wr wi syl.1 wp wq wr wi wi wp wq wi wp wr wi wi wq wr wi wp syl.2 a1 wp wq wr ax-s mp mp", normal);
        Assert.True(Database.Verify(Database.Theorem("syl"), normal).IsProved);
        Assert.True(Database.Verify(Database.Theorem("syl"), Environment.ProofText(problem, finished.Path)).IsProved);
    }

    [Fact]
    public async Task A_goal_that_was_proved_before_closes_without_a_step()
    {
        var database = TinyLogic.Load(TinyLogic.Text + "${ two.1 $e |- p $. two.2 $e |- p $. $d p q $. two $a |- ( q -> p ) $. $}\n");
        var environment = new MetamathEnvironment(database);
        var problem = TinyLogic.Problem("$d r x $. new $p |- ( r -> ( x = x -> x = x ) ) $.");
        var state = Assert.IsType<StepOutcome.Moved>(await environment.OpenAsync(problem, Stop)).State;
        state = Assert.IsType<StepOutcome.Moved>(await environment.RunAsync(state, "two", Stop)).State;
        Assert.Equal(["|- ( x = x -> x = x )"], state.Goals);
        var path = Assert.IsType<StepOutcome.Finished>(await environment.RunAsync(state, "id", Stop)).Path;
        Assert.Equal(["two", "id"], path);
        Assert.Equal("( weq wi id two ) BBCZGDAGEZHF", environment.ProofText(problem, path));
        Assert.True(database.Verify(MetamathTheorem.Parse(database, problem.Statement), environment.ProofText(problem, path)).IsProved);
    }

    [Fact]
    public async Task A_theorem_that_is_its_hypothesis_is_proved_by_the_hypothesis_label()
    {
        var problem = TinyLogic.Problem("new.1 $e |- p $. new $p |- p $.");
        var path = Assert.IsType<StepOutcome.Finished>(await Environment.RunAsync(await Open(problem), "new.1", Stop)).Path;
        Assert.Equal("new.1", Environment.ProofText(problem, path, MetamathProofFormat.Normal));
        Assert.Equal("( ) B", Environment.ProofText(problem, path));
    }

    [Fact]
    public async Task A_theorem_about_syntax_is_proved_by_its_outermost_rule()
    {
        var path = Assert.IsType<StepOutcome.Finished>(await Environment.RunAsync(await Open(TinyLogic.Problem("wide")), "wi", Stop)).Path;
        Assert.Equal("vx vy weq wp wi", Environment.ProofText(TinyLogic.Problem("wide"), path, MetamathProofFormat.Normal));
    }

    [Fact]
    public async Task A_path_that_loops_is_written_without_the_loop()
    {
        var problem = TinyLogic.Problem("all");
        string[] path = ["mp { p := ( q -> ( x = x -> A. y x = x ) ) }", "a1", "ax-5", "id"];
        var state = await Open(problem);
        foreach (var step in path[..^1])
            state = await Step(state, step);
        Assert.IsType<StepOutcome.Finished>(await Environment.RunAsync(state, path[^1], Stop));
        var proof = Environment.ProofText(problem, path);
        Assert.True(Database.Verify(Database.Theorem("all"), proof).IsProved);
        Assert.DoesNotContain("mp", proof, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unfinished_path_is_written_with_a_gap()
    {
        var text = Environment.ProofText(TinyLogic.Problem("id"), ["mp { p := ( p -> ( p -> p ) ) }", "ax-k"], MetamathProofFormat.Normal);
        Assert.Equal("wp wp wp wi wi wp wp wi wp wp ax-k ? mp", text);
        Assert.Equal("?", Environment.ProofText(TinyLogic.Problem("id"), []).Split(' ')[^1]);
    }

    [Theory]
    [InlineData("", VerdictReason.Syntax, 0, 0)]
    [InlineData("nope", VerdictReason.Syntax, 0, 4)]
    [InlineData("mp p := p", VerdictReason.Syntax, 3, 4)]
    [InlineData("mp { p := p", VerdictReason.Syntax, 10, 11)]
    [InlineData("mp { p p }", VerdictReason.Syntax, 5, 6)]
    [InlineData("mp { p := ( p -> }", VerdictReason.Syntax, 10, 16)]
    [InlineData("mp { p := }", VerdictReason.Syntax, 5, 6)]
    [InlineData("mp { p := x }", VerdictReason.Syntax, 10, 11)]
    [InlineData("mp { p := ( p -> U ) }", VerdictReason.Syntax, 17, 18)]
    [InlineData("mp { z := p }", VerdictReason.StepFailed, 5, 6)]
    [InlineData("mp { p := p q := p }", VerdictReason.StepFailed, 12, 13)]
    [InlineData("mp", VerdictReason.StepFailed, 0, 2)]
    [InlineData("ax-k", VerdictReason.StepFailed, 0, 4)]
    [InlineData("ax-5", VerdictReason.StepFailed, 0, 4)]
    [InlineData("tid", VerdictReason.StepFailed, 0, 3)]
    [InlineData("all", VerdictReason.StepFailed, 0, 3)]
    [InlineData("min", VerdictReason.StepFailed, 0, 3)]
    public async Task A_step_that_does_not_apply_is_told_with_its_place(string step, VerdictReason reason, int start, int end)
    {
        var failed = Assert.IsType<StepOutcome.Failed>(await Environment.RunAsync(await Open(TinyLogic.Problem("all")), step, Stop));
        Assert.Equal((reason, start, end), (failed.Reason, failed.Feedback.Start, failed.Feedback.End));
        Assert.NotEmpty(failed.Feedback.Message);
    }

    [Fact]
    public async Task Disjoint_variables_are_checked_at_the_step()
    {
        // The problem declares x and y disjoint, so y may be quantified over x = x, and x may not.
        var problem = TinyLogic.Problem("$d x y $. new $p |- ( q -> ( x = x -> A. y x = x ) ) $.");
        var state = await Step(await Open(problem), "a1");
        Assert.IsType<StepOutcome.Finished>(await Environment.RunAsync(state, "ax-5", Stop));
        var undeclared = await Step(await Open(TinyLogic.Problem("new $p |- ( q -> ( x = x -> A. y x = x ) ) $.")), "a1");
        var failed = Assert.IsType<StepOutcome.Failed>(await Environment.RunAsync(undeclared, "ax-5", Stop));
        Assert.Equal("ax-5 demands that y and x are disjoint, which new does not declare.", failed.Feedback.Message);
        var shared = await Step(await Open(TinyLogic.Problem("new $p |- ( q -> ( x = x -> A. x x = x ) ) $.")), "a1");
        Assert.Equal("ax-5 demands disjoint variables, but two expressions share x.", Assert.IsType<StepOutcome.Failed>(await Environment.RunAsync(shared, "ax-5", Stop)).Feedback.Message);
        Assert.DoesNotContain(Environment.Candidates(undeclared), c => c.Label == "ax-5");
        Assert.Contains(Environment.Candidates(state), c => c.Label == "ax-5");
    }

    [Fact]
    public async Task Candidates_are_the_labels_that_match_with_what_is_free_in_them()
    {
        var candidates = Environment.Candidates(await Open(TinyLogic.Problem("open")));
        Assert.Equal(["ax-k", "mp", "a1", "syl"], candidates.Select(c => c.Label));
        Assert.Empty(candidates[0].Free);
        Assert.Empty(candidates[0].Goals);
        Assert.Equal([("p", "wff")], candidates[1].Free);
        Assert.Equal(["|- ?p", "|- ( ?p -> ( p -> ( p -> p ) ) )"], candidates[1].Goals);
        Assert.Equal(["|- ( p -> p )"], candidates[2].Goals);
        Assert.Equal(["|- ( p -> ?q )", "|- ( ?q -> ( p -> p ) )"], candidates[3].Goals);
    }

    [Fact]
    public async Task What_is_withheld_is_neither_listed_nor_a_step()
    {
        var environment = new MetamathEnvironment(Database, new MetamathEnvironmentOptions { Withheld = new HashSet<string> { "a1" } });
        var state = Assert.IsType<StepOutcome.Moved>(await environment.OpenAsync(TinyLogic.Problem("open"), Stop)).State;
        Assert.Equal(["ax-k", "mp", "syl"], environment.Candidates(state).Select(c => c.Label));
        Assert.Equal("a1 is withheld here.", Assert.IsType<StepOutcome.Failed>(await environment.RunAsync(state, "a1", Stop)).Feedback.Message);
        Assert.NotEqual(Environment.Version, environment.Version);
    }

    [Fact]
    public async Task A_state_that_was_written_down_goes_on_where_it_was()
    {
        var problem = TinyLogic.Problem("syl");
        var state = await Step(await Step(await Open(problem), "mp { p := ( p -> q ) }"), "mp { p := ( p -> ( q -> r ) ) }");
        var copy = new ProofState { Problem = problem, Path = [.. state.Path], Goals = [.. state.Goals], Key = state.Key };
        var other = new MetamathEnvironment(TinyLogic.Load());
        var moved = Assert.IsType<StepOutcome.Moved>(await other.RunAsync(copy, "a1", Stop)).State;
        Assert.Equal((await Step(state, "a1")).Key, moved.Key);
    }

    [Fact]
    public async Task States_with_the_same_goals_have_the_same_key()
    {
        var state = await Open(TinyLogic.Problem("all"));
        var one = await Step(state, "a1");
        var two = await Step(await Step(state, "mp { p := ( x = x -> A. y x = x ) }"), "mp { p := ( x = x -> A. y x = x ) }");
        Assert.NotEqual(state.Key, one.Key);
        Assert.Contains(one.Goals[0], two.Goals);
        Assert.NotEqual(one.Key, two.Key);
        Assert.Equal(one.Key, (await Step(state, "a1 { }")).Key);
    }

    [Fact]
    public async Task An_expression_that_grows_without_end_is_unknown()
    {
        var state = await Open(TinyLogic.Problem("open"));
        var half = "p";
        for (var i = 0; i < 17; i++)
            half = $"( {half} -> {half} )";
        var unknown = Assert.IsType<StepOutcome.Unknown>(await Environment.RunAsync(state, $"mp {{ p := {half} }}", Stop));
        Assert.Equal(VerdictReason.ResourceLimit, unknown.Reason);
    }

    [Fact]
    public async Task Nesting_beyond_the_stack_is_refused_and_kills_nothing()
    {
        var deep = string.Concat(Enumerable.Repeat("( ", 90_000)) + "p";
        Assert.IsType<StepOutcome.Failed>(await Environment.RunAsync(await Open(TinyLogic.Problem("open")), $"mp {{ p := {deep} }}", Stop));
        var right = string.Concat(Enumerable.Repeat("( p -> ", 20_000)) + "p" + string.Concat(Enumerable.Repeat(" )", 20_000));
        Assert.IsType<StepOutcome.Failed>(await Environment.OpenAsync(TinyLogic.Problem($"new $p |- {right} $."), Stop));
    }

    [Theory]
    [InlineData("nope")]
    [InlineData("new $p |- ( p -> $.")]
    [InlineData("new $p |- ( p -> $. ")]
    public async Task A_statement_that_is_none_fails_to_open(string statement) =>
        Assert.Equal(VerdictReason.Syntax, Assert.IsType<StepOutcome.Failed>(await Environment.OpenAsync(TinyLogic.Problem(statement), Stop)).Reason);

    [Fact]
    public async Task Known_proofs_become_steps_that_prove_the_theorem_again()
    {
        Assert.Equal(["a1", "ax-5"], Environment.KnownSteps(TinyLogic.Problem("all")));
        foreach (var label in (string[])["id", "a1", "syl", "all", "tid", "wide"])
            await Replay(Environment, label);
        Assert.Contains("cannot be made into steps", Assert.Throws<RatchetException>(() => Environment.KnownSteps(TinyLogic.Problem("open"))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Environment.KnownSteps(TinyLogic.Problem("new $p |- p $.")));
    }

    [Fact]
    public async Task A_grammar_with_left_recursion_is_read()
    {
        var database = TinyLogic.Load("""
            $c S K ap |- term wff = $. $v a b $. ta $f term a $. tb $f term b $.
            ts $a term S $. tk $a term K $. tap $a term a b ap $. tq $a wff a = b $.
            ax $a |- a b ap = a $.
            ${ sym.1 $e |- a = b $. sym $a |- b = a $. $}
            th $p |- S K ap = S K ap K ap $= ts tk tap tk tap ts tk tap ts tk tap tk ax sym $.

            """);
        Assert.True(database.VerifyAll().IsVerified);
        var environment = new MetamathEnvironment(database);
        Assert.Equal(["sym", "ax"], environment.KnownSteps(TinyLogic.Problem("th")));
        await Replay(environment, "th");
    }

    [Fact]
    public void A_grammar_that_loops_through_two_types_is_refused_with_the_reason()
    {
        var database = TinyLogic.Load("$c a b |- x y $. $v v w $. fv $f a v $. fw $f b w $. r1 $a a w x $. r2 $a b v y $. ax $a |- v $. th $p |- v $= fv ax $.");
        Assert.Contains("can begin with one of another type", Assert.Throws<RatchetException>(() => new MetamathEnvironment(database)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_symbol_that_steps_use_is_refused()
    {
        var database = TinyLogic.Load("$c wff := $.");
        Assert.Contains(":=", Assert.Throws<RatchetException>(() => new MetamathEnvironment(database)).Message, StringComparison.Ordinal);
    }

    internal static async Task Replay(MetamathEnvironment environment, string label)
    {
        var problem = TinyLogic.Problem(label);
        var path = environment.KnownSteps(problem);
        var outcome = await environment.OpenAsync(problem, Stop);
        foreach (var step in path)
            outcome = await environment.RunAsync(Assert.IsType<StepOutcome.Moved>(outcome).State, step, Stop);
        Assert.IsType<StepOutcome.Finished>(outcome);
        Assert.True(environment.Database.Verify(environment.Database.Theorem(label), environment.ProofText(problem, path)).IsProved, label);
    }

    private static async Task<ProofState> Open(Problem problem) => Assert.IsType<StepOutcome.Moved>(await Environment.OpenAsync(problem, Stop)).State;

    private static async Task<ProofState> Step(ProofState state, string step) => Assert.IsType<StepOutcome.Moved>(await Environment.RunAsync(state, step, Stop)).State;
}
