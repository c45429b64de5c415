using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;

namespace Ratchet.Sampling;

/// <summary>
/// Sampler on the tensor library: any device, float32 or bfloat16. For small models on CPU <c>CpuSampler</c> is several times as
/// fast, since there a step is mostly call overhead.
/// </summary>
/// <remarks>
/// One call at a time: a second one waits. The same call gives the same samples on the same machine and thread count; log-probabilities may
/// differ in the last bits with what is sampled beside a sequence, since the library chooses its summation order by size. Owns the
/// weights on the device; dispose it.
/// </remarks>
public sealed class TorchSampler : ISampler
{
    private readonly TorchDecoder _decoder;
    private readonly ThreadBudget? _budget;
    private readonly Lock _use = new();
    private bool _disposed;

    /// <summary>Copies the weights to the device.</summary>
    /// <param name="weights">Weights.</param>
    /// <param name="options">Device and type of computation; null for float32 on CPU.</param>
    /// <param name="budget">Permits to work on, or null for none: as many as the library's threads on the CPU, given back between two tokens where others wait.</param>
    /// <exception cref="Runs.RatchetException">A setting is out of range, the model has a scalar head, or the library or device is not available.</exception>
    public TorchSampler(DecoderWeights weights, TorchOptions? options = null, ThreadBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        weights.Config.ThrowIfScalarHead();
        _decoder = new TorchDecoder(weights, options);
        _budget = budget;
    }

    /// <summary>Shape of the model.</summary>
    public DecoderConfig Config => _decoder.Config;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A prompt is empty, too long or has an id outside the vocabulary; or an option is out of range.</exception>
    public IReadOnlyList<Sample> Generate(IReadOnlyList<SamplePrompt> prompts, SamplingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        TokenSampler.ThrowIfInvalid(options, Config.VocabularySize);
        for (var i = 0; i < prompts.Count; i++)
            _decoder.ThrowIfUnusable(prompts[i].Ids, $"Prompt {i}");
        lock (_use)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            using var permits = _decoder.Enter(_budget, cancellationToken);
            using var batcher = new TorchBatcher(_decoder, options.MaxBatch);
            var jobs = new TorchJob[prompts.Count];
            for (var i = 0; i < jobs.Length; i++)
                batcher.Add(jobs[i] = new TorchJob(prompts[i], options, Config.VocabularySize));
            batcher.Close();
            batcher.Run(permits, cancellationToken);
            return SampleJob.Samples(jobs);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A sequence is empty, too long or has an id outside the vocabulary.</exception>
    public IReadOnlyList<float[]> Score(IReadOnlyList<IReadOnlyList<int>> sequences)
    {
        lock (_use)
        {
            using var permits = _decoder.Enter(_budget);
            return _decoder.Score(sequences);
        }
    }

    /// <inheritdoc/>
    public void Load(DecoderWeights weights)
    {
        lock (_use)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _decoder.Load(weights);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_use)
        {
            if (_disposed)
                return;
            _disposed = true;
            _decoder.Dispose();
        }
    }
}
