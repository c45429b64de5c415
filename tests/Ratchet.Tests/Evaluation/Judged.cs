using Ratchet.Attempts;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Tests.Evaluation;

/// <summary>Judged attempts for tests, from the few facts that matter.</summary>
internal static class Judged
{
    public const int EndId = 2;

    public static Problem Problem(string id, string stratum = "all", Split split = Split.Train) => new()
    {
        Id = id,
        Domain = "test",
        Statement = $"statement of {id}",
        CanonicalHash = $"hash-{id}",
        Split = split,
        Stratum = stratum,
    };

    public static Verdict Accepted(TrustLevel trust = TrustLevel.Full) =>
        new Verdict.Accepted { Reason = VerdictReason.Proved, Verifier = "test", VerifierVersion = "1", Trust = trust };

    public static Verdict Rejected() => new Verdict.Rejected { Reason = VerdictReason.StepFailed, Verifier = "test", VerifierVersion = "1" };

    public static Verdict Unknown() => new Verdict.Unknown { Reason = VerdictReason.TimedOut, Verifier = "test", VerifierVersion = "1" };

    /// <summary>An attempt; <paramref name="body"/> ids are followed by the end id unless it was cut.</summary>
    public static JudgedAttempt Attempt(Problem problem, int round, int sample, Verdict verdict, int[] body, bool cut = false, Phase phase = Phase.Train) =>
        new(problem, new Attempt
        {
            Id = new AttemptId(round, phase, problem.Id, sample),
            PromptIds = [1, 9],
            TokenIds = cut ? body : [.. body, EndId],
            LogProbabilities = [],
            Text = string.Join(' ', body),
            Seed = 0,
            Policy = $"round-{round}",
            Stop = cut ? StopReason.Length : StopReason.EndToken,
        }, verdict);

    /// <summary>Held-out attempts from a string: a accepted, r rejected, u unknown; one token each and the end token.</summary>
    public static IEnumerable<JudgedAttempt> Heldout(string id, string outcomes, string stratum = "all", Phase phase = Phase.Heldout) =>
        outcomes.Select((outcome, i) => Attempt(
            Problem(id, stratum, Split.Heldout),
            1,
            i,
            outcome switch { 'a' => Accepted(), 'r' => Rejected(), _ => Unknown() },
            [7],
            phase: phase));
}
