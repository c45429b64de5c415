using System.Globalization;
using Ratchet.Runs;

namespace Ratchet.Verifiers.Pool;

/// <summary>Puts what holds a program's limits in front of its command line.</summary>
/// <remarks>
/// Two small programs of util-linux run before the program in the same process, so that the limits hold from its first instruction:
/// <c>setpriv</c> (death with the parent, no new privileges, an ordinary user) and <c>prlimit</c>. Together they cost about 5 ms.
/// </remarks>
internal static unsafe class LimitedCommand
{
    // User ids that systems give to nobody by themselves. One a child, because the kernel counts processes by user.
    private const uint FirstUser = 64_000;
    private const uint Users = 1_000;
    private const int ProcessesOfOthers = 256;

    private static readonly Lazy<(string Setpriv, string Prlimit)> Tools = new(FindTools);
    private static int _nextUser;

    /// <summary>A user id for a new child, or null where this process is not root or the child is to keep its user.</summary>
    public static uint? UserFor(ChildProcessOptions options) =>
        options.DropRoot && Libc.geteuid() == 0 ? FirstUser + ((((uint)Environment.ProcessId * 7) + (uint)Interlocked.Increment(ref _nextUser)) % Users) : null;

    /// <summary>The whole command line.</summary>
    /// <param name="options">Program, arguments and limits.</param>
    /// <param name="user">User to run as, or null for this process's.</param>
    /// <exception cref="RatchetException">util-linux is missing.</exception>
    public static IReadOnlyList<string> For(ChildProcessOptions options, uint? user)
    {
        var (setpriv, prlimit) = Tools.Value;
        List<string> line = [setpriv, "--pdeathsig=KILL", "--no-new-privs"];
        if (user is { } id)
            line.AddRange([$"--reuid={id}", $"--regid={id}", "--clear-groups"]);
        line.AddRange(["--", prlimit, "--core=0"]);
        var limits = options.Limits;
        Limit("cpu", 0, limits.CpuSeconds);
        Limit("fsize", 1, limits.FileBytes);
        Limit("nproc", 6, limits.ChildProcesses == 0 ? 0 : limits.ChildProcesses + (user is null ? TasksOfThisUser() + ProcessesOfOthers : 1));
        Limit("nofile", 7, limits.OpenFiles);
        Limit("as", 9, limits.MemoryBytes);
        line.AddRange(["--", options.Program, .. options.Arguments]);
        return line;

        void Limit(string name, int number, long value)
        {
            // A hard limit that stands already cannot be raised, and asking for more is an error.
            Libc.ResourceLimit now;
            if (value > 0)
                line.Add($"--{name}={(Libc.getrlimit(number, &now) == 0 ? Math.Min((ulong)value, now.Hard) : (ulong)value)}");
        }
    }

    private static (string Setpriv, string Prlimit) FindTools() =>
        (ProgramFinder.Find("setpriv"), ProgramFinder.Find("prlimit")) is ({ } setpriv, { } prlimit)
            ? (setpriv, prlimit)
            : throw new RatchetException("The programs setpriv and prlimit, which limit verifier processes, are not on the PATH.", "Install the package util-linux.");

    private static long TasksOfThisUser()
    {
        var me = Libc.geteuid().ToString(CultureInfo.InvariantCulture);
        long tasks = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(f => char.IsAsciiDigit(Path.GetFileName(f)[0])))
        {
            try
            {
                var lines = File.ReadAllLines(Path.Combine(folder, "status"));
                if (Field(lines, "Uid:")[0] == me)
                    tasks += long.Parse(Field(lines, "Threads:")[0], CultureInfo.InvariantCulture);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended between the listing and the reading.
            }
        }

        return tasks;

        static string[] Field(string[] lines, string name) =>
            lines.First(l => l.StartsWith(name, StringComparison.Ordinal))[name.Length..].Split('\t', StringSplitOptions.RemoveEmptyEntries);
    }
}
