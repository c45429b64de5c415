using Ratchet.Learning;
using Ratchet.Recipes;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.Pretraining;

/// <summary>Pretraining: windows of the text in random order, loss on every token, AdamW.</summary>
public sealed record PretrainSettings
{
    /// <summary>Tokens to train on in all; text is gone through again, in another order, as often as needed.</summary>
    [Between(1, 1e15)]
    public long Tokens { get; init; } = 2_000_000;

    /// <summary>Tokens of one optimizer step, rounded down to whole windows.</summary>
    [Between(8, 100_000_000)]
    public int BatchTokens { get; init; } = 1024;

    /// <summary>Largest learning rate.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double LearningRate { get; init; } = 0.002;

    /// <summary>Share of the steps in which the learning rate rises from 0.</summary>
    [Between(0, 1)]
    public double WarmupFraction { get; init; } = 0.1;

    /// <summary>How the learning rate falls after the rise.</summary>
    public LearningRateDecay Decay { get; init; } = LearningRateDecay.Constant;

    /// <summary>Learning rate at the end, as a share of the largest; not used with <c>decay: constant</c>.</summary>
    [Between(0, 1)]
    public double FinalFraction { get; init; } = 0.1;

    /// <summary>AdamW's decoupled weight decay, on matrices only.</summary>
    [Between(0, 10)]
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>AdamW's decay of the first moment.</summary>
    [Between(0, 1, MaximumOutside = true)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment.</summary>
    [Between(0, 1, MaximumOutside = true)]
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Largest global gradient norm; 0 does not clip.</summary>
    [AtLeast(0)]
    public double ClipNorm { get; init; } = 1;

    /// <summary>Parts that a step's windows are cut into by the own kernels; more than <c>threads</c> are of no use, and the number changes last digits.</summary>
    [Between(1, 1024)]
    public int Shards { get; init; } = 2;

    /// <summary>Optimizer steps between snapshots that a killed run goes on from; 0 makes none.</summary>
    [AtLeast(0)]
    public int SnapshotSteps { get; init; } = 500;

    /// <summary>Who trains: <c>own</c> (kernels of this project, CPU), <c>torch</c> (tensor library), or <c>auto</c>: own on the CPU.</summary>
    public EngineChoice Engine { get; init; } = EngineChoice.Auto;
}
