using Ratchet.Attempts;
using Ratchet.Loop;
using Ratchet.Sampling.Constraints;

namespace Ratchet.Sampling;

/// <summary>One sequence being sampled, with all its state. Reused from one sequence to the next.</summary>
internal class SampleSequence<TJob>
    where TJob : SampleJob
{
    private readonly List<TokenScore> _scores = [];
    private RandomStream _stream;
    private int[] _ids = [];
    private float[] _logProbabilities = [];

    public TJob Job { get; private set; } = null!;

    /// <summary>Number among the job's samples.</summary>
    public int Number { get; private set; }

    /// <summary>Sampled ids.</summary>
    public int Count { get; private set; }

    /// <summary>Positions of the prompt.</summary>
    public int PromptLength { get; private set; }

    /// <summary>Largest number of sampled ids.</summary>
    public int Limit { get; private set; }

    /// <summary>What may follow, or null where everything may.</summary>
    public ITokenConstraintState? Allowed { get; private set; }

    /// <summary>Prompt and sampled ids.</summary>
    public ReadOnlySpan<int> Whole => _ids.AsSpan(0, PromptLength + Count);

    /// <summary>Begins the job's next sample.</summary>
    /// <param name="job">Job.</param>
    /// <param name="positions">Positions of the model.</param>
    public void Start(TJob job, int positions)
    {
        (Job, Number, Limit, Count) = (job, job.Next++, job.Limit(positions), 0);
        _stream = job.Prompt.Streams[Number];
        PromptLength = job.Prompt.Ids.Count;
        Allowed = job.Options.Constraint?.Start;
        _scores.Clear();
        if (_ids.Length < PromptLength + 16)
            _ids = new int[PromptLength + 64];
        for (var i = 0; i < PromptLength; i++)
            _ids[i] = job.Prompt.Ids[i];
    }

    /// <summary>Draws the next token. True when the sample has ended and is among the job's results, whether with the token, for want of one or by a failure.</summary>
    /// <param name="logits">Logits after the last id.</param>
    /// <param name="drawer">Draws; of the calling thread.</param>
    public bool Draw(ReadOnlySpan<float> logits, TokenSampler drawer)
    {
        try
        {
            if (Ended(logits, drawer) is not { } reason)
                return false;
            End(reason);
        }
#pragma warning disable CA1031 // Whatever goes wrong with one job's token must not take the batch along; the job reports it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Job.Fail(e);
            End(StopReason.Cancelled);
        }

        return true;
    }

    /// <summary>Draws the next token, or not where the sample has no room for one or nobody waits for it. Why the sample ends here, or null.</summary>
    private StopReason? Ended(ReadOnlySpan<float> logits, TokenSampler drawer)
    {
        if (Job.IsCancelled)
            return StopReason.Cancelled;
        if (Limit <= 0)
            return StopReason.Length;
        ReadOnlySpan<ulong> allowed = [];
        if (Allowed is { } state)
        {
            allowed = TokenMask.Of(state, Job.EndMask);
            if (allowed.IsEmpty)
                return StopReason.DeadEnd;
        }

        var id = drawer.Draw(Job.Rule, logits, ref _stream, allowed, out var logProbability);
        Add(id, logProbability);
        TokenScore? score = null;
        if (Job.Options.ModelScores is { } top)
            _scores.Add(score = drawer.Score(logits, id, top));
        var reason = Job.Stop.Check(_ids.AsSpan(PromptLength, Count), Limit);
        if (Job.Observer is { } observer && !observer.OnToken(Number, id, logProbability, score))
            reason ??= StopReason.StopString;
        if (reason is null)
            Allowed = Allowed?.After(id);
        return reason;
    }

    private void End(StopReason reason)
    {
        var sample = new Sample(_ids.AsSpan(PromptLength, Count).ToArray(), _logProbabilities.AsSpan(0, Count).ToArray(), reason) { ModelScores = [.. _scores] };
        Job.Results[Number] = sample;
        Job.Observer?.OnEnd(Number, sample);
    }

    private void Add(int id, float logProbability)
    {
        if (PromptLength + Count == _ids.Length)
            Array.Resize(ref _ids, 2 * _ids.Length);
        if (Count == _logProbabilities.Length)
            Array.Resize(ref _logProbabilities, Math.Max(64, 2 * Count));
        _ids[PromptLength + Count] = id;
        _logProbabilities[Count++] = logProbability;
    }
}
