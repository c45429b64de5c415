using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Pool;

/// <summary>
/// A child process failed a request. The process must not be used again: whoever owns it disposes of it. <see cref="WorkerPool{TWorker}"/> does
/// so, and runs the item once more on a fresh worker where <see cref="WorthRetrying"/>.
/// </summary>
internal sealed class ChildFailureException(ChildFailure failure, VerdictReason reason, string message) : Exception(message)
{
    /// <summary>In which way.</summary>
    public ChildFailure Failure { get; } = failure;

    /// <summary>Reason of the unknown verdict that this becomes if it stands.</summary>
    public VerdictReason Reason { get; } = reason;

    /// <summary>Whether the failure may be the process's and not the item's: a limit that was hit would be hit again.</summary>
    public bool WorthRetrying =>
        Failure is ChildFailure.Start or ChildFailure.Protocol || (Failure is ChildFailure.Exited or ChildFailure.PipeClosed && Reason == VerdictReason.Crashed);
}
