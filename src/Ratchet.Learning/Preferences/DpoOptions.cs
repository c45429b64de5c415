using Ratchet.Recipes;

namespace Ratchet.Learning.Preferences;

/// <summary>Direct preference optimization (Rafailov et al. 2023, equation 7), with the loss of IPO as a setting and an added likelihood term.</summary>
public sealed record DpoOptions
{
    /// <summary>β, the strength that the reference holds with.</summary>
    [Above(0)]
    public double Beta { get; init; } = 0.1;

    /// <summary>Form of the loss.</summary>
    public PreferenceLoss Loss { get; init; } = PreferenceLoss.Dpo;

    /// <summary>Factor on the mean negative log-probability of a token of the preferred response, added to the loss; 0 adds none.</summary>
    [AtLeast(0)]
    public double LikelihoodWeight { get; init; }

    /// <summary>Pairs of an optimizer step.</summary>
    [AtLeast(1)]
    public int BatchPairs { get; init; } = 64;

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (!(Beta > 0 && double.IsFinite(Beta)))
            errors.Add($"{nameof(Beta)} must be above 0, not {Beta}.");
        if (!Enum.IsDefined(Loss))
            errors.Add($"{nameof(Loss)} must be one of {string.Join(", ", Enum.GetNames<PreferenceLoss>())}, not {Loss}.");
        if (!(LikelihoodWeight >= 0 && double.IsFinite(LikelihoodWeight)))
            errors.Add($"{nameof(LikelihoodWeight)} must be 0 or more, not {LikelihoodWeight}.");
        if (BatchPairs < 1)
            errors.Add($"{nameof(BatchPairs)} must be at least 1, not {BatchPairs}.");
        return errors;
    }
}

/// <summary>Form of a preference loss. h is the difference of the summed log-ratios log π - log π_ref of preferred and other response.</summary>
public enum PreferenceLoss
{
    /// <summary>-log σ(β · h); with a preference p between 0 and 1 the mean of both directions.</summary>
    Dpo,

    /// <summary>(h - 1 / (2 β))², with log-ratios as means over the response (Azar et al. 2023, equation 17; the mean over tokens as in common implementations).</summary>
    Ipo,
}
