using Ratchet.Recipes;

namespace Ratchet.Learning.Policies;

/// <summary>
/// Group relative policy optimization (DeepSeekMath, section 4.1) and the variants of it: without the deviation (Dr. GRPO; Goedel-Prover-V2), with a higher upper clip, token mean,
/// length penalty and dynamic sampling (DAPO).
/// </summary>
public sealed record GrpoOptions
{
    /// <summary>Divides a group's centred rewards by their sample deviation (n - 1).</summary>
    public bool NormalizeDeviation { get; init; } = true;

    /// <summary>The ratio is cut at 1 - this.</summary>
    [Between(0, 1, MinimumOutside = true, MaximumOutside = true)]
    public double ClipLow { get; init; } = 0.2;

    /// <summary>The ratio is cut at 1 + this; DAPO's "clip higher" is 0.28.</summary>
    [Above(0)]
    public double ClipHigh { get; init; } = 0.2;

    /// <summary>How tokens become one loss.</summary>
    public TokenAggregation Aggregation { get; init; } = TokenAggregation.TokenMean;

    /// <summary>Factor β on the estimate of the divergence from the reference in the loss; 0 has no such term.</summary>
    [AtLeast(0)]
    public double KlCoefficient { get; init; } = 1e-3;

    /// <summary>The estimate that is differentiated.</summary>
    public KlEstimator KlLoss { get; init; } = KlEstimator.K3;

    /// <summary>Factor on the entropy, which is then maximised too.</summary>
    [AtLeast(0)]
    public double EntropyBonus { get; init; }

    /// <summary>Soft penalty of overlong samples; null for none. Enters rewards as the component <c>overlong</c>, behind the gate.</summary>
    public OverlongOptions? Overlong { get; init; }

    /// <summary>
    /// Draws further prompts in place of groups that the verifier accepts or rejects as a whole, until the batch is full or <see cref="MaxSamplingRounds"/> is reached. Goes by
    /// verdicts and not by rewards, so that shaping cannot bring a dead group back.
    /// </summary>
    public bool DynamicSampling { get; init; }

    /// <summary>Most rounds of sampling for one batch, the first one counted.</summary>
    [AtLeast(1)]
    public int MaxSamplingRounds { get; init; } = 4;

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        errors.AddRange(SurrogateRules.Clip(ClipLow, ClipHigh));
        if (!Enum.IsDefined(Aggregation))
            errors.Add($"{nameof(Aggregation)} must be one of {string.Join(", ", Enum.GetNames<TokenAggregation>())}, not {Aggregation}.");
        if (!(KlCoefficient >= 0 && double.IsFinite(KlCoefficient)))
            errors.Add($"{nameof(KlCoefficient)} must be 0 or more, not {KlCoefficient}.");
        if (KlLoss is not (KlEstimator.K2 or KlEstimator.K3))
            errors.Add($"{nameof(KlLoss)} must be {KlEstimator.K2} or {KlEstimator.K3}, not {KlLoss}: as a loss k1 has no gradient in expectation.");
        if (!(EntropyBonus >= 0 && double.IsFinite(EntropyBonus)))
            errors.Add($"{nameof(EntropyBonus)} must be 0 or more, not {EntropyBonus}.");
        if (MaxSamplingRounds < 1)
            errors.Add($"{nameof(MaxSamplingRounds)} must be at least 1, not {MaxSamplingRounds}.");
        errors.AddRange(Overlong?.Validate() ?? []);
        return errors;
    }
}

/// <summary>How tokens become one loss.</summary>
public enum TokenAggregation
{
    /// <summary>Mean over all targets of the minibatch: a token counts the same in a long sample and in a short one (DAPO).</summary>
    TokenMean,

    /// <summary>Mean over the targets of each sample, then over samples (DeepSeekMath): favours short right and long wrong samples.</summary>
    SequenceMean,

    /// <summary>Sum over the targets of each sample divided by the largest length that could be sampled, then mean over samples (Dr. GRPO's constant normaliser).</summary>
    SequenceSum,
}

/// <summary>
/// Estimates of KL(π || π_ref) from a token drawn from π, with s = log π - log π_ref (Schulman 2020).
/// </summary>
public enum KlEstimator
{
    /// <summary>s: unbiased, may be negative. Belongs into the reward: as a loss its expected gradient is zero.</summary>
    K1,

    /// <summary>s² / 2: as a loss it has the gradient of the reverse divergence.</summary>
    K2,

    /// <summary>exp(-s) - 1 + s: unbiased and not negative. As a loss it has, in expectation, the gradient of KL(π_ref || π).</summary>
    K3,
}

/// <summary>DAPO's soft penalty of overlong samples: 0 up to <c>Limit - Buffer</c> ids, falling along a line to <c>-Factor</c> at <c>Limit</c> ids and staying there.</summary>
public sealed record OverlongOptions
{
    /// <summary>Sampled ids at which the penalty is full.</summary>
    [AtLeast(1)]
    public int Limit { get; init; } = 128;

    /// <summary>Ids over which it grows.</summary>
    [AtLeast(1)]
    public int Buffer { get; init; } = 32;

    /// <summary>Size of the full penalty.</summary>
    [AtLeast(0)]
    public double Factor { get; init; } = 1;

    /// <summary>The penalty of a sample of some ids, 0 or less.</summary>
    public double Of(int ids) => ids <= Limit - Buffer ? 0 : ids >= Limit ? -Factor : -Factor * (ids - (Limit - Buffer)) / Buffer;

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (Limit < 1)
            errors.Add($"Overlong.{nameof(Limit)} must be at least 1, not {Limit}.");
        if (Buffer < 1 || Buffer > Limit)
            errors.Add($"Overlong.{nameof(Buffer)} must lie in [1, {Limit}] (the limit), not be {Buffer}.");
        if (!(Factor >= 0 && double.IsFinite(Factor)))
            errors.Add($"Overlong.{nameof(Factor)} must be 0 or more, not {Factor}.");
        return errors;
    }
}
