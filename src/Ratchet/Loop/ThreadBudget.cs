namespace Ratchet.Loop;

/// <summary>
/// The cores that a run may keep busy. Sampler, learner and verifiers work on permits of one budget, so that together they never run on
/// more threads than it has, and a stage that overlaps another takes its turn instead of competing.
/// </summary>
/// <remarks>
/// Spinning threads beside busy cores cost a tensor library a factor of up to 70; nothing that holds a permit spins, and long work calls
/// <see cref="Lease.Breathe"/> about every millisecond. First come, first served.
/// </remarks>
public sealed class ThreadBudget
{
    private readonly Lock _gate = new();
    private readonly LinkedList<(int Permits, SemaphoreSlim Turn)> _waiting = new();
    private volatile int _waitingCount;
    private int _free;

    /// <summary>Makes a budget.</summary>
    /// <param name="threads">Permits; 0 stands for all cores of the machine.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is negative.</exception>
    public ThreadBudget(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        _free = Threads;
    }

    /// <summary>Permits in all.</summary>
    public int Threads { get; }

    /// <summary>Most permits that were out at once, for tests and reports.</summary>
    public int Peak { get; private set; }

    /// <summary>Threads that wait for a permit at the moment.</summary>
    public int Waiting => _waitingCount;

    /// <summary>Waits for a permit. Dispose the lease to give it back.</summary>
    /// <param name="cancellationToken">Ends the wait, now and in the lease's <see cref="Lease.Breathe"/> and <see cref="Lease.Resume"/>.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; no permit is held.</exception>
    public Lease Enter(CancellationToken cancellationToken = default) => Enter(1, cancellationToken);

    /// <summary>Waits for several permits that come and go together, for a library that runs threads of its own.</summary>
    /// <param name="permits">Permits, from 1 to <see cref="Threads"/>. Who waits later does not overtake, so that many permits come free in the end.</param>
    /// <param name="cancellationToken">Ends the wait, now and in the lease's <see cref="Lease.Breathe"/> and <see cref="Lease.Resume"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The budget never has so many.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; no permit is held.</exception>
    public Lease Enter(int permits, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(permits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(permits, Threads);
        Take(permits, cancellationToken);
        return new Lease(this, permits, cancellationToken);
    }

    private void Take(int permits, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<(int Permits, SemaphoreSlim Turn)> place;
        lock (_gate)
        {
            if (_free >= permits && _waiting.Count == 0)
            {
                Grant(permits);
                return;
            }

            place = _waiting.AddLast((permits, new SemaphoreSlim(0, 1)));
            _waitingCount = _waiting.Count;
        }

        var given = false;
        try
        {
            place.Value.Turn.Wait(cancellationToken);
            given = true;
        }
        finally
        {
            lock (_gate)
            {
                if (!given)
                    Leave(place);
                place.Value.Turn.Dispose();
            }
        }
    }

    /// <summary>One who waited goes away: out of the line, or with what was given to him in the same moment.</summary>
    private void Leave(LinkedListNode<(int Permits, SemaphoreSlim Turn)> place)
    {
        if (place.List is null)
            _free += place.Value.Permits;
        else
            _waiting.Remove(place);
        Serve();
    }

    private void GiveBack(int permits)
    {
        lock (_gate)
        {
            _free += permits;
            Serve();
        }
    }

    /// <summary>Permits pass to those who wait longest.</summary>
    private void Serve()
    {
        while (_waiting.First is { } next && next.Value.Permits <= _free)
        {
            Grant(next.Value.Permits);
            _waiting.RemoveFirst();
            next.Value.Turn.Release();
        }

        _waitingCount = _waiting.Count;
    }

    private void Grant(int permits)
    {
        _free -= permits;
        Peak = Math.Max(Peak, Threads - _free);
    }

    /// <summary>A permit, or several that were taken together. Belongs to one thread.</summary>
    public sealed class Lease : IDisposable
    {
        private readonly int _permits;
        private readonly CancellationToken _cancellation;
        private ThreadBudget? _budget;
        private bool _paused;

        internal Lease(ThreadBudget budget, int permits, CancellationToken cancellation) => (_budget, _permits, _cancellation) = (budget, permits, cancellation);

        /// <summary>Lets one who waits go first; returns at once when nobody does.</summary>
        /// <exception cref="OperationCanceledException">The token was cancelled while others went first; no permit is held.</exception>
        public void Breathe()
        {
            if (_paused || _budget is not { _waitingCount: > 0 })
                return;
            Pause();
            Resume();
        }

        /// <summary>Gives the permit back for a while, before waiting for something else than a core. Never blocks.</summary>
        public void Pause()
        {
            if (_paused || _budget is not { } budget)
                return;
            _paused = true;
            budget.GiveBack(_permits);
        }

        /// <summary>Waits for a permit again after <see cref="Pause"/>.</summary>
        /// <exception cref="OperationCanceledException">The token was cancelled; no permit is held.</exception>
        public void Resume()
        {
            if (!_paused || _budget is not { } budget)
                return;
            budget.Take(_permits, _cancellation);
            _paused = false;
        }

        /// <summary>Gives the permit back; more calls do nothing.</summary>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _budget, null) is { } budget && !_paused)
                budget.GiveBack(_permits);
        }
    }
}
