using Ratchet.Recipes;

namespace Ratchet.Learning.Policies;

/// <summary>Optimizer and learning rate of a model that is trained on rewards.</summary>
public sealed record OptimizationOptions
{
    /// <summary>Highest learning rate. Small models need more than the 1e-6 of large ones.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>Share of all steps over which the learning rate rises. Not used when <see cref="WarmupSteps"/> is set.</summary>
    [Between(0, 1)]
    public double WarmupFraction { get; init; } = 0.03;

    /// <summary>Steps over which the learning rate rises; null takes <see cref="WarmupFraction"/>.</summary>
    [AtLeast(0)]
    public int? WarmupSteps { get; init; }

    /// <summary>How the learning rate falls after the warm-up.</summary>
    public LearningRateDecay Decay { get; init; } = LearningRateDecay.Cosine;

    /// <summary>Learning rate of the last step as a share of the highest. Not used by a constant rate.</summary>
    [Between(0, 1)]
    public double FinalFraction { get; init; } = 0.1;

    /// <summary>AdamW's decay of the first moment.</summary>
    [Between(0, 1, MaximumOutside = true)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment.</summary>
    [Between(0, 1, MaximumOutside = true)]
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of AdamW's second moment.</summary>
    [Above(0)]
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay, on matrices only.</summary>
    [Between(0, 10)]
    public double WeightDecay { get; init; }

    /// <summary>Largest global gradient norm; 0 does not clip.</summary>
    [AtLeast(0)]
    public double ClipNorm { get; init; } = 1;

    /// <summary>The optimizer's part.</summary>
    internal AdamWOptions AdamW => new() { Beta1 = Beta1, Beta2 = Beta2, Epsilon = Epsilon, WeightDecay = WeightDecay, ClipNorm = ClipNorm };

    /// <summary>The schedule over a number of steps.</summary>
    internal LearningRateSchedule Schedule(int steps) =>
        new(new LearningOptions { LearningRate = LearningRate, WarmupFraction = WarmupFraction, WarmupSteps = WarmupSteps, Decay = Decay, FinalFraction = FinalFraction }, steps);

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate() =>
        [.. new LearningOptions { LearningRate = LearningRate, WarmupFraction = WarmupFraction, WarmupSteps = WarmupSteps, Decay = Decay, FinalFraction = FinalFraction, AdamW = AdamW }.Validate()];
}
