using Ratchet.Models.Adapters;
using Ratchet.Runs;

namespace Ratchet.Learning;

/// <summary>Settings of <see cref="SupervisedLearner"/>.</summary>
public sealed record LearningOptions
{
    /// <summary>
    /// Tokens (context and targets) of an optimizer step, about: an epoch is cut into the smallest number of steps of at most this size on
    /// average, all of about equal size. At least 1, default 4,096.
    /// </summary>
    public int BatchTokens { get; init; } = 4096;

    /// <summary>Highest learning rate, above 0; default 0.001.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Share of all steps over which the learning rate rises, in [0, 1]; default 0.05. Not used when <see cref="WarmupSteps"/> is set.</summary>
    public double WarmupFraction { get; init; } = 0.05;

    /// <summary>Steps over which the learning rate rises, 0 or more; null takes <see cref="WarmupFraction"/>.</summary>
    public int? WarmupSteps { get; init; }

    /// <summary>How the learning rate falls after the warm-up; default cosine.</summary>
    public LearningRateDecay Decay { get; init; } = LearningRateDecay.Cosine;

    /// <summary>Learning rate of the last step as a share of the highest, in [0, 1]; default 0.1. Not used by a constant rate.</summary>
    public double FinalFraction { get; init; } = 0.1;

    /// <summary>Optimizer settings.</summary>
    public AdamWOptions AdamW { get; init; } = new();

    /// <summary>
    /// Take over the optimizer's state of the checkpoint that training starts from, where it holds one; default false, a fresh optimizer.
    /// </summary>
    public bool KeepOptimizer { get; init; }

    /// <summary>Steps between snapshots that a killed training goes on from; 0 makes none. Default 100. Never changes a result.</summary>
    public int SnapshotInterval { get; init; } = 100;

    /// <summary>
    /// Name of the engine that the trainer factory makes, default <c>cpu</c>. Part of a training's identity: a snapshot of another engine is not
    /// gone on from.
    /// </summary>
    public string Engine { get; init; } = "cpu";

    /// <summary>Trains a low-rank adapter and leaves the model's weights as they are; null trains all weights. Needs an engine that trains adapters.</summary>
    public LoraOptions? Lora { get; init; }

    /// <summary>Threads and shards of the CPU engine.</summary>
    public CpuTrainerOptions Cpu { get; init; } = new();

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (BatchTokens < 1)
            errors.Add($"{nameof(BatchTokens)} must be at least 1, not {BatchTokens}.");
        if (!(LearningRate > 0 && double.IsFinite(LearningRate)))
            errors.Add($"{nameof(LearningRate)} must be above 0, not {LearningRate}.");
        if (!(WarmupFraction >= 0 && WarmupFraction <= 1))
            errors.Add($"{nameof(WarmupFraction)} must lie in [0, 1], not be {WarmupFraction}.");
        if (WarmupSteps < 0)
            errors.Add($"{nameof(WarmupSteps)} must be 0 or more, not {WarmupSteps}.");
        if (!Enum.IsDefined(Decay))
            errors.Add($"{nameof(Decay)} must be one of {string.Join(", ", Enum.GetNames<LearningRateDecay>())}, not {Decay}.");
        if (!(FinalFraction >= 0 && FinalFraction <= 1))
            errors.Add($"{nameof(FinalFraction)} must lie in [0, 1], not be {FinalFraction}.");
        if (SnapshotInterval < 0)
            errors.Add($"{nameof(SnapshotInterval)} must be 0 (no snapshots) or more, not {SnapshotInterval}.");
        errors.AddRange(AdamW.Validate());
        errors.AddRange(Cpu.Validate());
        errors.AddRange(Lora?.Validate() ?? []);
        return errors;
    }

    /// <summary>Throws when something is wrong.</summary>
    /// <exception cref="RatchetException">The message names all mistakes.</exception>
    public void ThrowIfInvalid()
    {
        var errors = Validate();
        if (errors.Count > 0)
            throw new RatchetException("The learning options are invalid: " + string.Join(" ", errors), "Correct the learning section of the recipe.");
    }
}

/// <summary>How the learning rate falls after the warm-up.</summary>
public enum LearningRateDecay
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>Along a line.</summary>
    Linear,

    /// <summary>Along half a cosine wave (Loshchilov and Hutter 2017, without restarts).</summary>
    Cosine,
}
