using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Lean.Repl;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Lean;

/// <summary>Lean behind the community REPL: a pool of processes, each with an import header loaded, that read a file in one request.</summary>
/// <remarks>Safe to call from many threads. Tactic mode is <see cref="LeanEnvironment"/> over this backend.</remarks>
public sealed class LeanReplBackend : ILeanBackend
{
    private const string Remedy = "Build the REPL (https://github.com/leanprover-community/repl) on the project's Lean with \"lake build\" and set the path of .lake/build/bin/repl.";

    private readonly LeanReplOptions _options;
    private readonly WorkerPool<ReplWorker> _pool;
    private readonly PickleStore? _pickles;

    /// <summary>Makes the backend; no process starts before the first request.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
    public LeanReplBackend(LeanReplOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        if (options.PickleFolder is { } folder)
            _pickles = new PickleStore(folder, $"{options.Program}\n{options.Project}\n{LeanCommandLine.MathlibOf(options.Project)}");
        _pool = new WorkerPool<ReplWorker>(
            "lean-repl",
            new PoolOptions
            {
                MaxBusy = options.MaxBusy,
                ItemLimit = options.Limits.Wall,
                RecycleAfterUses = options.RecycleAfterUses,
                RecycleOverBytes = options.RecycleOverBytes,
                RecycleAfterCpuSeconds = options.Limits.CpuSeconds > 0 ? options.Limits.CpuSeconds * 0.9 : double.MaxValue,
            },
            options.Limits.StartUp,
            Start);
    }

    /// <inheritdoc/>
    public string Name => "repl";

    /// <summary>What the pool is doing.</summary>
    public PoolFigures Figures => _pool.Figures();

    /// <inheritdoc/>
    public async ValueTask<LeanToolchain> IdentifyAsync(CancellationToken cancellationToken)
    {
        _ = Command();
        ReplReply reply;
        try
        {
            reply = await _pool.RunAsync("identify", "", (worker, deadline) => worker.Run("#eval Lean.versionString", deadline), cancellationToken);
        }
        catch (ChildFailureException e)
        {
            throw new RatchetException(WithRemedy(e), Remedy, e);
        }

        var said = reply.Messages.FirstOrDefault(m => m.Severity == LeanSeverity.Information)?.Text
            ?? throw new RatchetException($"The REPL does not say which Lean it is: {reply.Error ?? (reply.Messages.Count > 0 ? reply.Messages[0].Text : "no message")}", Remedy);
        return new LeanToolchain(LeanToolchain.Version(said, _options.Program), _options.Mathlib ?? LeanCommandLine.MathlibOf(_options.Project));
    }

    /// <inheritdoc/>
    public async ValueTask<LeanAnswer> CheckAsync(LeanSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            var reply = await RunAsync(source.Header, (worker, deadline) => worker.Run(source.Body, deadline), cancellationToken);
            return reply.Error is { } error
                ? LeanAnswer.Failed(VerdictReason.Unavailable, $"The REPL refuses the request: {error}")
                : new LeanAnswer { Messages = Shifted(reply.Messages, source.HeaderLines), Holes = reply.Holes };
        }
        catch (ChildFailureException e)
        {
            return LeanAnswer.Failed(e.Reason, WithRemedy(e));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _pool.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Runs a job on a process that has a header loaded.</summary>
    internal Task<T> RunAsync<T>(string header, Func<ReplWorker, Deadline, T> job, CancellationToken cancellationToken) =>
        _pool.RunAsync("lean", header, job, cancellationToken);

    /// <summary>What a failed process means for the user.</summary>
    internal static string WithRemedy(ChildFailureException e) => e.Failure is ChildFailure.Start or ChildFailure.Protocol ? $"{e.Message} {Remedy}" : e.Message;

    private static List<LeanMessage> Shifted(IReadOnlyList<LeanMessage> messages, int lines) =>
        [.. messages.Select(m => m with { Start = Shifted(m.Start, lines), End = Shifted(m.End, lines) })];

    private static LeanPosition? Shifted(LeanPosition? position, int lines) => position is { } p ? p with { Line = p.Line + lines } : null;

    private ChildProcessOptions Command() =>
        LeanCommandLine.For(_options.Program, _options.Lake, _options.Project, [], Remedy) with { Limits = _options.Limits, DropRoot = _options.OwnUser };

    private ReplWorker Start(string header, Deadline deadline) => ReplWorker.Start(Command(), header, _pickles, deadline);
}
