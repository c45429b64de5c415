using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Systems.Verification;
using Ratchet.Verdicts;

namespace Ratchet.Systems.Tests.Verification;

public sealed class GoldValidationTests
{
    private static readonly ProofItem[] Gold =
    [
        new() { Id = "a", Statement = "A -> A", Proof = "intros h. exact h." },
        new() { Id = "b", Statement = "A /\\ B -> B /\\ A", Proof = "intros [h g]. split. exact g. exact h." },
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_verifier_that_accepts_everything_is_found_out()
    {
        var report = await RunAsync(new FixedVerifier(new Verdict.Accepted { Reason = VerdictReason.Proved, Verifier = "yes", VerifierVersion = "1" }));

        Assert.False(report.IsSound);
        Assert.Equal(2, report.Gold.Accepted);
        Assert.Equal(Enum.GetValues<Corruption>(), report.Spoilt.Keys);
        Assert.All(report.Spoilt.Values, s => Assert.Equal((2, 2), (s.All, s.Accepted)));
        Assert.Equal([Corruption.FalseStatement, Corruption.HoleInserted, Corruption.Emptied], report.Surprises.Where(s => !s.MayBeRight).Select(s => s.Corruption!.Value).Distinct());
    }

    [Fact]
    public async Task A_verifier_that_cannot_be_reached_is_not_sound_and_tells_why()
    {
        var report = await RunAsync(new FixedVerifier(new Verdict.Unknown { Reason = VerdictReason.Unavailable, Verifier = "gone", VerifierVersion = "1" }));
        Assert.False(report.IsSound);
        Assert.Equal(2, report.Gold.Unknown[VerdictReason.Unavailable]);
        Assert.All(report.Surprises, s => Assert.Null(s.Corruption));
        Assert.Empty(report.Spoilt);
    }

    [Fact]
    public async Task Spoilt_copies_are_the_same_every_time_and_differ_from_the_gold()
    {
        var (first, second) = (new RecordingVerifier(), new RecordingVerifier());
        await RunAsync(first);
        await RunAsync(second);
        Assert.Equal(first.Seen, second.Seen);
        Assert.Equal(Gold.Select(g => (g.Statement, g.Proof)), first.Seen.Take(2));
        Assert.Equal(
            [
                ("False", Gold[0].Proof), ("False", Gold[1].Proof),
                ("A -> A", "admit.\nintros h. exact h."), ("A /\\ B -> B /\\ A", "admit.\nintros [h g]. split. exact g. exact h."),
                ("A -> A", ""), ("A /\\ B -> B /\\ A", ""),
                ("A /\\ B -> B /\\ A", "intros h. exact h."), ("A -> A", "intros [h g]. split. exact g. exact h."),
                ("A -> A", "intros h. "), ("A /\\ B -> B /\\ A", "intros [h g]. split. exact h."),
                ("A -> A", "intros h. "), ("A /\\ B -> B /\\ A", "intros [h g]. split. "),
            ],
            first.Seen.Skip(2));
    }

    [Theory]
    [InlineData("coq", "Require Import Lia.\nTheorem t : 1 = 1.", "Require Import Lia.\nTheorem ratchet_false : False.")]
    [InlineData("lean", "import Mathlib\n\ntheorem t (h : 1 = 1) : 2 = 2 := by", "import Mathlib\n\ntheorem ratchet_false : False := by")]
    [InlineData("propositional", "A -> A", "False")]
    [InlineData("isabelle", "theory T imports Main begin\n\nlemma x: \"True\"", "theory T imports Main begin\n\ntheorem ratchet_false: \"False\"")]
    public void A_false_statement_takes_the_place_of_the_last_theorem(string verifier, string statement, string expected) =>
        Assert.Equal(expected, VerifierCatalog.Find(verifier).Syntax.FalseStatement!(statement));

    private static async Task<ValidationReport> RunAsync(IVerifier verifier)
    {
        var entry = VerifierCatalog.Find("propositional");
        await using var open = new OpenVerifier(entry, verifier, item => VerifierEntry.PlainProblem(entry.Name, item));
        return await GoldValidation.RunAsync(open, Gold, new VerifierOptions { Threads = 1 }, null, Stop);
    }

    private sealed class FixedVerifier(Verdict verdict) : IVerifier
    {
        public string Name => verdict.Verifier;

        public string Version => verdict.VerifierVersion;

        public ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken) => ValueTask.FromResult(verdict);
    }

    private sealed class RecordingVerifier : IVerifier
    {
        public List<(string Statement, string Proof)> Seen { get; } = [];

        public string Name => "recording";

        public string Version => "1";

        public ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken)
        {
            Seen.Add((problem.Statement, text));
            return ValueTask.FromResult<Verdict>(new Verdict.Accepted { Reason = VerdictReason.Proved, Verifier = Name, VerifierVersion = Version });
        }
    }
}
