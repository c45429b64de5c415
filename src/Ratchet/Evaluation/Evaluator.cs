using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Evaluation;

/// <summary>Turns judged attempts on held-out problems into numbers with intervals.</summary>
public static class Evaluator
{
    /// <summary>pass@k over all problems and by stratum, and the greedy share.</summary>
    /// <remarks>
    /// Unknown verdicts leave a problem's n and are counted. A problem whose n is below a k has no unbiased estimate of that
    /// pass@k: it is left out of that k and counted in <see cref="EvaluationSummary.Excluded"/>; a k without any problem is
    /// absent. pass@k intervals are bootstrapped over problems, the greedy interval is Wilson's. The order of the attempts
    /// never matters.
    /// </remarks>
    /// <param name="sampled">Sampled attempts, any number a problem.</param>
    /// <param name="greedy">Most likely attempts, at most one a problem; may be empty.</param>
    /// <param name="ks">The k to report, each at least 1.</param>
    /// <param name="resamples">Bootstrap resamples, at least 1.</param>
    /// <param name="stream">Stream of the bootstrap.</param>
    /// <exception cref="ArgumentException">A problem has two greedy attempts.</exception>
    public static EvaluationSummary Summarize(
        IReadOnlyList<JudgedAttempt> sampled,
        IReadOnlyList<JudgedAttempt> greedy,
        int[] ks,
        int resamples,
        RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(sampled);
        ArgumentNullException.ThrowIfNull(greedy);
        ArgumentNullException.ThrowIfNull(ks);
        foreach (var k in ks)
            ArgumentOutOfRangeException.ThrowIfLessThan(k, 1, nameof(ks));

        var counts = AttemptCounts.Of(sampled, greedy);
        var byStratum = new SortedDictionary<string, EvaluationSummary>(NaturalOrder.Instance);
        foreach (var stratum in counts.GroupBy(c => c.Problem.Stratum, StringComparer.Ordinal))
            byStratum[stratum.Key] = Summarize([.. stratum], ks, resamples, stream.Derive("stratum").Derive(stratum.Key));
        return Summarize(counts, ks, resamples, stream.Derive("all")) with { ByStratum = byStratum };
    }

    private static EvaluationSummary Summarize(IReadOnlyList<AttemptCounts> problems, int[] ks, int resamples, RandomStream stream)
    {
        var passAtK = new SortedDictionary<int, Estimate>();
        var excluded = new SortedDictionary<int, int>();
        foreach (var k in ks.Distinct())
        {
            var values = problems.Where(p => p.Known >= k).Select(p => PassAtK.Estimate(p.Known, p.Accepted, k)).ToList();
            if (values.Count < problems.Count)
                excluded[k] = problems.Count - values.Count;

            // Every k starts from the same stream, so that all k see the same resampled problems.
            if (values.Count > 0)
                passAtK[k] = Intervals.Bootstrap(values, resamples, stream);
        }

        var greedyKnown = problems.Count(p => p.GreedyAccepted is not null);
        return new EvaluationSummary
        {
            Problems = problems.Count,
            Attempts = problems.Sum(p => p.Attempts),
            Unknown = problems.Sum(p => p.Attempts - p.Known),
            PassAtK = passAtK,
            Excluded = excluded,
            Greedy = greedyKnown == 0 ? null : Intervals.Wilson(problems.Count(p => p.GreedyAccepted == true), greedyKnown),
            Tokens = problems.Sum(p => p.Tokens),
            VerifierCalls = problems.Sum(p => p.Judged),
        };
    }
}
