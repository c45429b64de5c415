namespace Ratchet.Verifiers.Pool;

/// <summary>A process that is kept warm for many requests. One thread at a time uses it.</summary>
/// <remarks>
/// <see cref="IDisposable.Dispose"/> ends the process. A request that fails because of the process throws <see cref="ChildFailureException"/>;
/// the pool then disposes of the worker.
/// </remarks>
internal interface IPoolWorker : IDisposable
{
    /// <summary>
    /// Whether the next request may come: the process runs and stands where a request begins. False while a request is under way, so that one
    /// that was left by an exception or a cancellation counts as spoilt unless the worker has put itself right.
    /// </summary>
    bool IsReady { get; }

    /// <summary>Memory and processor time of the process, or null where it is gone.</summary>
    ProcessStatus? Status { get; }

    /// <summary>Ends the process at once, from any thread; a request that is under way fails.</summary>
    void Abort();
}
