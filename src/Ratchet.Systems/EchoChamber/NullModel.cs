namespace Ratchet.Systems.EchoChamber;

/// <summary>
/// What would become of the formats' shares if a model could do nothing but choose a format, each with a fixed accuracy: the prediction that measured shares are held against. Own derivation, after
/// the observation that collapse, late winners and the mild shift of expert iteration need no property of language models.
/// </summary>
/// <remarks>w are start shares, R accuracies, in the same order; a part of the shares that belongs to no format is a format of accuracy 0. Shares that are returned sum to 1.</remarks>
public static class NullModel
{
    /// <summary>Largest step of the integration, in units of time in which a gradient of 1 moves a logit by 1.</summary>
    private const double LargestStep = 0.25;

    /// <summary>
    /// The policy that maximises reward - beta · KL(policy || start), question by question: shares in proportion to w · ((1 - R) + R · exp(1 / beta)), which for small beta is w · R and no winner takes all.
    /// </summary>
    /// <param name="start">w.</param>
    /// <param name="accuracy">R.</param>
    /// <param name="beta">Cost of a nat, above 0.</param>
    public static double[] KlOptimum(IReadOnlyList<double> start, IReadOnlyList<double> accuracy, double beta)
    {
        Check(start, accuracy);
        if (!(beta > 0))
            throw new ArgumentOutOfRangeException(nameof(beta), beta, "Without a cost of divergence there is no such optimum.");

        // Divided by exp(1 / beta), which no double holds for small beta.
        var loss = Math.Exp(-1 / beta);
        return Normalized([.. start.Select((w, i) => w * (((1 - accuracy[i]) * loss) + accuracy[i]))]);
    }

    /// <summary>Rounds of learning from accepted samples alone, anew from the start model with the latest model's samples: w · R^rounds.</summary>
    public static double[] ExpertIteration(IReadOnlyList<double> start, IReadOnlyList<double> accuracy, int rounds)
    {
        Check(start, accuracy);
        ArgumentOutOfRangeException.ThrowIfNegative(rounds);
        return Normalized([.. start.Select((w, i) => w * Math.Pow(accuracy[i], rounds))]);
    }

    /// <summary>Policy gradient on the formats' logits, d theta_i / dt = w_i · (R_i - mean R) with w = softmax(theta), which does collapse; a rare format can lose to a worse one for a long time.</summary>
    /// <param name="start">w.</param>
    /// <param name="accuracy">R.</param>
    /// <param name="time">Time, at least 0.</param>
    public static double[] PolicyGradient(IReadOnlyList<double> start, IReadOnlyList<double> accuracy, double time)
    {
        Check(start, accuracy);
        ArgumentOutOfRangeException.ThrowIfNegative(time);
        var shares = Normalized([.. start]);
        var steps = (int)Math.Ceiling(time / LargestStep);
        for (var step = 0; step < steps; step++)
            shares = Step(shares, accuracy, time / steps);
        return shares;
    }

    /// <summary>The time a unit of training that makes <see cref="PolicyGradient"/> come nearest to measured shares (least squares over a grid of 2 % steps).</summary>
    /// <param name="start">w.</param>
    /// <param name="accuracy">R.</param>
    /// <param name="measured">Units of training, at least 0, with the shares measured then; at least one.</param>
    /// <returns>Time a unit.</returns>
    public static double FitRate(IReadOnlyList<double> start, IReadOnlyList<double> accuracy, IReadOnlyList<(double At, IReadOnlyList<double> Shares)> measured)
    {
        Check(start, accuracy);
        ArgumentNullException.ThrowIfNull(measured);
        if (measured.Count == 0)
            throw new ArgumentException("Nothing was measured.", nameof(measured));

        // A rate only stretches time, so one curve serves all of them. From hardly any movement to one that has long collapsed at the end.
        const double Longest = 2000;
        var curve = new double[(int)(Longest / LargestStep) + 1][];
        curve[0] = Normalized([.. start]);
        for (var i = 1; i < curve.Length; i++)
            curve[i] = Step(curve[i - 1], accuracy, LargestStep);
        var latest = Math.Max(measured.Max(m => m.At), 1e-9);
        var (best, least) = (0.0, double.PositiveInfinity);
        for (var total = 0.05; total < Longest; total *= 1.02)
        {
            var error = 0.0;
            foreach (var (at, shares) in measured)
            {
                var predicted = curve[(int)Math.Round(at / latest * total / LargestStep)];
                for (var i = 0; i < predicted.Length; i++)
                    error += (predicted[i] - shares[i]) * (predicted[i] - shares[i]);
            }

            if (error < least)
                (best, least) = (total / latest, error);
        }

        return best;
    }

    private static double[] Step(double[] shares, IReadOnlyList<double> accuracy, double time)
    {
        var mean = 0.0;
        for (var i = 0; i < shares.Length; i++)
            mean += shares[i] * accuracy[i];
        var next = new double[shares.Length];
        for (var i = 0; i < shares.Length; i++)
            next[i] = shares[i] * Math.Exp(time * shares[i] * (accuracy[i] - mean));
        return Normalized(next);
    }

    private static double[] Normalized(double[] values)
    {
        var sum = values.Sum();
        if (!(sum > 0))
            throw new ArgumentException("No format has a share: all that could be learned from has accuracy 0.");
        return Array.ConvertAll(values, v => v / sum);
    }

    private static void Check(IReadOnlyList<double> start, IReadOnlyList<double> accuracy)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(accuracy);
        if (start.Count == 0 || start.Count != accuracy.Count)
            throw new ArgumentException($"There are {start.Count} shares and {accuracy.Count} accuracies.");
        if (start.Any(w => w is not (>= 0 and <= 1)) || accuracy.Any(r => r is not (>= 0 and <= 1)))
            throw new ArgumentException("Shares and accuracies lie in [0, 1].");
    }
}
