using Ratchet.Learning.Policies;

namespace Ratchet.Learning.Objectives;

/// <summary>
/// The clipped policy loss that PPO, GRPO and REINFORCE++ share (Schulman et al. 2017, equation 7): with ratio ρ = exp(log π - log π_old),
/// L = Σ a_rt [-w_rt min(ρ A, clip(ρ, 1 - low, 1 + high) A) + β k(log π - log π_ref) - η H], where a are the weights of the aggregation, w importance weights, k an estimate of the
/// divergence and H the entropy.
/// </summary>
public sealed class ClippedSurrogate : ITokenObjective
{
    /// <summary>Advantages by row and place.</summary>
    public required IReadOnlyList<float[]> Advantages { get; init; }

    /// <summary>Log-probabilities of the old policy by row and place.</summary>
    public required IReadOnlyList<float[]> Old { get; init; }

    /// <summary>Importance weights by row and place; null for 1.</summary>
    public IReadOnlyList<float[]>? Importance { get; init; }

    /// <summary>Log-probabilities of the reference by row and place; null where <see cref="KlCoefficient"/> is 0.</summary>
    public IReadOnlyList<float[]>? Reference { get; init; }

    /// <summary>The ratio is cut at 1 - this.</summary>
    public required double ClipLow { get; init; }

    /// <summary>The ratio is cut at 1 + this.</summary>
    public required double ClipHigh { get; init; }

    /// <summary>How tokens become one loss.</summary>
    public TokenAggregation Aggregation { get; init; } = TokenAggregation.TokenMean;

    /// <summary>Largest length, the divisor of <see cref="TokenAggregation.SequenceSum"/>.</summary>
    public int LargestLength { get; init; } = 1;

    /// <summary>β.</summary>
    public double KlCoefficient { get; init; }

    /// <summary>The estimate that β multiplies.</summary>
    public KlEstimator KlLoss { get; init; } = KlEstimator.K3;

    /// <summary>η.</summary>
    public double EntropyBonus { get; init; }

    /// <summary>Ask for the entropy although the loss has none, to report it.</summary>
    public bool ReportEntropy { get; init; }

    /// <inheritdoc/>
    public double Temperature { get; init; } = 1;

    /// <inheritdoc/>
    public TokenQuantities Quantities => TokenQuantities.LogProbability | (EntropyBonus > 0 || ReportEntropy ? TokenQuantities.Entropy : 0);

    /// <summary>Numbers of the last evaluation.</summary>
    public SurrogateNumbers Numbers { get; private set; } = new();

    /// <inheritdoc/>
    public double Evaluate(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var numbers = new SurrogateNumbers();
        var loss = 0.0;
        var all = batch.Targets;
        for (var r = 0; r < batch.Rows.Count; r++)
        {
            var share = Aggregation switch
            {
                TokenAggregation.SequenceMean => 1.0 / ((double)batch.Rows.Count * batch.Rows[r].Targets),
                TokenAggregation.SequenceSum => 1.0 / ((double)batch.Rows.Count * LargestLength),
                _ => 1.0 / all,
            };
            for (var i = 0; i < batch.LogProbabilities[r].Length; i++)
            {
                if (!batch.IsTarget(r, i))
                    continue;
                double value = batch.LogProbabilities[r][i], advantage = Advantages[r][i], weight = Importance?[r][i] ?? 1;
                var change = value - Old[r][i];
                var ratio = Math.Exp(change);

                // Of the two terms the smaller counts; the cut one has no slope.
                var isCut = advantage >= 0 ? ratio > 1 + ClipHigh : ratio < 1 - ClipLow;
                loss -= share * weight * advantage * (isCut ? Math.Clamp(ratio, 1 - ClipLow, 1 + ClipHigh) : ratio);
                var slope = isCut ? 0 : -weight * advantage * ratio;
                numbers.Targets++;
                numbers.RatioSum += ratio;
                numbers.RatioMax = Math.Max(numbers.RatioMax, ratio);
                numbers.Cut += isCut && advantage != 0 ? 1 : 0;
                numbers.LargestChange = Math.Max(numbers.LargestChange, Math.Abs(change));
                if (KlCoefficient > 0)
                {
                    var s = value - Reference![r][i];
                    numbers.KlLoss += share * KlCoefficient * KlEstimates.Of(KlLoss, s);
                    slope += KlCoefficient * KlEstimates.Slope(KlLoss, s);
                }

                batch.LogProbabilityGradients[r][i] = (float)(share * slope);
                if (batch.Entropies.Length == 0)
                    continue;
                numbers.EntropySum += batch.Entropies[r][i];
                loss -= share * EntropyBonus * batch.Entropies[r][i];
                batch.EntropyGradients[r][i] = (float)(-share * EntropyBonus);
            }
        }

        Numbers = numbers;
        return loss + numbers.KlLoss;
    }
}

/// <summary>Sums over the targets of a step.</summary>
public sealed record SurrogateNumbers
{
    /// <summary>Targets.</summary>
    public int Targets { get; internal set; }

    /// <summary>Sum of ratios.</summary>
    public double RatioSum { get; internal set; }

    /// <summary>Largest ratio.</summary>
    public double RatioMax { get; internal set; }

    /// <summary>Largest size of log π - log π_old.</summary>
    public double LargestChange { get; internal set; }

    /// <summary>Targets whose gradient the clip took away.</summary>
    public int Cut { get; internal set; }

    /// <summary>The divergence's part of the loss.</summary>
    public double KlLoss { get; internal set; }

    /// <summary>Sum of entropies; 0 where they were not asked for.</summary>
    public double EntropySum { get; internal set; }
}
