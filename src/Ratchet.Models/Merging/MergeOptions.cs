namespace Ratchet.Models.Merging;

/// <summary>How models are combined and written.</summary>
public sealed record MergeOptions
{
    /// <summary>Element type of the result; null for that of the first model, tensor by tensor.</summary>
    public WeightsType? Type { get; init; }

    /// <summary>Elements of a tensor that are worked on at once, which decides the memory needed (about 24 bytes each); at least 1.</summary>
    public int ChunkElements { get; init; } = 1 << 18;

    /// <summary>Most bytes of one weights file; a larger model is written in parts with an index. At least 1.</summary>
    public long ShardBytes { get; init; } = 5_000_000_000;

    internal void ThrowIfInvalid()
    {
        if (ChunkElements < 1 || ShardBytes < 1)
            throw new ArgumentException($"{nameof(ChunkElements)} ({ChunkElements}) and {nameof(ShardBytes)} ({ShardBytes}) must be at least 1.");
    }
}
