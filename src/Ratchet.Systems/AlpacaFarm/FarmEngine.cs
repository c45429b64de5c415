using Ratchet.Learning;
using Ratchet.Learning.Policies;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;
using Ratchet.Sampling;

namespace Ratchet.Systems.AlpacaFarm;

/// <summary>Who samples and trains: own kernels on the CPU, the tensor library elsewhere.</summary>
internal sealed class FarmEngine
{
    private readonly TorchOptions? _torch;

    /// <summary>Chooses by the device.</summary>
    public FarmEngine(string device, int threads)
    {
        Budget = new ThreadBudget(threads);
        if (device != "cpu")
        {
            TorchNative.Threads = Budget.Threads;
            _torch = new TorchOptions { Device = device };
        }

        Cpu = new CpuTrainerOptions { Threads = Budget.Threads };
    }

    public ThreadBudget Budget { get; }

    public CpuTrainerOptions Cpu { get; }

    /// <summary><c>cpu</c> or <c>torch</c>.</summary>
    public string Learner => _torch is null ? "cpu" : "torch";

    /// <summary>Makes trainers.</summary>
    public DecoderTrainerFactory Trainer => _torch is null ? (weights, adamW, _) => new CpuTrainer(weights, adamW, Cpu, Budget) : (weights, adamW, lora) => new TorchTrainer(weights, adamW, _torch, Budget, lora);

    /// <summary>Engines of online training.</summary>
    public PolicyEngine Policy => _torch is null ? PolicyEngine.Cpu(Budget.Threads, Cpu, Budget) : PolicyEngine.Torch(_torch, Budget);

    /// <summary>Makes a sampler; the caller disposes it.</summary>
    public ISampler Sampler(DecoderWeights weights) => _torch is null ? new CpuSampler(weights, Budget.Threads, budget: Budget) : new TorchSampler(weights, _torch, Budget);
}
