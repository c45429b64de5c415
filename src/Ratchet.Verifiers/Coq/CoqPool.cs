using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Coq;

/// <summary>Warm workers by header, for verifier and environment alike.</summary>
internal sealed class CoqPool : IDisposable
{
    private readonly WorkerPool<CoqWorker> _pool;

    public CoqPool(CoqInstallation installation, CoqOptions options, int threads)
    {
        var sizes = new PoolOptions { MaxBusy = threads, ItemLimit = options.Limits.Wall, RecycleAfterCpuSeconds = options.Limits.CpuSeconds == 0 ? double.PositiveInfinity : options.Limits.CpuSeconds / 2.0 };
        _pool = new WorkerPool<CoqWorker>("coq", sizes, options.Limits.StartUp, (header, deadline) => new CoqWorker(installation, options, Sentences(header), deadline));
    }

    /// <summary>What the pool is doing.</summary>
    public PoolFigures Figures() => _pool.Figures();

    /// <summary>Numbers of the processes that are up.</summary>
    public IReadOnlyList<int> WorkerProcesses() => [.. _pool.Workers().Select(w => w.ProcessId)];

    /// <summary>Runs a job on a worker that holds a statement's header, and leaves it fit for the next.</summary>
    /// <exception cref="ChildFailureException">As <see cref="WorkerPool{TWorker}.RunAsync"/>.</exception>
    public Task<T> RunAsync<T>(string client, CoqStatement statement, Func<CoqWorker, Deadline, T> job, CancellationToken cancellationToken) =>
        _pool.RunAsync(client, statement.Key, (worker, deadline) => worker.Use(() => job(worker, deadline)), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _pool.Dispose();

    // A key is the header itself, one sentence after the other.
    private static List<string> Sentences(string header) => [.. CoqSplitter.Split(header).Select(s => s.Text)];
}
