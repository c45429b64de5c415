namespace Ratchet.Verifiers.Pool;

/// <summary>In which way a child process failed a request.</summary>
internal enum ChildFailure
{
    /// <summary>There is nothing to start: a program is missing or is not the right one.</summary>
    NotInstalled,

    /// <summary>It did not come up: it ended, hung or answered nonsense before the first request.</summary>
    Start,

    /// <summary>No answer within the time limit.</summary>
    TimedOut,

    /// <summary>It ended before it answered.</summary>
    Exited,

    /// <summary>It closed the pipe while it went on running.</summary>
    PipeClosed,

    /// <summary>It wrote more than the limit.</summary>
    OutputLimit,

    /// <summary>What it said does not follow its protocol; its state is not to be relied on.</summary>
    Protocol,
}
