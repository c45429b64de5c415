using Ratchet.Domains.Metamath;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Tests.Metamath;

public sealed class MetamathVerifierTests
{
    private static readonly MetamathVerifier Verifier = new(TinyLogic.Load());

    [Fact]
    public async Task A_right_proof_is_accepted_in_full()
    {
        var verdict = await Verifier.VerifyAsync(TinyLogic.Problem("a1"), "( wi ax-k mp ) ABADCABEF", TestContext.Current.CancellationToken);
        Assert.Equal((true, VerdictReason.Proved, TrustLevel.Full, "metamath", 9L), (verdict.IsAccepted, verdict.Reason, verdict.Trust, verdict.Verifier, verdict.Steps));
        Assert.True((await Verifier.VerifyAsync(TinyLogic.Problem("n.1 $e |- p $. n $p |- ( q -> p ) $."), "wp wq n.1 a1", TestContext.Current.CancellationToken)).IsAccepted);
    }

    [Theory]
    [InlineData("wp wq nope", VerdictReason.Syntax, 6, 10)]
    [InlineData("( wi ax-k mp ) AB!", VerdictReason.Syntax, 17, 18)]
    [InlineData("wp wq a1.1 wi", VerdictReason.StepFailed, 11, 13)]
    [InlineData("wp wq syl", VerdictReason.StepFailed, 6, 9)]
    [InlineData("?", VerdictReason.Incomplete, 0, 1)]
    [InlineData("", VerdictReason.Incomplete, 0, 0)]
    [InlineData("wp wq", VerdictReason.Incomplete, 3, 5)]
    [InlineData("a1.1 $. ax-bad $a |- q", VerdictReason.Cheat, 5, 7)]
    [InlineData("$c X $.", VerdictReason.Cheat, 0, 2)]
    public void A_wrong_proof_is_rejected_with_reason_and_place(string proof, VerdictReason reason, int start, int end)
    {
        var verdict = Verifier.Verify(Verifier.Database.Theorem("a1"), proof);
        Assert.IsType<Verdict.Rejected>(verdict);
        var feedback = Assert.Single(verdict.Feedback);
        Assert.Equal((reason, start, end), (verdict.Reason, feedback.Start, feedback.End));
    }

    [Fact]
    public void A_proof_beyond_the_limit_is_unknown()
    {
        var verifier = new MetamathVerifier(TinyLogic.Load(), new MetamathVerifierOptions { MaxProofLength = 10 });
        var verdict = verifier.Verify(verifier.Database.Theorem("a1"), "wp wq a1.1 a1");
        Assert.Equal((true, VerdictReason.ResourceLimit), (verdict.IsUnknown, verdict.Reason));
    }

    [Fact]
    public void A_theorem_that_the_database_does_not_prove_cannot_be_used()
    {
        var database = TinyLogic.Load(TinyLogic.Text + "use $p |- ( p -> ( p -> p ) ) $= wp open $.\nlast $p |- ( q -> ( q -> q ) ) $= ? $.\n");
        var verifier = new MetamathVerifier(database);
        Assert.Equal(2, verifier.Report.Incomplete);
        var direct = verifier.Verify(database.Theorem("last"), "wq open");
        Assert.Equal((VerdictReason.Cheat, "The proof uses open, whose proof in the database is missing or wrong."), (direct.Reason, direct.Feedback[0].Message));
        var through = verifier.Verify(database.Theorem("last"), "( use ) AB");
        Assert.Equal("The proof uses use, which rests on open, whose proof in the database is missing or wrong.", through.Feedback[0].Message);
        Assert.Equal((2, 5), (through.Feedback[0].Start, through.Feedback[0].End));
        Assert.True(verifier.Verify(database.Theorem("last"), "wq wq ax-k").IsAccepted);
    }

    [Fact]
    public void An_axiom_that_is_not_allowed_is_found_through_theorems()
    {
        var database = TinyLogic.Load();
        var options = new MetamathVerifierOptions { AllowedAxioms = new HashSet<string> { "mp", "ax-k" } };
        var verifier = new MetamathVerifier(database, options);
        Assert.True(verifier.Verify(database.Theorem("a1"), "( wi ax-k mp ) ABADCABEF").IsAccepted);
        Assert.True(verifier.Verify(database.Theorem("tid"), "wp df-t").IsAccepted);
        var verdict = verifier.Verify(MetamathTheorem.Parse(database, "new $p |- ( q -> q ) $."), "wq id");
        Assert.Equal((VerdictReason.Cheat, "The proof uses id, which rests on ax-s, which is not among the allowed axioms."), (verdict.Reason, verdict.Feedback[0].Message));
        var strict = new MetamathVerifier(database, options with { AllowDefinitions = false });
        Assert.Equal("The proof uses df-t, which is not among the allowed axioms.", strict.Verify(database.Theorem("tid"), "wp df-t").Feedback[0].Message);
        Assert.Throws<RatchetException>(() => new MetamathVerifier(database, new MetamathVerifierOptions { AllowedAxioms = new HashSet<string> { "a1" } }));
    }

    [Fact]
    public void The_version_changes_with_the_database_and_with_what_is_allowed()
    {
        string[] versions =
        [
            Verifier.Version,
            new MetamathVerifier(TinyLogic.Load(TinyLogic.Text + "\n")).Version,
            new MetamathVerifier(TinyLogic.Load(), new MetamathVerifierOptions { AllowedAxioms = new HashSet<string> { "mp" } }).Version,
            new MetamathVerifier(TinyLogic.Load(), new MetamathVerifierOptions { AllowedAxioms = new HashSet<string> { "mp" }, AllowDefinitions = false }).Version,
            new MetamathVerifier(TinyLogic.Load(), new MetamathVerifierOptions { MaxProofLength = 10 }).Version,
        ];
        Assert.Equal(versions.Length, versions.Distinct().Count());
        Assert.Equal(Verifier.Version, new MetamathVerifier(TinyLogic.Load(), new MetamathVerifierOptions { Threads = 2 }).Version);
    }

    [Fact]
    public async Task A_statement_that_is_none_is_an_error_of_the_problem() =>
        await Assert.ThrowsAsync<StatementException>(async () => await Verifier.VerifyAsync(TinyLogic.Problem("new $p |- nope $."), "wp", TestContext.Current.CancellationToken));

    [Fact]
    public void Many_threads_get_the_verdicts_of_one()
    {
        var theorem = Verifier.Database.Theorem("a1");
        string[] proofs = ["( wi ax-k mp ) ABADCABEF", "( wi ax-k mp ) ABADCABE", "wp wq", "?"];
        var expected = proofs.Select(p => Verifier.Verify(theorem, p).Reason).ToArray();
        Parallel.For(0, 2_000, i => Assert.Equal(expected[i % 4], Verifier.Verify(theorem, proofs[i % 4]).Reason));
    }
}
