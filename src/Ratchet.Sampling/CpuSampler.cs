using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Cpu;

namespace Ratchet.Sampling;

/// <summary>
/// Sampler on own kernels: the default for small models on CPU. Each worker thread owns a set of sequences and runs single-threaded
/// kernels on them; workers never wait for each other inside a step, so a busy neighbour core costs only its share, and a result
/// never depends on the number of workers or on what is sampled beside it.
/// </summary>
/// <remarks>
/// One call at a time: a second one waits. Workers live for the length of a call. Owns native memory (weights, key-value pages, work spaces); dispose it.
/// </remarks>
public sealed class CpuSampler : ISampler
{
    private const int PrefillRows = 64;

    /// <summary>Sequences that may share the evaluation of what they begin with, at least; more where the threads have enough to do.</summary>
    private const int MinGroup = 8;

    private readonly CpuDecoder _decoder;
    private readonly KeyValuePages _pages;
    private readonly DecoderWorkspace?[] _workspaces;
    private readonly ThreadBudget? _budget;
    private readonly Lock _use = new();
    private bool _disposed;

    /// <summary>Packs the weights; they are copied.</summary>
    /// <param name="weights">Weights.</param>
    /// <param name="threads">Worker threads, at least 1; the calling thread is one of them.</param>
    /// <param name="precision">How matrices are held.</param>
    /// <param name="budget">Each worker holds a permit of it while it works and lets others go first between two steps; null for none.</param>
    public CpuSampler(DecoderWeights weights, int threads = 1, WeightPrecision precision = WeightPrecision.Float32, ThreadBudget? budget = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _budget = budget;
        _decoder = new CpuDecoder(weights, precision);
        _pages = new KeyValuePages(_decoder.Config);
        _workspaces = new DecoderWorkspace?[threads];
    }

    /// <summary>Shape of the model.</summary>
    public DecoderConfig Config => _decoder.Config;

    /// <summary>Worker threads.</summary>
    public int Threads => _workspaces.Length;

    /// <summary>Ids drafted ahead in all calls, and those of them that stood; see <see cref="SamplingOptions.Draft"/>.</summary>
    public (long Made, long Stood) Drafted { get; private set; }

    /// <summary>Key-value pages handed out at the moment: 0 between calls.</summary>
    internal int PagesInUse => _pages.InUse;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A prompt is empty, too long or has an id outside the vocabulary; or an option is out of range.</exception>
    public IReadOnlyList<Sample> Generate(IReadOnlyList<SamplePrompt> prompts, SamplingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        TokenSampler.ThrowIfInvalid(options, Config.VocabularySize);
        for (var i = 0; i < prompts.Count; i++)
        {
            try
            {
                _decoder.ThrowIfUnusable(prompts[i].Ids);
            }
            catch (ArgumentException e)
            {
                throw new ArgumentException($"Prompt {i}: {e.Message}", nameof(prompts), e);
            }
        }

        lock (_use)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            cancellationToken.ThrowIfCancellationRequested();
            using var batcher = new CpuBatcher(_decoder, _pages, options.MaxBatch, _workspaces.Length, _budget);
            var jobs = new CpuJob[prompts.Count];
            for (var i = 0; i < jobs.Length; i++)
                batcher.Add(jobs[i] = new CpuJob(prompts[i], options, Config.VocabularySize));
            batcher.Close();
            using (cancellationToken.Register(() => batcher.Stop()))
                RunWorkers(Math.Min(_workspaces.Length, Math.Max(jobs.Sum(j => j.Results.Length), 1)), Rows(options), work => batcher.Run(work, cancellationToken), batcher.Stop);
            batcher.ThrowIfFailed();
            var samples = SampleJob.Samples(jobs);
            if (batcher.Left > 0)
                cancellationToken.ThrowIfCancellationRequested();
            Drafted = (Drafted.Made + batcher.Drafted.Made, Drafted.Stood + batcher.Drafted.Stood);
            return samples;
        }
    }

    /// <summary>Rows of a pass: a row a sequence, and rows for drafts, which share what is free.</summary>
    private static int Rows(SamplingOptions options) => Math.Max(options.MaxBatch * Math.Min(1 + options.Draft, 8), PrefillRows);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A sequence is empty, too long or has an id outside the vocabulary.</exception>
    public IReadOnlyList<float[]> Score(IReadOnlyList<IReadOnlyList<int>> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        foreach (var sequence in sequences)
            _decoder.ThrowIfUnusable(sequence);
        var results = new float[sequences.Count][];
        var groups = Groups(sequences, Math.Max(MinGroup, sequences.Count / (2 * _workspaces.Length)));
        Exception? failure = null;
        var next = -1;
        lock (_use)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            RunWorkers(Math.Min(_workspaces.Length, Math.Max(groups.Count, 1)), PrefillRows, work =>
            {
                using var permit = _budget?.Enter();
                for (var g = Interlocked.Increment(ref next); g < groups.Count; g = Interlocked.Increment(ref next))
                {
                    var (first, count, shared) = groups[g];
                    if (count == 1)
                        results[first] = _decoder.Score(sequences[first], work, _pages);
                    else
                        _decoder.Score([.. sequences.Skip(first).Take(count)], shared, work, _pages).CopyTo(results, first);
                    permit?.Breathe();
                }
            }, e => failure ??= e);
        }

        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        return results;
    }

    /// <summary>Neighbours that begin alike, as candidates for one prompt do: first sequence, number, ids that all of them begin with.</summary>
    /// <param name="sequences">Sequences.</param>
    /// <param name="most">Most sequences of a group, so that there is work for all threads.</param>
    private static List<(int First, int Count, int Shared)> Groups(IReadOnlyList<IReadOnlyList<int>> sequences, int most)
    {
        var groups = new List<(int, int, int)>();
        for (var first = 0; first < sequences.Count;)
        {
            var (next, shared) = (first + 1, sequences[first].Count - 1);
            for (; next < sequences.Count && next - first < most; next++)
            {
                // The ids that are common must be worth it: more than half of each sequence. The last id is never among them: a row is needed for it to be scored.
                var (a, b) = (sequences[first], sequences[next]);
                var (alike, limit) = (0, Math.Min(shared, b.Count - 1));
                while (alike < limit && a[alike] == b[alike])
                    alike++;
                if (alike < 2 || 2 * alike < Math.Max(a.Count, b.Count))
                    break;
                shared = alike;
            }

            groups.Add((first, next - first, shared));
            first = next;
        }

        return groups;
    }

    /// <inheritdoc/>
    public void Load(DecoderWeights weights)
    {
        lock (_use)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _decoder.Load(weights);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_use)
        {
            if (_disposed)
                return;
            _disposed = true;
            foreach (var work in _workspaces)
                work?.Dispose();
            _pages.Dispose();
            _decoder.Dispose();
        }
    }

    private void RunWorkers(int count, int rows, Action<DecoderWorkspace> run, Action<Exception> fail)
    {
        for (var i = 0; i < count; i++)
        {
            if (_workspaces[i] is { } old && old.Rows < rows)
            {
                old.Dispose();
                _workspaces[i] = null;
            }

            _workspaces[i] ??= new DecoderWorkspace(Config, rows);
        }

        void Guarded(int worker)
        {
            try
            {
                run(_workspaces[worker]!);
            }
#pragma warning disable CA1031 // The exception is rethrown on the calling thread after all workers have stopped.
            catch (Exception e)
#pragma warning restore CA1031
            {
                fail(e);
            }
        }

        var threads = new Thread[count - 1];
        for (var i = 0; i < threads.Length; i++)
        {
            var worker = i + 1;
            threads[i] = new Thread(() => Guarded(worker)) { IsBackground = true, Name = $"sampler {worker}" };
            threads[i].Start();
        }

        Guarded(0);
        foreach (var thread in threads)
            thread.Join();
    }
}
