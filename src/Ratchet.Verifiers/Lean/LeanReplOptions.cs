using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Lean;

/// <summary>How the community REPL (https://github.com/leanprover-community/repl) is run.</summary>
public sealed record LeanReplOptions
{
    /// <summary>Path of the REPL's program, as <c>lake build</c> makes it (<c>.lake/build/bin/repl</c>), or a name on the path. Default <c>repl</c>.</summary>
    public string Program { get; init; } = "repl";

    /// <summary>Path of <c>lake</c>, or a name on the path; used where <see cref="Project"/> is set. Default <c>lake</c>.</summary>
    public string Lake { get; init; } = "lake";

    /// <summary>
    /// Folder of the Lake project whose modules may be imported, such as a project that requires Mathlib. Null: the REPL runs by itself and
    /// only Lean's own modules are there.
    /// </summary>
    public string? Project { get; init; }

    /// <summary>Revision of Mathlib. Null: taken from <c>lake-manifest.json</c> of <see cref="Project"/>, and unstated where that names none.</summary>
    public string? Mathlib { get; init; }

    /// <summary>Processes that are busy at one time, at least 1. Default: one for each core.</summary>
    public int MaxBusy { get; init; } = Environment.ProcessorCount;

    /// <summary>Requests after which a process is replaced, at least 1. Default 500: a REPL keeps all environments that it ever made.</summary>
    public int RecycleAfterUses { get; init; } = 500;

    /// <summary>Resident memory over which a process is replaced after a request, in bytes. Default 8 GB; Mathlib's own files count.</summary>
    public long RecycleOverBytes { get; init; } = 8_000_000_000;

    /// <summary>
    /// Limits of a process. Default: 60 seconds a request, 5 minutes to load the imports, 32 GiB of address space (Lean maps Mathlib's
    /// files), 16 MiB of output, files up to 1 GiB (pickles), 64 threads, 4 hours of processor time.
    /// </summary>
    public ProcessLimits Limits { get; init; } = new()
    {
        Wall = TimeSpan.FromSeconds(60),
        StartUp = TimeSpan.FromMinutes(5),
        MemoryBytes = 32L << 30,
        OutputBytes = 16 << 20,
        FileBytes = 1L << 30,
        OpenFiles = 16_384,
        ChildProcesses = 64,
        CpuSeconds = 4 * 3600,
    };

    /// <summary>
    /// Whether each process of a Ratchet that runs as root gets an unused user of its own. Turn off where Lean or the project live in root's
    /// home folder, which such a user cannot read. Default true.
    /// </summary>
    public bool OwnUser { get; init; } = true;

    /// <summary>Folder in which loaded import headers are kept as pickles for later processes, or null to import each time. Default null.</summary>
    public string? PickleFolder { get; init; }
}
