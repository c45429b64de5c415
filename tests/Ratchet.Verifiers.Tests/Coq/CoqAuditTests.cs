using Ratchet.Verifiers.Coq;

namespace Ratchet.Verifiers.Tests.Coq;

public sealed class CoqAuditTests
{
    [Theory]
    [InlineData("Closed under the global context", "")]
    [InlineData("Axioms:\nfoo : nat", "foo")]
    [InlineData("Axioms:\nA.b\n  : forall x : nat,\n    x = x\nc : False", "A.b c")]
    [InlineData("Section Variables:\nx\n: nat\nAxioms:\ny : False", "x y")]
    public void Names_are_read(string answer, string names)
    {
        Assert.Equal(names, string.Join(' ', CoqAudit.Entries(answer, out var strange)));
        Assert.Null(strange);
    }

    [Theory]
    [InlineData("Axioms:\nf is assumed to be guarded.", "Coq says: f is assumed to be guarded.")]
    [InlineData("Axioms:\na : nat\nt is assumed to be positive.", "Coq says: t is assumed to be positive.")]
    [InlineData("Theory:\n  Type hierarchy is collapsed (logic is inconsistent)", "Coq says: Theory:")]
    [InlineData("", "Coq did not say what the proof rests on.")]
    [InlineData("Axioms:", "Coq did not say what the proof rests on.")]
    [InlineData("Closed under the global context\nAxioms:\nx : False", "Coq says: Closed under the global context")]
    [InlineData("something new", "Coq says: something new")]
    public void What_is_not_understood_is_refused(string answer, string message)
    {
        _ = CoqAudit.Entries(answer, out var strange);
        Assert.Equal(message, strange);
    }

    [Theory]
    [InlineData("foo : nat\n\nfoo is not universe polymorphic\nfoo is opaque\nExpands to: Constant Top.foo", true)]
    [InlineData("foo : nat\n\nfoo is transparent\nExpands to: Constant Top.foo", true)]
    [InlineData("foo : nat\n\nfoo is not universe polymorphic\nExpands to: Constant Top.foo", false)]
    public void A_lemma_whose_proof_could_not_be_read_is_told_from_an_axiom(string about, bool hasBody) => Assert.Equal(hasBody, CoqAudit.HasBody(about));
}
