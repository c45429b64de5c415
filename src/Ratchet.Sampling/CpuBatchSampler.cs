using Ratchet.Models;
using Ratchet.Models.Cpu;

namespace Ratchet.Sampling;

/// <summary>Own kernels for many callers at once. A sample is the same, bit by bit, as <see cref="CpuSampler"/> draws alone, whoever else is in the batch.</summary>
/// <remarks>Owns native memory; dispose it.</remarks>
public sealed class CpuBatchSampler : IBatchSampler
{
    private const int PrefillRows = 64;

    private readonly CpuDecoder _decoder;
    private readonly KeyValuePages _pages;
    private readonly CpuBatcher _batcher;
    private readonly BatchWorkers<CpuJob> _workers;
    private bool _disposed;

    /// <summary>Packs the weights, which are copied, and starts the workers.</summary>
    /// <param name="weights">Weights.</param>
    /// <param name="threads">Worker threads, at least 1.</param>
    /// <param name="maxBatch">Most sequences that one worker decodes together, at least 1.</param>
    /// <param name="precision">How matrices are held.</param>
    /// <param name="cacheBytes">
    /// Most memory for keys and values, bytes, above 0. A sample waits until it would fit beside the others if all became as long as they may; one that is too long for it is decoded alone.
    /// </param>
    /// <exception cref="Runs.RatchetException">The shape is invalid, or only the tensor library computes it.</exception>
    public CpuBatchSampler(DecoderWeights weights, int threads = 1, int maxBatch = 32, WeightPrecision precision = WeightPrecision.Float32, long cacheBytes = long.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBatch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(cacheBytes, 1);
        _decoder = new CpuDecoder(weights, precision);
        _pages = new KeyValuePages(_decoder.Config);
        _batcher = new CpuBatcher(_decoder, _pages, maxBatch, threads, budget: null, Math.Max(1, cacheBytes / (_pages.PageFloats * sizeof(float))));
        var rows = Math.Max(2 * maxBatch, PrefillRows);
        _workers = new BatchWorkers<CpuJob>(_batcher, threads, () => Work(rows));
        _workers.Start();
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
    public bool IsAlive => _workers.IsAlive;

    /// <summary>Key-value pages handed out at the moment: 0 when nothing is in work.</summary>
    internal int PagesInUse => _pages.InUse;

    /// <summary>Most key-value pages handed out at once.</summary>
    internal int PeakPages => _pages.Peak;

    /// <inheritdoc/>
    public async Task<(IReadOnlyList<Sample> Samples, IReadOnlyList<TokenScore> Prompt)> GenerateAsync(
        SamplePrompt prompt, SamplingOptions options, ISampleObserver? observer = null, bool scorePrompt = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(_disposed, this);
        TokenSampler.ThrowIfInvalid(options, Config.VocabularySize);
        _decoder.ThrowIfUnusable(prompt.Ids);
        return await _workers.RunAsync(new CpuJob(prompt, options, Config.VocabularySize, observer, scorePrompt), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _workers.StopAsync().ConfigureAwait(false);
        _batcher.Dispose();
        _pages.Dispose();
        _decoder.Dispose();
    }

    private void Work(int rows)
    {
        using var work = new DecoderWorkspace(Config, rows);
        _batcher.Run(work, CancellationToken.None);
    }
}
