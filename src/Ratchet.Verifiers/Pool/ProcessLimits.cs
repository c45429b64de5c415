namespace Ratchet.Verifiers.Pool;

/// <summary>What a verifier process may use. The defaults suit a prover that checks untrusted text.</summary>
/// <remarks>
/// Memory, CPU time, file size, open files and processes are limits of the kernel on each process and hold from its first instruction. Wall
/// time and output are limits of a request, held by whoever waits for the answer.
/// </remarks>
public sealed record ProcessLimits
{
    /// <summary>Wall-clock time that a request may take. Default 30 seconds.</summary>
    public TimeSpan Wall { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Wall-clock time until a new process must be ready for its first request. Default 60 seconds.</summary>
    public TimeSpan StartUp { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Processor seconds over the life of a process, all requests together; 0 for no limit. Default one hour.</summary>
    public long CpuSeconds { get; init; } = 3600;

    /// <summary>Address space of a process in bytes; 0 for no limit. Default 2 GiB. Programs that map large files need more than they hold in memory.</summary>
    public long MemoryBytes { get; init; } = 2L << 30;

    /// <summary>Bytes that a process may write to its standard output in answer to one request. Default 1 MiB.</summary>
    public int OutputBytes { get; init; } = 1 << 20;

    /// <summary>Largest file that a process may write, in bytes; 0 for no limit. Default 64 MiB.</summary>
    public long FileBytes { get; init; } = 64L << 20;

    /// <summary>Open files of a process; 0 for no limit. Default 256.</summary>
    public int OpenFiles { get; init; } = 256;

    /// <summary>
    /// Processes and threads beside the first one; 0 for no limit. Default 16. Exact where Ratchet runs as root and the child is given a user of
    /// its own; an ordinary user's other processes count too, so there the limit is what the user runs already, and 256, and this number.
    /// </summary>
    public int ChildProcesses { get; init; } = 16;
}
