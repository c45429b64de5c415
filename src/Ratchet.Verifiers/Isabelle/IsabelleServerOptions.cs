using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Isabelle;

/// <summary>Which Isabelle server judges.</summary>
public sealed record IsabelleServerOptions
{
    /// <summary>
    /// Path of <c>isabelle</c>, or a name on the path, to start a server of our own. Not used where <see cref="Port"/> is set. Default
    /// <c>isabelle</c>.
    /// </summary>
    public string Program { get; init; } = "isabelle";

    /// <summary>Host of a running server. Default <c>127.0.0.1</c>.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port of a running server, as <c>isabelle server</c> prints it; 0 to start one. Default 0.</summary>
    public int Port { get; init; }

    /// <summary>Password of a running server, as <c>isabelle server</c> prints it.</summary>
    public string Password { get; init; } = "";

    /// <summary>Session image that theories build on, for example <c>HOL</c> or <c>HOL-Analysis</c>. Default <c>HOL</c>.</summary>
    public string Session { get; init; } = "HOL";

    /// <summary>Further sessions whose theories may be imported.</summary>
    public IReadOnlyList<string> IncludeSessions { get; init; } = [];

    /// <summary>Folders with ROOT files of further sessions.</summary>
    public IReadOnlyList<string> SessionFolders { get; init; } = [];

    /// <summary>Folder that this process and the server both see, for theory files. Null: a scratch folder of this machine.</summary>
    public string? SharedFolder { get; init; }

    /// <summary>Name by which the server sees <see cref="SharedFolder"/>, where it is another one (a container). Null: the same.</summary>
    public string? SharedFolderOnServer { get; init; }

    /// <summary>Time that a theory may take. Default 60 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time until the session must be up; the first time, Isabelle builds its image. Default 10 minutes.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Theories that are checked at one time, at least 1. Default 1.</summary>
    public int MaxBusy { get; init; } = 1;

    /// <summary>Limits of a server that is started here. Default: no limit of memory, files or processes, since Isabelle brings a Java machine and its provers.</summary>
    public ProcessLimits Limits { get; init; } = new() { CpuSeconds = 0, MemoryBytes = 0, FileBytes = 0, OpenFiles = 0, ChildProcesses = 0, OutputBytes = int.MaxValue };
}
