namespace Ratchet.Learning.Objectives;

/// <summary>
/// Bradley-Terry: L = Σ_k w_k [-p_k log σ(r_1 - r_2) - (1 - p_k) log σ(r_2 - r_1)] / Σ_k w_k over pairs k, with p the probability that the first response is preferred. Rows 2k and
/// 2k + 1 are a pair's; a row's reward is the value at its first place.
/// </summary>
public sealed class PairwiseReward : ITokenObjective
{
    private readonly IReadOnlyList<(double Preference, double Weight)> _pairs;
    private readonly double _centering;

    /// <summary>Makes the loss of some pairs.</summary>
    /// <param name="pairs">Preference in [0, 1] and weight, at least 0, of each pair; one weight above 0.</param>
    /// <param name="centering">Factor on the mean squared reward of all rows, added to the loss; 0 adds none.</param>
    public PairwiseReward(IReadOnlyList<(double Preference, double Weight)> pairs, double centering = 0) => (_pairs, _centering) = (pairs, centering);

    /// <inheritdoc/>
    public TokenQuantities Quantities => TokenQuantities.Value;

    /// <summary>Share of pairs without a tie whose preferred response had the higher reward, in the last evaluation; not a number without any.</summary>
    public double Accuracy { get; private set; }

    /// <inheritdoc/>
    public double Evaluate(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var total = _pairs.Sum(p => p.Weight);
        var loss = 0.0;
        int right = 0, decided = 0;
        for (var k = 0; k < _pairs.Count; k++)
        {
            var (preference, weight) = _pairs[k];
            var difference = (double)batch.Values[2 * k][0] - batch.Values[(2 * k) + 1][0];
            loss += weight / total * -((preference * Logistic.LogSigmoid(difference)) + ((1 - preference) * Logistic.LogSigmoid(-difference)));
            var slope = (float)(weight / total * (Logistic.Sigmoid(difference) - preference));
            batch.ValueGradients[2 * k][0] = slope;
            batch.ValueGradients[(2 * k) + 1][0] = -slope;
            if (preference == 0.5)
                continue;
            decided++;
            if (difference != 0 && difference > 0 == preference > 0.5)
                right++;
        }

        Accuracy = decided == 0 ? double.NaN : (double)right / decided;
        return loss + Center(batch, _centering);
    }

    /// <summary>Adds factor · mean r² and its slopes.</summary>
    internal static double Center(TokenBatch batch, double factor)
    {
        if (factor == 0)
            return 0;
        var loss = 0.0;
        for (var r = 0; r < batch.Rows.Count; r++)
        {
            var value = (double)batch.Values[r][0];
            loss += factor * value * value / batch.Rows.Count;
            batch.ValueGradients[r][0] += (float)(2 * factor * value / batch.Rows.Count);
        }

        return loss;
    }
}
