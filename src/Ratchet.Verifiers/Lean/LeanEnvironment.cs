using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Lean.Repl;
using Ratchet.Verifiers.Lean.Syntax;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Lean;

/// <summary>Lean proofs step by step, in the tactic mode of the community REPL. A step is a tactic, or several on lines of their own.</summary>
/// <remarks>
/// A process keeps the numbers of the states that it made. A state that another process made is read from a pickle where there is one on its
/// path, and the steps after it are replayed. Steps pass the same audit as whole proofs. The word "Completed" of the REPL is a guide:
/// <see cref="LeanVerifier"/> decides on <see cref="ProofText"/>.
/// </remarks>
public sealed partial class LeanEnvironment : IProofEnvironment, IDisposable
{
    private readonly LeanReplBackend _backend;
    private readonly LeanEnvironmentOptions _options;
    private readonly ScratchFolder _folder = new();
    private readonly PickleStore _pickles;

    private LeanEnvironment(LeanReplBackend backend, LeanEnvironmentOptions options, LeanToolchain toolchain)
    {
        _backend = backend;
        _options = options;
        _pickles = new PickleStore(_folder.Path, toolchain.ToString());
        Version = toolchain.ToString();
    }

    /// <inheritdoc/>
    public string Name => "lean";

    /// <inheritdoc/>
    public string Version { get; }

    /// <summary>Asks a REPL which Lean it is and makes the environment.</summary>
    /// <param name="backend">REPL; stays the caller's, who may verify with it too.</param>
    /// <param name="options">How states are kept, or null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RatchetException">The REPL is missing, is the wrong version, hangs at start or closes its pipe.</exception>
    public static async Task<LeanEnvironment> CreateAsync(LeanReplBackend backend, LeanEnvironmentOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(backend);
        return new LeanEnvironment(backend, options ?? new LeanEnvironmentOptions(), await backend.IdentifyAsync(cancellationToken));
    }

    /// <inheritdoc/>
    public async ValueTask<StepOutcome> OpenAsync(Problem problem, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problem);
        LeanStatement statement;
        try
        {
            statement = LeanStatement.Parse(problem.Statement);
        }
        catch (StatementException e)
        {
            return new StepOutcome.Failed(VerdictReason.Syntax, new Feedback(-1, -1, e.Message));
        }

        return await GuardedAsync(statement, (worker, deadline) => Open(worker, problem, statement, deadline), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<StepOutcome> RunAsync(ProofState state, string step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(step);
        var statement = LeanStatement.Parse(state.Problem.Statement);
        var tokens = LeanTokenizer.Read(step);
        if (tokens.Items.Count == 0)
            return new StepOutcome.Failed(VerdictReason.Syntax, new Feedback(0, step.Length, "The step is empty."));
        if (LeanProofAudit.Check(step, tokens, statement.FullName) is [var finding, ..])
        {
            return finding.Audit == LeanWords.Hole
                ? new StepOutcome.GaveUp(finding.ToFeedback())
                : new StepOutcome.Failed(finding.Audit == LeanWords.Lexical ? VerdictReason.Syntax : VerdictReason.Cheat, finding.ToFeedback());
        }

        return await GuardedAsync(statement, (worker, deadline) => Step(worker, state, statement, step, deadline), cancellationToken);
    }

    /// <inheritdoc/>
    public string ProofText(Problem problem, IReadOnlyList<string> path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return string.Join('\n', path.Select(s => new ReplStep(s).Block));
    }

    /// <inheritdoc/>
    public void Release(ProofState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _pickles.Remove(KeyOf(LeanStatement.Parse(state.Problem.Statement), state.Path, state.Path.Count));
    }

    /// <summary>Removes the pickled states.</summary>
    public void Dispose() => _folder.Dispose();

    private async Task<StepOutcome> GuardedAsync(LeanStatement statement, Func<ReplWorker, Deadline, StepOutcome> job, CancellationToken cancellationToken)
    {
        try
        {
            return await _backend.RunAsync(statement.Header, job, cancellationToken);
        }
        catch (ChildFailureException e)
        {
            return new StepOutcome.Unknown(e.Reason, new Feedback(-1, -1, LeanReplBackend.WithRemedy(e)));
        }
    }

    private static StepOutcome Open(ReplWorker worker, Problem problem, LeanStatement statement, Deadline deadline)
    {
        var reply = worker.Run(statement.BodyWithHole, deadline);
        if (reply.Error is { } error)
            return Unavailable(error);
        foreach (var message in reply.Messages)
        {
            if (message.Severity == LeanSeverity.Error)
                return new StepOutcome.Failed(VerdictReason.StepFailed, new Feedback(-1, -1, $"Lean refuses the statement: {message.Text}"));
        }

        if (reply.Holes is not [.., { ProofState: { } start } hole])
            return Unavailable("The REPL lists no hole for the proof to begin at.");
        worker.Remember(KeyOf(statement, [], 0), start);
        return new StepOutcome.Moved(StateOf(problem, [], [hole.Goal]));
    }

    private StepOutcome Step(ReplWorker worker, ProofState state, LeanStatement statement, string text, Deadline deadline)
    {
        var before = Find(worker, state, statement, deadline, out var trouble);
        if (before is not { } number)
            return Unavailable($"The steps that led to the state do not lead there again: {trouble}");
        var step = new ReplStep(text);
        var reply = worker.Ask(new ReplCommand { Tactic = step.Text, ProofState = number }, deadline);
        var outcome = OutcomeOf(state, text, step, reply);
        if (outcome is StepOutcome.Moved { State: var after } && reply.ProofState is { } made)
            Keep(worker, statement, after.Path, made, deadline);
        return outcome;
    }

    /// <summary>What a tactic led to, from the REPL's answer.</summary>
    internal static StepOutcome OutcomeOf(ProofState state, string text, ReplStep step, ReplReply reply)
    {
        var whole = new Feedback(0, text.Length, "");
        if (reply.Error is { } error)
        {
            var place = ParseErrorPlace().Match(error);
            return place.Success
                ? new StepOutcome.Failed(VerdictReason.Syntax, At(step.Offset(Number(place, 1), Number(place, 2)), text.Length, error))
                : new StepOutcome.Failed(VerdictReason.StepFailed, whole with { Message = error });
        }

        if (reply.Messages.FirstOrDefault(m => m.Severity == LeanSeverity.Error) is { } failed)
        {
            return failed.Text.Contains("(deterministic) timeout", StringComparison.Ordinal)
                ? new StepOutcome.Unknown(VerdictReason.ResourceLimit, whole with { Message = failed.Text })
                : new StepOutcome.Failed(VerdictReason.StepFailed, whole with { Message = failed.Text });
        }

        if (reply.ProofStatus is { } said && said.StartsWith("Error", StringComparison.Ordinal))
            return new StepOutcome.Failed(VerdictReason.StepFailed, whole with { Message = said });
        if (reply.Holes.Count > 0)
            return new StepOutcome.GaveUp(whole with { Message = $"The step leaves a hole: {reply.Holes[0].Goal}" });
        if (reply.Goals is not { } goals)
            return Unavailable("The REPL does not list the goals.");
        IReadOnlyList<string> path = [.. state.Path, text];
        if (goals.Count > 0)
            return new StepOutcome.Moved(StateOf(state.Problem, path, goals));

        // REPLs before 2025 send no status; then the verifier, which decides anyway, finds out.
        return reply.ProofStatus is null or "Completed"
            ? new StepOutcome.Finished(path)
            : new StepOutcome.GaveUp(whole with { Message = $"No goal is open, yet the proof is not finished: {reply.ProofStatus}" });
    }

    /// <summary>The number that a process has for a state: known, read from a pickle, or made again by replaying the path.</summary>
    private int? Find(ReplWorker worker, ProofState state, LeanStatement statement, Deadline deadline, out string trouble)
    {
        trouble = "";
        var length = state.Path.Count;
        int? number = null;
        for (; length >= 0; length--)
        {
            var key = KeyOf(statement, state.Path, length);
            number = worker.KnownState(key);
            if (number is null && length > 0 && _pickles.Find(key) is { } pickle && worker.Unpickle(pickle, deadline) is { Error: null, ProofState: { } read })
                worker.Remember(key, (number = read).Value);
            if (number is not null)
                break;
        }

        if (number is null)
        {
            if (Open(worker, state.Problem, statement, deadline) is not StepOutcome.Moved)
            {
                trouble = "the statement is refused";
                return null;
            }

            (length, number) = (0, worker.KnownState(KeyOf(statement, [], 0)));
        }

        for (; number is not null && length < state.Path.Count; length++)
        {
            var reply = worker.Ask(new ReplCommand { Tactic = new ReplStep(state.Path[length]).Text, ProofState = number }, deadline);
            trouble = reply.Error ?? reply.Messages.FirstOrDefault(m => m.Severity == LeanSeverity.Error)?.Text ?? "";
            number = trouble.Length == 0 ? reply.ProofState : null;
            if (number is { } made)
                worker.Remember(KeyOf(statement, state.Path, length + 1), made);
        }

        return number;
    }

    private void Keep(ReplWorker worker, LeanStatement statement, IReadOnlyList<string> path, int number, Deadline deadline)
    {
        var key = KeyOf(statement, path, path.Count);
        worker.Remember(key, number);
        if (_options.PickleEvery == 0 || path.Count % _options.PickleEvery != 0 || _pickles.Find(key) is not null)
            return;
        var file = Path.Combine(worker.Folder, "state.olean");
        if (worker.Ask(new ReplCommand { ProofState = number, PickleTo = file }, deadline).Error is null)
            _pickles.Keep(key, file);
    }

    private static ProofState StateOf(Problem problem, IReadOnlyList<string> path, IReadOnlyList<string> goals)
    {
        // Lean numbers metavariables through a whole process: the numbers are replaced by their order here.
        var numbers = new Dictionary<string, string>(StringComparer.Ordinal);
        var normal = Metavariable().Replace(string.Join("\n\n", goals), m =>
        {
            if (!numbers.TryGetValue(m.Value, out var name))
                numbers.Add(m.Value, name = $"?{numbers.Count.ToString(CultureInfo.InvariantCulture)}");
            return name;
        });
        return new ProofState { Problem = problem, Path = path, Goals = goals, Key = Hash(normal) };
    }

    private static string KeyOf(LeanStatement statement, IReadOnlyList<string> path, int length)
    {
        var builder = new StringBuilder(statement.BodyWithHole).Append('\0').Append(statement.Header);
        for (var i = 0; i < length; i++)
            builder.Append('\0').Append(path[i]);
        return Hash(builder.ToString());
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    private static StepOutcome.Unknown Unavailable(string message) => new(VerdictReason.Unavailable, new Feedback(-1, -1, message));

    private static Feedback At(int start, int length, string message) => start < 0 ? new Feedback(0, length, message) : new Feedback(start, Math.Min(start + 1, length), message);

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"<input>:(\d{1,6}):(\d{1,6})")]
    private static partial Regex ParseErrorPlace();

    [GeneratedRegex(@"\?[mu]\.\d+|_uniq\.\d+")]
    private static partial Regex Metavariable();
}
