namespace Ratchet.Verdicts;

/// <summary>
/// The outcome of a check: <see cref="Accepted"/>, <see cref="Rejected"/> or <see cref="Unknown"/>. The type is closed; an
/// outage is an <see cref="Unknown"/> with a reason and never a rejection.
/// </summary>
public abstract record Verdict
{
    private Verdict()
    {
    }

    /// <summary>Why.</summary>
    public required VerdictReason Reason { get; init; }

    /// <summary>Name of the verifier.</summary>
    public required string Verifier { get; init; }

    /// <summary>Version of the verifier, part of the cache key.</summary>
    public required string VerifierVersion { get; init; }

    /// <summary>How far the check can be relied on.</summary>
    public TrustLevel Trust { get; init; } = TrustLevel.Full;

    /// <summary>What the verifier said, with positions; empty for most accepted attempts.</summary>
    public IReadOnlyList<Feedback> Feedback { get; init; } = [];

    /// <summary>Deterministic cost of the check, in the verifier's own steps (kernel steps, tactics).</summary>
    public long Steps { get; init; }

    /// <summary>True for <see cref="Accepted"/>.</summary>
    public bool IsAccepted => this is Accepted;

    /// <summary>True for <see cref="Unknown"/>.</summary>
    public bool IsUnknown => this is Unknown;

    /// <summary><c>accepted</c>, <c>rejected</c> or <c>unknown</c>.</summary>
    public string Outcome => this switch
    {
        Accepted => "accepted",
        Rejected => "rejected",
        _ => "unknown",
    };

    /// <summary>The attempt solves the problem.</summary>
    public sealed record Accepted : Verdict;

    /// <summary>The attempt does not solve the problem.</summary>
    public sealed record Rejected : Verdict;

    /// <summary>The check did not come to an end; says nothing about the attempt.</summary>
    public sealed record Unknown : Verdict;
}

/// <summary>Why a verdict is what it is.</summary>
public enum VerdictReason
{
    /// <summary>The whole proof was checked and is right.</summary>
    Proved,

    /// <summary>The text is not in the language that the verifier reads.</summary>
    Syntax,

    /// <summary>A step does not apply, or a term has the wrong type.</summary>
    StepFailed,

    /// <summary>The text ends while goals are open.</summary>
    Incomplete,

    /// <summary>An audit found a forbidden construction.</summary>
    Cheat,

    /// <summary>The answer differs from the expected one.</summary>
    WrongAnswer,

    /// <summary>The attempt was cut off by a token limit before it ended.</summary>
    CutOff,

    /// <summary>Unknown: the time limit passed.</summary>
    TimedOut,

    /// <summary>Unknown: a memory limit was hit.</summary>
    OutOfMemory,

    /// <summary>Unknown: the step or size limit of the verifier was hit.</summary>
    ResourceLimit,

    /// <summary>Unknown: the verifier died.</summary>
    Crashed,

    /// <summary>Unknown: the verifier could not be reached or answered nonsense.</summary>
    Unavailable,
}

/// <summary>How far a check can be relied on.</summary>
public enum TrustLevel
{
    /// <summary>A quick check: good for search, not for training data or reports.</summary>
    Guide,

    /// <summary>A full independent check of the whole statement and proof.</summary>
    Full,
}

/// <summary>One message of a verifier.</summary>
/// <param name="Start">Zero-based character offset in the attempt's text where the message points, or -1.</param>
/// <param name="End">Exclusive end offset, or -1.</param>
/// <param name="Message">What is wrong.</param>
public sealed record Feedback(int Start, int End, string Message);
