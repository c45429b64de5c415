namespace Ratchet.Evaluation;

/// <summary>The unbiased estimator of pass@k for one problem.</summary>
/// <remarks>Chen et al. 2021, "Evaluating Large Language Models Trained on Code", equation 1, in the product form of their figure 3.</remarks>
public static class PassAtK
{
    /// <summary>
    /// Probability that at least one of <paramref name="k"/> attempts, drawn without replacement from the
    /// <paramref name="n"/> made, is right: <c>1 - C(n - c, k) / C(n, k)</c>.
    /// </summary>
    /// <param name="n">Attempts with a verdict, at least <paramref name="k"/>.</param>
    /// <param name="c">Accepted attempts, 0 to <paramref name="n"/>.</param>
    /// <param name="k">Attempts allowed, at least 1.</param>
    /// <returns>A number in [0, 1]; exactly 0 for c = 0 and exactly 1 when fewer than k attempts failed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of its range; n &lt; k has no unbiased estimate.</exception>
    public static double Estimate(int n, int c, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(n, k);
        ArgumentOutOfRangeException.ThrowIfNegative(c);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(c, n);
        if (c == 0)
            return 0;
        if (n - c < k)
            return 1;

        // The shorter of the two equal products: over c factors or over k factors. Binomials themselves overflow early.
        var allFail = 1.0;
        if (c <= k)
        {
            for (var i = n - c + 1; i <= n; i++)
                allFail *= 1.0 - ((double)k / i);
        }
        else
        {
            for (var i = n - k + 1; i <= n; i++)
                allFail *= 1.0 - ((double)c / i);
        }

        return 1.0 - allFail;
    }
}
