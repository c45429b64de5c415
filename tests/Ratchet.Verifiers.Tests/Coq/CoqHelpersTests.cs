using Ratchet.Problems;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Coq;

namespace Ratchet.Verifiers.Tests.Coq;

[Collection("coq")]
public sealed class CoqHelpersTests(CoqFixture coq)
{
    private const string False = "Theorem goal : forall n : nat, n = S n.";
    private const string True = "Theorem goal : forall n : nat, n + 0 = n.";

    [Theory]
    [InlineData(True, "Lemma helper : forall n : nat, n = n + 0. Proof. exact plus_n_O. Qed. Proof. intros n. symmetry. apply helper. Qed.")]
    [InlineData(True, "Definition twin (n : nat) := n. Fixpoint same (n : nat) : nat := match n with O => O | S m => S (same m) end. Lemma l : True. exact I. Defined. intros n. symmetry. apply plus_n_O.")]
    public async Task A_proof_with_lemmas_of_its_own_is_accepted_in_full(string statement, string text)
    {
        var verdict = await Verify(statement, text);
        Assert.True(verdict is Verdict.Accepted { Trust: TrustLevel.Full }, $"{verdict.Reason} {(verdict.Feedback.Count > 0 ? verdict.Feedback[0].Message : "")}");
    }

    [Theory]
    [InlineData("Definition S (n : nat) := n. intros n. reflexivity.", VerdictReason.Cheat, "What was proved is not the statement that was asked:")]
    [InlineData("Definition nat := unit. Definition S (x : nat) := x. intros n. reflexivity.", VerdictReason.Cheat, "What was proved is not the statement that was asked:")]
    [InlineData("Lemma l : False. Admitted. destruct l.", VerdictReason.Cheat, "The proof of this lemma has no Qed.")]
    [InlineData("Lemma l : False. admit. Qed. destruct l.", VerdictReason.StepFailed, "(in proof l): Attempt to save a proof with given up goals")]
    [InlineData("Lemma goal : True. exact I. Qed. intros n. reflexivity.", VerdictReason.StepFailed, "After these lemmas the theorem cannot be stated: goal already exists.")]
    [InlineData("Axiom a : False. destruct a.", VerdictReason.Cheat, "A proof may not contain \"Axiom\" here")]
    [InlineData("Local Definition x := 1. destruct a.", VerdictReason.Cheat, "A proof may not contain \"Local\" here")]
    [InlineData("Notation S := (fun n : nat => n). reflexivity.", VerdictReason.Cheat, "A proof may not contain \"Notation\" here")]
    [InlineData("Lemma l : True. Redirect \"f\" Print nat. exact I. Qed. admit.", VerdictReason.Cheat, "A proof may not contain \"Redirect\" here")]
    [InlineData("Lemma l : ratchet_reference_statement = ratchet_reference_statement. reflexivity. Qed. exact I.", VerdictReason.StepFailed, "The reference ratchet_reference_statement was not found")]
    public async Task Lemmas_cannot_change_what_is_proved(string text, VerdictReason reason, string message)
    {
        var verdict = Assert.IsType<Verdict.Rejected>(await Verify(False, text));
        Assert.Equal(reason, verdict.Reason);
        Assert.StartsWith(message, verdict.Feedback[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_option_lemmas_are_refused()
    {
        var verdict = await coq.Verifier().VerifyAsync(CoqProblem.Create("p", True, Split.Train), "Lemma l : True. exact I. Qed. intros. auto.", TestContext.Current.CancellationToken);
        Assert.Equal(VerdictReason.Cheat, Assert.IsType<Verdict.Rejected>(verdict).Reason);
    }

    private async Task<Verdict> Verify(string statement, string text) =>
        await coq.VerifierWithLemmas().VerifyAsync(CoqProblem.Create("p", statement, Split.Train), text, TestContext.Current.CancellationToken);
}
