using System.Runtime.ExceptionServices;

namespace Ratchet.Sampling;

/// <summary>A prompt with its samples, how they are drawn and what came of them. What its prompt gives is computed once for all its samples.</summary>
internal class SampleJob
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _cancelled;

    public SampleJob(SamplePrompt prompt, SamplingOptions options, int vocabularySize, ISampleObserver? observer = null, bool scorePrompt = false)
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

    /// <summary>Logits after the prompt's last id: every sample's first token is drawn from them.</summary>
    public ReadOnlyMemory<float> Logits { get; set; }

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

    /// <summary>Most ids that a sample of it may get where prompt and sample have so many positions.</summary>
    public int Limit(int positions) => Math.Min(Options.MaxNewTokens, positions - Prompt.Ids.Count);

    /// <summary>Positions that prompt and sample may come to need, of so many.</summary>
    public int Positions(int most) => Prompt.Ids.Count + Math.Max(0, Limit(most));

    public void Cancel() => _cancelled = true;

    public void Fail(Exception failure)
    {
        Failure ??= failure;
        _cancelled = true;
    }

    /// <summary>Throws what ended one of the jobs before its time; else gives the samples of all of them.</summary>
    public static Sample[] Samples(IReadOnlyList<SampleJob> jobs)
    {
        if (jobs.FirstOrDefault(j => j.Failure is not null) is { Failure: { } failure })
            ExceptionDispatchInfo.Throw(failure);
        return [.. jobs.SelectMany(j => j.Results)];
    }

    public void Complete()
    {
        if (Failure is { } failure)
            _done.TrySetException(failure);
        else
            _done.TrySetResult();
    }
}
