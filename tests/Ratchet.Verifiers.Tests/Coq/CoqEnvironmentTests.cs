using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Coq;

namespace Ratchet.Verifiers.Tests.Coq;

[Collection("coq")]
public sealed class CoqEnvironmentTests(CoqFixture coq)
{
    private static readonly Problem Conjunction = CoqProblem.Create("p", "Theorem t : forall a b : Prop, a -> b -> b /\\ a.", Split.Train);

    [Fact]
    public async Task A_proof_is_made_step_by_step()
    {
        var environment = coq.Verifier().CreateEnvironment();
        var start = await Open(Conjunction);
        Assert.Equal(["============================\nforall a b : Prop, a -> b -> b /\\ a"], start.Goals);
        var intros = await Move(start, "intros a b x y.");
        Assert.Equal(["a, b : Prop\nx : a\ny : b\n============================\nb /\\ a"], intros.Goals);
        var split = await Move(intros, "split.");
        Assert.Equal(["b", "a"], split.Goals.Select(g => g.Split('\n')[^1]));
        var first = await Move(split, "exact y.");
        var finished = Assert.IsType<StepOutcome.Finished>(await Run(first, "exact x."));
        Assert.Equal(["intros a b x y.", "split.", "exact y.", "exact x."], finished.Path);
        var text = environment.ProofText(Conjunction, finished.Path);
        Assert.Equal("Proof.\nintros a b x y.\nsplit.\nexact y.\nexact x.\nQed.", text);
        Assert.True((await coq.Verifier().VerifyAsync(Conjunction, text, TestContext.Current.CancellationToken)).IsAccepted);
    }

    [Fact]
    public async Task States_may_be_used_again_in_any_order_and_problems_mixed()
    {
        var other = await Open(CoqProblem.Create("q", "Theorem u : forall n : nat, n = n.", Split.Train));
        var intros = await Move(await Open(Conjunction), "intros a b x y.");
        var split = await Move(intros, "split.");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(["n : nat\n============================\nn = n"], (await Move(other, "intros n.")).Goals);
            Assert.Equal("x : a", (await Move(split, "exact y.")).Goals[0].Split('\n')[1]);
            Assert.Equal(intros.Key, (await Move(await Open(Conjunction), "intros a b x y.")).Key);
            Assert.Equal(3, (await Move(split, "assert (a = a).")).Goals.Count);
        }
    }

    [Fact]
    public async Task Different_paths_to_the_same_goals_have_one_key()
    {
        var one = await Move(await Move(await Open(Conjunction), "intros a b."), "intros x y.");
        var two = await Move(await Move(await Open(Conjunction), "idtac."), "intros a b x y.");
        var renamed = await Move(await Open(Conjunction), "intros a b y x.");
        Assert.Equal(one.Key, two.Key);
        Assert.NotEqual(one.Key, renamed.Key);
    }

    [Fact]
    public async Task Bullets_and_braces_are_steps_and_a_closed_bullet_is_no_finished_proof()
    {
        var state = await Move(await Move(await Open(Conjunction), "intros a b x y."), "split.");
        state = await Move(await Move(state, "-"), "exact y.");
        Assert.Equal(["a"], state.Goals.Select(g => g.Split('\n')[^1]));
        state = await Move(await Move(state, "-"), "{");
        state = await Move(state, "idtac.");
        Assert.IsType<StepOutcome.Failed>(await Run(state, "}"));
    }

    [Theory]
    [InlineData("exact y.", VerdictReason.StepFailed, 6, 7)]
    [InlineData("rewrite (", VerdictReason.Syntax, 0, 9)]
    [InlineData("exact (.", VerdictReason.Syntax, 7, 8)]
    [InlineData("intros a. intros b.", VerdictReason.Syntax, 0, 19)]
    [InlineData("", VerdictReason.Syntax, 0, 0)]
    [InlineData("Admitted.", VerdictReason.Cheat, 0, 8)]
    [InlineData("Qed.", VerdictReason.Cheat, 0, 3)]
    [InlineData("Abort.", VerdictReason.Cheat, 0, 5)]
    public async Task A_step_that_does_not_apply_says_why_and_where(string step, VerdictReason reason, int start, int end)
    {
        var failed = Assert.IsType<StepOutcome.Failed>(await Run(await Open(Conjunction), step));
        Assert.Equal((reason, start, end), (failed.Reason, failed.Feedback.Start, failed.Feedback.End));
    }

    [Fact]
    public async Task A_given_up_goal_is_a_hole_and_a_shelved_one_is_still_open()
    {
        var state = await Move(await Open(Conjunction), "intros a b x y.");
        Assert.IsType<StepOutcome.GaveUp>(await Run(state, "admit."));
        Assert.Equal(["b /\\ a"], (await Move(state, "shelve.")).Goals.Select(g => g.Split('\n')[^1]));
    }

    [Fact]
    public async Task The_kernel_has_the_last_word_on_a_finished_path()
    {
        var state = await Move(await Open(CoqProblem.Create("p", "Theorem t : forall n : nat, n = S n.", Split.Train)), "fix self 1.");
        var failed = Assert.IsType<StepOutcome.Failed>(await Run(state, "exact self."));
        Assert.Equal(VerdictReason.StepFailed, failed.Reason);
    }

    [Fact]
    public async Task A_step_that_takes_too_long_is_unknown()
    {
        var unknown = Assert.IsType<StepOutcome.Unknown>(await Run(await Open(Conjunction), "repeat (assert (0 = 0) by reflexivity)."));
        Assert.Equal(VerdictReason.TimedOut, unknown.Reason);
    }

    [Fact]
    public async Task A_statement_that_is_refused_cannot_be_opened()
    {
        var failed = Assert.IsType<StepOutcome.Failed>(await coq.Verifier().CreateEnvironment().OpenAsync(CoqProblem.Create("p", "Theorem t : nowhere.", Split.Train), TestContext.Current.CancellationToken));
        Assert.Equal("The statement does not load: The reference nowhere was not found in the current environment.", failed.Feedback.Message);
    }

    private async Task<ProofState> Open(Problem problem) =>
        Assert.IsType<StepOutcome.Moved>(await coq.Verifier().CreateEnvironment().OpenAsync(problem, TestContext.Current.CancellationToken)).State;

    private async Task<ProofState> Move(ProofState state, string step) => Assert.IsType<StepOutcome.Moved>(await Run(state, step)).State;

    private async Task<StepOutcome> Run(ProofState state, string step) => await coq.Verifier().CreateEnvironment().RunAsync(state, step, TestContext.Current.CancellationToken);
}
