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
    private readonly Queue<SemaphoreSlim> _waiting = new();
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
    public Lease Enter()
    {
        Take();
        return new Lease(this);
    }

    private void Take()
    {
        SemaphoreSlim turn;
        lock (_gate)
        {
            if (_free > 0 && _waiting.Count == 0)
            {
                _free--;
                Peak = Math.Max(Peak, Threads - _free);
                return;
            }

            turn = new SemaphoreSlim(0, 1);
            _waiting.Enqueue(turn);
            _waitingCount = _waiting.Count;
        }

        turn.Wait();
        turn.Dispose();
    }

    private void GiveBack()
    {
        lock (_gate)
        {
            if (_waiting.TryDequeue(out var next))
            {
                // The permit passes to the one who waits longest without becoming free in between.
                _waitingCount = _waiting.Count;
                next.Release();
            }
            else
            {
                _free++;
            }
        }
    }

    /// <summary>A permit. Belongs to one thread.</summary>
    public sealed class Lease : IDisposable
    {
        private ThreadBudget? _budget;
        private bool _paused;

        internal Lease(ThreadBudget budget) => _budget = budget;

        /// <summary>Lets one who waits go first; returns at once when nobody does.</summary>
        public void Breathe()
        {
            if (!_paused && _budget is { _waitingCount: > 0 } budget)
            {
                budget.GiveBack();
                budget.Take();
            }
        }

        /// <summary>Gives the permit back for a while, before waiting for something else than a core. Never blocks.</summary>
        public void Pause()
        {
            if (_paused || _budget is not { } budget)
                return;
            _paused = true;
            budget.GiveBack();
        }

        /// <summary>Waits for a permit again after <see cref="Pause"/>.</summary>
        public void Resume()
        {
            if (!_paused || _budget is not { } budget)
                return;
            budget.Take();
            _paused = false;
        }

        /// <summary>Gives the permit back; more calls do nothing.</summary>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _budget, null) is { } budget && !_paused)
                budget.GiveBack();
        }
    }
}
