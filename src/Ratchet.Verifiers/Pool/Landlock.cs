using System.Runtime.InteropServices;

namespace Ratchet.Verifiers.Pool;

/// <summary>
/// Linux's Landlock: takes rights from a thread and from all processes that it starts afterwards, for good. Needs no privilege, no program and
/// no time.
/// </summary>
/// <remarks>Numbers and structures: linux/landlock.h, and "Landlock: unprivileged access control" in the kernel's documentation.</remarks>
internal static unsafe partial class Landlock
{
    // The same numbers on every architecture.
    private const nint CreateRuleset = 444;
    private const nint RestrictSelf = 446;
    private const uint AskVersion = 1;
    private const int NoNewPrivileges = 38;

    // Writing to files; removing and making of folders, files, devices, sockets, pipes and links.
    private const ulong Changes = (1UL << 1) | (0x1FFUL << 4);
    private const ulong Moving = 1UL << 13;
    private const ulong Truncating = 1UL << 14;
    private const ulong BindingAndConnecting = 3;
    private const ulong AbstractSockets = 1;

    [StructLayout(LayoutKind.Sequential)]
    private struct Ruleset
    {
        public ulong Files;
        public ulong Network;
        public ulong Scoped;
    }

    /// <summary>Version of the kernel's interface; 0 where there is none. TCP is held from version 4 (Linux 6.7) on.</summary>
    public static int Version { get; } = OperatingSystem.IsLinux() ? Math.Max(0, (int)Create(null, 0, AskVersion)) : 0;

    /// <summary>From now on this thread and what it starts can change no file and open no TCP connection, as far as the kernel's version goes.</summary>
    /// <returns>Whether the kernel does so.</returns>
    public static bool Seal()
    {
        if (Version == 0)
            return false;

        // No rule is added: what the set names is forbidden everywhere. What a version does not know must not be named.
        var rules = new Ruleset
        {
            Files = Changes | (Version >= 2 ? Moving : 0) | (Version >= 3 ? Truncating : 0),
            Network = Version >= 4 ? BindingAndConnecting : 0,
            Scoped = Version >= 6 ? AbstractSockets : 0,
        };
        var set = (int)Create(&rules, (nuint)sizeof(Ruleset), 0);
        if (set < 0)
            return false;
        var done = prctl(NoNewPrivileges, 1, 0, 0, 0) == 0 && Restrict(RestrictSelf, set, 0) == 0;
        _ = Libc.close(set);
        return done;
    }

    private static nint Create(Ruleset* rules, nuint size, uint flags) => Call(CreateRuleset, rules, size, flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, Ruleset* rules, nuint size, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Restrict(nint number, int set, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint second, nuint third, nuint fourth, nuint fifth);
}
