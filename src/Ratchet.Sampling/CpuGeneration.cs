using System.Runtime.ExceptionServices;
using Ratchet.Attempts;
using Ratchet.Loop;
using Ratchet.Models.Cpu;

namespace Ratchet.Sampling;

/// <summary>
/// One call of <see cref="CpuSampler.Generate"/>: the queue of prompts and samples that workers take from, and the loop that each worker runs. A prompt is evaluated once, by
/// whoever takes it; its samples may run anywhere. The lock is taken when sequences start, end or move, not in a step.
/// </summary>
internal sealed unsafe class CpuGeneration : IDisposable
{
    // Below this a worker keeps its sequences: a batch of two or three costs little more than one.
    private const int SmallestSplit = 4;

    private readonly CpuDecoder _decoder;
    private readonly KeyValuePages _pages;
    private readonly IReadOnlyList<SamplePrompt> _prompts;
    private readonly SamplingOptions _options;
    private readonly StopCondition _stop;
    private readonly int _workers;
    private readonly ThreadBudget? _budget;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _registration;
    private readonly object _gate = new();
    private readonly int[] _firstResult;
    private readonly Sample[] _results;
    private readonly Queue<CpuPrefix> _open = new();
    private readonly Stack<CpuSequence> _handed = new();
    private readonly Stack<CpuSequence> _spare = new();
    private readonly Stack<PageTable> _spareTables = new();
    private readonly List<PageTable> _tables = [];
    private Exception? _failure;
    private int _nextPrompt;
    private int _started;
    private int _ended;
    private volatile int _idle;
    private volatile bool _stopped;

    public CpuGeneration(
        CpuDecoder decoder, KeyValuePages pages, IReadOnlyList<SamplePrompt> prompts, SamplingOptions options, int workers, ThreadBudget? budget, CancellationToken cancellation)
    {
        (_decoder, _pages, _prompts, _options, _workers, _budget, _cancellation) = (decoder, pages, prompts, options, workers, budget, cancellation);
        _stop = new StopCondition(options);
        _firstResult = new int[prompts.Count];
        for (var i = 0; i < prompts.Count; i++)
        {
            _firstResult[i] = Total;
            Total = checked(Total + prompts[i].Streams.Count);
        }

        _results = new Sample[Total];
        _registration = cancellation.Register(Stop);
    }

    /// <summary>Samples in all.</summary>
    public int Total { get; }

    /// <summary>The samples, when all workers have returned.</summary>
    public IReadOnlyList<Sample> Results()
    {
        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
        if (_ended < Total)
            _cancellation.ThrowIfCancellationRequested();
        return _results;
    }

    /// <summary>Stops all workers because of a failure.</summary>
    public void Fail(Exception failure)
    {
        lock (_gate)
            _failure ??= failure;
        Stop();
    }

    /// <summary>
    /// A worker's loop: fill the batch, one step for all its sequences, until nothing is left. Works on a permit of the budget, and lets
    /// others go first between two steps.
    /// </summary>
    public void Run(DecoderWorkspace work)
    {
        var active = new List<CpuSequence>(_options.MaxBatch);
        var drawer = new TokenSampler(_options, _decoder.Config.VocabularySize);
        using var permit = _budget?.Enter(_cancellation);
        while (!_stopped)
        {
            permit?.Breathe();
            if (!Fill(active, work, drawer, permit))
                return;
            if (active.Count > 0)
                Step(active, work, drawer);
            if (_idle > 0 && active.Count >= SmallestSplit)
                HandOver(active);
        }
    }

    public void Dispose()
    {
        _registration.Dispose();
        foreach (var table in _tables)
            table.Dispose();
    }

    private void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Takes sequences until the worker has its share; waits while it has none and others may still hand some over. False when all is done.</summary>
    private bool Fill(List<CpuSequence> active, DecoderWorkspace work, TokenSampler drawer, ThreadBudget.Lease? permit)
    {
        while (!_stopped)
        {
            CpuPrefix? prefix = null;
            CpuSequence? sequence = null;
            var prompt = -1;
            var waited = false;
            lock (_gate)
            {
                var unstarted = Total - _started;
                var share = Math.Min(_options.MaxBatch, (Total - _ended + _workers - 1) / _workers);
                if (_handed.Count > 0 && active.Count < _options.MaxBatch)
                {
                    active.Add(_handed.Pop());
                    continue;
                }

                if (unstarted > 0 && active.Count < share)
                {
                    if (_open.TryPeek(out prefix))
                        sequence = StartSequence(prefix);
                    else if (_nextPrompt < _prompts.Count)
                        prompt = _nextPrompt++;
                }

                if (sequence is null && prompt < 0)
                {
                    if (active.Count > 0)
                        return true;
                    if (_ended == Total)
                        return false;
                    permit?.Pause();
                    _idle++;
                    Monitor.Wait(_gate);
                    _idle--;
                    waited = true;
                }
            }

            if (waited)
            {
                // Outside the lock: whoever holds the permit may need the lock to come to the point where it lets go.
                permit?.Resume();
                continue;
            }

            if (sequence is null)
            {
                Evaluate(prompt, work);
                permit?.Breathe();
            }
            else if (!FirstToken(sequence, drawer))
                active.Add(sequence);
        }

        return false;
    }

    /// <summary>Evaluates a prompt and opens it for its samples.</summary>
    private void Evaluate(int index, DecoderWorkspace work)
    {
        var prompt = _prompts[index];
        if (prompt.Streams.Count == 0)
            return;
        PageTable table;
        lock (_gate)
        {
            if (!_spareTables.TryPop(out table!))
                _tables.Add(table = new PageTable(_pages, _decoder.Config.MaxPositions));
        }

        var logits = new float[_decoder.Config.VocabularySize];
        for (var start = 0; start < prompt.Ids.Count; start += work.Rows)
        {
            var rows = Math.Min(work.Rows, prompt.Ids.Count - start);
            var last = start + rows == prompt.Ids.Count;
            CpuDecoder.Fill(work, table, prompt.Ids, start, rows);
            _decoder.Forward(work, _pages, rows, rows - 1, last ? 1 : 0);
        }

        new ReadOnlySpan<float>(work.Logits, logits.Length).CopyTo(logits);
        lock (_gate)
        {
            _open.Enqueue(new CpuPrefix(index, table, logits, prompt.Streams.Count));
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The next sample of an open prompt; under the lock.</summary>
    private CpuSequence StartSequence(CpuPrefix prefix)
    {
        var prompt = _prompts[prefix.Prompt];
        var limit = Math.Min(_options.MaxNewTokens, _decoder.Config.MaxPositions - prompt.Ids.Count);
        if (!_spare.TryPop(out var sequence))
        {
            var table = new PageTable(_pages, _decoder.Config.MaxPositions);
            _tables.Add(table);
            sequence = new CpuSequence(table, Math.Min(_options.MaxNewTokens, _decoder.Config.MaxPositions));
        }

        sequence.Prefix = prefix;
        sequence.Stream = prompt.Streams[prefix.Next];
        sequence.Result = _firstResult[prefix.Prompt] + prefix.Next;
        sequence.PromptLength = prompt.Ids.Count;
        sequence.Limit = limit;
        sequence.Count = 0;
        _started++;
        if (++prefix.Next == prompt.Streams.Count)
            _open.Dequeue();
        return sequence;
    }

    /// <summary>Draws a sample's first token from its prompt's logits. True when the sample has ended with it.</summary>
    private bool FirstToken(CpuSequence sequence, TokenSampler drawer)
    {
        if (sequence.Limit <= 0)
        {
            End(sequence, StopReason.Length);
            return true;
        }

        if (Draw(sequence, sequence.Prefix.Logits, drawer))
            return true;
        sequence.Table.Share(sequence.Prefix.Table, sequence.PromptLength);
        return false;
    }

    /// <summary>One token for each sequence.</summary>
    private void Step(List<CpuSequence> active, DecoderWorkspace work, TokenSampler drawer)
    {
        var rows = active.Count;
        for (var i = 0; i < rows; i++)
        {
            var sequence = active[i];
            var position = sequence.PromptLength + sequence.Count - 1;
            sequence.Table.Reserve(position + 1);
            work.Ids[i] = sequence.Ids[sequence.Count - 1];
            work.Positions[i] = position;
            work.Pages[i] = sequence.Table.Pointer;
        }

        _decoder.Forward(work, _pages, rows, 0, rows);
        var vocabulary = _decoder.Config.VocabularySize;
        var kept = 0;
        for (var i = 0; i < rows; i++)
        {
            var sequence = active[i];
            if (!Draw(sequence, new ReadOnlySpan<float>(work.Logits + ((long)i * vocabulary), vocabulary), drawer))
                active[kept++] = sequence;
        }

        active.RemoveRange(kept, rows - kept);
    }

    private bool Draw(CpuSequence sequence, ReadOnlySpan<float> logits, TokenSampler drawer)
    {
        sequence.Ids[sequence.Count] = drawer.Draw(logits, ref sequence.Stream, out sequence.LogProbabilities[sequence.Count]);
        sequence.Count++;
        if (_stop.Check(sequence.Sampled, sequence.Limit) is not { } reason)
            return false;
        End(sequence, reason);
        return true;
    }

    private void End(CpuSequence sequence, StopReason reason)
    {
        _results[sequence.Result] = new Sample(sequence.Sampled.ToArray(), sequence.LogProbabilities[..sequence.Count], reason);
        sequence.Table.Clear();
        lock (_gate)
        {
            _spare.Push(sequence);
            if (--sequence.Prefix.Open == 0)
            {
                sequence.Prefix.Table.Clear();
                _spareTables.Push(sequence.Prefix.Table);
            }

            if (++_ended == Total)
                Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Gives a part of this worker's sequences to workers that wait.</summary>
    private void HandOver(List<CpuSequence> active)
    {
        lock (_gate)
        {
            if (_idle == 0 || _handed.Count > 0)
                return;
            var count = active.Count * _idle / (_idle + 1);
            for (var i = active.Count - count; i < active.Count; i++)
                _handed.Push(active[i]);
            active.RemoveRange(active.Count - count, count);
            Monitor.PulseAll(_gate);
        }
    }
}
