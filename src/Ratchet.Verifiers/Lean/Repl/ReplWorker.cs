using System.Text;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Lean.Repl;

/// <summary>A REPL process that has an import header loaded.</summary>
internal sealed class ReplWorker : IPoolWorker
{
    private const int KnownStatesLimit = 10_000;

    private readonly ChildProcess _process;
    private readonly Dictionary<string, int> _states = new(StringComparer.Ordinal);
    private int? _headerEnv;
    private bool _ready;

    private ReplWorker(ChildProcess process) => _process = process;

    /// <inheritdoc/>
    public bool IsReady => _ready && _process.IsRunning;

    /// <inheritdoc/>
    public ProcessStatus? Status => _process.Status;

    /// <summary>The process's own folder.</summary>
    public string Folder => _process.Scratch.Path;

    /// <summary>Starts a REPL and has it read a header.</summary>
    /// <param name="options">The program.</param>
    /// <param name="header">Imports; empty for Lean's own prelude.</param>
    /// <param name="pickles">Where environments of headers are kept, or null.</param>
    /// <param name="deadline">When it must be ready.</param>
    /// <exception cref="ChildFailureException">It does not come up.</exception>
    /// <exception cref="RatchetException">The program is missing, or the imports are not there.</exception>
    public static ReplWorker Start(ChildProcessOptions options, string header, PickleStore? pickles, Deadline deadline)
    {
        var worker = new ReplWorker(ChildProcess.Start(options));
        try
        {
            worker.Load(header, pickles, deadline);
            worker._ready = true;
            return worker;
        }
        catch
        {
            worker.Dispose();
            throw;
        }
    }

    /// <summary>Runs commands in the environment of the header.</summary>
    public ReplReply Run(string commands, Deadline deadline) => Ask(new ReplCommand { Cmd = commands, Env = _headerEnv }, deadline);

    /// <summary>Reads a pickled proof state.</summary>
    public ReplReply Unpickle(string file, Deadline deadline) => Ask(new ReplCommand { UnpickleProofStateFrom = file, Env = _headerEnv }, deadline);

    /// <summary>Sends a request and reads its answer.</summary>
    /// <exception cref="ChildFailureException">No answer, or none that can be read.</exception>
    public ReplReply Ask(ReplCommand command, Deadline deadline)
    {
        _ready = false;
        _process.BeginRequest();
        _process.Write(command.Encode(), deadline);
        string answer;
        do
            answer = Encoding.UTF8.GetString(_process.ReadThrough("\n\n"u8, deadline)).Trim();
        while (answer.Length == 0);
        var reply = ReplReply.Parse(answer)
            ?? throw new ChildFailureException(ChildFailure.Protocol, VerdictReason.Unavailable, $"The answer is none of the REPL's: {LeanToolchain.Shown(answer)}");
        _ready = true;
        return reply;
    }

    /// <summary>The number of a proof state that this process made before, or null.</summary>
    public int? KnownState(string key) => _states.TryGetValue(key, out var state) ? state : null;

    /// <summary>Keeps the number of a proof state.</summary>
    public void Remember(string key, int state)
    {
        if (_states.Count < KnownStatesLimit)
            _states[key] = state;
    }

    /// <inheritdoc/>
    public void Abort() => _process.Kill();

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();

    private void Load(string header, PickleStore? pickles, Deadline deadline)
    {
        if (pickles?.Find(header) is { } kept && Ask(new ReplCommand { UnpickleEnvFrom = kept }, deadline) is { Error: null, Env: { } known })
        {
            _headerEnv = known;
            return;
        }

        // Without imports a command still shows that the process is a REPL and understands us.
        var reply = Ask(new ReplCommand { Cmd = header.Length > 0 ? header.TrimEnd() : "#eval 0" }, deadline);
        var error = reply.Error ?? reply.Messages.FirstOrDefault(m => m.Severity == LeanSeverity.Error)?.Text;
        if (error is not null)
        {
            throw new RatchetException(
                header.Length > 0 ? $"Lean cannot load \"{header.Trim().ReplaceLineEndings("; ")}\": {LeanToolchain.Shown(error)}" : $"The REPL does not run a command: {LeanToolchain.Shown(error)}",
                "Set the project folder to a Lake project that has these modules built, on the same Lean as the REPL.");
        }

        if (header.Length == 0)
            return;
        _headerEnv = reply.Env;
        if (pickles is not null && reply.Env is { } env)
        {
            var file = Path.Combine(Folder, "header.olean");
            if (Ask(new ReplCommand { Env = env, PickleTo = file }, deadline).Error is null)
                pickles.Keep(header, file);
        }
    }
}
