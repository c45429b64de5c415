using Ratchet.Attempts;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Journal;

/// <summary>An attempt as it is recorded.</summary>
/// <param name="Attempt">Attempt.</param>
/// <param name="Verdict">Verdict.</param>
/// <param name="Key">Content address of the verdict.</param>
/// <param name="Cached">The verdict was there already and the verifier was not asked.</param>
public sealed record RecordedAttempt(Attempt Attempt, Verdict Verdict, string Key, bool Cached);

/// <summary>A checkpoint as it is recorded.</summary>
/// <param name="Id">Identifier, for example <c>round-2</c>.</param>
/// <param name="Round">Round that made it.</param>
/// <param name="FromId">Checkpoint that training started from, or null for fresh weights.</param>
/// <param name="WeightsHash">SHA-256 of the weights file.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Tokens">Tokens trained on.</param>
/// <param name="Loss">Loss at the end, nats per target token.</param>
public sealed record RecordedCheckpoint(string Id, int Round, string? FromId, string WeightsHash, int Steps, long Tokens, double Loss);

/// <summary>A row that trained a checkpoint, with the attempts that it came from.</summary>
/// <param name="ExampleId">Identifier of the row.</param>
/// <param name="ProblemId">Problem.</param>
/// <param name="Weight">Weight.</param>
/// <param name="AttemptIds">Attempts behind the row; none for a reference solution.</param>
public sealed record LineageRow(string ExampleId, string ProblemId, double Weight, IReadOnlyList<string> AttemptIds);

/// <summary>What a piece of work took. Measured, so not the same in two runs; the only table that differs.</summary>
/// <param name="Stage"><c>propose</c>, <c>learn</c>, <c>evaluate</c> or <c>round</c>.</param>
/// <param name="WallSeconds">Seconds since the session's previous record.</param>
public sealed record StageTiming(string Stage, double WallSeconds)
{
    /// <summary>Seconds in which the sampler was busy.</summary>
    public double SampleSeconds { get; init; }

    /// <summary>Tokens sampled in them.</summary>
    public long SampledTokens { get; init; }

    /// <summary>Seconds in which the verifier was busy.</summary>
    public double VerifySeconds { get; init; }

    /// <summary>Checks made in them, cached ones not counted.</summary>
    public long Checks { get; init; }

    /// <summary>Seconds in which the learner was busy.</summary>
    public double LearnSeconds { get; init; }

    /// <summary>Tokens trained on in them.</summary>
    public long TrainedTokens { get; init; }
}

/// <summary>Which attempts to read. Null means any.</summary>
public sealed record AttemptQuery
{
    /// <summary>Round.</summary>
    public int? Round { get; init; }

    /// <summary>Phase.</summary>
    public Phase? Phase { get; init; }

    /// <summary>Problem.</summary>
    public string? ProblemId { get; init; }

    /// <summary><c>accepted</c>, <c>rejected</c> or <c>unknown</c>.</summary>
    public string? Outcome { get; init; }

    /// <summary>Reason.</summary>
    public VerdictReason? Reason { get; init; }

    /// <summary>Identifier of one attempt.</summary>
    public string? Id { get; init; }

    /// <summary>Most attempts to read; 0 reads all.</summary>
    public int Limit { get; init; }
}

/// <summary>Sums over the journal.</summary>
/// <param name="Calls">Attempts judged.</param>
/// <param name="Cached">Of these, from the cache.</param>
/// <param name="Accepted">Accepted.</param>
/// <param name="Rejected">Rejected.</param>
/// <param name="Unknown">Unknown, by reason.</param>
/// <param name="TokensSampled">Tokens in all attempts.</param>
/// <param name="TokensTrained">Tokens that checkpoints were trained on.</param>
public sealed record JournalTotals(
    long Calls, long Cached, long Accepted, long Rejected, IReadOnlyDictionary<string, long> Unknown, long TokensSampled, long TokensTrained)
{
    /// <summary>Attempts that are off-policy, see <see cref="Attempt.IsOffPolicy"/>.</summary>
    public long OffPolicy { get; init; }
}

/// <summary>Sums over the timings.</summary>
/// <param name="WallSeconds">Wall seconds of all sessions.</param>
/// <param name="SampleSeconds">Seconds in which the sampler was busy.</param>
/// <param name="SampledTokens">Tokens sampled in them.</param>
/// <param name="VerifySeconds">Seconds in which the verifier was busy.</param>
/// <param name="Checks">Checks made in them.</param>
/// <param name="LearnSeconds">Seconds in which the learner was busy.</param>
/// <param name="TrainedTokens">Tokens trained on in them.</param>
/// <param name="Sessions">Sessions.</param>
public sealed record JournalTimes(
    double WallSeconds, double SampleSeconds, long SampledTokens, double VerifySeconds, long Checks, double LearnSeconds, long TrainedTokens, int Sessions);
