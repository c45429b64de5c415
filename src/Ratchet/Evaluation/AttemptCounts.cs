using Ratchet.Loop;
using Ratchet.Problems;

namespace Ratchet.Evaluation;

/// <summary>The counts of one problem that evaluation works on.</summary>
/// <param name="Problem">Problem.</param>
/// <param name="Attempts">Sampled attempts.</param>
/// <param name="Known">Of these, with a verdict other than unknown.</param>
/// <param name="Accepted">Of these, accepted.</param>
/// <param name="GreedyAccepted">Whether the most likely attempt was accepted; null without one or without a verdict.</param>
/// <param name="Judged">Attempts judged, greedy included.</param>
/// <param name="Tokens">Tokens sampled, greedy included.</param>
internal sealed record AttemptCounts(Problem Problem, int Attempts, int Known, int Accepted, bool? GreedyAccepted, int Judged, long Tokens)
{
    /// <summary>Counts by problem, in ordinal order of problem identifiers.</summary>
    public static IReadOnlyList<AttemptCounts> Of(IReadOnlyList<JudgedAttempt> sampled, IReadOnlyList<JudgedAttempt> greedy)
    {
        var greedyById = new Dictionary<string, JudgedAttempt>(StringComparer.Ordinal);
        foreach (var attempt in greedy)
        {
            if (!greedyById.TryAdd(attempt.Problem.Id, attempt))
                throw new ArgumentException($"The problem '{attempt.Problem.Id}' has two greedy attempts.", nameof(greedy));
        }

        var sampledById = sampled.ToLookup(a => a.Problem.Id, StringComparer.Ordinal);
        return
        [
            .. sampled.Concat(greedy).Select(a => a.Problem).DistinctBy(p => p.Id).OrderBy(p => p.Id, StringComparer.Ordinal).Select(problem =>
            {
                var mine = sampledById[problem.Id].ToList();
                var most = greedyById.GetValueOrDefault(problem.Id);
                return new AttemptCounts(
                    problem,
                    mine.Count,
                    mine.Count(a => !a.Verdict.IsUnknown),
                    mine.Count(a => a.Verdict.IsAccepted),
                    most is null || most.Verdict.IsUnknown ? null : most.Verdict.IsAccepted,
                    mine.Count + (most is null ? 0 : 1),
                    mine.Sum(a => (long)a.Attempt.TokenIds.Count) + (most?.Attempt.TokenIds.Count ?? 0));
            }),
        ];
    }
}
