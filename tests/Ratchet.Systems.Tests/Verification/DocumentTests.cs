using Ratchet.Problems;

namespace Ratchet.Systems.Tests.Verification;

/// <summary>How whole files of each language are taken apart.</summary>
public sealed class DocumentTests
{
    [Fact]
    public void A_coq_script_is_its_theorems_each_with_all_that_goes_before_it()
    {
        const string Script = """
            Require Import Lia.
            (* Lemma no : False. *)
            Local Lemma one : 1 = 1. Proof. reflexivity. Qed.
            #[local] Definition two := "a. b".
            Theorem two_is (n : nat) : n = n.
            Proof using.
              destruct n. { easy. }
              - (* dot. *) easy.
            Qed.
            Lemma open_end : True.
            Proof. admit. Admitted.
            """;

        var found = VerifierCatalog.Find("coq").Document!.Read(Script);

        Assert.Equal(["one", "two_is", "open_end"], found.Select(f => f.Name));
        Assert.Equal("reflexivity.", found[0].Proof);
        Assert.EndsWith("Theorem two_is (n : nat) : n = n.", found[1].Statement, StringComparison.Ordinal);
        Assert.StartsWith("Require Import Lia.", found[1].Statement, StringComparison.Ordinal);
        Assert.Equal("destruct n. { easy. }\n  - (* dot. *) easy.", found[1].Proof);
        Assert.Equal("admit. Admitted.", found[2].Proof);
        Assert.Equal(found[1].Proof, Script[found[1].ProofStart..][..found[1].Proof.Length]);
    }

    [Theory]
    [InlineData("Axiom cheat : False. Theorem t : False. Proof. exact cheat. Qed.", "The text assumes something (\"Axiom\")")]
    [InlineData("Parameter cheat : False. Theorem t : False. Proof. exact cheat. Qed.", "The text assumes something (\"Parameter\")")]
    [InlineData("Hypothesis cheat : False. Theorem t : False. Proof. exact cheat. Qed.", "The text assumes something (\"Hypothesis\")")]
    [InlineData("Section s. End s. Variable cheat : False. Theorem t : False. Proof. exact cheat. Qed.", "The text assumes something (\"Variable\")")]
    [InlineData("Definition x := 1.", "There is no theorem in this text")]
    [InlineData("Theorem t : True. Proof. exact I", "The last sentence has no dot")]
    public void A_script_that_assumes_something_or_cannot_be_read_is_refused(string script, string message) =>
        Assert.StartsWith(message, Assert.Throws<StatementException>(() => VerifierCatalog.Find("coq").Document!.Read(script)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_a_section_assumes_belongs_to_its_theorems()
    {
        var found = VerifierCatalog.Find("coq").Document!.Read("Section s. Variable P : Prop. Hypothesis h : P. Theorem t : P. Proof. exact h. Qed. End s.");
        Assert.Equal("exact h.", Assert.Single(found).Proof);
    }

    [Fact]
    public void A_lean_file_is_its_theorems_with_tactic_blocks_or_terms()
    {
        const string File = """
            import Mathlib

            open Nat in
            def two : ℕ := 2

            @[simp] theorem first (n : ℕ := 3) : n = n := by
              have h : n = n := rfl
              exact h

            /-- theorem hidden : False := by trivial -/
            lemma second : 1 = 1 :=
              rfl

            example : True ∧ True := by constructor <;> trivial

            #print axioms first
            """;

        var found = VerifierCatalog.Find("lean").Document!.Read(File);

        Assert.Equal(["first", "second", "example"], found.Select(f => f.Name));
        Assert.EndsWith("theorem first (n : ℕ := 3) : n = n ", found[0].Statement, StringComparison.Ordinal);
        Assert.Equal("  have h : n = n := rfl\n  exact h", found[0].Proof);
        Assert.Equal("exact rfl", found[1].Proof);
        Assert.Equal("constructor <;> trivial", found[2].Proof);
        Assert.Equal(File.IndexOf("  rfl", StringComparison.Ordinal) + 2, found[1].OffsetInText("exact ".Length));
    }

    [Theory]
    [InlineData("def x := 1", "There is no theorem, lemma or example in this text.")]
    [InlineData("theorem t : ∀ n : Nat, n = n\n  | 0 => rfl\n  | n + 1 => rfl", "The theorem t has no \":=\" with a proof after it.")]
    public void A_lean_file_without_a_proof_to_judge_is_refused(string file, string message) =>
        Assert.Equal(message, Assert.Throws<StatementException>(() => VerifierCatalog.Find("lean").Document!.Read(file)).Message);

    [Fact]
    public void A_theory_is_its_last_theorem_with_all_that_goes_before_it()
    {
        const string Theory = """
            theory T imports Main begin

            lemma first: "True" by simp

            theorem second: assumes "P" shows "P \\<or> Q"
              using assms
            proof -
              show ?thesis using assms by simp
            qed

            end
            """;

        var found = Assert.Single(VerifierCatalog.Find("isabelle").Document!.Read(Theory));

        Assert.Equal("second", found.Name);
        Assert.Contains("lemma first", found.Statement, StringComparison.Ordinal);
        Assert.StartsWith("using assms", found.Proof, StringComparison.Ordinal);
        Assert.EndsWith("qed", found.Proof, StringComparison.Ordinal);
        Assert.Throws<StatementException>(() => VerifierCatalog.Find("isabelle").Document!.Read("theory T imports Main begin lemma x: \"True\" end"));
    }

    [Fact]
    public void A_propositional_script_names_its_atoms_first()
    {
        var found = VerifierCatalog.Find("propositional").Document!.Read("Theorem t : forall P Q : Prop, P /\\ Q -> P.\nProof. intros P Q. intros [h g]. exact h. Qed.");
        Assert.Equal(("P /\\ Q -> P", " intros [h g]. exact h."), (found[0].Statement, found[0].Proof));
        Assert.Throws<StatementException>(() => VerifierCatalog.Find("propositional").Document!.Read("Theorem t : forall P : Prop, P -> P.\nProof. auto. Qed."));
        Assert.Throws<StatementException>(() => VerifierCatalog.Find("propositional").Document!.Read("Theorem t (n : nat) : n = n.\nProof. auto. Qed."));
    }
}
