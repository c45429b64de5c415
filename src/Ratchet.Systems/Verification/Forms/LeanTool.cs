using Ratchet.Runs;
using Ratchet.Verifiers.Lean;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Systems.Verification.Forms;

/// <summary>Chooses the way to Lean: a server, the REPL, or the program <c>lean</c>.</summary>
internal static class LeanTool
{
    private const string Repl = "repl";

    /// <summary>The backend that options name: a server's address first, else a program by its name (<c>repl</c> or <c>lean</c>), else <c>repl</c> where it is on the path, else <c>lean</c>.</summary>
    public static ILeanBackend Backend(VerifierOptions options)
    {
        if (options.Server is { } server)
        {
            if (!Uri.TryCreate(server, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
                throw new RatchetException($"'{server}' is no address of a Lean server.", "Give one such as http://localhost:8000.");
            var given = new LeanServerOptions { Address = address, ApiKey = options.ServerKey, MaxRequests = options.Threads };
            return new LeanServerBackend(options.TimeLimit is { } time ? given with { Timeout = TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds)) } : given);
        }

        var program = options.Tool ?? (Programs.IsThere(Repl) ? Repl : "lean");
        if (Path.GetFileNameWithoutExtension(program).Contains(Repl, StringComparison.OrdinalIgnoreCase))
        {
            var repl = new LeanReplOptions { Program = program, Project = options.Project, MaxBusy = options.Threads };
            return new LeanReplBackend(repl with { Limits = Limited(repl.Limits, options) });
        }

        var file = new LeanFileOptions { Program = program, Project = options.Project, MaxBusy = options.Threads };
        return new LeanFileBackend(file with { Limits = Limited(file.Limits, options) });
    }

    private static ProcessLimits Limited(ProcessLimits limits, VerifierOptions options) =>
        limits with { Wall = options.TimeLimit ?? limits.Wall, MemoryBytes = options.MemoryLimitBytes ?? limits.MemoryBytes };
}
