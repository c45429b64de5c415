using Ratchet.Domains.Metamath;

namespace Ratchet.Domains.Tests.Metamath;

public sealed class AxiomAuditTests
{
    [Fact]
    public void Axioms_definitions_and_syntax_are_told_apart_through_theorems()
    {
        var audit = new AxiomAudit(TinyLogic.Load());
        var all = audit.Of("all");
        Assert.Equal(["ax-k", "mp", "ax-5"], all.Axioms);
        Assert.Empty(all.Definitions);
        Assert.Equal(["wi", "wal", "weq"], all.Syntax);
        var tid = audit.Of("tid");
        Assert.Empty(tid.Axioms);
        Assert.Equal(["df-t"], tid.Definitions);
        Assert.Equal(["ax-k", "ax-s", "mp"], audit.Of("syl").Axioms);
        Assert.Equal(["mp"], audit.Of("mp").Axioms);
    }

    [Fact]
    public void What_a_new_proof_names_is_followed_to_its_axioms()
    {
        var database = TinyLogic.Load();
        var result = database.Verify(database.Theorem("all"), database.Find("all")!.Value.Proof);
        Assert.Equal(["wi", "wal", "weq", "ax-5", "a1"], result.Assertions.Select(a => database[a].Label));
        Assert.Equal(["ax-k", "mp", "ax-5"], new AxiomAudit(database).Of(result.Assertions).Axioms);
    }

    [Fact]
    public void A_theorem_without_a_right_proof_counts_as_assumed()
    {
        var database = TinyLogic.Load(TinyLogic.Text + "use $p |- ( p -> ( p -> p ) ) $= wp open $.\n");
        Assert.Equal(["open"], new AxiomAudit(database, database.VerifyAll()).Of("use").Unproved);
        Assert.Empty(new AxiomAudit(database).Of("use").Unproved);
    }

    [Fact]
    public void What_is_no_assertion_is_refused() => Assert.Throws<ArgumentException>(() => new AxiomAudit(TinyLogic.Load()).Of("min"));
}
