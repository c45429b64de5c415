namespace Ratchet.Verifiers.Python;

/// <summary>What Python runs programs, and what a program may use. The defaults suit programs of a model: hostile until shown otherwise.</summary>
public sealed record PythonOptions
{
    /// <summary>
    /// Path or name of Python 3.10 or newer. Null for the environment variable <c>RATCHET_PYTHON</c>, and where that is not set for
    /// <c>/usr/bin/python3</c> or the <c>python3</c> on the <c>PATH</c>. It must be readable for every user of the machine.
    /// </summary>
    public string? Program { get; init; }

    /// <summary>Programs that run at one time; 0, the default, for all cores. Give it the run's thread budget.</summary>
    public int Threads { get; init; }

    /// <summary>Wall-clock time of a program with all its tests of one kind, above 0. Default 15 seconds.</summary>
    public TimeSpan Wall { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Processor seconds of each process of a program, 1 to 86,400. Default 5. Smaller than <see cref="Wall"/>, so that a busy machine does not
    /// turn a program away that a quiet one lets pass.
    /// </summary>
    public int CpuSeconds { get; init; } = 5;

    /// <summary>
    /// Address space of each process of a program, and what all of them may hold together, in bytes. Default 1 GiB; at least 128 MiB. The sum is
    /// looked at every 50 ms.
    /// </summary>
    public long MemoryBytes { get; init; } = 1L << 30;

    /// <summary>Processes and threads of a program, 1 to 1,000. Default 32.</summary>
    public int Processes { get; init; } = 32;

    /// <summary>Bytes that a program may write to each of standard output and standard error. Default 64 KiB, at most 1 MiB.</summary>
    public int OutputBytes { get; init; } = 64 << 10;

    /// <summary>Bytes of the private folder <c>/tmp</c> of a program, which is memory, and of each file. Default 16 MiB.</summary>
    public long ScratchBytes { get; init; } = 16L << 20;

    /// <summary>Modules that are loaded once, where they are there, so that programs find them loaded.</summary>
    public IReadOnlyList<string> Modules { get; init; } =
        ["math", "cmath", "itertools", "functools", "collections", "re", "heapq", "bisect", "string", "fractions", "decimal", "statistics", "datetime", "typing", "copy", "numpy", "sympy"];
}
