namespace Ratchet.Verifiers.Pool;

/// <summary>Sizes of a pool.</summary>
internal sealed record PoolOptions
{
    /// <summary>Workers that are busy at one time: the number of cores that whoever owns the pool gives it (<see cref="Loop.ThreadBudget.Threads"/> of a run). At least 1.</summary>
    public required int MaxBusy { get; init; }

    /// <summary>Processes in all, idle ones included, so that changing between keys costs no start; at least <see cref="MaxBusy"/>. Default 0: twice <see cref="MaxBusy"/>.</summary>
    public int MaxWorkers { get; init; }

    /// <summary>Requests of one client that may wait; one more waits outside. Default 4,096.</summary>
    public int MaxQueuedPerClient { get; init; } = 4096;

    /// <summary>Wall-clock time that an item may take on a worker, start-up not counted. Default two minutes.</summary>
    public TimeSpan ItemLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Requests after which a worker is replaced. Default 3,000.</summary>
    public int RecycleAfterUses { get; init; } = 3000;

    /// <summary>Resident memory over which a worker is replaced after a request, in bytes. Default 500 MB.</summary>
    public long RecycleOverBytes { get; init; } = 500_000_000;

    /// <summary>Processor time after which a worker is replaced, in seconds; below <see cref="ProcessLimits.CpuSeconds"/>. Default half an hour.</summary>
    public double RecycleAfterCpuSeconds { get; init; } = 1800;

    /// <summary>How long one key may keep a worker while others wait. Default 5 seconds.</summary>
    public TimeSpan Turn { get; init; } = TimeSpan.FromSeconds(5);
}
