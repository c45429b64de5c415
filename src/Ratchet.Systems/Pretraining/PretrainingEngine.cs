using Ratchet.Learning;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.Pretraining;

/// <summary>Who trains a model from scratch, and with which numbers: what the systems that pretrain have in common.</summary>
/// <param name="settings">Pretraining.</param>
/// <param name="device">Device of the recipe.</param>
/// <param name="budget">Threads of the run.</param>
internal sealed class PretrainingEngine(PretrainSettings settings, string device, ThreadBudget budget)
{
    /// <summary><c>own</c> or <c>torch</c>.</summary>
    public string Name => settings.Engine switch
    {
        EngineChoice.Own => "own",
        EngineChoice.Torch => "torch",
        _ => device == "cpu" ? "own" : "torch",
    };

    /// <summary>Division of the own kernels' work.</summary>
    public CpuTrainerOptions Cpu => new() { Threads = budget.Threads, Shards = settings.Shards };

    /// <summary>The learner's options.</summary>
    /// <param name="batchTokens">Tokens of a step, in whole windows.</param>
    public LearningOptions Options(int batchTokens) => new()
    {
        BatchTokens = batchTokens,
        LearningRate = settings.LearningRate,
        WarmupFraction = settings.WarmupFraction,
        Decay = settings.Decay,
        FinalFraction = settings.FinalFraction,
        AdamW = new AdamWOptions { Beta1 = settings.Beta1, Beta2 = settings.Beta2, WeightDecay = settings.WeightDecay, ClipNorm = settings.ClipNorm },
        SnapshotInterval = settings.SnapshotSteps,
        Engine = Name == "torch" ? "torch" : "cpu",
        Cpu = Cpu,
    };

    /// <summary>Makes a trainer; the caller disposes it.</summary>
    public IDecoderTrainer Open(DecoderWeights weights, AdamWOptions adamW)
    {
        if (Name == "own")
            return new CpuTrainer(weights, adamW, Cpu, budget);
        TorchNative.Threads = budget.Threads;
        return new TorchTrainer(weights, adamW, new TorchOptions { Device = device }, budget);
    }
}
