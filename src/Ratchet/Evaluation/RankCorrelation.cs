namespace Ratchet.Evaluation;

/// <summary>Agreement of two orders of the same things.</summary>
/// <param name="Spearman">Rank correlation, equal values with their mean rank; not a number where one side has no spread.</param>
/// <param name="Pearson">Correlation of the values.</param>
/// <param name="Inversions">Pairs of things that the two sides order in opposite ways.</param>
/// <param name="Pairs">Pairs of things.</param>
public sealed record RankCorrelation(double Spearman, double Pearson, int Inversions, int Pairs)
{
    /// <summary>Compares two lists of numbers of the same things.</summary>
    public static RankCorrelation Of(IReadOnlyList<double> left, IReadOnlyList<double> right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        ArgumentOutOfRangeException.ThrowIfNotEqual(right.Count, left.Count, nameof(right));
        ArgumentOutOfRangeException.ThrowIfLessThan(left.Count, 2, nameof(left));
        var inversions = 0;
        for (var i = 0; i < left.Count; i++)
        {
            for (var j = 0; j < i; j++)
                inversions += Math.Sign(left[i] - left[j]) * Math.Sign(right[i] - right[j]) < 0 ? 1 : 0;
        }

        return new RankCorrelation(Correlation(Ranks(left), Ranks(right)), Correlation(left, right), inversions, left.Count * (left.Count - 1) / 2);
    }

    /// <summary>Ranks from 1, the mean rank for equal values.</summary>
    internal static double[] Ranks(IReadOnlyList<double> values)
    {
        var order = Enumerable.Range(0, values.Count).OrderBy(i => values[i]).ToArray();
        var ranks = new double[values.Count];
        for (var from = 0; from < order.Length;)
        {
            var to = from;
            while (to + 1 < order.Length && values[order[to + 1]] == values[order[from]])
                to++;
            for (var k = from; k <= to; k++)
                ranks[order[k]] = ((from + to) / 2.0) + 1;
            from = to + 1;
        }

        return ranks;
    }

    private static double Correlation(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        var (mx, my) = (x.Average(), y.Average());
        double xy = 0, xx = 0, yy = 0;
        for (var i = 0; i < x.Count; i++)
        {
            xy += (x[i] - mx) * (y[i] - my);
            xx += (x[i] - mx) * (x[i] - mx);
            yy += (y[i] - my) * (y[i] - my);
        }

        return xx > 0 && yy > 0 ? xy / Math.Sqrt(xx * yy) : double.NaN;
    }
}
