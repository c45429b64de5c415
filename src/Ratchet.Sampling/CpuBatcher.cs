using Ratchet.Loop;
using Ratchet.Models.Cpu;
using Ratchet.Models.Kernels;

namespace Ratchet.Sampling;

/// <summary>
/// Continuous batching on own kernels: the loop that each worker runs. Every job brings its own settings; sequences of many jobs share a batch, leave it as they end and
/// make room for others. The lock is taken when sequences start, end or move, not in a step.
/// </summary>
internal sealed unsafe class CpuBatcher : SampleBatcher<CpuJob>, IDisposable
{
    // Below this a worker keeps its sequences: a batch of two or three costs little more than one.
    private const int SmallestSplit = 4;

    private readonly CpuDecoder _decoder;
    private readonly KeyValuePages _pages;
    private readonly int _maxBatch;
    private readonly int _workers;
    private readonly ThreadBudget? _budget;
    private readonly long _maxPages;
    private readonly Queue<CpuJob> _open = new();
    private readonly Stack<CpuSequence> _handed = new();
    private readonly Stack<CpuSequence> _spare = new();
    private readonly Stack<PageTable> _spareTables = new();
    private readonly List<PageTable> _tables = [];
    private long _drafted;
    private long _stood;
    private long _reserved;
    private bool _wanted;
    private volatile int _idle;

    /// <summary>Makes an empty queue.</summary>
    /// <param name="decoder">Decoder; not owned.</param>
    /// <param name="pages">Pool of pages; not owned.</param>
    /// <param name="maxBatch">Most sequences of a worker.</param>
    /// <param name="workers">Workers.</param>
    /// <param name="budget">Each worker works on a permit of it; null for none.</param>
    /// <param name="maxPages">Most pages that prompts and samples in work may come to need together; a sample alone may need more.</param>
    public CpuBatcher(CpuDecoder decoder, KeyValuePages pages, int maxBatch, int workers, ThreadBudget? budget, long maxPages = long.MaxValue) =>
        (_decoder, _pages, _maxBatch, _workers, _budget, _maxPages) = (decoder, pages, maxBatch, workers, budget, maxPages);

    /// <summary>Tokens drafted so far, and those of them that stood.</summary>
    public (long Made, long Stood) Drafted => (Interlocked.Read(ref _drafted), Interlocked.Read(ref _stood));

    /// <summary>
    /// A worker's loop: fill the batch, one step for all its sequences, until nothing is left. Works on a permit of the budget, and lets
    /// others go first between two steps.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled while it waited for its permit.</exception>
    public void Run(DecoderWorkspace work, CancellationToken cancellationToken)
    {
        var active = new List<CpuSequence>(_maxBatch);
        var drawer = new TokenSampler(_decoder.Config.VocabularySize);
        using var permit = _budget?.Enter(cancellationToken);
        while (!IsStopped)
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
        foreach (var table in _tables)
            table.Dispose();
    }

    /// <summary>Takes sequences until the worker has its share; waits while it has none and others may still hand some over. False when all is done.</summary>
    private bool Fill(List<CpuSequence> active, DecoderWorkspace work, TokenSampler drawer, ThreadBudget.Lease? permit)
    {
        while (!IsStopped)
        {
            CpuSequence? sequence = null;
            CpuJob? job = null;
            var waited = false;
            lock (Gate)
            {
                var share = (int)Math.Min(_maxBatch, (Left + _workers - 1) / _workers);
                if (_handed.Count > 0 && active.Count < _maxBatch)
                {
                    active.Add(_handed.Pop());
                    continue;
                }

                if (Waiting > 0 && active.Count < share)
                {
                    if (_open.TryPeek(out var open))
                        sequence = HasRoom(SamplePages(open), Active > 0) ? StartSequence(open) : null;
                    else if (New.TryPeek(out var next) && HasRoom(PromptPages(next) + SamplePages(next), _reserved > 0))
                        job = StartPrompt();
                }

                if (sequence is null && job is null)
                {
                    if (active.Count > 0)
                        return true;
                    if (IsClosed && Left == 0)
                        return false;
                    permit?.Pause();
                    _idle++;
                    Monitor.Wait(Gate);
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
                Evaluate(job!, active, work, drawer);
                permit?.Breathe();
            }
            else if (!FirstToken(sequence, drawer))
            {
                active.Add(sequence);
            }
        }

        return false;
    }

    /// <summary>True where so many more pages are within the limit, or where nothing in work would ever make room for them; under the lock.</summary>
    private bool HasRoom(int pages, bool others)
    {
        if (!others || pages <= _maxPages - _reserved)
            return true;
        _wanted = true;
        return false;
    }

    private static int PromptPages(CpuJob job) => KeyValuePages.Needed(job.Prompt.Ids.Count);

    /// <summary>Pages that a sample of the job may come to need beside those that it shares with its prompt.</summary>
    private int SamplePages(CpuJob job) => KeyValuePages.Needed(job.Positions(_decoder.Config.MaxPositions)) - (job.Prompt.Ids.Count / RowKernels.BlockPositions);

    /// <summary>Gives reserved pages back; under the lock.</summary>
    private void Release(int pages)
    {
        _reserved -= pages;
        if (!_wanted)
            return;
        _wanted = false;
        Monitor.PulseAll(Gate);
    }

    /// <summary>The next prompt, to be evaluated; under the lock.</summary>
    private CpuJob StartPrompt()
    {
        var job = New.Dequeue();
        _reserved += PromptPages(job);
        return job;
    }

    /// <summary>Evaluates a prompt and opens it for its samples. Between two parts of a long prompt the batch goes one step on.</summary>
    private void Evaluate(CpuJob job, List<CpuSequence> active, DecoderWorkspace work, TokenSampler drawer)
    {
        lock (Gate)
        {
            if (!_spareTables.TryPop(out var table))
                _tables.Add(table = new PageTable(_pages, _decoder.Config.MaxPositions));
            job.Table = table;
        }

        var prompt = job.Prompt.Ids;
        var vocabulary = _decoder.Config.VocabularySize;
        var logits = new float[vocabulary];
        if (job.ScoresPrompt)
            job.PromptScores = new TokenScore[prompt.Count - 1];
        for (var start = 0; start < prompt.Count && !job.IsCancelled && !IsStopped; start += work.Rows)
        {
            if (start > 0 && active.Count > 0)
                Step(active, work, drawer);
            var rows = Math.Min(work.Rows, prompt.Count - start);
            var last = start + rows == prompt.Count;
            CpuDecoder.Fill(work, job.Table, prompt, start, rows);
            _decoder.Forward(work, _pages, rows, job.ScoresPrompt ? 0 : rows - 1, job.ScoresPrompt ? rows : last ? 1 : 0);
            for (var i = 0; job.ScoresPrompt && i < rows && start + i + 1 < prompt.Count; i++)
                job.PromptScores[start + i] = drawer.Score(Row(work, i), prompt[start + i + 1], job.Options.ModelScores ?? 0);
            if (last)
                Row(work, job.ScoresPrompt ? rows - 1 : 0).CopyTo(logits);
        }

        job.Logits = logits;
        lock (Gate)
        {
            if (job.Results.Length > 0)
            {
                _open.Enqueue(job);
            }
            else
            {
                CountStart();
                EndJob(job);
            }

            Monitor.PulseAll(Gate);
        }
    }

    private ReadOnlySpan<float> Row(DecoderWorkspace work, int row) => new(work.Logits + ((long)row * _decoder.Config.VocabularySize), _decoder.Config.VocabularySize);

    /// <summary>The next sample of an open prompt; under the lock.</summary>
    private CpuSequence StartSequence(CpuJob job)
    {
        if (!_spare.TryPop(out var sequence))
        {
            var table = new PageTable(_pages, _decoder.Config.MaxPositions);
            _tables.Add(table);
            sequence = new CpuSequence(table);
        }

        sequence.Start(job, _decoder.Config.MaxPositions);
        _reserved += SamplePages(job);
        CountStart();
        if (job.Next == job.Results.Length)
            _open.Dequeue();
        return sequence;
    }

    /// <summary>Draws a sample's first token from its prompt's logits. True when the sample has ended with it.</summary>
    private bool FirstToken(CpuSequence sequence, TokenSampler drawer)
    {
        if (Draw(sequence, sequence.Job.Logits.Span, drawer))
            return true;
        sequence.Table.Share(sequence.Job.Table, sequence.PromptLength);
        return false;
    }

    /// <summary>One pass: a token for each sequence, and the tokens of its draft that stand.</summary>
    private void Step(List<CpuSequence> active, DecoderWorkspace work, TokenSampler drawer)
    {
        var free = work.Rows - active.Count;
        var rows = 0;
        foreach (var sequence in active)
        {
            // The last token needs no place to follow it.
            sequence.MakeDraft(Math.Min(free, sequence.Limit - sequence.Count - 1));
            free -= sequence.Drafted;
            var position = sequence.PromptLength + sequence.Count - 1;
            sequence.Table.Reserve(position + 1 + sequence.Drafted);
            for (var i = 0; i <= sequence.Drafted; i++, rows++)
            {
                work.Ids[rows] = i == 0 ? sequence.Whole[^1] : sequence.Draft[i - 1];
                work.Positions[rows] = position + i;
                work.Pages[rows] = sequence.Table.Pointer;
            }
        }

        _decoder.Forward(work, _pages, rows, 0, rows);
        var kept = 0;
        var row = 0;
        for (var s = 0; s < active.Count; s++)
        {
            var sequence = active[s];
            var drafted = sequence.Drafted;
            var ended = false;
            for (var i = 0; i <= drafted && !ended; i++)
            {
                ended = Draw(sequence, Row(work, row + i), drawer);

                // The draft stands as long as the draw gives its ids; its keys and values are then those of the plain pass.
                if (i < drafted && !ended && sequence.Whole[^1] != sequence.Draft[i])
                    break;
                if (i < drafted && !ended)
                    Interlocked.Increment(ref _stood);
            }

            row += drafted + 1;
            if (drafted > 0)
                Interlocked.Add(ref _drafted, drafted);
            if (!ended)
                active[kept++] = sequence;
        }

        active.RemoveRange(kept, active.Count - kept);
    }

    /// <summary>Draws a token. True when the sequence has ended, and is given back.</summary>
    private bool Draw(CpuSequence sequence, ReadOnlySpan<float> logits, TokenSampler drawer)
    {
        if (!DrawNext(sequence, logits, drawer))
            return false;
        sequence.Table.Clear();
        var job = sequence.Job;
        lock (Gate)
        {
            _spare.Push(sequence);
            Release(SamplePages(job));
            if (--job.Open == 0)
                EndJob(job);
            else
                Ended();
        }

        return true;
    }

    /// <summary>Gives a job's pages back and reports it; under the lock.</summary>
    private void EndJob(CpuJob job)
    {
        job.Table.Clear();
        Release(PromptPages(job));
        _spareTables.Push(job.Table);
        job.Logits = default;
        Ended();
        job.Complete();
    }

    private void Ended()
    {
        CountEnd();
        if (Left == 0)
            Monitor.PulseAll(Gate);
    }

    /// <summary>Gives a part of this worker's sequences to workers that wait.</summary>
    private void HandOver(List<CpuSequence> active)
    {
        lock (Gate)
        {
            if (_idle == 0 || _handed.Count > 0)
                return;
            var count = active.Count * _idle / (_idle + 1);
            for (var i = active.Count - count; i < active.Count; i++)
                _handed.Push(active[i]);
            active.RemoveRange(active.Count - count, count);
            Monitor.PulseAll(Gate);
        }
    }
}
