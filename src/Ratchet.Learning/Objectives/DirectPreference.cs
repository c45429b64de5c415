using Ratchet.Learning.Preferences;

namespace Ratchet.Learning.Objectives;

/// <summary>
/// Direct preference optimization (Rafailov et al. 2023, equation 7). With S = Σ_t log π, R = Σ_t log π_ref over a response's targets and h = (S_1 - R_1) - (S_2 - R_2):
/// L = Σ_k w_k [-p log σ(β h) - (1 - p) log σ(-β h)] / Σ_k w_k; p is the probability that the first response is preferred. As IPO (Azar et al. 2023, equation 17):
/// p (h - τ)² + (1 - p) (-h - τ)² with τ = 1 / (2 β) and S, R means over the targets in the place of sums. Rows 2k and 2k + 1 are a pair's.
/// </summary>
public sealed class DirectPreference : ITokenObjective
{
    private readonly IReadOnlyList<PairTerm> _pairs;
    private readonly DpoOptions _options;

    /// <summary>Makes the loss of some pairs.</summary>
    /// <param name="pairs">What each pair has beside the policy's numbers.</param>
    /// <param name="options">Settings.</param>
    public DirectPreference(IReadOnlyList<PairTerm> pairs, DpoOptions options) => (_pairs, _options) = (pairs, options);

    /// <inheritdoc/>
    public TokenQuantities Quantities => TokenQuantities.LogProbability;

    /// <summary>Share of pairs without a tie whose preferred response had the higher implicit reward, in the last evaluation; not a number without any.</summary>
    public double Accuracy { get; private set; }

    /// <inheritdoc/>
    public double Evaluate(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var total = _pairs.Sum(p => p.Weight);
        var loss = 0.0;
        int right = 0, decided = 0;
        var ipo = _options.Loss == PreferenceLoss.Ipo;
        for (var k = 0; k < _pairs.Count; k++)
        {
            var pair = _pairs[k];
            int first = 2 * k, second = first + 1;
            double n1 = ipo ? batch.Rows[first].Targets : 1, n2 = ipo ? batch.Rows[second].Targets : 1;
            var h = ((Sum(batch, first) - pair.FirstReference) / n1) - ((Sum(batch, second) - pair.SecondReference) / n2);
            double value, slope;
            if (ipo)
            {
                var tau = 1 / (2 * _options.Beta);
                value = (pair.Preference * (h - tau) * (h - tau)) + ((1 - pair.Preference) * (h + tau) * (h + tau));
                slope = 2 * ((pair.Preference * (h - tau)) + ((1 - pair.Preference) * (h + tau)));
            }
            else
            {
                var x = _options.Beta * h;
                value = -((pair.Preference * Logistic.LogSigmoid(x)) + ((1 - pair.Preference) * Logistic.LogSigmoid(-x)));
                slope = _options.Beta * (Logistic.Sigmoid(x) - pair.Preference);
            }

            var share = pair.Weight / total;
            loss += share * value;
            Add(batch, first, share * slope / n1);
            Add(batch, second, -share * slope / n2);
            if (_options.LikelihoodWeight > 0)
            {
                var preferred = pair.Preference >= 0.5 ? first : second;
                var factor = share * _options.LikelihoodWeight / batch.Rows[preferred].Targets;
                loss -= factor * Sum(batch, preferred);
                Add(batch, preferred, -factor);
            }

            if (pair.Preference == 0.5)
                continue;
            decided++;
            if (h != 0 && h > 0 == pair.Preference > 0.5)
                right++;
        }

        Accuracy = decided == 0 ? double.NaN : (double)right / decided;
        return loss;
    }

    /// <summary>Sum of a row's log-probabilities over its targets; masked places hold 0.</summary>
    internal static double Sum(TokenBatch batch, int row)
    {
        var sum = 0.0;
        foreach (var value in batch.LogProbabilities[row])
            sum += value;
        return sum;
    }

    private static void Add(TokenBatch batch, int row, double slope)
    {
        var gradients = batch.LogProbabilityGradients[row];
        for (var i = 0; i < gradients.Length; i++)
            gradients[i] += (float)slope;
    }
}

/// <summary>What a pair has beside the policy's numbers.</summary>
/// <param name="Preference">Probability that the first response is preferred, in [0, 1].</param>
/// <param name="Weight">Factor on the pair's loss, at least 0.</param>
/// <param name="FirstReference">Sum of the reference's log-probabilities over the first response's targets.</param>
/// <param name="SecondReference">The same of the second.</param>
public sealed record PairTerm(double Preference, double Weight, double FirstReference, double SecondReference);
