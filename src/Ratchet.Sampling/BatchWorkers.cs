namespace Ratchet.Sampling;

/// <summary>Threads that work on a batch as long as a sampler lives, and the waiting of its callers.</summary>
/// <param name="batcher">Queue; not owned.</param>
/// <param name="count">Threads.</param>
/// <param name="work">A worker's loop.</param>
internal sealed class BatchWorkers<TJob>(SampleBatcher<TJob> batcher, int count, Action work)
    where TJob : SampleJob
{
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task[] _workers = [];

    /// <summary>Nothing has stopped the threads.</summary>
    public bool IsAlive => !_stopped.Task.IsCompleted;

    /// <summary>Starts the threads.</summary>
    public void Start() => _workers = [.. Enumerable.Range(0, count).Select(_ => Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];

    /// <summary>Adds a job and waits for it.</summary>
    /// <exception cref="ObjectDisposedException">The sampler was disposed meanwhile.</exception>
    public async Task<(IReadOnlyList<Sample> Samples, IReadOnlyList<TokenScore> Prompt)> RunAsync(TJob job, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        batcher.Add(job);
        using (cancellationToken.Register(job.Cancel))
        {
            await Task.WhenAny(job.Done, _stopped.Task).ConfigureAwait(false);
            if (!job.Done.IsCompleted)
            {
                await _stopped.Task.ConfigureAwait(false);
                throw new ObjectDisposedException(nameof(IBatchSampler), "The sampler was stopped.");
            }

            await job.Done.ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return (job.Results, job.PromptScores);
    }

    /// <summary>Ends the threads and fails who still waits.</summary>
    public async Task StopAsync()
    {
        batcher.Stop();
        await Task.WhenAll(_workers).ConfigureAwait(false);
        _stopped.TrySetResult();
    }

    private void Work()
    {
        try
        {
            work();
        }
#pragma warning disable CA1031 // The failure goes to everybody who waits.
        catch (Exception e)
#pragma warning restore CA1031
        {
            batcher.Stop(e);
            _stopped.TrySetException(e);
        }
    }
}
