namespace Ratchet.Learning.Objectives;

/// <summary>
/// The listwise loss of Qwen2.5-Math, section 2.3: over a group with k right and n - k wrong responses, L = -(1 / (k (n - k))) Σ_right Σ_wrong log σ(r_right - r_wrong); the mean over
/// groups. All pairs of a group come from its n rewards, one forward pass a response. A row's reward is the value at its first place.
/// </summary>
public sealed class ListwiseReward : ITokenObjective
{
    private readonly IReadOnlyList<IReadOnlyList<bool>> _groups;
    private readonly double _centering;

    /// <summary>Makes the loss of some groups.</summary>
    /// <param name="groups">For each group, in the order of rows, whether each response is right; at least one of each kind in a group.</param>
    /// <param name="centering">Factor on the mean squared reward of all rows, added to the loss; 0 adds none.</param>
    /// <exception cref="ArgumentException">A group has responses of one kind only.</exception>
    public ListwiseReward(IReadOnlyList<IReadOnlyList<bool>> groups, double centering = 0)
    {
        ArgumentNullException.ThrowIfNull(groups);
        if (groups.Any(g => g.Distinct().Count() < 2))
            throw new ArgumentException("A group needs a right and a wrong response.", nameof(groups));
        (_groups, _centering) = (groups, centering);
    }

    /// <inheritdoc/>
    public TokenQuantities Quantities => TokenQuantities.Value;

    /// <inheritdoc/>
    public double Evaluate(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var loss = 0.0;
        var first = 0;
        foreach (var group in _groups)
        {
            var right = group.Count(x => x);
            var share = 1.0 / ((double)right * (group.Count - right) * _groups.Count);
            for (var p = 0; p < group.Count; p++)
            {
                if (!group[p])
                    continue;
                for (var n = 0; n < group.Count; n++)
                {
                    if (group[n])
                        continue;
                    var difference = (double)batch.Values[first + p][0] - batch.Values[first + n][0];
                    loss -= share * Logistic.LogSigmoid(difference);
                    var slope = (float)(share * Logistic.Sigmoid(-difference));
                    batch.ValueGradients[first + p][0] -= slope;
                    batch.ValueGradients[first + n][0] += slope;
                }
            }

            first += group.Count;
        }

        return loss + PairwiseReward.Center(batch, _centering);
    }
}
