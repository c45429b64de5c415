using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Lean;

/// <summary>How <c>lean</c> is run on files, which it reads from its standard input.</summary>
public sealed record LeanFileOptions
{
    /// <summary>Path of <c>lean</c>, or a name on the path. Default <c>lean</c>.</summary>
    public string Program { get; init; } = "lean";

    /// <summary>Path of <c>lake</c>, or a name on the path; used where <see cref="Project"/> is set. Default <c>lake</c>.</summary>
    public string Lake { get; init; } = "lake";

    /// <summary>Folder of the Lake project whose modules may be imported (<c>lake env lean --stdin</c>), or null for Lean's own modules alone.</summary>
    public string? Project { get; init; }

    /// <summary>Revision of Mathlib. Null: taken from <c>lake-manifest.json</c> of <see cref="Project"/>, and unstated where that names none.</summary>
    public string? Mathlib { get; init; }

    /// <summary>Whether messages are asked for as JSON (<c>--json</c>). Null, the default: where this Lean has the option.</summary>
    public bool? Json { get; init; }

    /// <summary>Processes at one time, at least 1. Default: one for each core.</summary>
    public int MaxBusy { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Limits of a process. Default: 3 minutes, imports included, 32 GiB of address space (Lean maps Mathlib's files), 16 MiB of output, 64
    /// threads, 10 minutes of processor time.
    /// </summary>
    public ProcessLimits Limits { get; init; } = new()
    {
        Wall = TimeSpan.FromMinutes(3),
        MemoryBytes = 32L << 30,
        OutputBytes = 16 << 20,
        OpenFiles = 16_384,
        ChildProcesses = 64,
        CpuSeconds = 600,
    };

    /// <summary>
    /// Whether each process of a Ratchet that runs as root gets an unused user of its own. Turn off where Lean or the project live in root's
    /// home folder, which such a user cannot read. Default true.
    /// </summary>
    public bool OwnUser { get; init; } = true;
}
