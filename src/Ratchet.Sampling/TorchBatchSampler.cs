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
    private readonly Task _worker;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
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
        _worker = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
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
    public bool IsAlive => !_stopped.Task.IsCompleted;

    /// <summary>Most memory for keys and values that there was at once, bytes.</summary>
    internal long PeakCacheBytes => _batcher.PeakPositions * _decoder.PositionBytes;

    /// <inheritdoc/>
    public Task<(IReadOnlyList<Sample> Samples, IReadOnlyList<TokenScore> Prompt)> GenerateAsync(
        SamplePrompt prompt, SamplingOptions options, ISampleObserver? observer = null, bool scorePrompt = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(_disposed, this);
        TokenSampler.ThrowIfInvalid(options, Config.VocabularySize);
        _decoder.ThrowIfUnusable(prompt.Ids, "The prompt");
        cancellationToken.ThrowIfCancellationRequested();
        var job = new TorchJob(prompt, options, Config.VocabularySize, observer, scorePrompt);
        _batcher.Add(job);
        return job.WaitAsync(_stopped.Task, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        _batcher.Stop();
        await _worker.ConfigureAwait(false);
        _stopped.TrySetResult();
        _batcher.Dispose();
        _decoder.Dispose();
    }

    private void Work()
    {
        try
        {
            _batcher.Run(permits: null, CancellationToken.None);
        }
#pragma warning disable CA1031 // The failure goes to everybody who waits.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _batcher.Stop(e);
            _stopped.TrySetException(e);
        }
    }
}
