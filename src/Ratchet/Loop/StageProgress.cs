using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Loop;

/// <summary>Counts of a stage so far, for progress events.</summary>
internal sealed class StageProgress(int round, string stage, int total, IReadOnlyList<JudgedAttempt> judged)
{
    private readonly int _before = judged.Count;
    private long _tokens;
    private double _sampleSeconds;
    private long _checks;
    private double _verifySeconds;

    public void Add(VerifiedBatch batch, long tokens, double sampleSeconds)
    {
        _tokens += tokens;
        _sampleSeconds += sampleSeconds;
        _checks += batch.Checks;
        _verifySeconds += batch.Seconds;
    }

    public RunEvent.BatchDone Event()
    {
        var unknown = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var group in judged.Where(j => j.Verdict.IsUnknown).GroupBy(j => j.Verdict.Reason))
            unknown[JsonNamingPolicy.SnakeCaseLower.ConvertName(group.Key.ToString())] = group.Count();
        return new RunEvent.BatchDone
        {
            Round = round,
            Stage = stage,
            Done = judged.Count,
            Total = total,
            Accepted = judged.Count(j => j.Verdict.IsAccepted),
            Unknown = unknown,
            TokensPerSecond = Rate(_tokens, _sampleSeconds),
            ProposalsPerSecond = Rate(judged.Count - _before, _sampleSeconds),
            ChecksPerSecond = Rate(_checks, _verifySeconds),
        };
    }

    private static double Rate(long count, double seconds) => seconds > 0 ? count / seconds : 0;
}
