using Ratchet.Loop;
using Ratchet.Models.Cpu;
using Ratchet.Sampling.Constraints;

namespace Ratchet.Sampling;

/// <summary>
/// A prompt with its samples, how they are drawn and what came of them. Its keys, values and last logits are computed once, by whoever takes it; its samples may run
/// anywhere.
/// </summary>
internal sealed class CpuJob
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _cancelled;

    public CpuJob(SamplePrompt prompt, SamplingOptions options, int vocabularySize, ISampleObserver? observer = null, bool scorePrompt = false)
    {
        (Prompt, Options, Observer, ScoresPrompt) = (prompt, options, observer, scorePrompt);
        Stop = new StopCondition(options);
        Rule = new DrawRule(options, vocabularySize);
        Results = new Sample[prompt.Streams.Count];
        Open = Results.Length;
        if (options.Constraint is null)
            return;
        EndMask = new ulong[(vocabularySize + 63) / 64];
        foreach (var id in options.StopIds)
            EndMask[id >> 6] |= 1UL << (id & 63);
    }

    public SamplePrompt Prompt { get; }

    public SamplingOptions Options { get; }

    public ISampleObserver? Observer { get; }

    /// <summary>The prompt's own ids are scored too.</summary>
    public bool ScoresPrompt { get; }

    public StopCondition Stop { get; }

    public DrawRule Rule { get; }

    /// <summary>The stop ids, one bit an id; empty without a constraint.</summary>
    public ulong[] EndMask { get; } = [];

    public Sample[] Results { get; }

    /// <summary>Scores of the prompt's ids after the first, where they were asked for.</summary>
    public TokenScore[] PromptScores { get; set; } = [];

    public PageTable Table { get; set; } = null!;

    /// <summary>Logits after the prompt's last id: every sample's first token is drawn from them.</summary>
    public float[] Logits { get; set; } = [];

    /// <summary>Number of the next sample to start.</summary>
    public int Next { get; set; }

    /// <summary>Samples that have not ended.</summary>
    public int Open { get; set; }

    /// <summary>What ended the job before its time.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Nothing more is drawn for it.</summary>
    public bool IsCancelled => _cancelled;

    /// <summary>Ends when all samples have ended.</summary>
    public Task Done => _done.Task;

    public void Cancel() => _cancelled = true;

    public void Fail(Exception failure)
    {
        Failure ??= failure;
        _cancelled = true;
    }

    public void Complete()
    {
        if (Failure is { } failure)
            _done.TrySetException(failure);
        else
            _done.TrySetResult();
    }
}

/// <summary>One sequence being sampled: all its state, so that it can move from one worker to another. Reused from one sequence to the next.</summary>
internal sealed class CpuSequence(PageTable table)
{
    public RandomStream Stream;

    public PageTable Table { get; } = table;

    public CpuJob Job { get; private set; } = null!;

    /// <summary>Number among the job's samples.</summary>
    public int Number { get; private set; }

    /// <summary>Sampled ids.</summary>
    public int Count { get; private set; }

    /// <summary>Positions of the prompt.</summary>
    public int PromptLength { get; private set; }

    /// <summary>Largest number of sampled ids.</summary>
    public int Limit { get; private set; }

    /// <summary>What may follow, or null where everything may.</summary>
    public ITokenConstraintState? Allowed { get; set; }

    public List<TokenScore> Scores { get; } = [];

    /// <summary>Ids drafted for the next pass.</summary>
    public int[] Draft { get; private set; } = [];

    /// <summary>Of them, those that are there.</summary>
    public int Drafted { get; private set; }

    /// <summary>Prompt and sampled ids.</summary>
    public ReadOnlySpan<int> Whole => _ids.AsSpan(0, PromptLength + Count);

    public ReadOnlySpan<int> Sampled => _ids.AsSpan(PromptLength, Count);

    public ReadOnlySpan<float> LogProbabilities => _logProbabilities.AsSpan(0, Count);

    private int[] _ids = [];
    private float[] _logProbabilities = [];

    public void Start(CpuJob job, int number, int limit)
    {
        (Job, Number, Limit, Count) = (job, number, limit, 0);
        Stream = job.Prompt.Streams[number];
        PromptLength = job.Prompt.Ids.Count;
        Allowed = job.Options.Constraint?.Start;
        Scores.Clear();
        if (_ids.Length < PromptLength + 16)
            _ids = new int[PromptLength + 64];
        for (var i = 0; i < PromptLength; i++)
            _ids[i] = job.Prompt.Ids[i];
        if (Draft.Length < job.Options.Draft)
            Draft = new int[job.Options.Draft];
        Drafted = 0;
    }

    public void Add(int id, float logProbability)
    {
        if (PromptLength + Count == _ids.Length)
            Array.Resize(ref _ids, 2 * _ids.Length);
        if (Count == _logProbabilities.Length)
            Array.Resize(ref _logProbabilities, Math.Max(64, 2 * Count));
        _ids[PromptLength + Count] = id;
        _logProbabilities[Count++] = logProbability;
    }

    /// <summary>Drafts ids for the next pass, at most so many.</summary>
    public void MakeDraft(int most) => Drafted = most <= 0 ? 0 : PromptLookup.Draft(Whole, Draft.AsSpan(0, Math.Min(most, Job.Options.Draft)));
}

/// <summary>
/// Drafts by looking up where the last ids stood before and taking what followed there (prompt lookup decoding, Saxena 2023; verified as in Leviathan et al. 2023).
/// </summary>
internal static class PromptLookup
{
    private const int Longest = 4;
    private const int Shortest = 2;

    /// <summary>Writes what followed the latest earlier place of the longest ending that has one; gives the number of ids.</summary>
    public static int Draft(ReadOnlySpan<int> ids, Span<int> draft)
    {
        for (var length = Math.Min(Longest, ids.Length - 1); length >= Shortest; length--)
        {
            var place = ids[..^1].LastIndexOf(ids[^length..]);
            if (place < 0)
                continue;
            var follow = ids[(place + length)..];
            var count = Math.Min(follow.Length, draft.Length);
            follow[..count].CopyTo(draft);
            return count;
        }

        return 0;
    }
}
