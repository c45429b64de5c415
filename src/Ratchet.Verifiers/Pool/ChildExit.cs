using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Pool;

/// <summary>How a child process ended.</summary>
/// <param name="Code">Exit code, or -1 where a signal ended it.</param>
/// <param name="Signal">Number of the signal that ended it, or 0.</param>
/// <param name="ByOwner">Whether the process that started it sent that signal.</param>
/// <param name="MemoryKiller">Whether the kernel ended a process for want of memory while this one died.</param>
internal readonly record struct ChildExit(int Code, int Signal, bool ByOwner, bool MemoryKiller)
{
    /// <summary>Reason of the unknown verdict for a request that was running.</summary>
    public VerdictReason Reason => this switch
    {
        { ByOwner: true } => VerdictReason.TimedOut,
        { Signal: Libc.SIGKILL, MemoryKiller: true } => VerdictReason.OutOfMemory,
        { Signal: Libc.SIGXCPU or Libc.SIGXFSZ } => VerdictReason.ResourceLimit,
        _ => VerdictReason.Crashed,
    };

    /// <inheritdoc/>
    public override string ToString() => this switch
    {
        { ByOwner: true } => "it was ended",
        { Signal: Libc.SIGKILL, MemoryKiller: true } => "the system ended it for want of memory",
        { Signal: Libc.SIGKILL } => "it was killed from outside (signal 9)",
        { Signal: Libc.SIGXCPU } => "it used up its processor time (signal 24)",
        { Signal: Libc.SIGXFSZ } => "it wrote a file over the size limit (signal 25)",
        { Signal: > 0 } => $"signal {Signal} ended it",
        _ => $"it ended with exit code {Code}",
    };
}
