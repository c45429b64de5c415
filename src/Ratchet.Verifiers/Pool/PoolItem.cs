using System.Diagnostics;

namespace Ratchet.Verifiers.Pool;

/// <summary>A request on its way through a pool.</summary>
internal abstract class PoolItem<TWorker>(string client, string key, CancellationToken token)
{
    private readonly long _begin = Stopwatch.GetTimestamp();

    /// <summary>Who asks.</summary>
    public string Client { get; } = client;

    /// <summary>What a worker must have loaded.</summary>
    public string Key { get; } = key;

    /// <summary>Cancels the request.</summary>
    public CancellationToken Token { get; } = token;

    /// <summary>How long it has been here.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_begin);

    /// <summary>What it is doing, for the figures.</summary>
    public string Phase { get; set; } = "queued";

    /// <summary>Runs the job and keeps its result, without handing it over yet.</summary>
    public abstract void Run(TWorker worker, Deadline deadline);

    /// <summary>Hands the result over.</summary>
    public abstract void Complete();

    /// <summary>Ends the request without a result.</summary>
    public abstract void Fail(Exception exception);

    /// <summary>Ends the request as cancelled.</summary>
    public abstract void Cancel();
}

/// <summary>A request with a result.</summary>
internal sealed class PoolItem<TWorker, TResult>(string client, string key, Func<TWorker, Deadline, TResult> job, CancellationToken token)
    : PoolItem<TWorker>(client, key, token)
{
    private readonly TaskCompletionSource<TResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TResult? _result;

    public Task<TResult> Task => _done.Task;

    public override void Run(TWorker worker, Deadline deadline) => _result = job(worker, deadline);

    public override void Complete() => _done.TrySetResult(_result!);

    public override void Fail(Exception exception) => _done.TrySetException(exception);

    public override void Cancel() => _done.TrySetCanceled(Token);
}
