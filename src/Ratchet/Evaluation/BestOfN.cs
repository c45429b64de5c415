namespace Ratchet.Evaluation;

/// <summary>What best-of-n gives, estimated from more samples than n.</summary>
public static class BestOfN
{
    /// <summary>
    /// Expected value of the sample with the highest score among <paramref name="n"/> drawn without replacement from those given: every subset counts, so the estimate is
    /// unbiased and far steadier than that of one subset. Of equal scores the earlier sample is taken.
    /// </summary>
    /// <param name="scores">What is maximised, for example a reward model's score.</param>
    /// <param name="values">What is asked for, for example the true utility; one a score.</param>
    /// <param name="n">Size of the draw, 1 to the number of samples.</param>
    public static double Expected(IReadOnlyList<double> scores, IReadOnlyList<double> values, int n)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Count, scores.Count, nameof(values));
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(n, scores.Count);
        var order = Enumerable.Range(0, scores.Count).OrderBy(i => scores[i]).ThenByDescending(i => i).ToArray();

        // The best of a draw has rank i with probability C(i, n-1) / C(N, n); from the top down each is the one above times (i-n+1)/i.
        var weight = (double)n / order.Length;
        var sum = 0.0;
        for (var i = order.Length - 1; i >= n - 1; i--)
        {
            sum += weight * values[order[i]];
            weight *= i == 0 ? 0 : (double)(i - n + 1) / i;
        }

        return sum;
    }

    /// <summary>KL divergence of best-of-n from the sampler, ln n - (n-1)/n, nats (Stiennon et al. 2020): the standard formula, an upper bound where outputs repeat.</summary>
    public static double Kl(int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        return Math.Log(n) - ((n - 1.0) / n);
    }
}
