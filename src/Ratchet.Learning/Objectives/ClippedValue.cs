namespace Ratchet.Learning.Objectives;

/// <summary>
/// The critic's loss: the mean over targets of ½ max((V - R)², (V_old + clip(V - V_old, ±c) - R)²) with returns R (the value clip of common PPO implementations; Schulman et al. 2017
/// have none).
/// </summary>
public sealed class ClippedValue : ITokenObjective
{
    private readonly IReadOnlyList<float[]> _returns;
    private readonly IReadOnlyList<float[]> _old;
    private readonly double _clip;

    /// <summary>Makes the loss.</summary>
    /// <param name="returns">Returns by row and place.</param>
    /// <param name="old">Values at sampling by row and place.</param>
    /// <param name="clip">c; 0 does not cut.</param>
    public ClippedValue(IReadOnlyList<float[]> returns, IReadOnlyList<float[]> old, double clip) => (_returns, _old, _clip) = (returns, old, clip);

    /// <inheritdoc/>
    public TokenQuantities Quantities => TokenQuantities.Value;

    /// <inheritdoc/>
    public double Evaluate(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var share = 1.0 / batch.Targets;
        var loss = 0.0;
        for (var r = 0; r < batch.Rows.Count; r++)
        {
            for (var i = 0; i < batch.Values[r].Length; i++)
            {
                if (!batch.IsTarget(r, i))
                    continue;
                double value = batch.Values[r][i], old = _old[r][i], error = value - _returns[r][i];
                var cut = _clip > 0 ? old + Math.Clamp(value - old, -_clip, _clip) - _returns[r][i] : error;
                var isCut = cut * cut > error * error;
                loss += share * 0.5 * (isCut ? cut * cut : error * error);

                // Where the cut term is the larger the value lies outside the clip, and that term has no slope.
                batch.ValueGradients[r][i] = isCut ? 0 : (float)(share * error);
            }
        }

        return loss;
    }
}
