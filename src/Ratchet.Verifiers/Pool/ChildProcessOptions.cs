namespace Ratchet.Verifiers.Pool;

/// <summary>A program to start as a child process.</summary>
internal sealed record ChildProcessOptions
{
    /// <summary>Full path of the program; see <see cref="ProgramFinder"/>.</summary>
    public required string Program { get; init; }

    /// <summary>Arguments, the program's name not among them.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>
    /// Environment variables beside the few that every child gets (<c>PATH</c> of the system, <c>LANG=C.UTF-8</c>, <c>HOME</c> and <c>TMPDIR</c> =
    /// the scratch folder). Nothing is inherited.
    /// </summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>What it may use.</summary>
    public ProcessLimits Limits { get; init; } = new();

    /// <summary>
    /// Whether a child of root gets an unused ordinary user id of its own, so that it can neither read nor write what is root's. Turn off only
    /// for programs that live where others cannot read.
    /// </summary>
    public bool DropRoot { get; init; } = true;

    /// <summary>
    /// Whether the program can change no file, its scratch folder included, and open no TCP connection, where the kernel has Landlock (Linux 5.13,
    /// for TCP 6.7). For programs that need nothing but their pipes.
    /// </summary>
    public bool Sealed { get; init; }
}
