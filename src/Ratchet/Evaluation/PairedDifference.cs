namespace Ratchet.Evaluation;

/// <summary>Mean of paired differences with Student's 95 % interval: for few pairs, such as the same seeds under two settings.</summary>
/// <param name="Mean">Mean difference.</param>
/// <param name="Low">Lower end; null with one pair, which says nothing about the spread.</param>
/// <param name="High">Upper end; null with one pair.</param>
/// <param name="Pairs">Number of pairs.</param>
/// <param name="Above">Pairs whose difference is above 0.</param>
public sealed record PairedDifference(double Mean, double? Low, double? High, int Pairs, int Above)
{
    /// <summary>97.5 % points of Student's t distribution with 1 to 30 degrees of freedom.</summary>
    private static readonly double[] Points =
    [
        12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448, 2.1314,
        2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
    ];

    /// <summary>True where the interval leaves out 0.</summary>
    public bool IsBeyondNoise => Low > 0 || High < 0;

    /// <summary>The interval of some differences. With more than 31 of them it is a little too wide: the point for 30 degrees of freedom is kept.</summary>
    /// <param name="differences">One number a pair; at least one.</param>
    public static PairedDifference Of(IReadOnlyList<double> differences)
    {
        ArgumentNullException.ThrowIfNull(differences);
        ArgumentOutOfRangeException.ThrowIfZero(differences.Count, nameof(differences));
        var mean = differences.Average();
        var above = differences.Count(d => d > 0);
        if (differences.Count == 1)
            return new PairedDifference(mean, null, null, 1, above);
        var freedom = differences.Count - 1;
        var half = Points[Math.Min(freedom, Points.Length) - 1] * Math.Sqrt(differences.Sum(d => (d - mean) * (d - mean)) / freedom / differences.Count);
        return new PairedDifference(mean, mean - half, mean + half, differences.Count, above);
    }
}
