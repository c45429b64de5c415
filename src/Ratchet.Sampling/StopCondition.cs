using Ratchet.Attempts;

namespace Ratchet.Sampling;

/// <summary>Decides after each token whether a sequence has ended.</summary>
internal sealed class StopCondition
{
    private readonly HashSet<int> _ids;
    private readonly int[][] _sequences;
    private readonly SampledRule? _rule;

    public StopCondition(SamplingOptions options)
    {
        _ids = [.. options.StopIds];
        _rule = options.StopWhen;
        _sequences = [.. options.StopSequences.Select(s => s.ToArray())];
    }

    /// <summary>
    /// Why the sampled ids end here, or null. An ending id comes before a stop sequence, a stop sequence before the limit. A stop
    /// sequence counts within the sampled ids only: it never begins in the prompt.
    /// </summary>
    public StopReason? Check(ReadOnlySpan<int> sampled, int limit)
    {
        if (sampled.Length == 0)
            return limit <= 0 ? StopReason.Length : null;
        if (_ids.Contains(sampled[^1]))
            return StopReason.EndToken;
        foreach (var sequence in _sequences)
        {
            if (sampled.EndsWith(sequence))
                return StopReason.StopString;
        }

        if (_rule is not null && _rule(sampled))
            return StopReason.StopString;
        return sampled.Length >= limit ? StopReason.Length : null;
    }
}
