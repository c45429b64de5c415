using Ratchet.Problems;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Coq;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Coq;

[Collection("coq")]
public sealed class CoqVerifierTests(CoqFixture coq)
{
    private const string Addition = "Theorem plus_zero : forall n : nat, n + 0 = n.";

    [Theory]
    [InlineData("induction n as [|n IH]. reflexivity. simpl. rewrite IH. reflexivity.", 6)]
    [InlineData("Proof.\n  induction n as [|n IH].\n  - reflexivity.\n  - simpl. rewrite IH. reflexivity.\nQed.\n", 9)]
    public async Task A_right_proof_is_accepted_in_full(string text, int steps)
    {
        var verdict = await Verify(Addition, text);
        Assert.Equal(("accepted", VerdictReason.Proved, TrustLevel.Full, "coq"), (verdict.Outcome, verdict.Reason, verdict.Trust, verdict.Verifier));
        Assert.Equal(steps, verdict.Steps);
        Assert.Empty(verdict.Feedback);
    }

    [Theory]
    [InlineData("intros n. rewrite foo. auto.", VerdictReason.StepFailed, 18, 21, "The reference foo was not found in the current environment.")]
    [InlineData("intros é. (* é *) rewrite ö.", VerdictReason.StepFailed, 26, 27, "The reference ö was not found in the current environment.")]
    [InlineData("intros n.\n- reflexivity.", VerdictReason.StepFailed, 12, 23, "In environment\nn : nat\nUnable to unify \"n\" with \"n + 0\".")]
    [InlineData("intros n n.", VerdictReason.StepFailed, 9, 10, "n is used twice.")]
    [InlineData("intros n. rewrite (.", VerdictReason.Syntax, 19, 20, "Syntax error: [term level 200] expected after '(' (in [term]).")]
    [InlineData("intros n.", VerdictReason.Incomplete, 9, 9, "1 goal is open at the end. The first: n + 0 = n")]
    [InlineData("destruct n. admit.", VerdictReason.Incomplete, 18, 18, "2 goals are open at the end, 1 of them given up. The first: S n + 0 = S n")]
    [InlineData("", VerdictReason.Incomplete, 0, 0, "1 goal is open at the end. The first: forall n : nat, n + 0 = n")]
    [InlineData("intros n", VerdictReason.Syntax, 0, 8, "The last sentence has no dot at its end.")]
    public async Task A_wrong_proof_is_rejected_with_the_place_and_what_coq_says(string text, VerdictReason reason, int start, int end, string message)
    {
        var verdict = Assert.IsType<Verdict.Rejected>(await Verify(Addition, text));
        Assert.Equal((reason, new Feedback(start, end, message)), (verdict.Reason, Assert.Single(verdict.Feedback)));
    }

    [Theory]
    [InlineData("repeat (assert (0 = 0) by reflexivity).", VerdictReason.TimedOut)]
    [InlineData("try (repeat (assert (0 = 0) by reflexivity)).", VerdictReason.TimedOut)]
    [InlineData("timeout 1000 (do 1000000000 idtac).", VerdictReason.TimedOut)]
    [InlineData("assert (H : Nat.pow 2 40 = 0) by (vm_compute; reflexivity).", VerdictReason.OutOfMemory)]
    [InlineData("let rec f n := f (S n) in f 0.", VerdictReason.TimedOut)]
    [InlineData("do 100000000 idtac \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\".", VerdictReason.ResourceLimit)]
    public async Task A_limit_that_is_hit_is_no_rejection(string text, VerdictReason reason)
    {
        var verdict = await Verify(Addition, text);

        // On a slow machine the time limit may come before any other one.
        Assert.Contains(Assert.IsType<Verdict.Unknown>(verdict).Reason, (VerdictReason[])[reason, VerdictReason.TimedOut]);
        Assert.True((await Verify("Theorem t : True.", "exact I.")).IsAccepted);
    }

    [Fact]
    public async Task An_attempt_that_is_too_long_is_unknown()
    {
        var verdict = await Verify(Addition, new string(' ', 70_000));
        Assert.Equal((VerdictReason.ResourceLimit, "The attempt has 70000 characters; at most 65536 are read."), (Assert.IsType<Verdict.Unknown>(verdict).Reason, verdict.Feedback[0].Message));
    }

    [Theory]
    [InlineData("Require Import Nowhere.\nTheorem t : True.", "The header does not load: Require Import Nowhere. Cannot find a physical path bound to logical path Nowhere.")]
    [InlineData("Definition d := nowhere.\nTheorem t : True.", "The statement does not load: The reference nowhere was not found in the current environment.")]
    [InlineData("Theorem t : nowhere.", "The statement does not load: The reference nowhere was not found in the current environment.")]
    [InlineData("Check nat.", "The statement cannot be read: The last sentence must state a theorem with a name (Corollary, Definition, Example, Fact, Lemma, Property, Proposition, Remark, Theorem); it begins with \"Check\".")]
    public async Task A_statement_that_does_not_load_says_nothing_about_the_attempt(string statement, string message)
    {
        var problem = new Problem { Id = "p", Domain = "coq", Statement = statement, CanonicalHash = "0", Split = Split.Train };
        var verdict = await coq.Verifier().VerifyAsync(problem, "exact I.", TestContext.Current.CancellationToken);
        Assert.Equal((VerdictReason.Unavailable, message), (Assert.IsType<Verdict.Unknown>(verdict).Reason, verdict.Feedback[0].Message));
    }

    [Fact]
    public async Task A_script_that_fills_the_memory_is_unknown_for_want_of_memory_and_the_next_is_judged()
    {
        coq.SkipUnlessThere();
        using var verifier = new CoqVerifier(new CoqOptions { Threads = 1, SentenceSeconds = 120, Limits = new ProcessLimits { MemoryBytes = 512L << 20, Wall = TimeSpan.FromMinutes(3) } });
        var problem = CoqProblem.Create("p", Addition, Split.Train);
        var verdict = await verifier.VerifyAsync(problem, "assert (h : Nat.pow 2 50 = 1) by (vm_compute; reflexivity).", TestContext.Current.CancellationToken);
        Assert.Equal(VerdictReason.OutOfMemory, Assert.IsType<Verdict.Unknown>(verdict).Reason);
        Assert.True((await verifier.VerifyAsync(problem, "intros n. rewrite <- plus_n_O. reflexivity.", TestContext.Current.CancellationToken)).IsAccepted);
    }

    [Fact]
    public async Task An_axiom_of_the_statements_own_is_allowed_and_one_of_the_library_only_if_listed()
    {
        const string Classical = "Require Import Classical.\nTheorem em : forall P : Prop, P \\/ ~ P.";
        coq.SkipUnlessThere();
        using var strict = new CoqVerifier(new CoqOptions { Threads = 1, AllowedAxioms = [] });
        var problem = CoqProblem.Create("p", Classical, Split.Train);
        var verdict = await strict.VerifyAsync(problem, "exact classic.", TestContext.Current.CancellationToken);
        Assert.Equal((VerdictReason.Cheat, "The proof rests on the axiom classic, which is not allowed."), (Assert.IsType<Verdict.Rejected>(verdict).Reason, verdict.Feedback[0].Message));
        Assert.True((await Verify(Classical, "exact classic.")).IsAccepted);
    }

    [Fact]
    public async Task A_batch_is_rechecked_in_order_and_each_attempt_for_itself()
    {
        var verifier = coq.Verifier();
        var items = Enumerable.Range(0, 40).Select(i => (
            CoqProblem.Create($"p{i}", $"Theorem t{i % 7} : {i} + 1 = {(i % 3 == 0 ? i + 2 : i + 1)}.", Split.Train),
            i % 5 == 4 ? "admit." : "reflexivity.")).ToList();
        var verdicts = await verifier.RecheckAsync(items, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => i % 5 == 4 ? VerdictReason.Incomplete : i % 3 == 0 ? VerdictReason.StepFailed : VerdictReason.Proved), verdicts.Select(v => v.Reason));
        Assert.All(verdicts, v => Assert.Equal(TrustLevel.Full, v.Trust));
    }

    [Fact]
    public async Task Equal_questions_are_answered_once()
    {
        var verifier = coq.Verifier();
        var before = verifier.Figures.Checks;
        var verdicts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Verify("Theorem once : 7 = 7.", "reflexivity.")));
        Assert.All(verdicts, v => Assert.True(v.IsAccepted));
        Assert.Equal(1, verifier.Figures.Checks - before);
    }

    [Fact]
    public async Task A_cancelled_check_ends_and_the_next_one_is_answered()
    {
        coq.SkipUnlessThere();
        using var verifier = new CoqVerifier(new CoqOptions { Threads = 1, SentenceSeconds = 60, Level = CoqLevel.Guide });
        var problem = CoqProblem.Create("p", Addition, Split.Train);
        Assert.True((await verifier.VerifyAsync(problem, "intros n. symmetry. apply plus_n_O.", TestContext.Current.CancellationToken)).IsAccepted);
        using var source = new CancellationTokenSource();
        var slow = verifier.VerifyAsync(problem, "repeat (assert (0 = 0) by reflexivity).", source.Token).AsTask();
        Assert.True(SpinWait.SpinUntil(() => verifier.Figures.OldestPhase == "running", TimeSpan.FromSeconds(30)));
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slow);
        Assert.True((await verifier.VerifyAsync(problem, "intros n. rewrite <- plus_n_O. reflexivity.", TestContext.Current.CancellationToken)).IsAccepted);

        // The worker goes on, or, where Coq did not heed the interrupt in time, another took its place.
        Assert.InRange(verifier.Figures.Starts, 1, 2);
    }

    private async Task<Verdict> Verify(string statement, string text) =>
        await coq.Verifier().VerifyAsync(CoqProblem.Create("p", statement, Split.Train), text, TestContext.Current.CancellationToken);
}
