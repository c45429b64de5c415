using Ratchet.Verifiers.Coq;

namespace Ratchet.Verifiers.Tests.Coq;

public sealed class CoqFilterTests
{
    [Theory]
    [InlineData("Proof. intros n. - lia. + { auto. } Qed.")]
    [InlineData("2: lia. all: auto. !: easy. [base]: { trivial. } 1,3-4: idtac. 1: 2: idtac.")]
    [InlineData("by move=> x. => y. /= . rewrite -[x]addn0. exact: foo.")]
    [InlineData("Nat.order. Coq.micromega.Lia.lia. (lia || auto). [> lia | auto].")]
    [InlineData("Unshelve. exact I. Defined.")]
    [InlineData("idtac \"Admitted. Axiom x : False.\".")]
    [InlineData("intros (* Admitted. *) n.")]
    [InlineData("_my_tactic. élan.")]
    public void The_inside_of_a_proof_passes(string text) => Assert.Null(CoqFilter.Check(CoqSplitter.Split(text), mayClose: true));

    [Theory]
    [InlineData("intros. Admitted.", 8, 16)]
    [InlineData("Axiom x : False. exact x.", 0, 5)]
    [InlineData("Qed. Theorem t : True. exact I. Qed.", 0, 3)]
    [InlineData("intros. Qed. auto.", 8, 11)]
    [InlineData("  Time Redirect \"f\" Print nat.", 2, 6)]
    [InlineData("2: Admitted.", 3, 11)]
    [InlineData("all: par: lia.", 5, 9)]
    [InlineData("par: lia.", 0, 4)]
    [InlineData("#[local] Hint Resolve x : core.", 0, 1)]
    [InlineData("(* a *) Abort.", 8, 13)]
    [InlineData("Nat .order.", 0, 3)]
    [InlineData("2.", 0, 1)]
    [InlineData("intros; elpi run.", 8, 12)]
    [InlineData("exact ltac2:(x).", 6, 11)]
    [InlineData("\"x\".", 0, 1)]
    [InlineData("Proof using x.", 0, 5)]
    [InlineData("Proof (eq_refl).", 0, 5)]
    [InlineData("1: 1: 1: 1: 1: 1: 1: 1: 1: lia.", 24, 26)]
    public void Everything_else_is_refused_at_its_place(string text, int start, int end)
    {
        var feedback = CoqFilter.Check(CoqSplitter.Split(text), mayClose: true);
        Assert.NotNull(feedback);
        Assert.Equal((start, end), (feedback.Start, feedback.End));
    }

    [Fact]
    public void A_step_of_a_search_may_not_close_the_proof() =>
        Assert.Equal("A proof may not contain \"Qed\" here: only tactics, bullets, braces and goal selectors are read.", CoqFilter.Check(CoqSplitter.Split("Qed."), mayClose: false)?.Message);
}
