namespace Ratchet.Learning.Objectives;

/// <summary>
/// Quark's loss (Lu et al. 2022, equation 2; with AlpacaFarm's entropy term): the mean over all targets of -log π + β KL(π || π_ref) - η H, the divergence over the whole vocabulary.
/// </summary>
public sealed class DivergenceLikelihood : ITokenObjective
{
    private readonly double _beta;
    private readonly double _eta;

    /// <summary>Makes the loss.</summary>
    /// <param name="references">The reference's distributions by row; null where β is 0.</param>
    /// <param name="klCoefficient">β.</param>
    /// <param name="entropyBonus">η.</param>
    /// <param name="temperature">Temperature of both models.</param>
    public DivergenceLikelihood(IReadOnlyList<float[]>? references, double klCoefficient, double entropyBonus = 0, double temperature = 1) =>
        (References, _beta, _eta, Temperature) = (references, klCoefficient, entropyBonus, temperature);

    /// <inheritdoc/>
    public IReadOnlyList<float[]>? References { get; }

    /// <inheritdoc/>
    public double Temperature { get; }

    /// <inheritdoc/>
    public TokenQuantities Quantities =>
        TokenQuantities.LogProbability | TokenQuantities.Entropy | (_beta > 0 ? TokenQuantities.Divergence : 0);

    /// <summary>Mean entropy of the last evaluation.</summary>
    public double MeanEntropy { get; private set; }

    /// <summary>The divergence's part of the last loss.</summary>
    public double KlLoss { get; private set; }

    /// <inheritdoc/>
    public double Evaluate(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var share = 1.0 / batch.Targets;
        double loss = 0, entropy = 0, divergence = 0;
        for (var r = 0; r < batch.Rows.Count; r++)
        {
            for (var i = 0; i < batch.LogProbabilities[r].Length; i++)
            {
                if (!batch.IsTarget(r, i))
                    continue;
                loss -= share * batch.LogProbabilities[r][i];
                batch.LogProbabilityGradients[r][i] = (float)-share;
                entropy += share * batch.Entropies[r][i];
                batch.EntropyGradients[r][i] = (float)(-share * _eta);
                if (_beta <= 0)
                    continue;
                divergence += share * _beta * batch.Divergences[r][i];
                batch.DivergenceGradients[r][i] = (float)(share * _beta);
            }
        }

        (MeanEntropy, KlLoss) = (entropy, divergence);
        return loss + divergence - (_eta * entropy);
    }
}
