using System.Globalization;
using System.Text;

namespace Ratchet.Verifiers.Pool;

/// <summary>
/// A tiny shell beside this process that ends the process groups of its children when it is gone, however it went. The kernel ends each direct
/// child by itself; the guard is for what the children have started.
/// </summary>
/// <remarks>The guard reads the numbers of the groups from a pipe whose other end only this process holds: the end of the pipe is the end of the process.</remarks>
internal static unsafe class OrphanGuard
{
    private const string Script = """
        trap '' INT TERM HUP
        groups=' '
        while read -r sign group; do
          case $sign in
            +) groups="$groups$group " ;;
            -) groups="${groups%% $group *} ${groups#* $group }" ;;
          esac
        done
        for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
        """;

    private static readonly Lock Gate = new();
    private static int _pid;
    private static int _pipe = -1;

    /// <summary>Number of the guard's process, 0 where none runs.</summary>
    public static int ProcessId => _pid;

    /// <summary>Takes a group under guard.</summary>
    public static void Add(int group) => Tell('+', group);

    /// <summary>Forgets a group; called before its number can be used again.</summary>
    public static void Remove(int group) => Tell('-', group);

    private static void Tell(char sign, int group)
    {
        lock (Gate)
        {
            if (_pipe < 0)
                Start();
            var line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{sign} {group}\n"));
            fixed (byte* bytes = line)
            {
                // A pipe takes a line this short whole. A guard that somebody killed is not missed: the kernel's own watch remains.
                _ = Libc.write(_pipe, bytes, line.Length);
            }
        }
    }

    private static void Start()
    {
        var (pid, stdin, stdout, stderr) = ChildSpawner.Start(["/bin/sh", "-c", Script], new Dictionary<string, string>(), "/", seal: false);
        _ = Libc.close(stdout);
        _ = Libc.close(stderr);
        (_pid, _pipe) = (pid, stdin);
    }
}
