using System.Collections.Concurrent;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Lean.Syntax;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Lean;

/// <summary>Judges Lean 4 tactic proofs through a REPL, a server or the program <c>lean</c>.</summary>
/// <remarks>
/// <para>The problem's statement is a whole Lean file up to the proof (see <see cref="LeanStatement"/>); the attempt's text only ever fills
/// the proof. The text is looked over first (<c>docs/verifiers/lean.md</c> lists the audits), then Lean reads the file, then what Lean says of
/// errors, holes and axioms is judged.</para>
/// <para>Reasons: <see cref="VerdictReason.Proved"/>; rejected with <see cref="VerdictReason.Cheat"/> (an audit), <see cref="VerdictReason.Syntax"/>,
/// <see cref="VerdictReason.StepFailed"/> or <see cref="VerdictReason.Incomplete"/>; unknown with <see cref="VerdictReason.TimedOut"/>,
/// <see cref="VerdictReason.OutOfMemory"/>, <see cref="VerdictReason.ResourceLimit"/> (Lean's own heartbeats, or output), <see cref="VerdictReason.Crashed"/> or
/// <see cref="VerdictReason.Unavailable"/>, the last also where Lean refuses the statement itself.</para>
/// </remarks>
public sealed class LeanVerifier : IVerifier, IAsyncDisposable
{
    // Changes when the audits or the judging change.
    private const string RulesVersion = "1";

    private readonly ILeanBackend _backend;
    private readonly LeanVerifierOptions _options;
    private readonly VerdictCache _cache = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<string?>>> _statements = new(StringComparer.Ordinal);

    private LeanVerifier(ILeanBackend backend, LeanVerifierOptions options, LeanToolchain toolchain)
    {
        _backend = backend;
        _options = options;
        Toolchain = toolchain;
        Version = $"rules {RulesVersion}, {toolchain}, axioms {string.Join(' ', options.AllowedAxioms.Order(StringComparer.Ordinal))}, {(options.Trust == TrustLevel.Full ? "full" : "guide")}";
    }

    /// <inheritdoc/>
    public string Name => "lean";

    /// <summary>Version: rules of this adapter, Lean with its commit, revision of Mathlib, allowed axioms, trust level.</summary>
    public string Version { get; }

    /// <summary>Which Lean and Mathlib judge.</summary>
    public LeanToolchain Toolchain { get; }

    /// <summary>Asks a backend which Lean it is and makes the verifier.</summary>
    /// <param name="backend">Backend; the verifier disposes of it.</param>
    /// <param name="options">What is demanded, or null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RatchetException">Lean is missing, is the wrong version, hangs at start or closes its pipe.</exception>
    public static async Task<LeanVerifier> CreateAsync(ILeanBackend backend, LeanVerifierOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(backend);
        return new LeanVerifier(backend, options ?? new LeanVerifierOptions(), await backend.IdentifyAsync(cancellationToken));
    }

    /// <inheritdoc/>
    /// <exception cref="StatementException">The problem's statement is none (see <see cref="LeanStatement.Parse"/>).</exception>
    public async ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(text);
        var statement = LeanStatement.Parse(problem.Statement);
        if (text.Length > _options.MaxLength)
            return Unknown(VerdictReason.ResourceLimit, [new Feedback(_options.MaxLength, text.Length, $"The text has {text.Length} characters; at most {_options.MaxLength} are read.")]);
        var tokens = LeanTokenizer.Read(text);
        var findings = LeanProofAudit.Check(text, tokens, statement.FullName);
        if (findings.Count > 0)
        {
            var reason = findings.All(f => f.Audit == LeanWords.Lexical) ? VerdictReason.Syntax : VerdictReason.Cheat;
            return Rejected(reason, [.. findings.Select(f => f.ToFeedback())]);
        }

        return await _cache.GetAsync(VerdictKey.For(problem, text, this), token => CheckAsync(statement, text, tokens, token), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    private async Task<Verdict> CheckAsync(LeanStatement statement, string text, LeanTokens tokens, CancellationToken cancellationToken)
    {
        var source = statement.With(text, tokens, askAxioms: _options.Trust == TrustLevel.Full);
        var answer = await _backend.CheckAsync(source, cancellationToken);
        var judgement = LeanJudge.Judge(source, answer, _options.Trust == TrustLevel.Full ? _options.AllowedAxioms : null);
        if (judgement.OnlyStatementErrors && await StatementErrorAsync(statement, cancellationToken) is { } error)
        {
            return Unknown(
                VerdictReason.Unavailable,
                [new Feedback(-1, -1, $"Lean refuses the statement itself, whatever the proof: {error} Does {Toolchain} fit the problem?")]);
        }

        return judgement.Reason switch
        {
            VerdictReason.Proved => new Verdict.Accepted { Reason = VerdictReason.Proved, Verifier = Name, VerifierVersion = Version, Trust = _options.Trust },
            VerdictReason.TimedOut or VerdictReason.OutOfMemory or VerdictReason.ResourceLimit or VerdictReason.Crashed or VerdictReason.Unavailable => Unknown(judgement.Reason, judgement.Feedback),
            _ => Rejected(judgement.Reason, judgement.Feedback),
        };
    }

    /// <summary>What Lean says against a statement that has a hole for a proof, or null. Asked once for each statement.</summary>
    private async Task<string?> StatementErrorAsync(LeanStatement statement, CancellationToken cancellationToken)
    {
        var source = statement.With("sorry", askAxioms: false);
        return await _statements.GetOrAdd(source.Text, _ => new Lazy<Task<string?>>(AskAsync)).Value.WaitAsync(cancellationToken);

        // One asker's cancellation must not spoil the answer for the others.
        async Task<string?> AskAsync() =>
            (await _backend.CheckAsync(source, CancellationToken.None)).Messages.FirstOrDefault(m => m.Severity == LeanSeverity.Error)?.Text;
    }

    private Verdict.Rejected Rejected(VerdictReason reason, IReadOnlyList<Feedback> feedback) =>
        new() { Reason = reason, Verifier = Name, VerifierVersion = Version, Feedback = feedback, Trust = _options.Trust };

    private Verdict.Unknown Unknown(VerdictReason reason, IReadOnlyList<Feedback> feedback) =>
        new() { Reason = reason, Verifier = Name, VerifierVersion = Version, Feedback = feedback, Trust = _options.Trust };
}
