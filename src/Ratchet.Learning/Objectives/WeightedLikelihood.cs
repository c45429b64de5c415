namespace Ratchet.Learning.Objectives;

/// <summary>
/// Maximum likelihood: L = -Σ_r w_r Σ_t log p_rt / Σ_r w_r n_r with the rows' own weights w and n their targets. The loss of supervised training, by the path of the other
/// objectives; it is what these are measured against.
/// </summary>
public sealed class WeightedLikelihood : ITokenObjective
{
    /// <inheritdoc/>
    public TokenQuantities Quantities => TokenQuantities.LogProbability;

    /// <inheritdoc/>
    public double Evaluate(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var total = 0.0;
        foreach (var row in batch.Rows)
            total += (double)row.Weight * row.Targets;
        var loss = 0.0;
        for (var r = 0; r < batch.Rows.Count; r++)
        {
            var share = batch.Rows[r].Weight / total;
            for (var i = 0; i < batch.LogProbabilities[r].Length; i++)
            {
                if (!batch.IsTarget(r, i))
                    continue;
                loss -= share * batch.LogProbabilities[r][i];
                batch.LogProbabilityGradients[r][i] = (float)-share;
            }
        }

        return loss;
    }
}
