using Ratchet.Models;
using Ratchet.Models.Cpu;
using Ratchet.Models.Torch;
using Ratchet.Runs;
using Ratchet.Sampling;

namespace Ratchet.Systems;

/// <summary>What a checkpoint is sampled on outside of a run: own kernels on the CPU where they compute it, else the tensor library.</summary>
public sealed record SamplerSettings
{
    /// <summary>Threads; 0, the default, takes all cores. Never changes what own kernels give.</summary>
    public int Threads { get; init; }

    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>How matrices are held. <see cref="WeightPrecision.Int8"/> on own kernels only.</summary>
    public WeightPrecision Precision { get; init; }

    /// <summary>Makes a sampler. Dispose it.</summary>
    /// <param name="folder">Folder of the checkpoint.</param>
    /// <exception cref="RatchetException">The checkpoint cannot be read, the device is not available, or it holds no weights of the type.</exception>
    public ISampler Open(string folder) => Open<ISampler>(
        folder, (weights, threads) => new CpuSampler(weights, threads, Precision), (weights, options) => new TorchSampler(weights, options));

    /// <summary>Makes a sampler for many callers. Dispose it.</summary>
    /// <param name="folder">Folder of the checkpoint.</param>
    /// <param name="batch">Most sequences that one thread decodes together.</param>
    /// <param name="cacheBytes">Most memory for keys and values, bytes.</param>
    /// <exception cref="RatchetException">As of <see cref="Open"/>.</exception>
    public IBatchSampler OpenBatch(string folder, int batch, long cacheBytes) => Open<IBatchSampler>(
        folder, (weights, threads) => new CpuBatchSampler(weights, threads, batch, Precision, cacheBytes), (weights, options) => new TorchBatchSampler(weights, options, batch, cacheBytes));

    private T Open<T>(string folder, Func<DecoderWeights, int, T> own, Func<DecoderWeights, TorchOptions, T> torch)
    {
        var threads = Threads == 0 ? Environment.ProcessorCount : Threads;
        return CheckpointStore.ReadWeights(folder, weights =>
        {
            if (Device == "cpu" && weights.Config.RunsOnOwnKernels)
                return own(weights, threads);
            if (Precision == WeightPrecision.Int8)
                throw new RatchetException("This model is sampled by the tensor library, which holds no weights as int8.", "Hold its weights as float32 or bfloat16.") { ExitCode = 2 };
            TorchNative.Threads = threads;
            return torch(weights, new TorchOptions { Device = Device, Compute = Precision == WeightPrecision.BFloat16 ? WeightsType.BFloat16 : WeightsType.Float32 });
        });
    }
}
