namespace Ratchet.Evaluation;

/// <summary>The difference between two systems on the same problems.</summary>
public sealed record Comparison
{
    /// <summary>Mean score of the first side.</summary>
    public required double Before { get; init; }

    /// <summary>Mean score of the second side.</summary>
    public required double After { get; init; }

    /// <summary><see cref="After"/> minus <see cref="Before"/>.</summary>
    public required double Difference { get; init; }

    /// <summary>Lower end of the 95 % percentile interval of the difference.</summary>
    public required double Low { get; init; }

    /// <summary>Upper end of the 95 % percentile interval of the difference.</summary>
    public required double High { get; init; }

    /// <summary>Two-sided bootstrap p value, at least <c>2 / (resamples + 1)</c>.</summary>
    public required double PValue { get; init; }

    /// <summary>Problems compared.</summary>
    public required int Problems { get; init; }

    /// <summary>Problems left out because a run had too few attempts with a verdict.</summary>
    public required int LeftOut { get; init; }

    /// <summary>Whether runs were paired by seed.</summary>
    public required bool SeedsPaired { get; init; }

    /// <summary>Whether the interval leaves out zero.</summary>
    public bool IsBeyondNoise => Low > 0 || High < 0;
}
