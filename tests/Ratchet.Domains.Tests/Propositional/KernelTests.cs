using Ratchet.Domains.Propositional.Kernel;
using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Tests.Propositional;

public sealed class KernelTests
{
    private static readonly Formula A = Formula.Atom("A");
    private static readonly Formula B = Formula.Atom("B");

    [Fact]
    public void The_identity_proves_A_implies_A_and_nothing_else()
    {
        var identity = new Term.Lambda(0, A, new Term.Variable(0));

        Assert.True(new Checker().Proves(identity, Formula.Implies(A, A)));
        Assert.False(new Checker().Proves(identity, Formula.Implies(A, B)));
        Assert.False(new Checker().Proves(identity, Formula.Implies(B, B)));
    }

    [Fact]
    public void A_variable_is_not_known_outside_its_binder()
    {
        var leaked = new Term.Application(new Term.Lambda(0, A, new Term.Lambda(1, A, new Term.Variable(1))), new Term.Variable(0));

        Assert.False(new Checker().Proves(leaked, Formula.Implies(A, A)));
    }

    [Fact]
    public void An_inner_binder_hides_an_outer_one_and_gives_it_back()
    {
        // fun (x : A) => (fun (x : B -> B) => x) ... : after the inner binder, variable 0 is A again.
        var inner = new Term.Lambda(0, B, new Term.Variable(0));
        var term = new Term.Lambda(0, A, new Term.Pair(inner, new Term.Variable(0)));

        Assert.True(new Checker().Proves(term, Formula.Implies(A, Formula.And(Formula.Implies(B, B), A))));
        Assert.False(new Checker().Proves(term, Formula.Implies(A, Formula.And(Formula.Implies(B, B), B))));
    }

    [Fact]
    public void A_hole_that_nobody_filled_proves_nothing() => Assert.False(new Checker().Proves(new Term.Hole(), A));

    [Fact]
    public void A_hole_that_contains_itself_hits_a_limit()
    {
        var hole = new Term.Hole();
        hole.Value = hole;

        Assert.Throws<KernelLimitException>(() => new Checker().Proves(hole, A));
    }

    [Theory]
    [InlineData("~ A", "A -> False", true)]
    [InlineData("A <-> B", @"(A -> B) /\ (B -> A)", true)]
    [InlineData("~ (A <-> B)", @"(A -> B) /\ (B -> A) -> False", true)]
    [InlineData("A <-> B", "B <-> A", false)]
    [InlineData("~ A", "A -> True", false)]
    [InlineData(@"A /\ B", @"B /\ A", false)]
    public void Definitions_unfold_and_nothing_more(string one, string other, bool same) =>
        Assert.Equal(same, new Checker().Convertible(FormulaParser.ParseStatement(one), FormulaParser.ParseStatement(other)));

    [Fact]
    public void Wrong_terms_are_refused()
    {
        var a = new Term.Variable(0);
        Term Under(Term body) => new Term.Lambda(0, A, body);

        Assert.False(new Checker().Proves(Under(new Term.Application(a, a)), Formula.Implies(A, A)));
        Assert.False(new Checker().Proves(Under(new Term.Absurd(a, B)), Formula.Implies(A, B)));
        Assert.False(new Checker().Proves(Under(new Term.Unpair(a, 1, 2, new Term.Variable(1))), Formula.Implies(A, A)));
        Assert.False(new Checker().Proves(Under(new Term.Case(a, 1, a, 2, a)), Formula.Implies(A, A)));
        Assert.False(new Checker().Proves(Under(new Term.Inject(true, a, B)), Formula.Implies(A, Formula.Or(B, A))));
        Assert.False(new Checker().Proves(Term.Trivial.Instance, Formula.False));
    }
}
