using Ratchet.Domains.Rules;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Tests.Rules;

public sealed class RulesVerifierTests
{
    /// <summary>r2 is against the question's rule r1 and gives way; r3 has a condition that is not established.</summary>
    private const string Theory = """
        newt feeds hare . hare helps vole .
        r0 : newt feeds hare -> hare visits toad .
        r1 : hare visits toad & hare helps vole -> toad trusts swan .
        r2 : hare helps vole -> not toad trusts swan .
        r3 : swan warns ibis -> toad trusts swan .
        r1 > r2 . ? toad trusts swan
        """;

    private const string Proof = "use r0 : hare visits toad\nuse r1 : toad trusts swan\nanswer proved";

    private const string Tied = "newt feeds hare . r1 : newt feeds hare -> toad trusts swan . r2 : newt feeds hare -> not toad trusts swan . r3 : swan warns ibis -> toad trusts swan . ? toad trusts swan";

    private static readonly RulesVerifier Verifier = new();

    [Theory]
    [InlineData(Proof)]
    [InlineData("use r0 : hare visits toad . use r1 : toad trusts swan . answer proved")]
    [InlineData("lose r2 : r1\nfail r3 : swan warns ibis\nuse r0 : hare visits toad\nuse r1 : toad trusts swan\nanswer proved")]
    public void A_right_proof_is_accepted(string proof) => Assert.True(Verifier.Verify(Theory, proof).IsAccepted);

    [Theory]
    [InlineData("use r1 : toad trusts swan\nanswer proved", VerdictReason.StepFailed, "Step 1: 'hare visits toad' is neither a fact nor derived before.", 0)]
    [InlineData("use r0 : hare visits toad\nuse r2 : not toad trusts swan\nanswer disproved", VerdictReason.StepFailed, "Step 2: The rule r1 stands against it, and no rule that applies is preferred over that.", 26)]
    [InlineData("use r0 : toad trusts swan\nanswer proved", VerdictReason.StepFailed, "Step 1: The rule r0 concludes 'hare visits toad'.", 0)]
    [InlineData("use r9 : toad trusts swan\nanswer proved", VerdictReason.StepFailed, "Step 1: There is no rule r9.", 0)]
    [InlineData("fail r0 : newt feeds hare\nanswer unknown", VerdictReason.StepFailed, "Step 1: 'newt feeds hare' is established.", 0)]
    [InlineData("fail r3 : newt feeds hare\nanswer unknown", VerdictReason.StepFailed, "Step 1: The rule r3 has no such condition.", 0)]
    [InlineData("lose r1 : r2\nanswer unknown", VerdictReason.StepFailed, "Step 1: The rule r2 is not preferred over r1.", 0)]
    [InlineData("lose r2 : r3\nanswer unknown", VerdictReason.StepFailed, "Step 1: The rule r3 does not apply.", 0)]
    [InlineData("lose r0 : r1\nanswer unknown", VerdictReason.StepFailed, "Step 1: The rules r0 and r1 do not oppose each other.", 0)]
    [InlineData("tie r1 : r2\nanswer unknown", VerdictReason.StepFailed, "Step 1: A rule that applies is preferred over r2.", 0)]
    [InlineData("answer proved", VerdictReason.Incomplete, "No step derives 'toad trusts swan'.", 13)]
    [InlineData("answer unknown", VerdictReason.WrongAnswer, "The statement is not unknown.", 0)]
    [InlineData("answer disproved", VerdictReason.WrongAnswer, "The statement is not disproved.", 0)]
    [InlineData("use r0 : hare visits toad", VerdictReason.Incomplete, "There is no answer.", 25)]
    [InlineData("answer maybe", VerdictReason.Syntax, "'answer' and one of proved, disproved, unknown is expected.", 0)]
    [InlineData("answer proved answer proved", VerdictReason.Syntax, "Nothing can stand after the answer.", 14)]
    [InlineData("because r0 : hare visits toad", VerdictReason.Syntax, "'use', 'fail', 'lose', 'tie' or 'answer' is expected, not 'because'.", 0)]
    [InlineData("use r0 hare visits toad", VerdictReason.Syntax, "'use RULE : ...' is expected.", 0)]
    public void A_wrong_proof_is_rejected_where_it_goes_wrong(string proof, VerdictReason reason, string message, int position)
    {
        var verdict = Assert.IsType<Verdict.Rejected>(Verifier.Verify(Theory, proof));
        Assert.Equal((reason, message, position), (verdict.Reason, verdict.Feedback[0].Message, verdict.Feedback[0].Start));
    }

    [Theory]
    [InlineData("tie r1 : r2\ntie r2 : r1\nfail r3 : swan warns ibis\nanswer unknown", null)]
    [InlineData("tie r1 : r2\ntie r2 : r1\nanswer unknown", "No step says why r3 does not decide the question.")]
    [InlineData("answer unknown", "No step says why r1 does not decide the question.")]
    public void Unknown_needs_a_reason_for_each_rule(string proof, string? message) =>
        Assert.Equal(message, Verifier.Verify(Tied, proof).Feedback.Select(f => f.Message).SingleOrDefault());

    [Fact]
    public void Steps_are_labelled_one_by_one()
    {
        var labels = RulesVerifier.Label(Theory, "use r1 : toad trusts swan\nuse r0 : hare visits toad\nuse r1 : toad trusts swan\nanswer unknown");
        Assert.Equal([false, true, true], labels.Select(l => l.IsRight));
        Assert.Equal((0, 25), (labels[0].Start, labels[0].End));
    }

    [Theory]
    [InlineData("a helps b ? a helps b", "'.' is expected, not '?'.", 10)]
    [InlineData("a helps b .", "'?' is expected.", 11)]
    [InlineData("a helps b . not a helps b . ? a helps b", "Two facts contradict each other: a helps b.", 12)]
    [InlineData("r1 : a helps b -> c helps d . r1 : a helps b -> c helps d . ? a helps b", "The rule r1 stands twice.", 30)]
    [InlineData("r1 > r2 . ? a helps b", "There is no rule r1.", 0)]
    [InlineData("r1 : a helps b -> c helps d . r2 : a helps b -> not c helps d . r1 > r2 . r2 > r1 . ? a helps b", "The preferences go in a circle: r2 would be preferred over itself.", 74)]
    [InlineData("r1 : a helps b & not a helps b -> c helps d . ? a helps b", "The body of r1 contradicts itself: a helps b.", 0)]
    [InlineData("? a helps", "A name is expected.", 9)]
    [InlineData("The newt shouts. Can it be concluded that the newt helps the hare?", "'The newt shouts' is no clause such as 'the tapir trusts the badger'.", 0)]
    public void A_text_that_is_no_statement_is_refused_with_its_place(string statement, string message, int position)
    {
        var exception = Assert.Throws<StatementException>(() => new RulesDomain().Parse("a", statement, Split.Train));
        Assert.Equal((message, position), (exception.Message, exception.Position));
    }

    [Fact]
    public void A_proof_reads_as_English()
    {
        const string Expected = """
            Rule2 gives way to Rule1, which is preferred.
            Rule3 does not apply, because it is not established that the swan warns the ibis.
            By Rule0, the hare visits the toad.
            By Rule1, the toad trusts the swan.
            So the statement "the toad trusts the swan" is proved.
            """;
        Assert.Equal(Expected, RulesEnglish.Proof(Theory, "lose r2 : r1\nfail r3 : swan warns ibis\n" + Proof));
    }
}
