using System.Diagnostics;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Pool;

/// <summary>
/// Warm processes by key (what they have loaded), a fair bounded queue in front of them, and recovery from processes that hang, die, grow or
/// misbehave. The one pool of all verifiers that run outside this process.
/// </summary>
/// <remarks>
/// <para>An adapter writes a worker (<see cref="IPoolWorker"/>, mostly around a <see cref="ChildProcess"/>) and calls <see cref="RunAsync"/> with
/// what is to be done on it. Each of <see cref="PoolOptions.MaxBusy"/> threads of the pool takes a request, finds or starts a worker for its key
/// and runs the job there, so that jobs are plain blocking code.</para>
/// <para>No request is lost: one whose worker died runs once more on a fresh worker, and if that dies too it fails with what is known. One that
/// hit a limit is not tried again.</para>
/// </remarks>
internal sealed class WorkerPool<TWorker> : IDisposable
    where TWorker : class, IPoolWorker
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _arrivals = new(0);
    private readonly PoolOptions _options;
    private readonly Func<string, Deadline, TWorker> _start;
    private readonly TimeSpan _startLimit;
    private readonly PoolQueue<TWorker> _queue;
    private readonly Dictionary<string, Room> _rooms = new(StringComparer.Ordinal);
    private readonly List<Idle> _idle = [];
    private readonly List<Place> _places = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly long[] _ends = new long[Enum.GetValues<WorkerEnd>().Length];
    private long _checks;
    private long _starts;
    private bool _closed;

    /// <summary>Makes a pool; no process starts before the first request.</summary>
    /// <param name="name">Name of the verifier, for the figures.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="startLimit">Time that a worker has to come up.</param>
    /// <param name="start">
    /// Starts a worker that is ready for requests, by the deadline. Throws <see cref="ChildFailureException"/> where it does not come up, and
    /// <see cref="RatchetException"/> where something is not installed.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive, or fewer workers than busy ones are allowed.</exception>
    public WorkerPool(string name, PoolOptions options, TimeSpan startLimit, Func<string, Deadline, TWorker> start)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxBusy, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxQueuedPerClient, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.RecycleAfterUses, 1);
        if (options.MaxWorkers != 0)
            ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxWorkers, options.MaxBusy);
        Name = name;
        _options = options.MaxWorkers == 0 ? options with { MaxWorkers = 2 * options.MaxBusy } : options;
        _start = start;
        _startLimit = startLimit;
        _queue = new PoolQueue<TWorker>(options.Turn);
    }

    /// <summary>Name of the verifier.</summary>
    public string Name { get; }

    /// <summary>Runs a job on a worker that has a key loaded.</summary>
    /// <param name="client">Who asks; clients take turns.</param>
    /// <param name="key">What the worker must have loaded.</param>
    /// <param name="job">Blocking code on the worker. It keeps to the deadline, whose token is <paramref name="cancellationToken"/>. May run twice.</param>
    /// <param name="cancellationToken">Takes the request out of the queue, or ends the wait for the job.</param>
    /// <exception cref="ChildFailureException">The process hit a limit, or died twice, or does not come up.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the pool was closed.</exception>
    public async Task<TResult> RunAsync<TResult>(string client, string key, Func<TWorker, Deadline, TResult> job, CancellationToken cancellationToken)
    {
        var room = EnterRoom(client);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        var admitted = false;
        try
        {
            await room.Places.WaitAsync(either.Token);
            admitted = true;
            var item = new PoolItem<TWorker, TResult>(client, key, job, either.Token);
            await using (either.Token.UnsafeRegister(static (state, _) => ((Action)state!)(), () => CancelQueued(item)))
            {
                Enqueue(item);
                return await item.Task;
            }
        }
        finally
        {
            LeaveRoom(client, room, admitted);
        }
    }

    /// <summary>What the pool is doing.</summary>
    public PoolFigures Figures()
    {
        lock (_gate)
        {
            var running = _places.Where(p => p.Item is not null).Select(p => p.Item!).ToList();
            var oldest = running.Concat(_queue.Items).MaxBy(i => i.Age);
            return new PoolFigures
            {
                Name = Name,
                Workers = _idle.Count + _places.Count(p => p.Worker is not null),
                Busy = running.Count,
                MaxBusy = _options.MaxBusy,
                Queued = _queue.Count,
                Checks = _checks,
                Starts = _starts,
                Ends = Enum.GetValues<WorkerEnd>().ToDictionary(e => e, e => _ends[(int)e]),
                ResidentBytes = Workers().Sum(w => w.Status?.ResidentBytes ?? 0),
                OldestPending = oldest?.Age,
                OldestPhase = oldest?.Phase,
            };
        }
    }

    /// <summary>The workers that are up, idle and busy.</summary>
    public IReadOnlyList<TWorker> Workers()
    {
        lock (_gate)
            return [.. _idle.Select(i => i.Worker), .. _places.Select(p => p.Worker).OfType<TWorker>()];
    }

    /// <summary>Cancels what waits and runs, ends the processes of the pool, and returns when all are gone.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
        }

        _closing.Cancel();
        List<Place> places;
        lock (_gate)
        {
            places = [.. _places];
            foreach (var place in places)
                place.Worker?.Abort();
        }

        _arrivals.Release(_options.MaxBusy);
        foreach (var place in places)
            place.Thread.Join();
        foreach (var idle in _idle)
            End(idle.Worker, WorkerEnd.Closed);
        _idle.Clear();
    }

    private Room EnterRoom(string client)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (!_rooms.TryGetValue(client, out var room))
                _rooms.Add(client, room = new Room(new SemaphoreSlim(_options.MaxQueuedPerClient)));
            room.Requests++;
            return room;
        }
    }

    private void LeaveRoom(string client, Room room, bool admitted)
    {
        if (admitted)
            room.Places.Release();
        lock (_gate)
        {
            if (--room.Requests == 0)
                _rooms.Remove(client);
        }
    }

    private void Enqueue(PoolItem<TWorker> item)
    {
        lock (_gate)
        {
            if (_closed || item.Token.IsCancellationRequested)
            {
                item.Cancel();
                return;
            }

            _queue.Add(item);

            // Threads come up as they are needed, one for each place.
            if (_places.Count < _options.MaxBusy && _places.Count(p => p.Item is null) < _queue.Count)
            {
                var place = new Place();
                place.Thread = new Thread(() => Serve(place)) { IsBackground = true, Name = $"{Name}-pool-{_places.Count}" };
                _places.Add(place);
                place.Thread.Start();
            }
        }

        _arrivals.Release();
    }

    private void CancelQueued(PoolItem<TWorker> item)
    {
        lock (_gate)
        {
            if (!_queue.Remove(item))
                return;
        }

        item.Cancel();
    }

    private void Serve(Place place)
    {
        while (true)
        {
            _arrivals.Wait();
            PoolItem<TWorker>? item;
            lock (_gate)
            {
                if (_closed)
                    return;
                item = _queue.Take(place.Key, Stopwatch.GetElapsedTime(place.TurnBegan) < _options.Turn, IsWarm, key => _places.Any(p => p != place && p.Item is not null && p.Key == key));
                if (item is null)
                    continue;
                if (item.Key != place.Key || Stopwatch.GetElapsedTime(place.TurnBegan) >= _options.Turn)
                    (place.Key, place.TurnBegan) = (item.Key, Stopwatch.GetTimestamp());
                place.Item = item;
            }

            Action hand;
            try
            {
                hand = Attempt(place, item);
            }
            catch (Exception e)
            {
                // A mistake of the adapter: the request ends with it, the pool goes on.
                hand = () => item.Fail(e);
            }

            lock (_gate)
            {
                place.Item = null;
                _checks++;
            }

            hand();
        }
    }

    /// <summary>Runs a request on a worker, a second time where the first died of itself. Returns what hands the result over.</summary>
    private Action Attempt(Place place, PoolItem<TWorker> item)
    {
        ChildFailureException? first = null;
        while (true)
        {
            try
            {
                RunOnce(place, item, fresh: first is not null);
                return item.Complete;
            }
            catch (OperationCanceledException)
            {
                return item.Cancel;
            }
            catch (ChildFailureException) when (_closing.IsCancellationRequested)
            {
                return item.Cancel;
            }
            catch (ChildFailureException e) when (e.WorthRetrying && first is null)
            {
                first = e;
                item.Phase = "retrying";
            }
            catch (ChildFailureException e)
            {
                var both = first is null ? e : new ChildFailureException(e.Failure, e.Reason, $"{e.Message} It was tried twice, the second time on a fresh process; the first time: {first.Message}");
                return () => item.Fail(both);
            }
        }
    }

    private void RunOnce(Place place, PoolItem<TWorker> item, bool fresh)
    {
        var (worker, uses) = fresh ? Fresh(place, item) : Borrow(item.Key) ?? Fresh(place, item);
        lock (_gate)
            place.Worker = worker;
        var end = WorkerEnd.Crashed;
        try
        {
            if (_closing.IsCancellationRequested)
                worker.Abort();
            item.Phase = fresh ? "retrying" : "running";
            item.Run(worker, Deadline.After(_options.ItemLimit, item.Token));
        }
        catch (ChildFailureException e)
        {
            end = e.Failure switch
            {
                ChildFailure.TimedOut => WorkerEnd.TimedOut,
                ChildFailure.OutputLimit or ChildFailure.Protocol => WorkerEnd.Misbehaved,
                _ => WorkerEnd.Crashed,
            };
            worker.Abort();
            throw;
        }
        catch (OperationCanceledException)
        {
            end = WorkerEnd.Cancelled;
            throw;
        }
        catch
        {
            worker.Abort();
            throw;
        }
        finally
        {
            lock (_gate)
                place.Worker = null;
            GiveBack(item.Key, worker, uses + 1, end);
        }
    }

    private bool IsWarm(string key) => _idle.Exists(i => i.Key == key);

    /// <summary>The idle worker of a key that was used last, if there is one that still runs.</summary>
    private (TWorker Worker, int Uses)? Borrow(string key)
    {
        while (true)
        {
            Idle idle;
            lock (_gate)
            {
                var at = _idle.FindLastIndex(i => i.Key == key);
                if (at < 0)
                    return null;
                idle = _idle[at];
                _idle.RemoveAt(at);
            }

            if (idle.Worker.IsReady)
                return (idle.Worker, idle.Uses);
            End(idle.Worker, WorkerEnd.Crashed);
        }
    }

    private (TWorker Worker, int Uses) Fresh(Place place, PoolItem<TWorker> item)
    {
        item.Phase = place.Item is not null && item.Phase == "retrying" ? "retrying" : "starting";
        var evicted = new List<Idle>();
        lock (_gate)
        {
            while (_idle.Count > 0 && _idle.Count + _places.Count(p => p.Item is not null) > _options.MaxWorkers)
            {
                evicted.Add(_idle[0]);
                _idle.RemoveAt(0);
            }

            _starts++;
        }

        foreach (var idle in evicted)
            End(idle.Worker, WorkerEnd.Evicted);
        try
        {
            // A start is not the request's to cancel: the worker serves whoever comes next.
            return (_start(item.Key, Deadline.After(_startLimit, _closing.Token)), 0);
        }
        catch (RatchetException e)
        {
            Count(WorkerEnd.StartFailed);
            throw new ChildFailureException(ChildFailure.NotInstalled, VerdictReason.Unavailable, e.Remedy is null ? e.Message : $"{e.Message} {e.Remedy}");
        }
        catch (ChildFailureException e)
        {
            Count(WorkerEnd.StartFailed);
            throw new ChildFailureException(ChildFailure.Start, VerdictReason.Unavailable, $"The {Name} process does not come up. {e.Message}");
        }
    }

    private void GiveBack(string key, TWorker worker, int uses, WorkerEnd unlessReady)
    {
        WorkerEnd? end = worker switch
        {
            { IsReady: false } => unlessReady,
            _ when _closing.IsCancellationRequested => WorkerEnd.Closed,
            _ when uses >= _options.RecycleAfterUses => WorkerEnd.Uses,
            { Status: { } status } when status.ResidentBytes > _options.RecycleOverBytes => WorkerEnd.Memory,
            { Status: { } status } when status.CpuSeconds > _options.RecycleAfterCpuSeconds => WorkerEnd.Cpu,
            _ => null,
        };
        if (end is { } reason)
        {
            End(worker, reason);
            return;
        }

        lock (_gate)
            _idle.Add(new Idle(key, worker, uses));
    }

    private void End(TWorker worker, WorkerEnd reason)
    {
        Count(reason);
        worker.Dispose();
    }

    private void Count(WorkerEnd reason)
    {
        lock (_gate)
            _ends[(int)reason]++;
    }

    /// <summary>What bounds the requests of a client.</summary>
    private sealed record Room(SemaphoreSlim Places)
    {
        public int Requests { get; set; }
    }

    /// <summary>An idle worker; in the pool's list the one that was used longest ago comes first.</summary>
    private sealed record Idle(string Key, TWorker Worker, int Uses);

    /// <summary>A thread of the pool, and what it is at.</summary>
    private sealed class Place
    {
        public Thread Thread { get; set; } = null!;

        public string? Key { get; set; }

        public long TurnBegan { get; set; }

        public PoolItem<TWorker>? Item { get; set; }

        public TWorker? Worker { get; set; }
    }
}
