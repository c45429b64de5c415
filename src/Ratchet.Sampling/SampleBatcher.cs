using System.Runtime.ExceptionServices;

namespace Ratchet.Sampling;

/// <summary>The queue of a continuous batch: jobs that may be added while workers run, counts of their samples, and how the workers are told to end.</summary>
internal abstract class SampleBatcher<TJob>
    where TJob : SampleJob
{
    private long _total;
    private long _started;
    private long _ended;
    private long _tokens;
    private volatile bool _stopped;
    private Exception? _failure;

    /// <summary>Samples that are being drawn.</summary>
    public int Active => (int)(Interlocked.Read(ref _started) - Interlocked.Read(ref _ended));

    /// <summary>Samples that have not begun.</summary>
    public int Waiting => (int)(Interlocked.Read(ref _total) - Interlocked.Read(ref _started));

    /// <summary>Samples that have not ended.</summary>
    public long Left => Interlocked.Read(ref _total) - Interlocked.Read(ref _ended);

    /// <summary>Tokens drawn so far.</summary>
    public long Tokens => Interlocked.Read(ref _tokens);

    /// <summary>Lock of the queue, pulsed when something changes that a worker may wait for.</summary>
    protected object Gate { get; } = new();

    /// <summary>Jobs whose prompts nobody has taken; under the lock.</summary>
    protected Queue<TJob> New { get; } = new();

    /// <summary>No more jobs come; under the lock.</summary>
    protected bool IsClosed { get; private set; }

    /// <summary>Workers are to return, whatever is left.</summary>
    protected bool IsStopped => _stopped;

    /// <summary>Adds a job.</summary>
    /// <exception cref="InvalidOperationException">The workers have stopped.</exception>
    public void Add(TJob job)
    {
        lock (Gate)
        {
            if (_stopped || IsClosed)
                throw new InvalidOperationException("The sampler has stopped.", _failure);
            if (job.Open == 0 && !job.ScoresPrompt)
            {
                job.Complete();
                return;
            }

            Interlocked.Add(ref _total, Math.Max(job.Open, 1));
            New.Enqueue(job);
            Monitor.PulseAll(Gate);
        }
    }

    /// <summary>No more jobs come: workers return when all is done.</summary>
    public void Close()
    {
        lock (Gate)
        {
            IsClosed = true;
            Monitor.PulseAll(Gate);
        }
    }

    /// <summary>Stops all workers at their next step, because of a failure or for the sampler's end; what has not ended never does.</summary>
    public void Stop(Exception? failure = null)
    {
        lock (Gate)
        {
            _failure ??= failure;
            _stopped = true;
            Monitor.PulseAll(Gate);
        }
    }

    /// <summary>Throws what stopped the workers.</summary>
    public void ThrowIfFailed()
    {
        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
    }

    /// <summary>Counts a sample, or a prompt without any, that begins.</summary>
    protected void CountStart() => Interlocked.Increment(ref _started);

    /// <summary>Counts one that has ended.</summary>
    protected void CountEnd() => Interlocked.Increment(ref _ended);

    /// <summary>Draws a sequence's next token and counts it. True when the sequence has ended.</summary>
    protected bool DrawNext(SampleSequence<TJob> sequence, ReadOnlySpan<float> logits, TokenSampler drawer)
    {
        var before = sequence.Count;
        var ended = sequence.Draw(logits, drawer);
        Interlocked.Add(ref _tokens, sequence.Count - before);
        return ended;
    }
}
