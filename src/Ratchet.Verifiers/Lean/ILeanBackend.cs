using Ratchet.Runs;

namespace Ratchet.Verifiers.Lean;

/// <summary>A way to have Lean read a file: a REPL process, a server, the program <c>lean</c>.</summary>
/// <remarks>Safe to call from many threads. Outages, time-outs and crashes are answers (<see cref="LeanAnswer.Failure"/>), not exceptions.</remarks>
public interface ILeanBackend : IAsyncDisposable
{
    /// <summary>Short name: <c>repl</c>, <c>server</c> or <c>file</c>.</summary>
    string Name { get; }

    /// <summary>Asks the tool which Lean it is.</summary>
    /// <exception cref="RatchetException">The tool is missing, is the wrong version, hangs at start or closes its pipe; says what to install or set.</exception>
    ValueTask<LeanToolchain> IdentifyAsync(CancellationToken cancellationToken);

    /// <summary>Has Lean read a file.</summary>
    ValueTask<LeanAnswer> CheckAsync(LeanSource source, CancellationToken cancellationToken);
}
