using Ratchet.Problems;
using Ratchet.Verifiers.Lean;

namespace Ratchet.Verifiers.Tests.Lean;

public sealed class LeanStatementTests
{
    [Theory]
    [InlineData("theorem t : 1 = 1 := by")]
    [InlineData("theorem t : 1 = 1 := by\n")]
    [InlineData("theorem t : 1 = 1 := by\n  sorry")]
    [InlineData("theorem t : 1 = 1 := by sorry\n\n")]
    [InlineData("theorem t : 1 = 1 := sorry")]
    [InlineData("theorem t : 1 = 1 :=")]
    [InlineData("theorem t : 1 = 1")]
    [InlineData("theorem t : 1 = 1 := by -- fill me\n  /- in -/ sorry")]
    public void All_ways_to_leave_the_proof_out_mean_the_same(string statement)
    {
        var source = LeanStatement.Parse(statement).With("  rfl", askAxioms: true);

        Assert.Equal($"theorem t : 1 = 1 := by\n  rfl\n\n#print \"{source.Marker}\"\n#print axioms t\n#print \"{source.Marker}\"\n", source.Text);
        Assert.Equal("#print \"" + source.Marker + "\"", source.Text.Split('\n')[source.MarkerLine - 1]);
        Assert.Equal(2, source.FirstLine);
    }

    [Fact]
    public void Imports_are_parted_from_the_rest()
    {
        var source = LeanStatement.Parse("/- licence -/\nimport Mathlib\nimport Aesop\n\nset_option maxHeartbeats 0\nopen Nat Real\n\n/-- text -/\ntheorem t : 1 = 1 := by").With("  rfl\n  done", askAxioms: false);

        Assert.Equal("/- licence -/\nimport Mathlib\nimport Aesop\n", source.Header);
        Assert.Equal(3, source.HeaderLines);
        Assert.Equal($"\nset_option maxHeartbeats 0\nopen Nat Real\n\n/-- text -/\ntheorem t : 1 = 1 := by\n  rfl\n  done\n\n#print \"{source.Marker}\"\n#print \"{source.Marker}\"\n", source.Body);
        Assert.Equal(source.Header + source.Body, source.Text);
        Assert.Equal("  rfl", source.Text.Split('\n')[source.FirstLine - 1]);
    }

    [Theory]
    [InlineData("theorem t : True := by", "t")]
    [InlineData("namespace A.B\nsection S\ntheorem t : True := by", "A.B.t")]
    [InlineData("namespace A\nend A\nnamespace B\nlemma t.u : True := by", "B.t.u")]
    [InlineData("namespace A.B\nend B\ntheorem t : True := by", "A.t")]
    [InlineData("namespace A\nsection\nvariable (n : Nat)\nend\ntheorem _root_.t : True := by", "t")]
    [InlineData("theorem «my goal» : True := by", "«my goal»")]
    [InlineData("theorem t.{u} (α : Type u) : α = α := by", "t")]
    [InlineData("private theorem helper : 1 = 1 := rfl\n@[simp] protected theorem t : True := by", "t")]
    [InlineData("namespace N\nexample (n : Nat) : n = n := by", "N.ratchet_example")]
    public void The_question_about_axioms_names_the_theorem_in_full(string statement, string name)
    {
        var source = LeanStatement.Parse(statement).With("  trivial", askAxioms: true);

        Assert.Contains($"\n#print axioms {name}\n", source.Text);
    }

    [Fact]
    public void An_example_is_given_a_name()
    {
        Assert.StartsWith("theorem ratchet_example (n : Nat) : n = n := by\n", LeanStatement.Parse("example (n : Nat) : n = n := by sorry").With("  rfl", true).Text);
    }

    [Theory]
    [InlineData("", "The statement is empty.", 0)]
    [InlineData("import Mathlib", "There is no theorem, lemma or example in the statement.", 14)]
    [InlineData("theorem t : True := by\n  trivial\n\ndef x := 1", "The statement must end in a theorem, lemma or example; here it ends in \"def\".", 34)]
    [InlineData("theorem : True := by", "A name is expected after \"theorem\".", 7)]
    [InlineData("abbrev answer : Nat := sorry\ntheorem t : answer = 2 := by", "The statement has a hole of its own (\"sorry\"), on which every proof would rest: fill it in.", 23)]
    [InlineData("theorem t : True by", "The statement does not end in \":= by\".", 17)]
    [InlineData("theorem t : True /- := by", "The statement cannot be read for certain: a comment is opened and not closed.", 17)]
    [InlineData("set_option debug.skipKernelTC true\ntheorem t : True := by", "The statement sets the option debug.skipKernelTC, which may change what Lean checks or says.", 11)]
    [InlineData("#eval 1\ntheorem t : True := by", "The statement would make Lean run a program (\"eval\").", 1)]
    [InlineData("import Mathlib open Nat\ntheorem t : True := by", "Something stands on the line of the last import: put it on a line of its own.", 14)]
    public void What_is_no_statement_is_refused_with_its_place(string statement, string message, int position)
    {
        var error = Assert.Throws<StatementException>(() => LeanStatement.Parse(statement));

        Assert.Equal((message, position), (error.Message, error.Position));
    }

    [Fact]
    public void Notation_of_the_statement_itself_is_the_user_s()
    {
        var statement = LeanStatement.Parse("import Mathlib\nlocal macro_rules | `($x ^ $y) => `(HPow.hPow $x $y)\nlocal notation \"N\" => Nat\ntheorem t (n : N) : n ^ 1 = n := by");

        Assert.Equal("t", statement.FullName);
    }

    [Fact]
    public void The_marker_depends_on_the_text_and_so_cannot_stand_in_it()
    {
        var statement = LeanStatement.Parse(LeanData.Statement);
        var first = statement.With("  rfl", true).Marker;
        var chasing = statement.With($"  trace \"{first}\"\n  rfl", true);

        Assert.NotEqual(first, chasing.Marker);
        Assert.Equal(first, statement.With("  rfl", true).Marker);
    }
}
