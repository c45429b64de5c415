using System.Security.Cryptography;
using System.Text;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Coq;

/// <summary>Checks proofs with Coq, which runs beside this process in a pool of warm workers.</summary>
/// <remarks>
/// <para>A problem's statement is a source that ends in the theorem (see <see cref="CoqProblem"/>); an attempt is what stands between
/// <c>Proof.</c> and <c>Qed.</c>, both of which it may bring along. The statement always comes from the problem, so what is proved is what was
/// asked. See <c>docs/verifiers/coq.md</c> for what is refused and why.</para>
/// <para>Safe to call from many threads. Equal questions are answered once.</para>
/// </remarks>
public sealed class CoqVerifier : IVerifier, IDisposable
{
    // Rises with every change after which another verdict is possible for one text.
    private const int Rules = 1;
    private const int BatchSize = 32;
    private const string Client = "verify";

    private readonly CoqOptions _options;
    private readonly CoqInstallation _installation;
    private readonly CoqFreshCheck _fresh;
    private readonly SemaphoreSlim _freshPlaces;
    private readonly VerdictCache _cache = new();

    /// <summary>Finds Coq and makes the verifier; no worker starts before the first check.</summary>
    /// <exception cref="RatchetException">Coq is not there, is too old or does not answer; or an option is out of its range.</exception>
    public CoqVerifier(CoqOptions? options = null)
    {
        _options = options ?? new CoqOptions();
        if (_options.SentenceSeconds is < 1 or > 3600 || _options.Threads < 0 || _options.MaxCharacters < 1)
            throw new RatchetException("An option of Coq is out of its range.", "SentenceSeconds is 1 to 3600, Threads is not negative, MaxCharacters is positive.");
        _installation = CoqInstallation.Find(_options.Program);
        var threads = _options.Threads == 0 ? System.Environment.ProcessorCount : _options.Threads;
        _fresh = new CoqFreshCheck(_installation, _options);
        _freshPlaces = new SemaphoreSlim(threads);
        Pool = new CoqPool(_installation, _options, threads);
        Version = $"{_installation.Version}/{_options.Level.ToString().ToLowerInvariant()}{(_options.HelperLemmas ? "+lemmas" : "")}{Mark("axioms", _options.AllowedAxioms, CoqOptions.UsualAxioms)}{Mark("imports", _options.Imports, [])}/{Rules}";
    }

    /// <inheritdoc/>
    public string Name => "coq";

    /// <summary>Coq's version, the level, what else changes verdicts, and the revision of the rules here, for example <c>8.16.1/full/1</c>.</summary>
    public string Version { get; }

    /// <summary>What the pool of workers is doing.</summary>
    public PoolFigures Figures => Pool.Figures();

    /// <summary>The workers.</summary>
    internal CoqPool Pool { get; }

    /// <summary>Step sessions on the workers of this verifier. It lives as long as the verifier.</summary>
    public CoqEnvironment CreateEnvironment() => new(Pool, _installation.Version);

    /// <inheritdoc/>
    public async ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(text);
        if (Read(problem, text) is { Verdict: { } known })
            return known;
        return await _cache.GetAsync(VerdictKey.For(problem, text, this), token => CheckAsync(problem, text, token), cancellationToken);
    }

    /// <summary>
    /// Checks attempts in full, whatever the verifier's level: fresh processes, one for up to 32 attempts with one header, without asking what was
    /// answered before.
    /// </summary>
    /// <returns>Verdicts in the order of the attempts.</returns>
    public async Task<IReadOnlyList<Verdict>> RecheckAsync(IReadOnlyList<(Problem Problem, string Text)> attempts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attempts);
        var verdicts = new Verdict[attempts.Count];
        var read = attempts.Select(a => Read(a.Problem, a.Text)).ToArray();
        for (var i = 0; i < read.Length; i++)
            verdicts[i] = read[i].Verdict!;
        var batches = Enumerable.Range(0, read.Length).Where(i => verdicts[i] is null).GroupBy(i => read[i].Statement!.Key, StringComparer.Ordinal).SelectMany(g => g.Chunk(BatchSize));
        await Task.WhenAll(batches.Select(async batch =>
        {
            var results = await FullAsync([.. batch.Select(i => (read[i].Statement!, read[i].Proof!))], cancellationToken);
            for (var i = 0; i < batch.Length; i++)
                verdicts[batch[i]] = results[i];
        }));
        return verdicts;
    }

    /// <summary>Ends the workers.</summary>
    public void Dispose()
    {
        Pool.Dispose();
        _freshPlaces.Dispose();
    }

    /// <summary>A mark of a setting that changes verdicts; empty for the usual one.</summary>
    private static string Mark(string name, IReadOnlyList<string> setting, IReadOnlyList<string> usual) =>
        setting.SequenceEqual(usual, StringComparer.Ordinal) ? "" : $"+{name}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', setting))).AsSpan(0, 4))}";

    private (CoqStatement? Statement, CoqProof? Proof, Verdict? Verdict) Read(Problem problem, string text)
    {
        CoqStatement statement;
        try
        {
            statement = CoqStatement.Parse(problem.Statement, problem.Provenance == Provenance.Given);
        }
        catch (StatementException e)
        {
            return (null, null, Unknown(VerdictReason.Unavailable, $"The statement cannot be read: {e.Message}"));
        }

        if (text.Length > _options.MaxCharacters)
            return (null, null, Unknown(VerdictReason.ResourceLimit, $"The attempt has {text.Length} characters; at most {_options.MaxCharacters} are read."));
        var (proof, refusal) = CoqProof.Read(text, _options.HelperLemmas);
        return (statement, proof, refusal is null ? null : Judge(refusal, TrustLevel.Full, 0));
    }

    private async Task<Verdict> CheckAsync(Problem problem, string text, CancellationToken cancellationToken)
    {
        var (statement, proof, _) = Read(problem, text);
        Verdict verdict;
        try
        {
            verdict = await Pool.RunAsync(Client, statement!, (worker, deadline) => Guide(worker, statement!, proof!, deadline), cancellationToken);
        }
        catch (ChildFailureException e)
        {
            return Unknown(e.Reason, e.Message);
        }

        return verdict.IsAccepted && _options.Level == CoqLevel.Full ? (await FullAsync([(statement!, proof!)], cancellationToken))[0] : verdict;
    }

    private Verdict Guide(CoqWorker worker, CoqStatement statement, CoqProof proof, Deadline deadline)
    {
        if (worker.HeaderError is { } error)
            return Unknown(VerdictReason.Unavailable, error);
        var before = worker.Executed;
        if (proof.Helpers.Count > 0)
        {
            worker.Close(deadline);
            return Judge(proof.Load(worker, statement, [], deadline) ?? proof.Run(worker, deadline), TrustLevel.Guide, worker.Executed - before);
        }

        if (worker.Open(statement, deadline) is { } reply)
            return Unknown(VerdictReason.Unavailable, $"The statement does not load: {reply.Message}");
        return Judge(proof.Run(worker, deadline), TrustLevel.Guide, worker.Executed - before);
    }

    private async Task<IReadOnlyList<Verdict>> FullAsync(IReadOnlyList<(CoqStatement Statement, CoqProof Proof)> items, CancellationToken cancellationToken)
    {
        await _freshPlaces.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => Full(items, cancellationToken), cancellationToken);
        }
        finally
        {
            _freshPlaces.Release();
        }
    }

    private IReadOnlyList<Verdict> Full(IReadOnlyList<(CoqStatement Statement, CoqProof Proof)> items, CancellationToken cancellationToken)
    {
        for (var again = false; ; again = true)
        {
            try
            {
                return [.. _fresh.Check(items, cancellationToken).Select((refusal, i) => Judge(refusal, TrustLevel.Full, items[i].Proof.Sentences.Count + 1))];
            }
            catch (ChildFailureException) when (items.Count > 1)
            {
                // One of them took the process down. Each gets a process of its own, so that it falls on that one alone.
                return [.. items.SelectMany(item => Full([item], cancellationToken))];
            }
            catch (ChildFailureException e) when (again || !e.WorthRetrying)
            {
                return [Unknown(e.Reason, e.Message)];
            }
            catch (ChildFailureException)
            {
            }
            catch (RatchetException e)
            {
                return [.. items.Select(_ => Unknown(VerdictReason.Unavailable, e.Message))];
            }
        }
    }

    private Verdict Judge(CoqRefusal? refusal, TrustLevel trust, long steps) => refusal switch
    {
        null => new Verdict.Accepted { Reason = VerdictReason.Proved, Verifier = Name, VerifierVersion = Version, Trust = trust, Steps = steps },
        { IsRejection: true } => new Verdict.Rejected { Reason = refusal.Reason, Verifier = Name, VerifierVersion = Version, Trust = trust, Steps = steps, Feedback = [refusal.Feedback] },
        _ => new Verdict.Unknown { Reason = refusal.Reason, Verifier = Name, VerifierVersion = Version, Trust = trust, Steps = steps, Feedback = [refusal.Feedback] },
    };

    private Verdict.Unknown Unknown(VerdictReason reason, string message) =>
        new() { Reason = reason, Verifier = Name, VerifierVersion = Version, Feedback = [new Feedback(-1, -1, message)] };
}
