using Ratchet.Verdicts;

namespace Ratchet.Systems.Verification;

/// <summary>How many items ended how.</summary>
public sealed class CheckSummary
{
    private readonly SortedDictionary<VerdictReason, int> _rejected = [];
    private readonly SortedDictionary<VerdictReason, int> _unknown = [];

    /// <summary>Items counted.</summary>
    public int All { get; private set; }

    /// <summary>Accepted items.</summary>
    public int Accepted { get; private set; }

    /// <summary>Rejected items by reason.</summary>
    public IReadOnlyDictionary<VerdictReason, int> Rejected => _rejected;

    /// <summary>Items without a verdict on the proof, by reason.</summary>
    public IReadOnlyDictionary<VerdictReason, int> Unknown => _unknown;

    /// <summary>Counts a verdict.</summary>
    public void Add(Verdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        All++;
        if (verdict.IsAccepted)
            Accepted++;
        else
            Count(verdict.IsUnknown ? _unknown : _rejected, verdict.Reason);
    }

    private static void Count(SortedDictionary<VerdictReason, int> counts, VerdictReason reason) => counts[reason] = counts.GetValueOrDefault(reason) + 1;
}
