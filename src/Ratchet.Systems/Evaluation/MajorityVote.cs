using Ratchet.Evaluation;
using Ratchet.Loop;
using Ratchet.Runs;
using Ratchet.Verifiers.Answers;

namespace Ratchet.Systems.Evaluation;

/// <summary>
/// maj@k: the answer that most of a problem's first k attempts agree on counts as the model's (self-consistency, Wang et al. 2023). Answers agree
/// where the grader proves them equal, not where their texts are; of classes of one size the one that was first to appear counts.
/// </summary>
public static class MajorityVote
{
    /// <summary>Share of the problems whose majority answer was accepted, with Wilson's interval.</summary>
    /// <param name="attempts">Judged attempts, any number a problem.</param>
    /// <param name="k">Attempts of each problem that vote, by sample number; problems with fewer vote with what they have.</param>
    /// <param name="profile">What counts as the same answer.</param>
    /// <exception cref="ArgumentException">There is no attempt.</exception>
    public static Estimate Of(IReadOnlyList<JudgedAttempt> attempts, int k, AnswerProfile profile)
    {
        ArgumentNullException.ThrowIfNull(attempts);
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (attempts.Count == 0)
            throw new ArgumentException("There is no attempt.", nameof(attempts));
        var problems = attempts.GroupBy(a => a.Problem.Id, StringComparer.Ordinal).ToList();
        return Intervals.Wilson(problems.Count(p => IsRight([.. p.OrderBy(a => a.Attempt.Id.Sample).Take(k)], profile)), problems.Count);
    }

    private static bool IsRight(IReadOnlyList<JudgedAttempt> attempts, AnswerProfile profile)
    {
        var classes = new List<(string Answer, JudgedAttempt First, int Votes)>();
        foreach (var attempt in attempts)
        {
            var answer = AnswerExtractor.Extract(attempt.Attempt.Text, profile);
            if (answer.HasSeveral || string.IsNullOrWhiteSpace(answer.Text))
                continue;
            var at = classes.FindIndex(c => AnswerGrader.Compare(c.Answer, answer.Text, profile).Outcome == AnswerOutcome.Equal);
            if (at < 0)
                classes.Add((answer.Text, attempt, 1));
            else
                classes[at] = classes[at] with { Votes = classes[at].Votes + 1 };
        }

        return classes.Count > 0 && classes.MaxBy(c => c.Votes).First.Verdict.IsAccepted;
    }
}
