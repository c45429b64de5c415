using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Isabelle.Protocol;
using Ratchet.Verifiers.Isabelle.Syntax;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Isabelle;

/// <summary>Judges Isar proofs through an Isabelle server.</summary>
/// <remarks>
/// <para>The problem's statement is a whole theory up to the proof (see <see cref="IsabelleStatement"/>); the attempt's text is the proof, from
/// its first <c>by</c>, <c>proof</c>, <c>apply</c> or <c>using</c> to its end. The text is looked over first (<c>docs/verifiers/isabelle.md</c> lists the
/// audits), then Isabelle reads the theory, then what it says of errors and oracles is judged.</para>
/// <para>Reasons: <see cref="VerdictReason.Proved"/>; rejected with <see cref="VerdictReason.Cheat"/>, <see cref="VerdictReason.Syntax"/>,
/// <see cref="VerdictReason.StepFailed"/> or <see cref="VerdictReason.Incomplete"/>; unknown with <see cref="VerdictReason.TimedOut"/>,
/// <see cref="VerdictReason.ResourceLimit"/>, <see cref="VerdictReason.Crashed"/> or <see cref="VerdictReason.Unavailable"/>.</para>
/// </remarks>
public sealed class IsabelleVerifier : IVerifier, IAsyncDisposable
{
    // Changes when the audits or the judging change.
    private const string RulesVersion = "1";
    private const int MaxLength = 200_000;

    private readonly IsabelleSession _session;
    private readonly VerdictCache _cache = new();

    private IsabelleVerifier(IsabelleSession session, string version)
    {
        _session = session;
        Version = version;
    }

    /// <inheritdoc/>
    public string Name => "isabelle";

    /// <summary>Version: rules of this adapter, Isabelle, session.</summary>
    public string Version { get; }

    /// <summary>Connects to a server, or starts one, and brings the session up.</summary>
    /// <exception cref="RatchetException">Isabelle is missing, is the wrong version, hangs at start or closes the connection; says what to install or set.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="IsabelleServerOptions.MaxBusy"/> is not positive.</exception>
    public static async Task<IsabelleVerifier> CreateAsync(IsabelleServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxBusy, 1);
        var session = new IsabelleSession(options);
        try
        {
            var isabelle = await session.StartAsync(cancellationToken);
            return new IsabelleVerifier(session, $"rules {RulesVersion}, {isabelle}, session {string.Join('+', [options.Session, .. options.IncludeSessions])}");
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="StatementException">The problem's statement is none (see <see cref="IsabelleStatement.Parse"/>).</exception>
    public async ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(text);
        var statement = IsabelleStatement.Parse(problem.Statement);
        if (text.Length > MaxLength)
            return ToVerdict(VerdictReason.ResourceLimit, [new Feedback(MaxLength, text.Length, $"The text has {text.Length} characters; at most {MaxLength} are read.")]);
        var findings = IsabelleProofAudit.Check(text, statement.Theorem);
        if (findings.Count > 0)
        {
            var reason = findings.All(f => f.Audit == IsabelleTokenizer.Lexical) ? VerdictReason.Syntax : VerdictReason.Cheat;
            return ToVerdict(reason, [.. findings.Select(f => f.ToFeedback())]);
        }

        return await _cache.GetAsync(VerdictKey.For(problem, text, this), token => CheckAsync(statement, text, token), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _session.DisposeAsync();

    /// <summary>Checks a text that no audit has looked over, for the conformance kit.</summary>
    internal async Task<Verdict> CheckAsync(IsabelleStatement statement, string text, CancellationToken cancellationToken)
    {
        var theory = statement.With(text);
        var (reason, feedback) = IsabelleJudge.Judge(theory, await _session.CheckAsync(theory, cancellationToken));
        return ToVerdict(reason, feedback);
    }

    private Verdict ToVerdict(VerdictReason reason, IReadOnlyList<Feedback> feedback) => reason switch
    {
        VerdictReason.Proved => new Verdict.Accepted { Reason = reason, Verifier = Name, VerifierVersion = Version },
        VerdictReason.TimedOut or VerdictReason.OutOfMemory or VerdictReason.ResourceLimit or VerdictReason.Crashed or VerdictReason.Unavailable =>
            new Verdict.Unknown { Reason = reason, Verifier = Name, VerifierVersion = Version, Feedback = feedback },
        _ => new Verdict.Rejected { Reason = reason, Verifier = Name, VerifierVersion = Version, Feedback = feedback },
    };
}
