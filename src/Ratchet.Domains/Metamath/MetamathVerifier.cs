using System.Security.Cryptography;
using System.Text;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Metamath;

/// <summary>Judges proofs against a Metamath database that is in memory: the whole proof, every rule of the language.</summary>
/// <remarks>
/// <para>
/// The problem's statement is a text that <see cref="MetamathTheorem.Parse"/> reads: the label of a theorem of the database, or a
/// theorem with its hypotheses. The attempt's text is the proof alone, what stands between <c>$=</c> and <c>$.</c>, normal or compressed;
/// a <c>$</c> in it is a <see cref="VerdictReason.Cheat"/>, so that a proof can declare nothing. A theorem of the database is proved at its place:
/// what comes later may not be used, nor the theorem itself.
/// </para>
/// <para>
/// The constructor checks the whole database once; a theorem that is not proved there, or that rests on such a one or on an axiom that is
/// not allowed, may not be used (<see cref="VerdictReason.Cheat"/>). Reasons beside that: <see cref="VerdictReason.Proved"/>;
/// <see cref="VerdictReason.Syntax"/>; <see cref="VerdictReason.StepFailed"/>; <see cref="VerdictReason.Incomplete"/> for <c>?</c>, an empty
/// proof, or leftovers on the stack; unknown with <see cref="VerdictReason.ResourceLimit"/> for proofs that are too long or take too
/// much work. Positions are offsets in the proof. Safe to call from many threads.
/// </para>
/// </remarks>
public sealed class MetamathVerifier : IVerifier
{
    private readonly MetamathVerifierOptions _options;
    private readonly AxiomAudit _audit;

    /// <summary>For each statement whether a proof may name it; null where it may name all.</summary>
    private readonly bool[]? _usable;

    /// <summary>Makes a verifier and checks the database.</summary>
    /// <exception cref="RatchetException">An allowed axiom is no axiom of the database.</exception>
    public MetamathVerifier(MetamathDatabase database, MetamathVerifierOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        Database = database;
        _options = options ?? new MetamathVerifierOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MaxProofLength, 1, nameof(options));
        foreach (var label in _options.AllowedAxioms ?? new HashSet<string>())
        {
            if (database.Find(label) is not { Kind: MetamathStatementKind.Axiom })
                throw new RatchetException($"The allowed axiom {label} is no $a statement of {database.Path}.", "Correct its name or take it out of the list.");
        }

        Report = database.VerifyAll(_options.Threads);
        _audit = new AxiomAudit(database, Report);
        var allowed = _options.AllowedAxioms;
        if (allowed is not null || !Report.IsVerified)
            _usable = _audit.Sound(label => allowed is null || allowed.Contains(label), _options.AllowDefinitions);
        Version = $"1-{Digest(database.ContentHash, allowed, _options)}";
    }

    /// <inheritdoc/>
    public string Name => "metamath";

    /// <summary>The verifier's own version and a digest of the database's bytes and of what is allowed.</summary>
    public string Version { get; }

    /// <summary>The database.</summary>
    public MetamathDatabase Database { get; }

    /// <summary>Outcome of the check of the database.</summary>
    public MetamathReport Report { get; }

    /// <inheritdoc/>
    /// <exception cref="StatementException">The problem's statement is no theorem of the database and no theorem that can be read.</exception>
    public ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(text);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Verify(MetamathTheorem.Parse(Database, problem.Statement), text));
    }

    /// <summary>Judges a proof.</summary>
    /// <param name="theorem">A theorem of this verifier's database.</param>
    /// <param name="proof">Proof, normal or compressed.</param>
    public Verdict Verify(MetamathTheorem theorem, string proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (proof.Length > _options.MaxProofLength)
            return Unknown(new Feedback(_options.MaxProofLength, proof.Length, $"The proof has {proof.Length} characters; at most {_options.MaxProofLength} are read."), 0);
        var result = Database.Verify(theorem, proof);
        if (result.Fault is { } fault)
        {
            var feedback = new Feedback(fault.Start, fault.Start + fault.Length, fault.Message);
            return fault.Kind == MetamathErrorKind.TooLarge ? Unknown(feedback, result.Steps) : Rejected(Reason(fault.Kind), feedback, result.Steps);
        }

        foreach (var assertion in result.Assertions)
        {
            if (_usable is not null && !_usable[assertion])
                return Rejected(VerdictReason.Cheat, Forbidden(assertion, proof), result.Steps);
        }

        return new Verdict.Accepted { Reason = VerdictReason.Proved, Verifier = Name, VerifierVersion = Version, Steps = result.Steps };
    }

    private static VerdictReason Reason(MetamathErrorKind kind) => kind switch
    {
        MetamathErrorKind.ForbiddenToken => VerdictReason.Cheat,
        MetamathErrorKind.EmptyProof or MetamathErrorKind.IncompleteProof or MetamathErrorKind.StackNotSingle => VerdictReason.Incomplete,
        MetamathErrorKind.InvalidCharacter or MetamathErrorKind.UnknownLabel or MetamathErrorKind.MandatoryHypothesisListed or MetamathErrorKind.MalformedCompressedProof
            or MetamathErrorKind.NumberOutOfRange or MetamathErrorKind.MisplacedSave => VerdictReason.Syntax,
        _ => VerdictReason.StepFailed,
    };

    private static string Digest(string databaseHash, IReadOnlySet<string>? allowed, MetamathVerifierOptions options)
    {
        var text = new StringBuilder(databaseHash).Append('\n').Append(options.MaxProofLength);
        if (allowed is not null)
            text.Append('\n').Append(options.AllowDefinitions).Append('\n').AppendJoin(' ', allowed.Order(StringComparer.Ordinal));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 8));
    }

    private Feedback Forbidden(int assertion, string proof)
    {
        var label = Database[assertion].Label;
        var rests = _audit.Of([assertion]);
        var culprit = rests.Unproved.Count > 0 ? rests.Unproved[0] : rests.Axioms.Concat(rests.Definitions).First(IsForbidden);
        var why = rests.Unproved.Count > 0 ? "whose proof in the database is missing or wrong" : "which is not among the allowed axioms";
        var message = culprit == label ? $"The proof uses {label}, {why}." : $"The proof uses {label}, which rests on {culprit}, {why}.";
        var (start, length) = Tokens(proof).First(t => proof.AsSpan(t.Start, t.Length).SequenceEqual(label));
        return new Feedback(start, start + length, message);
    }

    private bool IsForbidden(string label) => !_usable![Database.Find(label)!.Value.Index];

    private static IEnumerable<(int Start, int Length)> Tokens(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var start = i;
            while (i < text.Length && !char.IsWhiteSpace(text[i]))
                i++;
            if (i > start)
                yield return (start, i - start);
        }
    }

    private Verdict.Rejected Rejected(VerdictReason reason, Feedback feedback, long steps) =>
        new() { Reason = reason, Verifier = Name, VerifierVersion = Version, Steps = steps, Feedback = [feedback] };

    private Verdict.Unknown Unknown(Feedback feedback, long steps) =>
        new() { Reason = VerdictReason.ResourceLimit, Verifier = Name, VerifierVersion = Version, Steps = steps, Feedback = [feedback] };
}
