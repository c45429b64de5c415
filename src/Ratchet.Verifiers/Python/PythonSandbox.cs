using Ratchet.Runs;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Python;

/// <summary>Runs Python programs of models behind walls, on warm interpreters.</summary>
/// <remarks>
/// <para>Each program runs in a process forked for it, with process, mount and IPC namespaces of its own, without network, privileges, other
/// users' files or the descriptors and variables of this process; when its first process ends, the kernel ends all that it started. See
/// <c>docs/verifiers/python.md</c> for the walls and what they were tried with.</para>
/// <para>Safe to call from many threads.</para>
/// </remarks>
public sealed class PythonSandbox : IDisposable
{
    // Rises with every change after which a program may come out otherwise.
    private const int Rules = 1;
    private const string Client = "python";
    private static readonly TimeSpan StartUp = TimeSpan.FromSeconds(60);

    private readonly WorkerPool<PythonWorker> _pool;

    /// <summary>Finds the programs and tries the walls once.</summary>
    /// <exception cref="RatchetException">bubblewrap or Python is missing, the machine does not allow the walls, or an option is out of its range.</exception>
    public PythonSandbox(PythonOptions? options = null)
    {
        Options = options ?? new PythonOptions();
        ThrowIfInvalid(Options);
        var installation = PythonInstallation.Find(Options.Program);
        var tried = Try(installation, Options);
        Version = $"{tried.PythonVersion}/bubblewrap/{Rules}";
        Modules = tried.Modules;
        var sizes = new PoolOptions
        {
            MaxBusy = Options.Threads == 0 ? Environment.ProcessorCount : Options.Threads,
            ItemLimit = Options.Wall + TimeSpan.FromMinutes(1),

            // Nothing of a request ever enters the interpreter that stands ready: it does not wear out.
            RecycleAfterUses = 100_000,
        };
        _pool = new WorkerPool<PythonWorker>("python", sizes, StartUp, (_, deadline) => new PythonWorker(installation, Options, deadline));
    }

    /// <summary>Limits and program.</summary>
    public PythonOptions Options { get; }

    /// <summary>Version of Python, the walls, and the revision of the rules here, for example <c>3.11.2/bubblewrap/1</c>.</summary>
    public string Version { get; }

    /// <summary>Modules that are loaded before a program begins.</summary>
    public IReadOnlyList<string> Modules { get; }

    /// <summary>What the pool of interpreters is doing.</summary>
    public PoolFigures Figures => _pool.Figures();

    /// <summary>Numbers of the processes that are up.</summary>
    internal IReadOnlyList<int> WorkerProcesses => [.. _pool.Workers().Select(w => w.ProcessId)];

    /// <summary>Runs a program as a script.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task<PythonRun> RunAsync(PythonProgram program, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(program);
        return AskAsync(program, null, cancellationToken);
    }

    /// <summary>Runs a program and then tests that call it; they run in another process, behind the same walls.</summary>
    /// <param name="program">Program.</param>
    /// <param name="tests">Python with at least one <c>assert</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal Task<PythonRun> TestAsync(PythonProgram program, string tests, CancellationToken cancellationToken) => AskAsync(program, tests, cancellationToken);

    /// <summary>Ends the interpreters.</summary>
    public void Dispose() => _pool.Dispose();

    private async Task<PythonRun> AskAsync(PythonProgram program, string? tests, CancellationToken cancellationToken)
    {
        try
        {
            return await _pool.RunAsync(Client, "", (worker, deadline) => worker.Run(program, tests, deadline), cancellationToken).ConfigureAwait(false);
        }
        catch (ChildFailureException e)
        {
            return new PythonRun { End = PythonEnd.Unavailable, Message = e.Message };
        }
    }

    /// <summary>Runs one program behind the walls; throws where they do not stand.</summary>
    internal static (string PythonVersion, IReadOnlyList<string> Modules) Try(PythonInstallation installation, PythonOptions options)
    {
        try
        {
            using var worker = new PythonWorker(installation, options, Deadline.After(StartUp));
            var run = worker.Run(new PythonProgram("print('walls')"), null, Deadline.After(StartUp));
            return run is { End: PythonEnd.Exited, Code: 0, Output: "walls\n" }
                ? (worker.PythonVersion, worker.Modules)
                : throw new RatchetException($"The sandbox for programs does not work here: {run.Message}{run.Errors.Trim()}", PythonInstallation.Remedy);
        }
        catch (ChildFailureException e)
        {
            throw new RatchetException($"The sandbox for programs cannot be set up here, and without it none is run. {e.Message}", PythonInstallation.Remedy);
        }
    }

    private static void ThrowIfInvalid(PythonOptions options)
    {
        if (options.Threads < 0 || options.Wall <= TimeSpan.Zero || options.Wall > TimeSpan.FromDays(1) || options.CpuSeconds is < 1 or > 86_400 || options.MemoryBytes < 128L << 20
            || options.Processes is < 1 or > 1000 || options.OutputBytes is < 1 or > 1 << 20 || options.ScratchBytes is < 4096 or > 1L << 32)
        {
            throw new RatchetException(
                "An option of the Python sandbox is out of its range.",
                "Threads is not negative, Wall above 0 and at most a day, CpuSeconds 1 to 86400, MemoryBytes at least 128 MiB, Processes 1 to 1000, OutputBytes 1 byte to 1 MiB, ScratchBytes 4 KiB to 4 GiB.");
        }
    }
}
