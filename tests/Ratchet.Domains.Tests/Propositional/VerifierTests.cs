using Ratchet.Domains.Propositional;
using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Tests.Propositional;

public sealed class VerifierTests
{
    private static readonly PropositionalVerifier Verifier = new();

    /// <summary>Statement, script, whether Coq 8.16 accepts.</summary>
    public static readonly TheoryData<string, string, bool> Cases = new()
    {
        { "A -> A", "intros h0. exact h0.", true },
        { "A -> A", "intro h0. assumption.", true },
        { "A -> A", "intros h0. exact h1.", false },
        { "A -> A", "intros A. exact A.", false },
        { "A -> A -> A", "intros h0 h0. exact h0.", false },
        { "A -> B", "intros h0. exact h0.", false },
        { "~ A -> A -> B", "intros h0 h1. exfalso. apply h0. exact h1.", true },
        { "~ A -> A -> False", "intros h0. apply h0.", true },
        { "(A -> False) -> ~ A", "intros h0. exact h0.", true },
        { "(A -> False) -> ~ A", "intros h0. apply h0.", false },
        { "(A -> ~ B) -> ~ B -> A -> ~ B", "intros h0 h1 h2. apply h0. exact h2.", true },
        { "(A -> ~ B) -> A -> B -> False", "intros h0 h1 h2. apply h0. exact h1. exact h2.", true },
        { "(A -> ~ B) -> A -> (B -> False)", "intros h0 h1. apply h0. exact h1.", true },
        { "(A <-> B) -> B -> A", "intros h0. apply h0.", true },
        { "(A <-> B) -> A -> B", "intros h0 h1. apply h0. exact h1.", true },
        { @"(C -> A /\ B) -> C -> B", "intros h0 h1. apply h0. exact h1.", true },
        { @"(A /\ B) /\ C -> B", "intros h0. apply h0.", true },
        { "(A -> B) -> C -> A -> B", "intros h0. apply h0.", false },
        { @"A /\ B -> B /\ A", "intros [h0 h1]. split. exact h1. exact h0.", true },
        { @"A /\ B -> B /\ A", "intros h0. destruct h0 as [h0 h1]. split. - exact h1. - exact h0.", true },
        { @"A /\ B -> B /\ A", "intros h0. destruct h0 as [h1 h2]. split. { exact h2. } { exact h1. }", true },
        { @"A /\ B -> B /\ A", "intros h0. destruct h0 as [h1 h2]. split. { exact h2. } { exact h1.", false },
        { @"A /\ B -> B /\ A", "intros h0. destruct h0 as [h1 h2]. split. - exact h2. + exact h1.", false },
        { @"A /\ B -> B /\ A", "intros h0. destruct h0 as [h1 | h2]. split. exact h2. exact h1.", false },
        { @"A /\ B -> A", "intros h0. destruct h0. assumption.", true },
        { @"A /\ B -> A", "intros h0. destruct h0 as [h1 h2]. exact h0.", false },
        { @"A \/ B -> B \/ A", "intros h0. destruct h0 as [h1 | h1]. right. exact h1. left. exact h1.", true },
        { @"A \/ B -> B \/ A", "intros h0. destruct h0 as [h1 h2]. right. exact h1. left. exact h1.", false },
        { @"A \/ B -> B \/ A", "intros [h0 | h0]. - right. exact h0. - left. exact h0.", true },
        { "False -> A", "intros h0. destruct h0 as [].", true },
        { "False -> A", "intros [].", true },
        { "True", "split.", true },
        { "True", "exact I.", true },
        { @"A -> True /\ (A \/ B)", "intros h0. exact (conj I (or_introl h0)).", true },
        { @"A -> B -> A /\ B", "split. assumption. assumption.", true },
        { "(A -> B) -> (B -> C) -> A -> C", "intros h0 h1 h2. exact (h1 (h0 h2)).", true },
        { "(A -> B) -> (B -> C) -> A -> C", "intros h0 h1 h2. assert (B) as h3. exact (h0 h2). exact (h1 h3).", true },
        { "(A -> B) -> (B -> C) -> A -> C", "intros h0 h1 h2. assert (B) as h2. exact (h0 h2). exact (h1 h2).", false },
        { "(A -> B) -> (B -> C) -> A -> C", "intros h0 h1 h2. assert (h3 : B). apply h0. exact h2. apply h1. exact h3.", true },
        { @"(A -> B \/ C) -> A -> C \/ B", "intros h0 h1. destruct (h0 h1) as [h2 | h2]. right. exact h2. left. exact h2.", true },
        { @"(A -> B \/ C) -> A -> C \/ B", "intros h0 h1. destruct h0 as [h2 | h2]. exact h1. right. exact h2. left. exact h2.", true },
        { @"A -> ~ A -> B", "intros h0 h1. destruct (h1 h0).", true },
        { @"A -> ~ A -> B", "intros h0 h1. contradiction.", true },
        { @"~ True -> B", "intros h0. contradiction.", true },
        { @"A \/ B -> A", "intros h0. constructor.", false },
        { @"A -> A \/ B", "intros h0. constructor. assumption.", true },
        { "A -> A", "intros h0. exact h0. exact h0.", false },
        { "A -> A", "intros h0.", false },
        { "A -> A", "", false },
        { "A -> A", "intros h0 exact h0.", false },
        { "A -> A", "intros h0. (* why *) exact h0.", true },
        { "A -> A", "intros h0.exact h0.", false },
        { "A <-> A", "split. intros h0. exact h0. intros h0. exact h0.", true },
        { "A -> A", "intros h0. exact A.", false },
        { "A", "admit.", false },
        { "A -> B", "intros h0. exact (h0 h0).", false },
        { "A -> A", "intros h0. - exact h0. -", false },
        { "A -> A", "{ intros h0. exact h0. } }", false },
        { @"A \/ ~ A", "right. intros h0.", false },
        { @"A \/ B -> C -> C", "intros [h0 | h0] h1. exact h1. exact h1.", true },
        { @"(A -> B /\ C) -> A -> C", "intros h0 h1. destruct h0 as [h2 h3]. exact h1. exact h3.", true },
        { @"(A -> B /\ C) -> A -> C", "intros h0 h1. destruct h0 as [h2 h3]. exact h3. exact h1.", false },
        { @"A /\ (C -> B /\ D) -> C -> D", "intros h0 h2. destruct h0 as [h0 [h3 h4]]. exact h2. exact h4.", true },
        { "A -> B -> A", @"intros h0 h1. assert (A /\ B) as [h2 h3]. split. exact h0. exact h1. exact h2.", true },
        { "(A -> True) -> A -> A", "intros h0 h1. destruct h0 as []. exact h1. exact h1.", true },
        { "~ A -> A -> B", "intros h0 h1. destruct h0. exact h1.", true },
        { @"A \/ A -> A", "intros [|]. assumption. assumption.", true },
        { @"A \/ A -> A", "intros h0. destruct h0 as []. exact H. exact H.", true },
        { @"A /\ B -> B", "intros h0. destruct h0. exact H0.", true },
        { @"(A /\ B) /\ C -> B", "intros h0. destruct h0 as [[h0 h1] h2]. exact h1.", true },
        { @"(A /\ B) /\ C -> B", "intros h0. destruct h0 as [[h1 h1] h2]. exact h1.", false },
        { @"(A -> B /\ C) -> A -> C", "intros h0 h1. destruct (h0 h1) as [h0 h3]. exact h3.", false },
        { @"(A -> B) \/ C -> A -> B \/ C", "intros [h0 | h0] h1. left. apply h0. assumption. right. assumption.", true },
        { "((A -> B) <-> C) -> C -> A -> B", "intros h0. apply h0.", true },
        { "(C -> (A <-> B)) -> C -> B -> A", "intros h0 h1 h2. apply h0. exact h1. exact h2.", true },
        // Of a conjunction Coq tries the right half first: the left one would leave B here.
        { @"B -> (B -> A) /\ A -> A", "intros h0 h1. apply h1.", true },
        { @"B -> (A <-> B) /\ A -> A", "intros h0 h1. apply h1. exact h0.", false },
        { @"((B -> A) /\ (C -> A)) /\ D -> C -> A", "intros h0 h1. apply h0. exact h1.", true },
        { "((B -> A) <-> A) -> A -> B -> A", "intros h0 h1 h2. apply h0. exact h1. exact h2.", true },
        { "~ ~ (A <-> A)", "intros h0. apply h0. split. intros h1. exact h1. intros h1. exact h1.", true },
        { "A -> B -> A", "intros. assumption.", true },
        { "A -> ~ B -> A", "intros. exact H.", true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Scripts_are_judged_as_expected(string statement, string script, bool accepted) =>
        Assert.Equal(accepted, Verifier.Verify(statement, script).IsAccepted);

    [Fact]
    public void Coq_agrees_with_every_case()
    {
        Assert.SkipUnless(CoqBatchCheck.IsInstalled, CoqBatchCheck.Missing);
        var cases = Cases.Select(row => (Statement: (string)row.Data.Item1, Proof: (string)row.Data.Item2, Accepted: row.Data.Item3)).ToList();
        cases.RemoveAll(c => c.Proof == "admit.");

        var good = cases.Where(c => c.Accepted).ToList();
        Assert.Empty(CoqBatchCheck.Refused([.. good.Select(c => (c.Statement, c.Proof))]));

        // A refused script may leave Coq inside a proof, so each goes into a file of its own.
        foreach (var (statement, proof, _) in cases.Where(c => !c.Accepted))
            Assert.True(CoqBatchCheck.Refused([(statement, proof)]).Count == 1, $"Coq accepts: {statement}: {proof}");
    }

    [Theory]
    [InlineData("A -> A", "intros h0. exact h1.", VerdictReason.StepFailed, 17, 19, "The reference h1 was not found in the current environment.")]
    [InlineData("A -> B", "intros h0. assumption.", VerdictReason.StepFailed, 11, 21, "No such assumption.")]
    [InlineData("A -> B", "intros h0. exact h0.", VerdictReason.StepFailed, 17, 19, "In environment\nh0 : A\nThe term \"h0\" has type \"A\" while it is expected to have type \"B\".")]
    [InlineData("A -> B", "intros h0. apply h0.", VerdictReason.StepFailed, 17, 19, "In environment\nh0 : A\nUnable to unify \"A\" with \"B\".")]
    [InlineData("A -> A", "intros h0 h1.", VerdictReason.StepFailed, 10, 12, "No product even after head-reduction.")]
    [InlineData("A", "split.", VerdictReason.StepFailed, 0, 5, "Not an inductive product.")]
    [InlineData(@"A \/ A", "split.", VerdictReason.StepFailed, 0, 5, "Not an inductive goal with 1 constructor.")]
    [InlineData("A -> A", "intros h0. exact h0. split.", VerdictReason.StepFailed, 21, 26, "No such goal.")]
    [InlineData("A -> A", "intros h0. exact (h0.", VerdictReason.Syntax, 20, 21, "Syntax error: expected \")\", found \".\".")]
    [InlineData("A -> A", "Proof. intros h0.", VerdictReason.Syntax, 0, 5, "Syntax error: the text is the tactics alone; \"Proof\" is not one of them.")]
    [InlineData("A -> A", "intros h0. exact h0. Qed.", VerdictReason.Syntax, 21, 24, "Syntax error: the text is the tactics alone; \"Qed\" is not one of them.")]
    [InlineData("A -> A", "intros h0. tauto.", VerdictReason.Syntax, 11, 16, "The tactic tauto was not found in the current environment.")]
    [InlineData("A -> A", "intros h0", VerdictReason.Syntax, 9, 9, "Syntax error: expected \".\", found the end of the text.")]
    [InlineData("A -> A", "intros h0.", VerdictReason.Incomplete, 10, 10, "Attempt to save an incomplete proof: 1 goal is open: A")]
    public void A_refusal_names_reason_and_place(string statement, string script, VerdictReason reason, int start, int end, string message)
    {
        var verdict = Verifier.Verify(statement, script);

        Assert.IsType<Verdict.Rejected>(verdict);
        Assert.Equal(reason, verdict.Reason);
        Assert.Equal(new Feedback(start, end, message), Assert.Single(verdict.Feedback));
    }

    [Fact]
    public void Hostile_text_gets_a_clear_verdict_and_no_crash()
    {
        string[] rejected =
        [
            "\0", "intros \0.", "intros h0. exact \u2203.", "intros \ud800.", "(* open", "(* \" *)", "intros [h0", "Axiom x : False.", "exact (fun x => x).", "intros h0; exact h0.",
        ];
        string[] unknown =
        [
            new string('(', 1 << 20), "exact " + new string('(', 50_000) + ".", "assert (" + new string('~', 50_000) + " A) as h0.",
            "intros " + new string('[', 50_000) + ".", string.Concat(Enumerable.Repeat("exfalso. ", 5_000)),
            "assert (" + string.Concat(Enumerable.Repeat("A -> ", 5_000)) + "A) as h0.",
        ];

        Assert.All(rejected, text => Assert.Equal(VerdictReason.Syntax, Assert.IsType<Verdict.Rejected>(Verifier.Verify("A -> A", text)).Reason));
        Assert.All(unknown, text => Assert.Equal(VerdictReason.ResourceLimit, Assert.IsType<Verdict.Unknown>(Verifier.Verify("A -> A", text)).Reason));
    }

    [Fact]
    public void Hostile_text_is_safe_on_a_small_stack()
    {
        var deep = new string('(', 290);
        var texts = new[] { $"exact {deep}h0{new string(')', 290)}.", $"assert ({new string('~', 290)} A) as h9.", string.Concat(Enumerable.Range(0, 999).Select(i => $"assert (A) as x{i}. ")) };
        Exception? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    foreach (var text in texts)
                        Verifier.Verify("A -> A", text);
                }
                catch (Exception e)
                {
                    failure = e;
                }
            },
            maxStackSize: 1 << 20);
        thread.Start();
        thread.Join();

        Assert.Null(failure);
    }

    [Fact]
    public void A_proof_of_eight_hundred_sentences_is_accepted()
    {
        var script = string.Concat(Enumerable.Range(0, 400).Select(i => $"assert (A) as x{i}. exact h0. "));

        var verdict = Verifier.Verify("A -> A", "intros h0. " + script + "exact x399.");

        Assert.True(verdict.IsAccepted);
    }

    [Fact]
    public void Steps_are_the_same_every_time()
    {
        var steps = Enumerable.Range(0, 5).Select(_ => Verifier.Verify("(A <-> B) -> B -> A", "intros h0. apply h0.").Steps).Distinct();

        Assert.Single(steps);
    }

    [Fact]
    public void Many_threads_get_the_same_verdicts()
    {
        var rows = Cases.Select(r => r.Data).ToArray();
        var expected = rows.Select(r => Verifier.Verify(r.Item1, r.Item2).Steps).ToArray();

        Parallel.For(0, 2_000, i => Assert.Equal(expected[i % rows.Length], Verifier.Verify(rows[i % rows.Length].Item1, rows[i % rows.Length].Item2).Steps));
    }

    [Fact]
    public void Formula_limits_are_refused_as_limits()
    {
        var error = Assert.Throws<TextException>(() => FormulaParser.ParseStatement(new string('(', 10_000)));

        Assert.True(error.IsLimit);
    }
}
