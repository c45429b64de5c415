namespace Ratchet.Learning.Policies;

/// <summary>From rewards to advantages: the arithmetic of PPO, GRPO and REINFORCE++, on plain arrays.</summary>
public static class Advantages
{
    /// <summary>Added to a group's deviation before dividing.</summary>
    private const double GroupEpsilon = 1e-9;

    /// <summary>Added to a batch's variance before the root.</summary>
    private const double VarianceEpsilon = 1e-8;

    /// <summary>
    /// Generalized advantage estimation (Schulman et al. 2016, equation 16): δ_t = r_t + γ V_{t+1} - V_t, A_t = δ_t + γ λ A_{t+1}, with V after the last token 0; returns are A + V.
    /// </summary>
    /// <param name="rewards">Reward of each token.</param>
    /// <param name="values">Value before each token.</param>
    /// <param name="discount">γ.</param>
    /// <param name="lambda">λ.</param>
    public static (double[] Advantages, double[] Returns) Generalized(ReadOnlySpan<double> rewards, ReadOnlySpan<double> values, double discount, double lambda)
    {
        if (rewards.Length != values.Length)
            throw new ArgumentException("There must be as many values as rewards.", nameof(values));
        var advantages = new double[rewards.Length];
        var returns = new double[rewards.Length];
        double next = 0, advantage = 0;
        for (var t = rewards.Length - 1; t >= 0; t--)
        {
            advantage = rewards[t] + (discount * next) - values[t] + (discount * lambda * advantage);
            (advantages[t], returns[t], next) = (advantage, advantage + values[t], values[t]);
        }

        return (advantages, returns);
    }

    /// <summary>Sums from each token to the end.</summary>
    public static double[] ToEnd(ReadOnlySpan<double> rewards)
    {
        var sums = new double[rewards.Length];
        var sum = 0.0;
        for (var t = rewards.Length - 1; t >= 0; t--)
            sums[t] = sum += rewards[t];
        return sums;
    }

    /// <summary>
    /// Rewards of one group against each other: less their mean, and divided by their sample deviation (n - 1) plus 1e-9 where asked. All 0 where they are the same or there is only one.
    /// </summary>
    public static double[] OfGroup(ReadOnlySpan<double> rewards, bool normalizeDeviation)
    {
        var result = new double[rewards.Length];
        if (IsDead(rewards))
            return result;
        var mean = 0.0;
        foreach (var reward in rewards)
            mean += reward / rewards.Length;
        var squares = 0.0;
        foreach (var reward in rewards)
            squares += (reward - mean) * (reward - mean);
        var divisor = normalizeDeviation ? Math.Sqrt(squares / (rewards.Length - 1)) + GroupEpsilon : 1;
        for (var i = 0; i < result.Length; i++)
            result[i] = (rewards[i] - mean) / divisor;
        return result;
    }

    /// <summary>A group without a signal: fewer than two rewards, or all the same.</summary>
    public static bool IsDead(ReadOnlySpan<double> rewards) => rewards.Length < 2 || !rewards.ContainsAnyExcept(rewards[0]);

    /// <summary>
    /// Divides all numbers of a batch by their deviation (variance over n, plus 1e-8), after taking their mean away or leaving it where it is. Every number counts once, whatever row it
    /// is in; there is no padding among them.
    /// </summary>
    /// <param name="rows">Numbers, changed in place.</param>
    /// <param name="keepMean">Leaves the mean.</param>
    public static void Whiten(IReadOnlyList<double[]> rows, bool keepMean = false)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var count = rows.Sum(r => r.Length);
        if (count == 0)
            return;
        var mean = rows.Sum(r => r.Sum()) / count;
        var factor = 1 / Math.Sqrt((rows.Sum(r => r.Sum(x => (x - mean) * (x - mean))) / count) + VarianceEpsilon);
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Length; i++)
                row[i] = ((row[i] - mean) * factor) + (keepMean ? mean : 0);
        }
    }

    /// <summary>1 - variance(return - value) / variance(return); not a number where all returns are the same.</summary>
    public static double ExplainedVariance(IReadOnlyList<double[]> returns, IReadOnlyList<double[]> values)
    {
        var whole = Variance([.. returns.SelectMany(r => r)]);
        var rest = Variance([.. returns.Zip(values).SelectMany(p => p.First.Zip(p.Second, (r, v) => r - v))]);
        return whole > 0 ? 1 - (rest / whole) : double.NaN;

        static double Variance(double[] x)
        {
            if (x.Length == 0)
                return 0;
            var mean = x.Average();
            return x.Sum(v => (v - mean) * (v - mean)) / x.Length;
        }
    }
}
