using Ratchet.Recipes;
using Ratchet.Runs;

namespace Ratchet.Learning.Policies;

/// <summary>Settings of <see cref="PolicyTraining"/>: what all algorithms share, and a section for each algorithm, of which one is used.</summary>
public sealed record PolicyTrainingOptions
{
    /// <summary>How the policy learns from rewards.</summary>
    public PolicyAlgorithm Algorithm { get; init; } = PolicyAlgorithm.Grpo;

    /// <summary>Settings of <see cref="PolicyAlgorithm.Ppo"/>.</summary>
    public PpoOptions Ppo { get; init; } = new();

    /// <summary>Settings of <see cref="PolicyAlgorithm.Grpo"/>.</summary>
    public GrpoOptions Grpo { get; init; } = new();

    /// <summary>Settings of <see cref="PolicyAlgorithm.Reinforce"/>.</summary>
    public ReinforceOptions Reinforce { get; init; } = new();

    /// <summary>Settings of <see cref="PolicyAlgorithm.Quark"/>.</summary>
    public QuarkOptions Quark { get; init; } = new();

    /// <summary>Batches of rollouts, each with its optimizer steps.</summary>
    [AtLeast(1)]
    public int Updates { get; init; } = 100;

    /// <summary>Prompts of a batch. Prompts come in shuffled passes over all of them.</summary>
    [AtLeast(1)]
    public int Prompts { get; init; } = 64;

    /// <summary>Samples of a prompt.</summary>
    [AtLeast(1)]
    public int Samples { get; init; } = 8;

    /// <summary>
    /// Divides the logits when sampling. The policy that is trained is the one that is sampled, so learning's log-probabilities have it too; nothing is cut off by top-p or top-k,
    /// since a cut distribution has no ratio.
    /// </summary>
    [Between(0, 10, MinimumOutside = true)]
    public double Temperature { get; init; } = 1;

    /// <summary>Most ids of a sample.</summary>
    [AtLeast(1)]
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>Most sequences that one worker of the sampler decodes together.</summary>
    [AtLeast(1)]
    public int MaxBatch { get; init; } = 64;

    /// <summary>Rollouts of an optimizer step; 0 takes the whole batch. A batch is cut into minibatches of about equal size.</summary>
    [AtLeast(0)]
    public int Minibatch { get; init; }

    /// <summary>Passes over a batch's rollouts, each with its own shuffle.</summary>
    [AtLeast(1)]
    public int Epochs { get; init; } = 1;

    /// <summary>Optimizer of the policy.</summary>
    public OptimizationOptions Policy { get; init; } = new();

    /// <summary>How verdict and shaping become a reward.</summary>
    public RewardOptions Reward { get; init; } = new();

    /// <summary>
    /// Batches that sampling may run ahead of learning: 0 samples with the newest weights and learns then; 1 samples the next batch while this one is learned, with weights
    /// that are one update old.
    /// </summary>
    [Between(0, 1)]
    public int Staleness { get; init; }

    /// <summary>What is done about rollouts of older weights.</summary>
    public OffPolicyCorrection Correction { get; init; } = OffPolicyCorrection.Truncate;

    /// <summary>Largest importance weight of a token with <see cref="OffPolicyCorrection.Truncate"/>.</summary>
    [Above(0)]
    public double ImportanceCap { get; init; } = 2;

    /// <summary>Rollouts of a batch on which the exact divergence from the reference is computed; 0 computes none.</summary>
    [AtLeast(0)]
    public int ProbeRollouts { get; init; } = 16;

    /// <summary>Updates between snapshots that a killed training goes on from; 0 makes none. Never changes a result.</summary>
    [AtLeast(0)]
    public int SnapshotInterval { get; init; } = 10;

    /// <summary>All that is wrong, one sentence each; empty when valid. Of the algorithms only the chosen one is looked at.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        void AtLeast(int value, int least, string name)
        {
            if (value < least)
                errors.Add($"{name} must be at least {least}, not {value}.");
        }

        AtLeast(Updates, 1, nameof(Updates));
        AtLeast(Prompts, 1, nameof(Prompts));
        AtLeast(Samples, 1, nameof(Samples));
        AtLeast(MaxNewTokens, 1, nameof(MaxNewTokens));
        AtLeast(MaxBatch, 1, nameof(MaxBatch));
        AtLeast(Minibatch, 0, nameof(Minibatch));
        AtLeast(Epochs, 1, nameof(Epochs));
        AtLeast(ProbeRollouts, 0, nameof(ProbeRollouts));
        AtLeast(SnapshotInterval, 0, nameof(SnapshotInterval));
        if (!(Temperature > 0 && double.IsFinite(Temperature)))
            errors.Add($"{nameof(Temperature)} must be above 0, not {Temperature}: the greedy policy has no gradient.");
        if (Staleness is not (0 or 1))
            errors.Add($"{nameof(Staleness)} must be 0 or 1, not {Staleness}.");
        if (!Enum.IsDefined(Correction))
            errors.Add($"{nameof(Correction)} must be one of {string.Join(", ", Enum.GetNames<OffPolicyCorrection>())}, not {Correction}.");
        if (!(ImportanceCap > 0 && double.IsFinite(ImportanceCap)))
            errors.Add($"{nameof(ImportanceCap)} must be above 0, not {ImportanceCap}.");
        errors.AddRange(Reward.Validate().Select(e => $"{nameof(Reward)}: {e}"));
        errors.AddRange(Policy.Validate().Select(e => $"{nameof(Policy)}: {e}"));
        switch (Algorithm)
        {
            case PolicyAlgorithm.Ppo:
                errors.AddRange(Ppo.Validate().Select(e => $"{nameof(Ppo)}: {e}"));
                break;
            case PolicyAlgorithm.Grpo:
                errors.AddRange(Grpo.Validate().Select(e => $"{nameof(Grpo)}: {e}"));
                break;
            case PolicyAlgorithm.Reinforce:
                errors.AddRange(Reinforce.Validate().Select(e => $"{nameof(Reinforce)}: {e}"));
                break;
            case PolicyAlgorithm.Quark:
                errors.AddRange(Quark.Validate().Select(e => $"{nameof(Quark)}: {e}"));
                break;
            default:
                errors.Add($"{nameof(Algorithm)} must be one of {string.Join(", ", Enum.GetNames<PolicyAlgorithm>())}, not {Algorithm}.");
                break;
        }

        if (Algorithm is PolicyAlgorithm.Grpo or PolicyAlgorithm.Reinforce && Samples < 2)
            errors.Add($"{nameof(Samples)} must be at least 2 with {Algorithm}, which compares the samples of a prompt, not {Samples}.");
        if (Algorithm == PolicyAlgorithm.Grpo && Grpo.Overlong is not null && Reward.Form == RewardForm.Verdict)
            errors.Add($"{nameof(Grpo)}.{nameof(Grpo.Overlong)} needs the form {RewardForm.Bounded} or {RewardForm.Sigmoid} of {nameof(Reward)}: with {RewardForm.Verdict} a penalty counts for nothing.");
        return errors;
    }

    /// <summary>Throws when something is wrong.</summary>
    /// <exception cref="RatchetException">The message names all mistakes.</exception>
    public void ThrowIfInvalid()
    {
        if (Validate() is { Count: > 0 } errors)
            throw new RatchetException("The options of the policy training are invalid: " + string.Join(" ", errors), "Correct the section of the recipe that trains on rewards.");
    }
}

/// <summary>How a policy learns from rewards.</summary>
public enum PolicyAlgorithm
{
    /// <summary>Group relative policy optimization.</summary>
    Grpo,

    /// <summary>Proximal policy optimization with a critic.</summary>
    Ppo,

    /// <summary>REINFORCE++ with a group baseline.</summary>
    Reinforce,

    /// <summary>Likelihood by quantiles of reward.</summary>
    Quark,
}

/// <summary>What is done about rollouts of older weights.</summary>
public enum OffPolicyCorrection
{
    /// <summary>Nothing: the ratio alone is clipped, formed with the probabilities of sampling.</summary>
    None,

    /// <summary>
    /// The ratio is formed with the learner's log-probabilities at the beginning of the update (the proximal policy), and each token's gradient is weighted by
    /// min(cap, π_proximal / π_behaviour): decoupled PPO (Hilton et al. 2022) with truncated importance sampling (Espeholt et al. 2018).
    /// </summary>
    Truncate,
}
