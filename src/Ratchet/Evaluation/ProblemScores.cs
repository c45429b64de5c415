using Ratchet.Loop;

namespace Ratchet.Evaluation;

/// <summary>What one run scored on each problem of an evaluation set, for comparison with another run.</summary>
/// <param name="Seed">Seed of the run; comparisons pair runs by it.</param>
/// <param name="Values">
/// A number in [0, 1] by problem, named by <c>id: statement</c>, so that runs on other problems of the same numbers are not paired; null
/// where too few attempts had a verdict.
/// </param>
public sealed record ProblemScores(ulong Seed, IReadOnlyDictionary<string, double?> Values)
{
    /// <summary>pass@k of each problem.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="attempts">Judged attempts of the run on the evaluation set.</param>
    /// <param name="k">Attempts allowed, at least 1.</param>
    public static ProblemScores PassAt(int k, ulong seed, IReadOnlyList<JudgedAttempt> attempts)
    {
        ArgumentNullException.ThrowIfNull(attempts);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        var values = new SortedDictionary<string, double?>(StringComparer.Ordinal);
        foreach (var counts in AttemptCounts.Of(attempts, []))
            values[$"{counts.Problem.Id}: {counts.Problem.Statement}"] = counts.Known >= k ? PassAtK.Estimate(counts.Known, counts.Accepted, k) : null;
        return new ProblemScores(seed, values);
    }
}
