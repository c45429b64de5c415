using System.Runtime.InteropServices;
using Ratchet.Loop;
using Ratchet.Models.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Ratchet.Sampling;

/// <summary>
/// Continuous batching on the tensor library, by one thread. Prompts are evaluated in groups, once for all their samples; a
/// sequence that ends makes room for the next one at once. Every job brings its own settings.
/// </summary>
internal sealed class TorchBatcher : SampleBatcher<TorchJob>, IDisposable
{
    /// <summary>Logits of a step from which on the draws are shared among the cores.</summary>
    private const int MinSharedDraw = 1 << 16;

    /// <summary>Logits of a prompt that are on their way to being scored at once.</summary>
    private const int ScoredLogits = 1 << 24;

    private readonly TorchDecoder _decoder;
    private readonly int _maxBatch;
    private readonly long _maxPositions;
    private readonly TokenSampler _drawer;
    private readonly TorchKeyValueCache _cache;
    private readonly Queue<TorchJob> _open = new();
    private readonly List<TorchSequence> _active = [];
    private readonly Stack<TorchSequence> _spare = new();

    /// <summary>Makes an empty queue.</summary>
    /// <param name="decoder">Decoder; not owned.</param>
    /// <param name="maxBatch">Most sequences decoded together.</param>
    /// <param name="maxPositions">Most positions that the sequences in the batch may come to need together, the longest counted for each; one alone may need more.</param>
    public TorchBatcher(TorchDecoder decoder, int maxBatch, long maxPositions = long.MaxValue)
    {
        (_decoder, _maxBatch, _maxPositions) = (decoder, maxBatch, maxPositions);
        _drawer = new TokenSampler(decoder.Config.VocabularySize);
        _cache = new TorchKeyValueCache(decoder, maxBatch, maxPositions);
    }

    /// <summary>Most positions that there was memory for at once.</summary>
    public long PeakPositions { get; private set; }

    /// <summary>The worker's loop, of one thread: fill the batch, one token for all its sequences, until nothing is left and nothing comes.</summary>
    /// <param name="permits">Lets others go first between two steps; null for none.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    public void Run(ThreadBudget.Lease? permits, CancellationToken cancellationToken)
    {
        using var noGrad = no_grad();
        while (!IsStopped)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Fill();
            if (_active.Count > 0)
                Step();
            else if (!Wait())
                return;
            permits?.Breathe();
        }
    }

    /// <summary>Gives the memory of what did not end back. The worker must have returned.</summary>
    public void Dispose()
    {
        foreach (var job in _open)
            job.KeysAndValues?.Dispose();
        _cache.Dispose();
    }

    /// <summary>Gives the cache's memory back and waits for a job. False when none comes.</summary>
    private bool Wait()
    {
        lock (Gate)
        {
            while (New.Count == 0 && !IsClosed && !IsStopped)
            {
                _cache.Clear();
                Monitor.Wait(Gate);
            }

            return New.Count > 0;
        }
    }

    /// <summary>Starts sequences while there is room.</summary>
    private void Fill()
    {
        while (_active.Count < _maxBatch)
        {
            if (!_open.TryPeek(out var job))
            {
                if (!Evaluate())
                    return;
                continue;
            }

            if (!HasRoom(job))
                return;
            if (!_spare.TryPop(out var sequence))
                sequence = new TorchSequence();
            sequence.Start(job, _decoder.Config.MaxPositions);
            CountStart();
            var ended = DrawNext(sequence, job.Logits.Span, _drawer);
            if (!ended)
            {
                // Room at once for those that wait, where they may come in.
                var longest = Longest(job);
                var wanted = (int)Math.Min(_maxBatch, _active.Count + 1L + Waiting);
                Reserve((long)wanted * longest <= _maxPositions ? wanted : _active.Count + 1, job.Prompt.Ids.Count, longest);
                _cache.Enter(_active.Count, job.KeysAndValues!);
                _active.Add(sequence);
            }

            if (job.Next == job.Results.Length)
            {
                _open.Dequeue();
                job.KeysAndValues?.Dispose();
                job.KeysAndValues = null;
                job.Logits = default;
            }

            if (ended)
                Leave(sequence);
        }
    }

    /// <summary>True when the job's next sample fits beside those in the batch, however long all of them become. The first one always does.</summary>
    private bool HasRoom(TorchJob job) => _active.Count == 0 || (_active.Count + 1L) * Longest(job) <= _maxPositions;

    /// <summary>Positions that the longest sequence of the batch, with one of the job beside it, may come to need.</summary>
    private int Longest(TorchJob? job)
    {
        var longest = job?.Positions(_decoder.Config.MaxPositions) ?? 0;
        foreach (var sequence in _active)
            longest = Math.Max(longest, sequence.Job.Positions(_decoder.Config.MaxPositions));
        return longest;
    }

    private void Reserve(int sequences, int length, int longest)
    {
        foreach (var sequence in _active)
            length = Math.Max(length, sequence.CachedLength + 1);
        _cache.Reserve(sequences, length, longest);
        PeakPositions = Math.Max(PeakPositions, _cache.Positions);
    }

    /// <summary>Evaluates as many prompts as the free places need, or one whose own ids are to be scored. False when none waits.</summary>
    private bool Evaluate()
    {
        var group = new List<TorchJob>();
        lock (Gate)
        {
            var (samples, longest) = (0, 0);
            while (New.TryPeek(out var job) && samples < _maxBatch - _active.Count)
            {
                longest = Math.Max(longest, job.Prompt.Ids.Count);
                if (group.Count > 0 && (job.ScoresPrompt || (long)longest * (group.Count + 1) > _decoder.PromptTokens))
                    break;
                group.Add(New.Dequeue());
                samples += job.Results.Length;
                if (job.ScoresPrompt)
                    break;
            }
        }

        var wanted = group.FindAll(j => !j.IsCancelled);
        try
        {
            if (wanted.Count > 0)
                Evaluate(wanted);
        }
        catch (Exception e) when (e is ExternalException or OutOfMemoryException)
        {
            // A prompt that the device has no memory for, as a rule: those in the batch can go on.
            foreach (var job in wanted)
                job.Fail(e);
        }

        foreach (var job in group)
        {
            if (job.Results.Length > 0)
            {
                _open.Enqueue(job);
                continue;
            }

            job.KeysAndValues?.Dispose();
            CountStart();
            CountEnd();
            job.Complete();
        }

        return group.Count > 0;
    }

    private void Evaluate(List<TorchJob> group)
    {
        using var scope = NewDisposeScope();
        var rows = group.ConvertAll(j => j.Prompt.Ids);
        var batch = TorchBatch.Create(rows, r => r.Count, _decoder.Device);
        var last = new long[rows.Count];
        for (int r = 0, end = 0; r < rows.Count; r++)
            last[r] = (end += rows[r].Count) - 1;
        var capture = new List<Tensor>();
        var vocabulary = _decoder.Config.VocabularySize;
        if (group[0].ScoresPrompt)
        {
            Score(group[0], _decoder.Forward(batch, capture: capture));
        }
        else
        {
            var logits = TorchBuffers.ToArray(_decoder.Logits(_decoder.Forward(batch, TorchBatch.Upload(last, _decoder.Device), capture)));
            for (var r = 0; r < rows.Count; r++)
                group[r].Logits = logits.AsMemory(r * vocabulary, vocabulary);
        }

        var all = stack(capture);
        for (var r = 0; r < rows.Count; r++)
            group[r].KeysAndValues = all.narrow(1, last[r] + 1 - rows[r].Count, rows[r].Count).DetachFromDisposeScope();
    }

    /// <summary>Scores a prompt's ids after the first from its final hidden states, a part after the other, and keeps the last logits.</summary>
    private void Score(TorchJob job, Tensor hidden)
    {
        var ids = job.Prompt.Ids;
        var vocabulary = _decoder.Config.VocabularySize;
        var scores = new TokenScore[ids.Count - 1];
        var part = Math.Max(1, ScoredLogits / vocabulary);
        for (var start = 0; start < ids.Count; start += part)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(part, ids.Count - start);
            var logits = TorchBuffers.ToArray(_decoder.Logits(hidden.narrow(0, start, count)));
            for (var i = 0; i < count && start + i + 1 < ids.Count; i++)
                scores[start + i] = _drawer.Score(logits.AsSpan(i * vocabulary, vocabulary), ids[start + i + 1], job.Options.ModelScores ?? 0);
            if (start + count == ids.Count)
                job.Logits = logits.AsMemory((count - 1) * vocabulary, vocabulary).ToArray();
        }

        job.PromptScores = scores;
    }

    /// <summary>One token for each active sequence.</summary>
    private void Step()
    {
        using var scope = NewDisposeScope();
        var count = _active.Count;
        Reserve(count, 0, Longest(null));
        var ids = new long[count];
        var positions = new long[count];
        for (var i = 0; i < count; i++)
        {
            ids[i] = _active[i].Whole[^1];
            positions[i] = _active[i].CachedLength;
        }

        var logits = _cache.Step(ids, positions).cpu().contiguous();
        var vocabulary = _decoder.Config.VocabularySize;
        var ended = new bool[count];
        if (_decoder.Device.type == DeviceType.CPU || (long)count * vocabulary < MinSharedDraw || _active.Exists(s => s.Allowed is not null))
        {
            var rows = MemoryMarshal.Cast<byte, float>(logits.bytes);
            for (var i = 0; i < count; i++)
                ended[i] = DrawNext(_active[i], rows.Slice(i * vocabulary, vocabulary), _drawer);
        }
        else
        {
            // The device waits for the tokens and the cores have nothing else to do. Each sequence has its own stream, so who draws changes nothing.
            var rows = TorchBuffers.ToArray(logits);
            Parallel.For(0, count, () => new TokenSampler(vocabulary), (i, _, drawer) =>
            {
                ended[i] = DrawNext(_active[i], rows.AsSpan(i * vocabulary, vocabulary), drawer);
                return drawer;
            }, static _ => { });
        }

        // From the back, so that what moves into a gap is still going on.
        for (var i = count - 1; i >= 0; i--)
        {
            if (!ended[i])
                continue;
            var (gone, last) = (_active[i], _active.Count - 1);
            if (i < last)
            {
                _cache.Move(last, i, _active[last].CachedLength);
                _active[i] = _active[last];
            }

            _active.RemoveAt(last);
            Leave(gone);
        }
    }

    /// <summary>Counts a sequence that has ended, and reports its job when it was the last.</summary>
    private void Leave(TorchSequence sequence)
    {
        _spare.Push(sequence);
        CountEnd();
        if (--sequence.Job.Open == 0)
            sequence.Job.Complete();
    }
}

/// <summary>A job on the tensor library.</summary>
internal sealed class TorchJob(SamplePrompt prompt, SamplingOptions options, int vocabularySize, ISampleObserver? observer = null, bool scorePrompt = false)
    : SampleJob(prompt, options, vocabularySize, observer, scorePrompt)
{
    /// <summary>Keys and values of the prompt, [2 · blocks, length, K · D]; null before it is evaluated and after its last sample began.</summary>
    public Tensor? KeysAndValues { get; set; }
}

/// <summary>A sequence on the tensor library.</summary>
internal sealed class TorchSequence : SampleSequence<TorchJob>
{
    /// <summary>Positions in the cache: all but the last token's.</summary>
    public int CachedLength => PromptLength + Count - 1;
}
