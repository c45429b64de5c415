using Ratchet.Models;
using Ratchet.Models.Torch;

namespace Ratchet.Sampling;

/// <summary>
/// The tensor library for many callers at once, on any device: models that the own kernels do not compute, and large ones on a GPU. One thread feeds the device.
/// </summary>
/// <remarks>
/// What is sampled beside a sample may change its log-probabilities in the last bits, and where a draw hangs on them its tokens, since the library chooses its summation order
/// by size. Keys and values lie in one block, as many positions a sequence as the longest in the batch has; it is given back when nothing is in work. Owns the weights on the
/// device; dispose it.
/// </remarks>
public sealed class TorchBatchSampler : IBatchSampler
{
    private readonly TorchDecoder _decoder;
    private readonly TorchBatcher _batcher;
    private readonly BatchWorkers<TorchJob> _worker;
    private bool _disposed;

    /// <summary>Copies the weights to the device and starts the worker.</summary>
    /// <param name="weights">Weights.</param>
    /// <param name="options">Device and type of computation; null for float32 on CPU.</param>
    /// <param name="maxBatch">Most sequences decoded together, at least 1.</param>
    /// <param name="cacheBytes">
    /// Most memory for keys and values of the batch, bytes, above 0. A sequence waits until it would fit beside the others if all became as long as they may; one that is too
    /// long for it is decoded alone. While the block grows, the old one is there too.
    /// </param>
    /// <exception cref="Runs.RatchetException">A setting is out of range, the model has a scalar head, or the library or device is not available.</exception>
    public TorchBatchSampler(DecoderWeights weights, TorchOptions? options = null, int maxBatch = 32, long cacheBytes = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBatch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(cacheBytes, 1);
        weights.Config.ThrowIfScalarHead();
        _decoder = new TorchDecoder(weights, options);
        _batcher = new TorchBatcher(_decoder, maxBatch, Math.Max(1, cacheBytes / _decoder.PositionBytes));
        _worker = new BatchWorkers<TorchJob>(_batcher, 1, () => _batcher.Run(permits: null, CancellationToken.None));
        _worker.Start();
    }

    /// <inheritdoc/>
    public DecoderConfig Config => _decoder.Config;

    /// <inheritdoc/>
    public int Active => _batcher.Active;

    /// <inheritdoc/>
    public int Waiting => _batcher.Waiting;

    /// <inheritdoc/>
    public long TokensSampled => _batcher.Tokens;

    /// <inheritdoc/>
    public bool IsAlive => _worker.IsAlive;

    /// <summary>Most memory for keys and values that there was at once, bytes.</summary>
    internal long PeakCacheBytes => _batcher.PeakPositions * _decoder.PositionBytes;

    /// <inheritdoc/>
    public async Task<(IReadOnlyList<Sample> Samples, IReadOnlyList<TokenScore> Prompt)> GenerateAsync(
        SamplePrompt prompt, SamplingOptions options, ISampleObserver? observer = null, bool scorePrompt = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(_disposed, this);
        TokenSampler.ThrowIfInvalid(options, Config.VocabularySize);
        _decoder.ThrowIfUnusable(prompt.Ids, "The prompt");
        return await _worker.RunAsync(new TorchJob(prompt, options, Config.VocabularySize, observer, scorePrompt), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _worker.StopAsync().ConfigureAwait(false);
        _batcher.Dispose();
        _decoder.Dispose();
    }
}
