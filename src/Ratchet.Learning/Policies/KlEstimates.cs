namespace Ratchet.Learning.Policies;

/// <summary>Estimates of the divergence from one token, and their slopes; s = log π - log π_ref.</summary>
public static class KlEstimates
{
    /// <summary>The estimate.</summary>
    public static double Of(KlEstimator estimator, double s) => estimator switch
    {
        KlEstimator.K1 => s,
        KlEstimator.K2 => s * s / 2,
        _ => Math.Exp(-s) - 1 + s,
    };

    /// <summary>Its derivative by log π.</summary>
    public static double Slope(KlEstimator estimator, double s) => estimator switch
    {
        KlEstimator.K1 => 1,
        KlEstimator.K2 => s,
        _ => 1 - Math.Exp(-s),
    };

    /// <summary>β after a batch, see <see cref="AdaptiveKlOptions"/>.</summary>
    /// <param name="coefficient">β before.</param>
    /// <param name="options">Target, gain and limit.</param>
    /// <param name="sequenceKl">Mean over sequences of the summed s.</param>
    public static double Adapt(double coefficient, AdaptiveKlOptions options, double sequenceKl)
    {
        ArgumentNullException.ThrowIfNull(options);
        return coefficient * (1 + (options.Gain * Math.Clamp((sequenceKl / options.Target) - 1, -options.Limit, options.Limit)));
    }
}
