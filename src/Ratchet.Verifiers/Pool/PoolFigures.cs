namespace Ratchet.Verifiers.Pool;

/// <summary>What a pool of verifier processes is doing, at one moment.</summary>
public sealed record PoolFigures
{
    /// <summary>Name of the verifier that the pool belongs to.</summary>
    public required string Name { get; init; }

    /// <summary>Processes that are up, idle ones included.</summary>
    public required int Workers { get; init; }

    /// <summary>Processes at work on a request or coming up for one.</summary>
    public required int Busy { get; init; }

    /// <summary>Most processes that may be busy at one time.</summary>
    public required int MaxBusy { get; init; }

    /// <summary>Requests that wait in the queue.</summary>
    public required int Queued { get; init; }

    /// <summary>Requests that are answered, failed ones included.</summary>
    public required long Checks { get; init; }

    /// <summary>Processes started so far.</summary>
    public required long Starts { get; init; }

    /// <summary>Processes that ended so far, by reason; each reason is there.</summary>
    public required IReadOnlyDictionary<WorkerEnd, long> Ends { get; init; }

    /// <summary>Memory that the processes hold together, in bytes.</summary>
    public required long ResidentBytes { get; init; }

    /// <summary>How long the oldest request that is not answered has been here, or null where there is none.</summary>
    public TimeSpan? OldestPending { get; init; }

    /// <summary>What that request is doing: <c>queued</c>, <c>starting</c> (its process comes up), <c>running</c> or <c>retrying</c>; null where there is none.</summary>
    public string? OldestPhase { get; init; }
}
