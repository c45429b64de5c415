using Ratchet.Learning.Objectives;
using Ratchet.Rollouts;

namespace Ratchet.Learning.Policies;

/// <summary>
/// The gate between shaping and verdict: components may order accepted rollouts among themselves (and rejected ones), but a rejected rollout's reward is never above an accepted one's,
/// and an unknown outcome has no reward.
/// </summary>
public static class RewardGate
{
    /// <summary>The reward of a rollout, or null where its outcome is unknown.</summary>
    /// <param name="options">Form of the reward.</param>
    /// <param name="outcome">The verifier's answer.</param>
    /// <param name="shaping">Sum of the components.</param>
    /// <exception cref="Runs.RatchetException">The shaping is not a finite number.</exception>
    public static double? Of(RewardOptions options, RolloutOutcome outcome, double shaping)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (outcome == RolloutOutcome.Unknown)
            return null;
        if (!double.IsFinite(shaping))
            throw new Runs.RatchetException($"A reward's components add up to {shaping}.", "Let the judge give finite numbers, or an unknown outcome where it cannot tell.");
        if (outcome == RolloutOutcome.Unjudged)
            return options.Clip > 0 ? Math.Clamp(shaping, -options.Clip, options.Clip) : shaping;
        var accepted = outcome == RolloutOutcome.Accepted;
        return options.Form switch
        {
            RewardForm.Bounded => accepted ? Math.Max(options.Accepted + shaping, options.Rejected) : Math.Min(options.Rejected + shaping, options.Rejected),
            RewardForm.Sigmoid => Logistic.Sigmoid(options.Scale * shaping) + (accepted ? 0 : -1),
            _ => accepted ? options.Accepted : options.Rejected,
        };
    }
}
