using System.Text.Json;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Loop;

/// <summary>Running counts of a stage, for progress events and the limit on unknown verdicts.</summary>
internal sealed class StageProgress(int round, string stage, int total)
{
    private readonly SortedDictionary<VerdictReason, long> _unknown = [];
    private int _done;
    private int _accepted;
    private int _sampled;
    private long _tokens;
    private double _sampleSeconds;
    private long _checks;
    private double _verifySeconds;

    /// <summary>Verdicts that are unknown.</summary>
    public long Unknown => _unknown.Values.Sum();

    /// <summary>Unknown verdicts by the reason's word, in the order of reasons.</summary>
    public IEnumerable<(string Reason, long Count)> UnknownByReason => _unknown.Select(u => (JsonNamingPolicy.SnakeCaseLower.ConvertName(u.Key.ToString()), u.Value));

    /// <summary>Counts verdicts of attempts that were made earlier, or whose batch <see cref="AddWork"/> tells about.</summary>
    public void Add(IEnumerable<Verdict> verdicts)
    {
        foreach (var verdict in verdicts)
        {
            _done++;
            if (verdict.IsAccepted)
                _accepted++;
            else if (verdict.IsUnknown)
                _unknown[verdict.Reason] = _unknown.GetValueOrDefault(verdict.Reason) + 1;
        }
    }

    /// <summary>Counts what a batch took in this session.</summary>
    public void AddWork(VerifiedBatch batch, long tokens, double sampleSeconds)
    {
        _sampled += batch.Attempts.Count;
        _tokens += tokens;
        _sampleSeconds += sampleSeconds;
        _checks += batch.Checks;
        _verifySeconds += batch.Seconds;
    }

    public RunEvent.BatchDone Event()
    {
        var unknown = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (reason, count) in UnknownByReason)
            unknown[reason] = count;
        return new RunEvent.BatchDone
        {
            Round = round,
            Stage = stage,
            Done = _done,
            Total = total,
            Accepted = _accepted,
            Unknown = unknown,
            TokensPerSecond = Rate(_tokens, _sampleSeconds),
            ProposalsPerSecond = Rate(_sampled, _sampleSeconds),
            ChecksPerSecond = Rate(_checks, _verifySeconds),
        };
    }

    private static double Rate(long count, double seconds) => seconds > 0 ? count / seconds : 0;
}
