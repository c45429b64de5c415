using System.Runtime.ExceptionServices;
using Ratchet.Loop;

namespace Ratchet.Learning.Cpu;

/// <summary>
/// A few threads that take numbered work items from a queue. The calling thread works too, so a pool of one thread starts
/// none.
/// </summary>
/// <remarks>
/// All waits block: a thread without work costs nothing, and a thread that the scheduler holds back delays only the item
/// that it has taken. There is no barrier that everybody has to reach: <see cref="Run"/> returns when all items are done,
/// whether or not every thread woke up. Which thread runs which item is left to chance, so items must not depend on it.
/// </remarks>
internal sealed class WorkerPool : IDisposable
{
    private readonly object _lock = new();
    private readonly Thread[] _threads;
    private readonly ThreadBudget? _budget;
    private Action<int, int>? _work;
    private int _count;
    private int _next;
    private int _open;
    private int _faultedItem;
    private ExceptionDispatchInfo? _fault;
    private bool _disposed;

    /// <summary>Makes a pool.</summary>
    /// <param name="threads">Threads that work, the calling thread counted; at least 1.</param>
    /// <param name="budget">Each thread holds a permit of it while it works and lets others go first between two items; null for none.</param>
    public WorkerPool(int threads, ThreadBudget? budget = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        _budget = budget;
        Threads = threads;
        _threads = new Thread[threads - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            var worker = i + 1;
            _threads[i] = new Thread(() => Loop(worker)) { IsBackground = true, Name = $"Ratchet trainer {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Threads that work, the calling thread counted.</summary>
    public int Threads { get; }

    /// <summary>Runs <paramref name="work"/> for the items [0, <paramref name="count"/>) and returns when all are done.</summary>
    /// <param name="count">Number of items.</param>
    /// <param name="work">Called with the item and the number of the worker, in [0, <see cref="Threads"/>).</param>
    /// <remarks>When items throw, the exception of the lowest item among those thrown is rethrown after all others have ended.</remarks>
    public void Run(int count, Action<int, int> work)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (count == 0)
            return;
        lock (_lock)
        {
            _work = work;
            _count = count;
            _next = 0;
            _open = count;
            _fault = null;
            if (_threads.Length > 0 && count > 1)
                Monitor.PulseAll(_lock);
        }

        Work(0);
        ExceptionDispatchInfo? fault;
        lock (_lock)
        {
            while (_open > 0)
                Monitor.Wait(_lock);
            _work = null;
            fault = _fault;
            _fault = null;
        }

        fault?.Throw();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            Monitor.PulseAll(_lock);
        }

        foreach (var thread in _threads)
            thread.Join();
    }

    private void Loop(int worker)
    {
        while (true)
        {
            lock (_lock)
            {
                while (!_disposed && (_work is null || _next >= _count))
                    Monitor.Wait(_lock);
                if (_disposed)
                    return;
            }

            Work(worker);
        }
    }

    private void Work(int worker)
    {
        using var permit = _budget?.Enter();
        while (TakeAndRun(worker))
            permit?.Breathe();
    }

    private bool TakeAndRun(int worker)
    {
        int item;
        Action<int, int> work;
        lock (_lock)
        {
            if (_work is null || _next >= _count)
                return false;
            item = _next++;
            work = _work;
        }

        ExceptionDispatchInfo? fault = null;
        try
        {
            work(item, worker);
        }
#pragma warning disable CA1031 // carried to the thread that called Run
        catch (Exception e)
#pragma warning restore CA1031
        {
            fault = ExceptionDispatchInfo.Capture(e);
        }

        lock (_lock)
        {
            if (fault is not null && (_fault is null || item < _faultedItem))
            {
                _fault = fault;
                _faultedItem = item;
            }

            if (--_open == 0)
                Monitor.PulseAll(_lock);
        }

        return true;
    }
}
