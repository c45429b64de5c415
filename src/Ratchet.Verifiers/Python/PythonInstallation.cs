using System.Globalization;
using System.Text;
using Ratchet.Runs;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Python;

/// <summary>The programs of the sandbox: bubblewrap, which builds the walls, and the Python that runs inside.</summary>
/// <param name="Bubblewrap">Full path of <c>bwrap</c>.</param>
/// <param name="Python">Full path of Python.</param>
/// <param name="Folders">Folders outside <c>/usr</c> that this Python needs, read-only in the sandbox.</param>
internal sealed record PythonInstallation(string Bubblewrap, string Python, IReadOnlyList<string> Folders)
{
    public const string Remedy =
        "Install bubblewrap and python3 (Debian: apt-get install bubblewrap python3), and allow unprivileged user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
        + "kernel.apparmor_restrict_unprivileged_userns; in a container: --security-opt seccomp=unconfined).";

    private const string Variable = "RATCHET_PYTHON";
    private const string WhereAmI = "import sys; print(*sorted({sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}), sep='\\n')";
    private static readonly Lazy<string> Script = new(() => string.Concat(new[] { "walls.py", "program.py", "checker.py", "zygote.py" }.Select(Read)));

    /// <summary>Finds both.</summary>
    /// <exception cref="RatchetException">One is missing, or Python cannot be started by an ordinary user.</exception>
    public static PythonInstallation Find(string? program)
    {
        if (!OperatingSystem.IsLinux())
            throw new RatchetException("Programs are run in a sandbox of Linux only.", "Run Ratchet on Linux, in a container or in the Windows Subsystem for Linux.");
        var asked = program ?? Environment.GetEnvironmentVariable(Variable);
        var python = asked is { Length: > 0 } ? ProgramFinder.Find(asked) : ProgramFinder.Find("/usr/bin/python3", "python3");
        if (python is null)
            throw new RatchetException(asked is { Length: > 0 } ? $"There is no program {asked}." : "Python is not there: there is no python3.", Remedy);
        if (ProgramFinder.Find("bwrap") is not { } bubblewrap)
            throw new RatchetException("The program bwrap, without which no program of a model is run, is not on the PATH.", Remedy);
        return new PythonInstallation(bubblewrap, python, python.StartsWith("/usr/bin/", StringComparison.Ordinal) && asked is null ? [] : FoldersOf(python));
    }

    /// <summary>
    /// The command of a sandbox: new user, process, mount, network, IPC and host-name namespaces; of the machine's files only <c>/usr</c> and what
    /// the loader needs, read-only; four devices; an empty <c>/tmp</c>. Two capabilities within its own namespaces are for the zygote, which shuts
    /// each program into a process, mount and IPC namespace of its own without any.
    /// </summary>
    public ChildProcessOptions Command(PythonOptions options)
    {
        List<string> line =
        [
            "--unshare-all", "--uid", "1000", "--gid", "1000", "--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP", "--die-with-parent", "--hostname", "sandbox",
            "--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "HOME", "/tmp", "--setenv", "TMPDIR", "/tmp", "--setenv", "LANG", "C.UTF-8",
            "--setenv", "PYTHONHASHSEED", "0", "--setenv", "OPENBLAS_NUM_THREADS", "1", "--setenv", "OMP_NUM_THREADS", "1",
            "--ro-bind", "/usr", "/usr", "--dir", "/etc", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
        ];
        foreach (var folder in (string[])["/bin", "/lib", "/lib32", "/lib64", "/sbin"])
        {
            if (new DirectoryInfo(folder) is { Exists: true } info)
                line.AddRange(info.LinkTarget is { } target ? ["--symlink", target, folder] : ["--ro-bind", folder, folder]);
        }

        foreach (var folder in Folders)
            line.AddRange(["--ro-bind", folder, folder]);
        line.AddRange(["--proc", "/proc", "--dir", "/dev"]);
        foreach (var device in (string[])["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"])
            line.AddRange(["--dev-bind", device, device]);
        line.AddRange(["--symlink", "/tmp", "/dev/shm", "--dir", "/tmp", "--chdir", "/", "--remount-ro", "/", "--", Python, "-I", "-B", "-X", "utf8", "-c", Script.Value, .. options.Modules]);
        return new ChildProcessOptions
        {
            Program = Bubblewrap,
            Arguments = line,
            Limits = new ProcessLimits
            {
                Wall = options.Wall,
                CpuSeconds = 0,
                MemoryBytes = Math.Max(4L << 30, 2 * options.MemoryBytes),

                // Three texts, each byte of which may take six characters, beside the findings.
                OutputBytes = (18 * options.OutputBytes) + (8 << 20),
                FileBytes = Math.Max(options.ScratchBytes, 1 << 20),
                ChildProcesses = options.Processes + 16,
            },
        };
    }

    private static List<string> FoldersOf(string python)
    {
        string said;
        try
        {
            using var child = ChildProcess.Start(new ChildProcessOptions { Program = python, Arguments = ["-I", "-c", WhereAmI] });
            child.CloseInput();
            var deadline = Deadline.After(TimeSpan.FromSeconds(20));
            var bytes = new List<byte>();
            while (child.ReadSome(deadline) is { Length: > 0 } some)
                bytes.AddRange(some);
            var exit = child.WaitForExit(deadline);
            said = exit.Code == 0 ? Encoding.UTF8.GetString([.. bytes]) : throw new RatchetException($"{python} cannot be used: {exit}. {child.ErrorText}", $"It must run for every user of the machine. {Remedy}");
        }
        catch (ChildFailureException e)
        {
            throw new RatchetException($"{python} does not say where it is installed. {e.Message}", Remedy);
        }

        if (said.Split('\n').Any(f => f == "/tmp" || f.StartsWith("/tmp/", StringComparison.Ordinal)))
            throw new RatchetException($"{python} is installed below /tmp, which programs do not see.", "Install it elsewhere.");
        return [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Append(Path.GetDirectoryName(python)!).Where(f => f != "/usr" && !f.StartsWith("/usr/", StringComparison.Ordinal) && f.Length > 1).Distinct()];
    }

    private static string Read(string name)
    {
        using var stream = typeof(PythonInstallation).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The resource {name} is missing."));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd() + "\n\n";
    }
}
