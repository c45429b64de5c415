namespace Ratchet.Models;

/// <summary>
/// Multi-head latent attention (DeepSeek-V2, section 2.1): keys and values are made from one narrow vector a position, and a part of each head,
/// whose key all heads share, carries the rotary position.
/// </summary>
public sealed record LatentAttention
{
    /// <summary>Width of the vector that queries are made from; null where they are made from the residual stream.</summary>
    public int? QueryRank { get; init; }

    /// <summary>Width of the vector that keys and values are made from.</summary>
    public required int KeyValueRank { get; init; }

    /// <summary>Width of a head's part without position.</summary>
    public required int PlainHeadSize { get; init; }

    /// <summary>Width of a head's part with position; even.</summary>
    public required int RotaryHeadSize { get; init; }

    /// <summary>Width of a head's values; at most the head size.</summary>
    public required int ValueHeadSize { get; init; }

    internal IEnumerable<string> Validate(DecoderConfig config)
    {
        foreach (var (value, name) in ((int, string)[])[(QueryRank ?? 1, nameof(QueryRank)), (KeyValueRank, nameof(KeyValueRank)), (PlainHeadSize, nameof(PlainHeadSize)), (RotaryHeadSize, nameof(RotaryHeadSize)), (ValueHeadSize, nameof(ValueHeadSize))])
        {
            if (value <= 0)
                yield return $"{nameof(LatentAttention)}.{name} must be positive, not {value}.";
        }

        if (config.HeadSize != (long)PlainHeadSize + RotaryHeadSize)
            yield return $"{nameof(config.HeadSize)} ({config.HeadSize}) must be {nameof(PlainHeadSize)} + {nameof(RotaryHeadSize)} ({(long)PlainHeadSize + RotaryHeadSize}) with latent attention.";
        if (config.KeyValueHeads != config.Heads)
            yield return $"{nameof(config.KeyValueHeads)} ({config.KeyValueHeads}) must equal {nameof(config.Heads)} ({config.Heads}) with latent attention.";
        if (RotaryHeadSize % 2 != 0)
            yield return $"{nameof(LatentAttention)}.{nameof(RotaryHeadSize)} ({RotaryHeadSize}) must be even: rotary positions turn pairs.";
        if (ValueHeadSize > config.HeadSize)
            yield return $"{nameof(LatentAttention)}.{nameof(ValueHeadSize)} ({ValueHeadSize}) must be at most {nameof(config.HeadSize)} ({config.HeadSize}).";
        if (config.QkNorm || config.QkvBias)
            yield return "Latent attention has neither QkNorm nor QkvBias.";
    }
}
