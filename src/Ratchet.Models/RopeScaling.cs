namespace Ratchet.Models;

/// <summary>How rotary frequencies are changed to reach positions beyond those of the first training.</summary>
public enum RopeScalingKind
{
    /// <summary>All positions divided by the factor.</summary>
    Linear,

    /// <summary>Long wavelengths divided by the factor, short ones kept, a ramp between (Llama 3.1).</summary>
    Llama3,

    /// <summary>YaRN (Peng et al. 2023): a ramp over dimensions, and cosines and sines scaled by the attention factor.</summary>
    Yarn,
}

/// <summary>Scaling of rotary positions, with the parameters of <c>rope_scaling</c> in <c>config.json</c>.</summary>
public sealed record RopeScaling
{
    /// <summary>Kind.</summary>
    public required RopeScalingKind Kind { get; init; }

    /// <summary>By how much the context was stretched; at least 1.</summary>
    public required double Factor { get; init; }

    /// <summary>Positions of the first training, for <see cref="RopeScalingKind.Llama3"/> and <see cref="RopeScalingKind.Yarn"/>.</summary>
    public int OriginalPositions { get; init; }

    /// <summary>Llama 3: wavelengths above <c>OriginalPositions / LowFrequencyFactor</c> are divided.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Llama 3: wavelengths below <c>OriginalPositions / HighFrequencyFactor</c> are kept.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>YaRN: dimensions that turn more often than this over the original positions are kept.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>YaRN: dimensions that turn less often than this are divided.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>YaRN: factor of cosines and sines; null for <c>0.1 · ln(Factor) + 1</c> or what <see cref="MScale"/> says.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>YaRN in DeepSeek: weight of the attention factor's logarithm; null where the file gives none.</summary>
    public double? MScale { get; init; }

    /// <summary>YaRN in DeepSeek: weight of the logarithm that divides the attention factor and, squared, scales the scores; null where the file gives none.</summary>
    public double? MScaleAllDimensions { get; init; }

    /// <summary>YaRN: the ends of the ramp are whole dimensions.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>Factor of cosines and sines.</summary>
    internal double RotaryFactor => Kind != RopeScalingKind.Yarn ? 1
        : AttentionFactor ?? (MScale is > 0 and { } mscale && MScaleAllDimensions is > 0 and { } all ? Stretch(mscale) / Stretch(all) : Stretch(1));

    /// <summary>Factor of attention scores with latent attention (DeepSeek).</summary>
    internal double ScoreFactor => Kind == RopeScalingKind.Yarn && MScaleAllDimensions is > 0 and { } all ? Stretch(all) * Stretch(all) : 1;

    /// <summary>Radians a position of each pair of dimensions.</summary>
    /// <param name="size">Dimensions that turn; even.</param>
    /// <param name="theta">Base.</param>
    /// <param name="scaling">Scaling, or null for none.</param>
    internal static double[] Frequencies(int size, double theta, RopeScaling? scaling)
    {
        var frequencies = new double[size / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            var plain = Math.Pow(theta, -2.0 * i / size);
            frequencies[i] = scaling?.Kind switch
            {
                null => plain,
                RopeScalingKind.Linear => plain / scaling.Factor,
                RopeScalingKind.Llama3 => scaling.Llama3(plain),
                _ => scaling.Yarn(plain, i, size, theta),
            };
        }

        return frequencies;
    }

    internal IEnumerable<string> Validate()
    {
        if (!(Factor >= 1) || !double.IsFinite(Factor))
            yield return $"{nameof(RopeScaling)}.{nameof(Factor)} must be at least 1, not {Factor}.";
        if (Kind != RopeScalingKind.Linear && OriginalPositions <= 0)
            yield return $"{nameof(RopeScaling)}.{nameof(OriginalPositions)} must be positive, not {OriginalPositions}.";
        if (Kind == RopeScalingKind.Llama3 && !(LowFrequencyFactor > 0 && HighFrequencyFactor > LowFrequencyFactor))
            yield return $"{nameof(RopeScaling)}.{nameof(HighFrequencyFactor)} ({HighFrequencyFactor}) must be above {nameof(LowFrequencyFactor)} ({LowFrequencyFactor}), which must be positive.";
        if (Kind == RopeScalingKind.Yarn && !(BetaSlow > 0 && BetaFast >= BetaSlow))
            yield return $"{nameof(RopeScaling)}.{nameof(BetaFast)} ({BetaFast}) must be at least {nameof(BetaSlow)} ({BetaSlow}), which must be positive.";
    }

    private double Stretch(double weight) => Factor <= 1 ? 1 : (0.1 * weight * Math.Log(Factor)) + 1;

    private double Llama3(double plain)
    {
        var turns = OriginalPositions * plain / (2 * Math.PI);
        if (turns < LowFrequencyFactor)
            return plain / Factor;
        if (turns > HighFrequencyFactor)
            return plain;
        var smooth = (turns - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        return ((1 - smooth) * plain / Factor) + (smooth * plain);
    }

    private double Yarn(double plain, int pair, int size, double theta)
    {
        double Dimension(double turns) => size * Math.Log(OriginalPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
        double low = Dimension(BetaFast), high = Dimension(BetaSlow);
        if (Truncate)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, size - 1));

        // Two equal ends would divide by zero; the step between them stays a step.
        if (low == high)
            high += 0.001;
        var divided = Math.Clamp((pair - low) / (high - low), 0, 1);
        return (plain / Factor * divided) + (plain * (1 - divided));
    }
}
