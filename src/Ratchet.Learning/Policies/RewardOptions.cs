using Ratchet.Recipes;

namespace Ratchet.Learning.Policies;

/// <summary>
/// How a verdict and the named components of shaping become one reward. The gate: whatever the shaping says, a rejected rollout's reward is never above an accepted one's.
/// </summary>
public sealed record RewardOptions
{
    /// <summary>Form of the reward.</summary>
    public RewardForm Form { get; init; } = RewardForm.Verdict;

    /// <summary>Reward of an accepted rollout before shaping.</summary>
    public double Accepted { get; init; } = 1;

    /// <summary>Reward of a rejected rollout before shaping; at most <see cref="Accepted"/>.</summary>
    public double Rejected { get; init; }

    /// <summary>Factor on the sum of components in <see cref="RewardForm.Sigmoid"/>.</summary>
    [AtLeast(0)]
    public double Scale { get; init; } = 0.5;

    /// <summary>Size that rewards of tasks without a verifier are cut to, after summing; 0 does not cut.</summary>
    [AtLeast(0)]
    public double Clip { get; init; } = 10;

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (!Enum.IsDefined(Form))
            errors.Add($"{nameof(Form)} must be one of {string.Join(", ", Enum.GetNames<RewardForm>())}, not {Form}.");
        if (!double.IsFinite(Accepted) || !double.IsFinite(Rejected) || Rejected > Accepted)
            errors.Add($"{nameof(Rejected)} ({Rejected}) and {nameof(Accepted)} ({Accepted}) must be finite, the first at most the second.");
        if (!(Scale >= 0 && double.IsFinite(Scale)))
            errors.Add($"{nameof(Scale)} must be 0 or more, not {Scale}.");
        if (!(Clip >= 0 && double.IsFinite(Clip)))
            errors.Add($"{nameof(Clip)} must be 0 (no cut) or more, not {Clip}.");
        return errors;
    }
}

/// <summary>Form of a reward.</summary>
public enum RewardForm
{
    /// <summary>The verdict alone; components are logged and not used.</summary>
    Verdict,

    /// <summary>
    /// The verdict plus the sum of components, cut so that it stays on its side: an accepted rollout keeps at least <see cref="RewardOptions.Rejected"/>, a rejected one at
    /// most that.
    /// </summary>
    Bounded,

    /// <summary>
    /// r = σ(scale · s) + (v - 1) with s the sum of components and v 1 for accepted, 0 for rejected (Qwen2.5-Math, section 2.4 with α = 0.5): accepted in (0, 1), rejected in
    /// (-1, 0). <see cref="RewardOptions.Accepted"/> and <see cref="RewardOptions.Rejected"/> are not used.
    /// </summary>
    Sigmoid,
}
