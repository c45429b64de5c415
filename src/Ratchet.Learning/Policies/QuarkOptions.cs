using Ratchet.Recipes;

namespace Ratchet.Learning.Policies;

/// <summary>
/// Quark (Lu et al. 2022): samples are sorted by reward into quantiles and learned by likelihood, with the exact divergence from the reference as a cost. With reward tokens every
/// sample is learned behind its quantile's token and sampling asks for the best; without, only the best quantile is learned (AlpacaFarm's variant). Samples are used once: the pool
/// is empty before each batch.
/// </summary>
public sealed record QuarkOptions
{
    /// <summary>Number of quantiles.</summary>
    [AtLeast(2)]
    public int Quantiles { get; init; } = 4;

    /// <summary>
    /// Ids of the reward tokens, the best quantile's first, one a quantile; empty learns the best quantile alone. The token stands in front
    /// of the prompt, as in the authors' code: there it moves no other id away from its neighbours. A rollout's ids begin with the token that it was sampled with; the reference sees
    /// none.
    /// </summary>
    public RecipeList<int> RewardTokens { get; init; } = [];

    /// <summary>Factor on the divergence KL(π || π_ref) at each target, over the whole vocabulary.</summary>
    [AtLeast(0)]
    public double KlCoefficient { get; init; } = 0.05;

    /// <summary>Factor on the entropy, which is then maximised too.</summary>
    [AtLeast(0)]
    public double EntropyBonus { get; init; }

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (Quantiles < 2)
            errors.Add($"{nameof(Quantiles)} must be at least 2, not {Quantiles}.");
        if (RewardTokens.Count != 0 && RewardTokens.Count != Quantiles)
            errors.Add($"{nameof(RewardTokens)} must be empty or name one id a quantile ({Quantiles}), not {RewardTokens.Count}.");
        if (!(KlCoefficient >= 0 && double.IsFinite(KlCoefficient)))
            errors.Add($"{nameof(KlCoefficient)} must be 0 or more, not {KlCoefficient}.");
        if (!(EntropyBonus >= 0 && double.IsFinite(EntropyBonus)))
            errors.Add($"{nameof(EntropyBonus)} must be 0 or more, not {EntropyBonus}.");
        return errors;
    }
}
