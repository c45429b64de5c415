namespace Ratchet.Verifiers.Pool;

/// <summary>Why a pool let a process go.</summary>
public enum WorkerEnd
{
    /// <summary>It had served its number of requests.</summary>
    Uses,

    /// <summary>It held too much memory.</summary>
    Memory,

    /// <summary>It had used its processor time.</summary>
    Cpu,

    /// <summary>Its place was needed for another key.</summary>
    Evicted,

    /// <summary>It gave no answer in time and was ended.</summary>
    TimedOut,

    /// <summary>It died or closed its pipe.</summary>
    Crashed,

    /// <summary>It wrote too much or broke its protocol.</summary>
    Misbehaved,

    /// <summary>A request was cancelled while it ran.</summary>
    Cancelled,

    /// <summary>It did not come up.</summary>
    StartFailed,

    /// <summary>The pool was closed.</summary>
    Closed,
}
