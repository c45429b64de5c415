using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Evaluation;

/// <summary>95 % intervals of shares and means.</summary>
public static class Intervals
{
    /// <summary>97.5 % point of the standard normal distribution.</summary>
    private const double Z = 1.959963984540054;

    /// <summary>Wilson's score interval of a plain share (Wilson 1927): right for small counts and at 0 and 1, where the normal interval is not.</summary>
    /// <param name="successes">Successes, 0 to <paramref name="trials"/>.</param>
    /// <param name="trials">Independent trials, at least 1.</param>
    public static Estimate Wilson(int successes, int trials)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, trials);
        var share = (double)successes / trials;
        var shrink = 1 + (Z * Z / trials);
        var middle = (share + (Z * Z / (2.0 * trials))) / shrink;
        var half = Z * Math.Sqrt((share * (1 - share) / trials) + (Z * Z / (4.0 * trials * trials))) / shrink;

        // The ends are exact at 0 and 1; rounding must not push them past the estimate.
        return new Estimate(
            share,
            successes == 0 ? 0 : Math.Max(0, middle - half),
            successes == trials ? 1 : Math.Min(1, middle + half));
    }

    /// <summary>
    /// Mean with a percentile bootstrap interval over items (Efron and Tibshirani 1993, section 13.3). Where all items are 0
    /// or all are 1 no resample differs and the bootstrap would claim certainty; Wilson's interval is given instead.
    /// </summary>
    /// <param name="values">One number in [0, 1] an item; at least one.</param>
    /// <param name="resamples">Bootstrap resamples, at least 1; 1,000 or more for a steady second digit.</param>
    /// <param name="stream">Stream that draws the resamples; the same stream gives the same interval.</param>
    public static Estimate Bootstrap(IReadOnlyList<double> values, int resamples, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Count, 1, nameof(values));
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
        var mean = values.Average();
        if (values.All(v => v == 0))
            return Wilson(0, values.Count);
        if (values.All(v => v == 1))
            return Wilson(values.Count, values.Count);

        var means = new double[resamples];
        for (var r = 0; r < resamples; r++)
        {
            var sum = 0.0;
            for (var i = 0; i < values.Count; i++)
                sum += values[stream.NextInt(values.Count)];
            means[r] = sum / values.Count;
        }

        Array.Sort(means);
        return new Estimate(mean, Math.Min(mean, Quantile(means, 0.025)), Math.Max(mean, Quantile(means, 0.975)));
    }

    /// <summary>Quantile of sorted numbers with linear interpolation between neighbours (Hyndman and Fan 1996, type 7).</summary>
    /// <param name="sorted">Numbers in ascending order, at least one.</param>
    /// <param name="p">Share, 0 to 1.</param>
    public static double Quantile(ReadOnlySpan<double> sorted, double p)
    {
        var place = p * (sorted.Length - 1);
        var below = (int)Math.Floor(place);
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
