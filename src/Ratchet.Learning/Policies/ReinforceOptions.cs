using Ratchet.Recipes;

namespace Ratchet.Learning.Policies;

/// <summary>
/// REINFORCE++ with a group baseline (Hu 2025; the <c>reinforce_baseline</c> of OpenRLHF): the reward less its group's mean on the last token, a cost of divergence on every token,
/// advantages as sums to the end, whitened over the batch; the clipped ratio of PPO without a critic.
/// </summary>
public sealed record ReinforceOptions
{
    /// <summary>Cost β of a nat of divergence, per token (k1 in the reward).</summary>
    [AtLeast(0)]
    public double KlCoefficient { get; init; } = 1e-3;

    /// <summary>Moves β towards a target; null keeps it.</summary>
    public AdaptiveKlOptions? AdaptiveKl { get; init; }

    /// <summary>The ratio is cut at 1 - this.</summary>
    [Between(0, 1, MinimumOutside = true, MaximumOutside = true)]
    public double ClipLow { get; init; } = 0.2;

    /// <summary>The ratio is cut at 1 + this.</summary>
    [Above(0)]
    public double ClipHigh { get; init; } = 0.2;

    /// <summary>Takes the batch's mean from advantages and divides by their deviation, over the targets of the batch.</summary>
    public bool WhitenAdvantages { get; init; } = true;

    /// <summary>Factor on the entropy, which is then maximised too.</summary>
    [AtLeast(0)]
    public double EntropyBonus { get; init; }

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (!(KlCoefficient >= 0 && double.IsFinite(KlCoefficient)))
            errors.Add($"{nameof(KlCoefficient)} must be 0 or more, not {KlCoefficient}.");
        errors.AddRange(SurrogateRules.Clip(ClipLow, ClipHigh));
        if (!(EntropyBonus >= 0 && double.IsFinite(EntropyBonus)))
            errors.Add($"{nameof(EntropyBonus)} must be 0 or more, not {EntropyBonus}.");
        errors.AddRange(AdaptiveKl?.Validate() ?? []);
        return errors;
    }
}
