using System.Runtime.InteropServices;
using Ratchet.Attempts;
using Ratchet.Loop;
using Ratchet.Models.Torch;
using Ratchet.Sampling.Constraints;
using TorchSharp;
using static TorchSharp.torch;

namespace Ratchet.Sampling;

/// <summary>
/// One call of the sampler: prompts are evaluated in groups, once for all their samples; a sequence that ends makes room for the next one
/// at once.
/// </summary>
internal sealed class TorchGeneration : IDisposable
{
    /// <summary>Logits of a step from which on the draws are shared among the cores.</summary>
    private const int MinSharedDraw = 1 << 16;

    private readonly TorchDecoder _decoder;
    private readonly IReadOnlyList<SamplePrompt> _prompts;
    private readonly SamplingOptions _options;
    private readonly StopCondition _stop;
    private readonly TokenSampler _drawer;
    private readonly DrawRule _rule;
    private readonly ulong[] _ends = [];
    private readonly TorchKeyValueCache _cache;
    private readonly Sample[] _results;
    private readonly int[] _firstResult;
    private readonly List<Sequence> _active = [];
    private readonly Queue<Prefix> _open = new();
    private int _nextPrompt;

    public TorchGeneration(TorchDecoder decoder, IReadOnlyList<SamplePrompt> prompts, SamplingOptions options)
    {
        (_decoder, _prompts, _options) = (decoder, prompts, options);
        _stop = new StopCondition(options);
        _drawer = new TokenSampler(decoder.Config.VocabularySize);
        _rule = new DrawRule(options, decoder.Config.VocabularySize);
        if (options.Constraint is not null)
        {
            _ends = new ulong[(decoder.Config.VocabularySize + 63) / 64];
            foreach (var id in options.StopIds)
                _ends[id >> 6] |= 1UL << (id & 63);
        }

        _firstResult = new int[prompts.Count];
        var total = 0;
        var longest = 1;
        for (var i = 0; i < prompts.Count; i++)
        {
            _firstResult[i] = total;
            total = checked(total + prompts[i].Streams.Count);
            longest = Math.Max(longest, prompts[i].Ids.Count);
        }

        _results = new Sample[total];
        var most = (int)Math.Min(decoder.Config.MaxPositions, (long)longest + options.MaxNewTokens);
        _cache = new TorchKeyValueCache(decoder, Math.Max(1, Math.Min(total, options.MaxBatch)), longest + 64, most);
    }

    public Sample[] Run(ThreadBudget.Lease? permits, CancellationToken cancellation)
    {
        using var noGrad = no_grad();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            Fill();
            if (_active.Count == 0)
                return _results;
            Step();
            permits?.Breathe();
        }
    }

    public void Dispose()
    {
        foreach (var prefix in _open)
            prefix.KeysAndValues.Dispose();
        _cache.Dispose();
    }

    /// <summary>Starts sequences while there is room.</summary>
    private void Fill()
    {
        while (_active.Count < _options.MaxBatch)
        {
            if (_open.Count == 0 && !Evaluate())
                return;
            var prefix = _open.Peek();
            var prompt = _prompts[prefix.Prompt];
            var sequence = new Sequence
            {
                Stream = prompt.Streams[prefix.Next],
                Allowed = _options.Constraint?.Start,
                Result = _firstResult[prefix.Prompt] + prefix.Next,
                PromptLength = prompt.Ids.Count,
                Limit = Math.Min(_options.MaxNewTokens, _decoder.Config.MaxPositions - prompt.Ids.Count),
            };
            if (sequence.Limit <= 0)
            {
                End(sequence, StopReason.Length);
            }
            else if (!Draw(sequence, prefix.Logits.Span, _drawer))
            {
                _cache.Enter(_active.Count, prefix.KeysAndValues);
                _active.Add(sequence);
            }

            if (++prefix.Next == prompt.Streams.Count)
                _open.Dequeue().KeysAndValues.Dispose();
        }
    }

    /// <summary>Evaluates as many prompts as the free places need. False when none is left.</summary>
    private bool Evaluate()
    {
        var group = new List<int>();
        int samples = 0, longest = 0;
        for (; _nextPrompt < _prompts.Count && samples < _options.MaxBatch - _active.Count; _nextPrompt++)
        {
            var prompt = _prompts[_nextPrompt];
            if (prompt.Streams.Count == 0)
                continue;
            longest = Math.Max(longest, prompt.Ids.Count);
            if (group.Count > 0 && (long)longest * (group.Count + 1) > _decoder.PassTokens)
                break;
            group.Add(_nextPrompt);
            samples += prompt.Streams.Count;
        }

        if (group.Count == 0)
            return false;
        using var scope = NewDisposeScope();
        var rows = group.ConvertAll(p => _prompts[p].Ids);
        var batch = TorchBatch.Create(rows, r => r.Count, _decoder.Device);
        var last = new long[rows.Count];
        for (int r = 0, end = 0; r < rows.Count; r++)
            last[r] = (end += rows[r].Count) - 1;
        var capture = new List<Tensor>();
        var logits = TorchBuffers.ToArray(_decoder.Logits(_decoder.Forward(batch, TorchBatch.Upload(last, _decoder.Device), capture)));
        var all = stack(capture);
        var vocabulary = _decoder.Config.VocabularySize;
        for (var r = 0; r < rows.Count; r++)
        {
            var own = all.narrow(1, last[r] + 1 - rows[r].Count, rows[r].Count).DetachFromDisposeScope();
            _open.Enqueue(new Prefix(group[r], own, logits.AsMemory(r * vocabulary, vocabulary)));
        }

        return true;
    }

    /// <summary>One token for each active sequence.</summary>
    private void Step()
    {
        using var scope = NewDisposeScope();
        var count = _active.Count;
        var ids = new long[count];
        var positions = new long[count];
        for (var i = 0; i < count; i++)
        {
            ids[i] = _active[i].Ids[^1];
            positions[i] = _active[i].CachedLength;
        }

        var logits = _cache.Step(ids, positions).cpu().contiguous();
        var vocabulary = _decoder.Config.VocabularySize;
        if (_decoder.Device.type == DeviceType.CPU || _options.Constraint is not null || (long)count * vocabulary < MinSharedDraw)
        {
            var rows = MemoryMarshal.Cast<byte, float>(logits.bytes);
            for (var i = 0; i < count; i++)
                _active[i].Ended = Draw(_active[i], rows.Slice(i * vocabulary, vocabulary), _drawer);
        }
        else
        {
            // The device waits for the tokens and the cores have nothing else to do. Each sequence has its own stream, so who draws changes nothing.
            var rows = TorchBuffers.ToArray(logits);
            Parallel.For(0, count, () => new TokenSampler(vocabulary), (i, _, drawer) =>
            {
                _active[i].Ended = Draw(_active[i], rows.AsSpan(i * vocabulary, vocabulary), drawer);
                return drawer;
            }, static _ => { });
        }

        // From the back, so that what moves into a gap is still going on.
        for (var i = count - 1; i >= 0; i--)
        {
            if (!_active[i].Ended)
                continue;
            var last = _active.Count - 1;
            if (i < last)
            {
                _cache.Move(last, i, _active[last].CachedLength);
                _active[i] = _active[last];
            }

            _active.RemoveAt(last);
        }
    }

    /// <summary>Draws a token. True when the sequence has ended with it.</summary>
    private bool Draw(Sequence sequence, ReadOnlySpan<float> logits, TokenSampler drawer)
    {
        var allowed = sequence.Allowed is { } state ? TokenMask.Of(state, _ends) : [];
        if (sequence.Allowed is not null && allowed.IsEmpty)
        {
            End(sequence, StopReason.DeadEnd);
            return true;
        }

        var id = drawer.Draw(_rule, logits, ref sequence.Stream, allowed, out var logProbability);
        sequence.Ids.Add(id);
        sequence.LogProbabilities.Add(logProbability);
        if (_options.ModelScores is { } top)
            sequence.Scores.Add(drawer.Score(logits, id, top));
        if (_stop.Check(CollectionsMarshal.AsSpan(sequence.Ids), sequence.Limit) is { } reason)
        {
            End(sequence, reason);
            return true;
        }

        sequence.Allowed = sequence.Allowed?.After(id);
        return false;
    }

    private void End(Sequence sequence, StopReason reason) =>
        _results[sequence.Result] = new Sample([.. sequence.Ids], [.. sequence.LogProbabilities], reason) { ModelScores = [.. sequence.Scores] };

    /// <summary>An evaluated prompt that still has samples to start.</summary>
    private sealed class Prefix(int prompt, Tensor keysAndValues, ReadOnlyMemory<float> logits)
    {
        public int Prompt => prompt;

        /// <summary>[2 · blocks, length, K · D].</summary>
        public Tensor KeysAndValues => keysAndValues;

        public ReadOnlyMemory<float> Logits => logits;

        public int Next { get; set; }
    }

    private sealed class Sequence
    {
        /// <summary>A field, because drawing advances it in place.</summary>
        public RandomStream Stream;

        public required int Result { get; init; }

        public required int PromptLength { get; init; }

        public required int Limit { get; init; }

        public List<int> Ids { get; } = [];

        public List<float> LogProbabilities { get; } = [];

        public List<TokenScore> Scores { get; } = [];

        /// <summary>What may follow, or null where everything may.</summary>
        public ITokenConstraintState? Allowed { get; set; }

        public bool Ended { get; set; }

        /// <summary>Positions in the cache: all but the last token's.</summary>
        public int CachedLength => PromptLength + Ids.Count - 1;
    }
}
