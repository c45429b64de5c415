using Ratchet.Models;
using Ratchet.Models.Cpu;

namespace Ratchet.Sampling;

/// <summary>
/// Own kernels for many callers at once: each call joins the running batch with settings of its own and leaves it when it is done (continuous batching). A sample is the
/// same, bit by bit, as <see cref="CpuSampler"/> draws alone, whoever else is in the batch.
/// </summary>
/// <remarks>
/// Prompts are started in the order of the calls. Workers live as long as the sampler. Owns native memory; dispose it, which fails calls that are still in work.
/// </remarks>
public sealed class CpuBatchSampler : IAsyncDisposable
{
    private const int PrefillRows = 64;

    private readonly CpuDecoder _decoder;
    private readonly KeyValuePages _pages;
    private readonly CpuBatcher _batcher;
    private readonly Task[] _workers;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _disposed;

    /// <summary>Packs the weights, which are copied, and starts the workers.</summary>
    /// <param name="weights">Weights.</param>
    /// <param name="threads">Worker threads, at least 1.</param>
    /// <param name="maxBatch">Most sequences that one worker decodes together, at least 1.</param>
    /// <param name="precision">How matrices are held.</param>
    /// <exception cref="Runs.RatchetException">The shape is invalid, or only the tensor library computes it.</exception>
    public CpuBatchSampler(DecoderWeights weights, int threads = 1, int maxBatch = 32, WeightPrecision precision = WeightPrecision.Float32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBatch, 1);
        _decoder = new CpuDecoder(weights, precision);
        _pages = new KeyValuePages(_decoder.Config);
        _batcher = new CpuBatcher(_decoder, _pages, maxBatch, threads, budget: null);
        var rows = Math.Max(2 * maxBatch, PrefillRows);
        _workers = [.. Enumerable.Range(0, threads).Select(i => Task.Factory.StartNew(() => Work(rows), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
    }

    /// <summary>Shape of the model.</summary>
    public DecoderConfig Config => _decoder.Config;

    /// <summary>Samples being drawn at the moment.</summary>
    public int Active => _batcher.Active;

    /// <summary>Samples that wait for a place.</summary>
    public int Waiting => _batcher.Waiting;

    /// <summary>Tokens drawn since the start.</summary>
    public long TokensSampled => _batcher.Tokens;

    /// <summary>Workers are there to take calls: false after a failure that stopped them.</summary>
    public bool IsAlive => !_stopped.Task.IsCompleted;

    /// <summary>Key-value pages handed out at the moment: 0 when nothing is in work.</summary>
    internal int PagesInUse => _pages.InUse;

    /// <summary>Draws the samples of one prompt.</summary>
    /// <param name="prompt">Prompt with a stream for each sample; without one only <paramref name="scorePrompt"/> makes sense.</param>
    /// <param name="options">How to draw. <see cref="SamplingOptions.MaxBatch"/> is the sampler's own.</param>
    /// <param name="observer">Hears of tokens as they come, or null.</param>
    /// <param name="scorePrompt">Gives the prompt's own ids after the first their scores too.</param>
    /// <param name="cancellationToken">Takes the samples out of the batch at its next step.</param>
    /// <returns>The samples in order, and the scores of the prompt's ids after the first where they were asked for.</returns>
    /// <exception cref="ArgumentException">The prompt is empty, too long or has an id outside the vocabulary; or an option is out of range.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<(IReadOnlyList<Sample> Samples, IReadOnlyList<TokenScore> Prompt)> GenerateAsync(
        SamplePrompt prompt, SamplingOptions options, ISampleObserver? observer = null, bool scorePrompt = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(_disposed, this);
        TokenSampler.ThrowIfInvalid(options, Config.VocabularySize);
        _decoder.ThrowIfUnusable(prompt.Ids);
        cancellationToken.ThrowIfCancellationRequested();
        var job = new CpuJob(prompt, options, Config.VocabularySize, observer, scorePrompt);
        _batcher.Add(job);
        using (cancellationToken.Register(job.Cancel))
        {
            await Task.WhenAny(job.Done, _stopped.Task).ConfigureAwait(false);
            if (!job.Done.IsCompleted)
            {
                await _stopped.Task.ConfigureAwait(false);
                throw new ObjectDisposedException(nameof(CpuBatchSampler), "The sampler was stopped.");
            }

            await job.Done.ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return (job.Results, job.PromptScores);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        _batcher.Stop();
        await Task.WhenAll(_workers).ConfigureAwait(false);
        _stopped.TrySetResult();
        _batcher.Dispose();
        _pages.Dispose();
        _decoder.Dispose();
    }

    private void Work(int rows)
    {
        using var work = new DecoderWorkspace(Config, rows);
        try
        {
            _batcher.Run(work, CancellationToken.None);
        }
#pragma warning disable CA1031 // The failure goes to everybody who waits.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _batcher.Fail(e);
            _stopped.TrySetException(e);
        }
    }
}
