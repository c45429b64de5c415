using CsCheck;
using Ratchet.Domains.Propositional;
using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Loop;
using Ratchet.Problems;

namespace Ratchet.Domains.Tests.Propositional;

public sealed class FormulaTests
{
    [Theory]
    [InlineData("A->B->C", "A -> B -> C")]
    [InlineData("(A -> (B -> C))", "A -> B -> C")]
    [InlineData("(A -> B) -> C", "(A -> B) -> C")]
    [InlineData(@"(A /\ B) /\ C", @"(A /\ B) /\ C")]
    [InlineData(@"A /\ (B /\ C)", @"A /\ B /\ C")]
    [InlineData(@"(~A) \/ (B /\ C)", @"~ A \/ B /\ C")]
    [InlineData("~(A -> B)", "~ (A -> B)")]
    [InlineData("~~A", "~ ~ A")]
    [InlineData("(A <-> B) -> C", "A <-> B -> C")]
    [InlineData("A -> (B <-> C)", "A -> B <-> C")]
    [InlineData("A <-> (B -> C)", "A <-> (B -> C)")]
    [InlineData("(A <-> B) <-> C", "(A <-> B) <-> C")]
    [InlineData("A (* a (* nested *) comment *) -> True.", "A -> True")]
    public void A_statement_gets_the_fewest_parentheses(string text, string expected) =>
        Assert.Equal(expected, FormulaPrinter.Print(FormulaParser.ParseStatement(text)));

    [Theory]
    [InlineData("", 0)]
    [InlineData("A ->", 4)]
    [InlineData("A -> -> B", 5)]
    [InlineData("(A", 2)]
    [InlineData("A B", 2)]
    [InlineData("A <-> B <-> C", 8)]
    [InlineData("A & B", 2)]
    [InlineData("A -> forall", 5)]
    [InlineData("A. B", 3)]
    [InlineData("A (* open", 2)]
    public void A_bad_statement_is_refused_at_its_place(string text, int position)
    {
        var error = Assert.Throws<StatementException>(() => new PropositionalDomain().Parse("x", text, Split.Train));

        Assert.Equal(position, error.Position);
    }

    [Fact]
    public void Printing_and_parsing_are_inverse() => RandomFormulas.Formulas.Sample(f =>
        FormulaParser.ParseStatement(FormulaPrinter.Print(f)).Equals(f));

    [Fact]
    public void The_hash_does_not_see_names_and_commutative_order() => Gen.Select(RandomFormulas.Formulas, Gen.ULong).Sample((formula, seed) =>
    {
        var stream = RandomStream.FromSeed(seed);
        return CanonicalForm.Hash(formula) == CanonicalForm.Hash(RandomFormulas.Scramble(formula, ref stream));
    });

    [Theory]
    [InlineData("A -> B", "B -> A", true)]
    [InlineData("A -> B -> A", "A -> B -> B", true)]
    [InlineData("(A -> B) -> A", "A -> B -> A", false)]
    [InlineData(@"A /\ B -> A", @"A \/ B -> A", false)]
    [InlineData(@"(A -> B) /\ (B -> C)", @"(B -> C) /\ (A -> B)", true)]
    [InlineData("~ A", "A -> False", false)]
    public void The_hash_tells_different_statements_apart(string one, string other, bool same) =>
        Assert.Equal(same, CanonicalForm.Hash(FormulaParser.ParseStatement(one)) == CanonicalForm.Hash(FormulaParser.ParseStatement(other)));

    [Fact]
    public void Coq_reads_our_normal_text_as_the_fully_parenthesised_one()
    {
        Assert.SkipUnless(CoqBatchCheck.IsInstalled, CoqBatchCheck.Missing);
        var stream = RandomStream.FromSeed(5);
        var lines = new List<string> { "Section S. Variables A B C D E F : Prop." };
        for (var i = 0; i < 300; i++)
        {
            var formula = RandomFormulas.Draw(ref stream, 12, 6);
            lines.Add($"Goal ({FormulaPrinter.Print(formula)}) = {Full(formula)}. reflexivity. Qed.");
        }

        lines.Add("End S.");
        var folder = Directory.CreateTempSubdirectory("ratchet-coq-");
        var file = Path.Combine(folder.FullName, "text.v");
        File.WriteAllLines(file, lines);
        var (code, output) = CoqBatchCheck.Run(file, folder.FullName);
        folder.Delete(recursive: true);

        Assert.True(code == 0, output);

        static string Full(Formula f) => f.Kind switch
        {
            FormulaKind.Atom or FormulaKind.True or FormulaKind.False => f.ToString(),
            FormulaKind.Not => $"(not {Full(f.Left)})",
            FormulaKind.And => $"(and {Full(f.Left)} {Full(f.Right)})",
            FormulaKind.Or => $"(or {Full(f.Left)} {Full(f.Right)})",
            FormulaKind.Iff => $"(iff {Full(f.Left)} {Full(f.Right)})",
            _ => $"({Full(f.Left)} -> {Full(f.Right)})",
        };
    }
}
