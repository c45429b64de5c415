using Ratchet.Recipes;

namespace Ratchet.Learning.Policies;

/// <summary>
/// Proximal policy optimization with a critic (Schulman et al. 2017) as it is used on language models: a token is an action, the divergence from the reference is a cost of
/// each token (k1 in the reward).
/// </summary>
public sealed record PpoOptions
{
    /// <summary>Cost β of a nat of divergence, per token: r_t = -β · (log π - log π_ref), and the reward on the last token.</summary>
    [AtLeast(0)]
    public double KlCoefficient { get; init; } = 1e-3;

    /// <summary>
    /// Cuts each token's log π - log π_ref at 0 from below before it is charged, as AlpacaFarm does. Biased upward: it punishes every rise in likelihood and rewards no fall. The
    /// log keeps the plain estimate.
    /// </summary>
    public bool ClampKl { get; init; }

    /// <summary>Moves β towards a target; null keeps it.</summary>
    public AdaptiveKlOptions? AdaptiveKl { get; init; }

    /// <summary>Discount γ of a token.</summary>
    [Between(0, 1)]
    public double Discount { get; init; } = 1;

    /// <summary>λ of the generalized advantage estimate.</summary>
    [Between(0, 1)]
    public double Lambda { get; init; } = 0.95;

    /// <summary>The ratio is cut at 1 - this.</summary>
    [Between(0, 1, MinimumOutside = true, MaximumOutside = true)]
    public double ClipLow { get; init; } = 0.2;

    /// <summary>The ratio is cut at 1 + this.</summary>
    [Above(0)]
    public double ClipHigh { get; init; } = 0.2;

    /// <summary>A value's change from that at sampling is cut to ± this in the critic's loss; 0 does not cut.</summary>
    [AtLeast(0)]
    public double ValueClip { get; init; } = 0.2;

    /// <summary>Divides token rewards by their deviation over the batch, without taking the mean away (AlpacaFarm).</summary>
    public bool WhitenRewards { get; init; }

    /// <summary>Takes the batch's mean from advantages and divides by their deviation, over the targets of the batch.</summary>
    public bool WhitenAdvantages { get; init; } = true;

    /// <summary>Factor on the entropy, which is then maximised too.</summary>
    [AtLeast(0)]
    public double EntropyBonus { get; init; }

    /// <summary>First updates that train the critic alone.</summary>
    [AtLeast(0)]
    public int CriticWarmupUpdates { get; init; }

    /// <summary>Optimizer of the critic. Its loss needs no coefficient: it has an optimizer of its own.</summary>
    public OptimizationOptions Critic { get; init; } = new() { LearningRate = 5e-4 };

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (!(KlCoefficient >= 0 && double.IsFinite(KlCoefficient)))
            errors.Add($"{nameof(KlCoefficient)} must be 0 or more, not {KlCoefficient}.");
        if (!(Discount is >= 0 and <= 1))
            errors.Add($"{nameof(Discount)} must lie in [0, 1], not be {Discount}.");
        if (!(Lambda is >= 0 and <= 1))
            errors.Add($"{nameof(Lambda)} must lie in [0, 1], not be {Lambda}.");
        errors.AddRange(SurrogateRules.Clip(ClipLow, ClipHigh));
        if (!(ValueClip >= 0 && double.IsFinite(ValueClip)))
            errors.Add($"{nameof(ValueClip)} must be 0 (no cut) or more, not {ValueClip}.");
        if (!(EntropyBonus >= 0 && double.IsFinite(EntropyBonus)))
            errors.Add($"{nameof(EntropyBonus)} must be 0 or more, not {EntropyBonus}.");
        if (CriticWarmupUpdates < 0)
            errors.Add($"{nameof(CriticWarmupUpdates)} must be 0 or more, not {CriticWarmupUpdates}.");
        if (AdaptiveKl is { } adaptive)
            errors.AddRange(adaptive.Validate());
        errors.AddRange(Critic.Validate().Select(e => $"{nameof(Critic)}: {e}"));
        return errors;
    }
}

/// <summary>
/// Proportional control of β (Ziegler et al. 2019, section 2.2; with the numbers of AlpacaFarm): β is multiplied by 1 + gain · clip(KL / target - 1, ±limit) after each batch,
/// KL being the mean over sequences of the sum of log π - log π_ref.
/// </summary>
public sealed record AdaptiveKlOptions
{
    /// <summary>Divergence of a whole sequence that is aimed at, nats.</summary>
    [Above(0)]
    public double Target { get; init; } = 6;

    /// <summary>Gain.</summary>
    [Above(0)]
    public double Gain { get; init; } = 0.1;

    /// <summary>Largest relative error that counts.</summary>
    [Above(0)]
    public double Limit { get; init; } = 0.2;

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        foreach (var (name, value) in new[] { (nameof(Target), Target), (nameof(Gain), Gain), (nameof(Limit), Limit) })
        {
            if (!(value > 0 && double.IsFinite(value)))
                errors.Add($"{nameof(PpoOptions.AdaptiveKl)}.{name} must be above 0, not {value}.");
        }

        return errors;
    }
}

/// <summary>Checks that several algorithms share.</summary>
internal static class SurrogateRules
{
    public static IEnumerable<string> Clip(double low, double high)
    {
        if (!(low is > 0 and < 1))
            yield return $"{nameof(PpoOptions.ClipLow)} must lie in (0, 1), not be {low}.";
        if (!(high > 0 && double.IsFinite(high)))
            yield return $"{nameof(PpoOptions.ClipHigh)} must be above 0, not {high}.";
    }
}
