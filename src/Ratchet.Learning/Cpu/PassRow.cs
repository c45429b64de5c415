using Ratchet.Examples;

namespace Ratchet.Learning.Cpu;

/// <summary>
/// One row as the passes see it. The last id of a row is only a target, so a row of n ids has n - 1 input tokens; its targets
/// are predicted from the input tokens [<see cref="QueryStart"/>, <see cref="Length"/>), always the tail.
/// </summary>
internal readonly struct PassRow
{
    /// <summary>Ids, the last one included.</summary>
    public IReadOnlyList<int> Ids { get; init; }

    /// <summary>Place of the row in the caller's list.</summary>
    public int Index { get; init; }

    /// <summary>First input token that predicts a target.</summary>
    public int QueryStart { get; init; }

    /// <summary>Factor on each target's negative log-probability in the loss, already divided by the step's sum of weights.</summary>
    public float Scale { get; init; }

    /// <summary>Ids after the first target that carry no loss; null or empty for none.</summary>
    public IReadOnlyList<IdSpan>? Masked { get; init; }

    /// <summary>Input tokens.</summary>
    public int Length => Ids.Count - 1;

    /// <summary>Targets.</summary>
    public int Targets => Length - QueryStart;
}
