using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using Ratchet.Runs;

namespace Ratchet.Verifiers.Pool;

/// <summary>Starts processes, each in a session and process group of its own, with no file but its three pipes.</summary>
/// <remarks>
/// One thread, which lives as long as this process, starts them all: the kernel's "tell me when my parent dies" watches the thread that
/// started the child, not the process. Another starts the sealed ones: it has given up for good what they must not do.
/// </remarks>
internal static unsafe class ChildSpawner
{
    private static readonly Lazy<BlockingCollection<Action>> Plain = new(() => Begin("ratchet-spawner", seal: false));
    private static readonly Lazy<BlockingCollection<Action>> Sealed = new(() => Begin("ratchet-sealed", seal: true));
    private static readonly bool CanCloseFrom = NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "posix_spawn_file_actions_addclosefrom_np", out _);

    /// <summary>Starts a program.</summary>
    /// <param name="arguments">Full path of the program, then its arguments.</param>
    /// <param name="environment">Its whole environment.</param>
    /// <param name="folder">Working folder.</param>
    /// <param name="seal">Whether it may change no file and open no TCP connection; see <see cref="Landlock"/>.</param>
    /// <returns>Process number, which is also that of its group and session, and this side's ends of its standard input, output and error. They do not block.</returns>
    /// <exception cref="RatchetException">The system starts no process.</exception>
    public static (int Pid, int In, int Out, int Error) Start(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string folder, bool seal)
    {
        string[] pairs = [.. environment.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}={e.Value}")];
        var started = new TaskCompletionSource<(int, int, int, int)>();
        (seal ? Sealed : Plain).Value.Add(() =>
        {
            try
            {
                started.SetResult(Spawn(arguments, pairs, folder));
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    private static BlockingCollection<Action> Begin(string name, bool seal)
    {
        var work = new BlockingCollection<Action>();
        new Thread(Loop) { IsBackground = true, Name = name }.Start();
        return work;

        void Loop()
        {
            if (seal)
                _ = Landlock.Seal();
            foreach (var action in work.GetConsumingEnumerable())
                action();
        }
    }

    private static (int Pid, int In, int Out, int Error) Spawn(IReadOnlyList<string> arguments, IReadOnlyList<string> environment, string folder)
    {
        var pipes = stackalloc int[6];
        var made = 0;
        try
        {
            for (; made < 3; made++)
            {
                if (Libc.pipe2(pipes + (2 * made), Libc.O_CLOEXEC) != 0)
                    throw Refused(Marshal.GetLastPInvokeError());
            }

            var pid = Spawn(arguments, environment, folder, pipes[0], pipes[3], pipes[5]);
            (int Pid, int In, int Out, int Error) child = (pid, pipes[1], pipes[2], pipes[4]);
            foreach (var fd in (ReadOnlySpan<int>)[child.In, child.Out, child.Error])
                _ = Libc.fcntl(fd, Libc.F_SETFL, Libc.fcntl(fd, Libc.F_GETFL, 0) | Libc.O_NONBLOCK);
            foreach (var fd in (ReadOnlySpan<int>)[pipes[0], pipes[3], pipes[5]])
                _ = Libc.close(fd);
            return child;
        }
        catch
        {
            for (var i = 0; i < 2 * made; i++)
                _ = Libc.close(pipes[i]);
            throw;
        }
    }

    private static int Spawn(IReadOnlyList<string> arguments, IReadOnlyList<string> environment, string folder, int stdin, int stdout, int stderr)
    {
        var attributes = stackalloc byte[Libc.SpawnAttributesSize];
        var actions = stackalloc byte[Libc.FileActionsSize];
        var signals = stackalloc byte[Libc.SignalSetSize];
        using var argv = new NativeStrings(arguments);
        using var envp = new NativeStrings(environment);
        _ = Libc.posix_spawnattr_init(attributes);
        _ = Libc.posix_spawn_file_actions_init(actions);
        try
        {
            // The runtime ignores and blocks signals that a program expects to work.
            _ = Libc.sigfillset(signals);
            _ = Libc.posix_spawnattr_setsigdefault(attributes, signals);
            _ = Libc.sigemptyset(signals);
            _ = Libc.posix_spawnattr_setsigmask(attributes, signals);
            _ = Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETSID | Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK);
            _ = Libc.posix_spawn_file_actions_addchdir_np(actions, folder);
            _ = Libc.posix_spawn_file_actions_adddup2(actions, stdin, 0);
            _ = Libc.posix_spawn_file_actions_adddup2(actions, stdout, 1);
            _ = Libc.posix_spawn_file_actions_adddup2(actions, stderr, 2);

            // Native libraries in this process may have opened files that a child would inherit.
            if (CanCloseFrom)
                _ = Libc.posix_spawn_file_actions_addclosefrom_np(actions, 3);
            int pid;
            var error = Libc.posix_spawn(&pid, argv.First, actions, attributes, argv.Array, envp.Array);
            return error == 0 ? pid : throw Refused(error);
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
        }
    }

    private static RatchetException Refused(int error) =>
        new($"The system starts no process: {Marshal.GetPInvokeErrorMessage(error)}.", "End other programs, or raise the limits on processes and open files (ulimit -u, ulimit -n).");

    /// <summary>Strings in native memory, as a null-terminated array.</summary>
    private sealed class NativeStrings : IDisposable
    {
        private readonly int _count;

        public NativeStrings(IReadOnlyList<string> strings)
        {
            _count = strings.Count;
            Array = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
            for (var i = 0; i < _count; i++)
            {
                var bytes = Encoding.UTF8.GetBytes(strings[i]);
                Array[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
                bytes.CopyTo(new Span<byte>(Array[i], bytes.Length));
            }
        }

        public byte** Array { get; }

        public byte* First => Array[0];

        public void Dispose()
        {
            for (var i = 0; i < _count; i++)
                NativeMemory.Free(Array[i]);
            NativeMemory.Free(Array);
        }
    }
}
