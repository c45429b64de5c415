using Ratchet.Problems;
using Ratchet.Verifiers.Coq;

namespace Ratchet.Verifiers.Tests.Coq;

public sealed class CoqStatementTests
{
    [Fact]
    public void A_source_is_a_header_a_preamble_and_a_theorem()
    {
        var statement = CoqStatement.Parse("From Coq Require Import Arith.\nOpen Scope nat_scope. (* x *)\nSet Implicit Arguments.\nDefinition two := 2.\nVariables (T U : Type) (x y : T).\nTheorem foo' (n : nat) : n = n.\nProof. Admitted.", true);
        Assert.Equal("From Coq Require Import Arith.\nOpen Scope nat_scope.\nSet Implicit Arguments.", statement.Key);
        Assert.Equal(["Definition two := 2.", "Variables (T U : Type) (x y : T)."], statement.Preamble.Select(s => s.Text));
        Assert.Equal(("foo'", "Theorem foo' (n : nat) : n = n."), (statement.Name, statement.Theorem.Text));
        Assert.Equal("Theorem ratchet_reference_statement (n : nat) : n = n.", statement.Reference);
        Assert.Equal(["T", "U", "x", "y"], statement.Assumptions);
    }

    [Fact]
    public void What_follows_the_theorem_is_dropped() =>
        Assert.Equal("Section S. Theorem t : True.", CoqProblem.Create("p", "Section S. Theorem t : True. Proof. Admitted. End S.\n", Split.Train).Statement);

    [Theory]
    [InlineData("Axiom a b : nat. Theorem t : True.", "a b")]
    [InlineData("Context {R : Type} `{H : True}. Theorem t : True.", "R H")]
    [InlineData("Local Parameter p : nat -> nat. Theorem t : True.", "p")]
    [InlineData("Definition d (x : nat) := x. Theorem t : True.", "")]
    public void What_the_source_itself_assumes_is_known(string source, string names) =>
        Assert.Equal(names, string.Join(' ', CoqStatement.Parse(source, true).Assumptions));

    [Theory]
    [InlineData("", "There is no theorem.", 0)]
    [InlineData("Proof. Admitted.", "There is no theorem.", 0)]
    [InlineData("Definition x := 1", "The last sentence has no dot at its end.", 0)]
    [InlineData("Theorem a : True. (* x", "A comment is not closed.", 18)]
    [InlineData("Require Import Arith. Check 1.", "The last sentence must state a theorem with a name (Corollary, Definition, Example, Fact, Lemma, Property, Proposition, Remark, Theorem); it begins with \"Check\".", 22)]
    [InlineData("Theorem : True.", "The last sentence must state a theorem with a name (Corollary, Definition, Example, Fact, Lemma, Property, Proposition, Remark, Theorem); it begins with \"Theorem\".", 0)]
    public void A_source_without_a_theorem_at_its_end_is_refused(string source, string message, int position)
    {
        var e = Assert.Throws<StatementException>(() => CoqProblem.Create("p", source, Split.Train));
        Assert.Equal((message, position), (e.Message, e.Position));
    }

    [Theory]
    [InlineData("Axiom a : False. Theorem t : False.", "Axiom")]
    [InlineData("Variable a : False. Theorem t : False.", "Variable")]
    [InlineData("Redirect \"x\" Print nat. Theorem t : True.", "Redirect")]
    [InlineData("Set Universe Checking. Theorem t : True.", "Set")]
    [InlineData("Definition d : nat. Theorem t : True.", "Definition")]
    [InlineData("Notation \"1\" := 2. Theorem t : True.", "Notation")]
    public void A_source_that_a_model_wrote_may_only_load_and_define(string source, string word)
    {
        Assert.Equal("t", CoqStatement.Parse(source, true).Name);
        Assert.Equal($"A statement that a model wrote may not hold \"{word}\".", Assert.Throws<StatementException>(() => CoqStatement.Parse(source, false)).Message);
    }

    [Fact]
    public void Layout_comments_and_the_theorems_name_do_not_change_the_hash()
    {
        var one = CoqProblem.Create("a", "Require Import Arith. Theorem foo : 1 = 1.", Split.Train);
        var two = CoqProblem.Create("b", "Require Import Lia.\nTheorem bar :\n  1 = (* ! *) 1.\nProof.", Split.Train);
        var other = CoqProblem.Create("c", "Theorem bar : 1 = 2.", Split.Train);
        Assert.Equal(one.CanonicalHash, two.CanonicalHash);
        Assert.NotEqual(one.CanonicalHash, other.CanonicalHash);
        Assert.EndsWith("1 = (* ! *) 1.", two.Statement, StringComparison.Ordinal);
    }
}
