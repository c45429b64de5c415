using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Ratchet.Domains.Metamath.Proving;
using Ratchet.Domains.Metamath.Syntax;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Metamath;

/// <summary>Proofs of a Metamath database made step by step, backwards from the statement.</summary>
/// <remarks>
/// <para>
/// A step is for the first open goal: <c>label</c>, or <c>label { variable := expression variable := expression }</c> for the variables of the
/// assertion that the goal does not fix. The assertion's <c>$e</c> hypotheses become goals. A goal that is a hypothesis of the theorem, or
/// that was proved before in this proof, closes by itself; so does everything about syntax. The label of a hypothesis is a step
/// too, for a theorem that says what its hypothesis says. Disjoint variables are checked at each step.
/// </para>
/// <para>
/// Expressions are parsed by the grammar that the database's syntax axioms spell, so a match is one of trees; the proofs that an
/// expression is one are written by <see cref="ProofText(Problem, IReadOnlyList{string})"/> and never by a step. Problems' statements are those of
/// <see cref="MetamathVerifier"/>. A step makes at most expressions of 100,000 symbols and 2,000 levels: beyond that its outcome is
/// unknown with <see cref="VerdictReason.ResourceLimit"/>.
/// </para>
/// </remarks>
public sealed class MetamathEnvironment : IProofEnvironment
{
    private readonly MetamathEnvironmentOptions _options;
    private readonly ProvingWorld _world;
    private readonly AssertionIndex _index;

    /// <summary>The partial proof behind a state; a state that came from elsewhere is built again from its path.</summary>
    private readonly ConditionalWeakTable<ProofState, ProofSession> _sessions = [];

    /// <summary>Makes an environment.</summary>
    /// <exception cref="RatchetException">The database's grammar cannot be used, or a math symbol would be taken for a part of a step.</exception>
    public MetamathEnvironment(MetamathDatabase database, MetamathEnvironmentOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        Database = database;
        _options = options ?? new MetamathEnvironmentOptions();
        if (database.Tables.Names.Find(StepText.Assign) >= 0)
            throw new RatchetException($"{database.Path} has the math symbol {StepText.Assign}, which steps use for something else.", "Rename the symbol.");
        _world = new ProvingWorld(database, _options.Withheld);
        _index = new AssertionIndex(_world);
        var text = $"{database.ContentHash}\n{string.Join(' ', _options.Withheld.Order(StringComparer.Ordinal))}";
        Version = $"1-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8))}";
    }

    /// <inheritdoc/>
    public string Name => "metamath";

    /// <inheritdoc/>
    public string Version { get; }

    /// <summary>The database.</summary>
    public MetamathDatabase Database { get; }

    /// <inheritdoc/>
    public ValueTask<StepOutcome> OpenAsync(Problem problem, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problem);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return ValueTask.FromResult(Outcome(Open(problem), []));
        }
        catch (StatementException e)
        {
            return ValueTask.FromResult<StepOutcome>(new StepOutcome.Failed(VerdictReason.Syntax, new Feedback(e.Position, e.Position, e.Message)));
        }
    }

    /// <inheritdoc/>
    public ValueTask<StepOutcome> RunAsync(ProofState state, string step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(step);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            ProofSession session;
            try
            {
                session = SessionOf(state);
            }
            catch (Exception e) when (e is ArgumentException or StatementException)
            {
                return ValueTask.FromResult<StepOutcome>(new StepOutcome.Unknown(VerdictReason.Unavailable, new Feedback(-1, -1, $"The state cannot be built again: {e.Message}")));
            }

            return ValueTask.FromResult(Outcome(session.Run(StepText.Parse(step)), [.. state.Path, step]));
        }
        catch (StepException e)
        {
            var feedback = new Feedback(e.Start, e.End, e.Message);
            return ValueTask.FromResult<StepOutcome>(e.IsLimit
                ? new StepOutcome.Unknown(VerdictReason.ResourceLimit, feedback)
                : new StepOutcome.Failed(e.IsFailure ? VerdictReason.StepFailed : VerdictReason.Syntax, feedback));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A step of the path does not apply.</exception>
    public string ProofText(Problem problem, IReadOnlyList<string> path) => ProofText(problem, path, _options.Format);

    /// <summary>The proof that a path spells in the form asked for; an open goal is written <c>?</c>.</summary>
    /// <exception cref="ArgumentException">A step of the path does not apply.</exception>
    /// <exception cref="RatchetException">The proof is too long in normal form.</exception>
    public string ProofText(Problem problem, IReadOnlyList<string> path, MetamathProofFormat format)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(path);
        var writer = new ProofWriter(Replay(problem, path));
        return format == MetamathProofFormat.Normal ? writer.Normal() : writer.Compressed();
    }

    /// <summary>The assertions that could be a step for the first goal of a state, in the order of the database.</summary>
    /// <remarks>The first call parses the part of the database that comes before the theorem. Disjointness is checked as far as the goal fixes it.</remarks>
    public IReadOnlyList<MetamathCandidate> Candidates(ProofState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var session = SessionOf(state);
        var result = new List<MetamathCandidate>();
        foreach (var (pattern, substitution) in _index.Matches(session.Goal, session.Theorem.Theorem.Limit))
        {
            if (session.Theorem.Clash(pattern, substitution) is not null)
                continue;
            var free = pattern.Free.Select(v => (Database.SymbolText(v), Database.SymbolText(Database.Tables.VariableTypes[~v]))).ToList();
            var goals = pattern.Essentials.Select(e => PartialText(pattern, e, substitution)).ToList();
            result.Add(new MetamathCandidate(Database.Tables.Labels.Text(pattern.Assertion), free, goals));
        }

        return result;
    }

    /// <summary>The expressions that stand in a theorem's hypotheses and in a state's first goal, by type, each once: those of hypotheses first, the larger before its parts.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Terms(ProofState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var session = SessionOf(state);
        var found = new Dictionary<int, List<Term>>();
        var seen = new HashSet<Term>();
        foreach (var statement in session.Theorem.HypothesisStatements.Append(session.Goal))
        {
            var queue = new Queue<Term>([statement.Body]);
            while (queue.TryDequeue(out var term) && seen.Count < 1_000)
            {
                if (!seen.Add(term))
                    continue;
                var type = _world.Grammar.TypeOf(term);
                if (!found.TryGetValue(type, out var list))
                    found[type] = list = [];
                list.Add(term);
                foreach (var argument in term.Arguments)
                    queue.Enqueue(argument);
            }
        }

        return found.ToDictionary(f => Database.SymbolText(f.Key), f => (IReadOnlyList<string>)[.. f.Value.Select(_world.Grammar.Text)]);
    }

    /// <summary>The steps that the database's own proof of a theorem consists of: a demonstration to learn from.</summary>
    /// <param name="problem">A problem whose statement is a theorem of the database.</param>
    /// <exception cref="RatchetException">The theorem has no right proof, or uses what is withheld or what the grammar cannot read.</exception>
    /// <exception cref="ArgumentException">The theorem is not in the database.</exception>
    public IReadOnlyList<string> KnownSteps(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var open = new OpenTheorem(_world, problem, MetamathTheorem.Parse(Database, problem.Statement));
        if (open.Theorem.IsNew)
            throw new ArgumentException($"The database has no proof of {open.Theorem.Label}.", nameof(problem));
        try
        {
            return KnownProof.Steps(open);
        }
        catch (StepException e)
        {
            throw new RatchetException($"The proof of {open.Theorem.Label} cannot be made into steps: {e.Message}", inner: e);
        }
    }

    private ProofSession Open(Problem problem) => ProofSession.Open(new OpenTheorem(_world, problem, MetamathTheorem.Parse(Database, problem.Statement)));

    private ProofSession SessionOf(ProofState state)
    {
        if (_sessions.TryGetValue(state, out var session))
            return session;
        session = Replay(state.Problem, state.Path);
        if (session.IsFinished)
            throw new ArgumentException("The path of the state proves the theorem; there is no goal for a step.", nameof(state));
        _sessions.AddOrUpdate(state, session);
        return session;
    }

    private ProofSession Replay(Problem problem, IReadOnlyList<string> path)
    {
        var session = Open(problem);
        for (var i = 0; i < path.Count; i++)
        {
            try
            {
                session = session.IsFinished ? throw new StepException(0, 0, "no goal is open") : session.Run(StepText.Parse(path[i]));
            }
            catch (StepException e)
            {
                throw new ArgumentException($"Step {i + 1} of the path, \"{path[i]}\", does not apply: {e.Message}", nameof(path), e);
            }
        }

        return session;
    }

    private StepOutcome Outcome(ProofSession session, IReadOnlyList<string> path)
    {
        if (session.IsFinished)
            return new StepOutcome.Finished(path);
        var goals = session.Goals.Select(_world.Grammar.Text).ToList();
        var key = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', goals.Order(StringComparer.Ordinal))));
        var state = new ProofState { Problem = session.Theorem.Problem, Path = path, Goals = goals, Key = Convert.ToHexStringLower(key.AsSpan(0, 16)) };
        _sessions.AddOrUpdate(state, session);
        return new StepOutcome.Moved(state);
    }

    private string PartialText(AssertionPattern pattern, Statement essential, Term?[] substitution)
    {
        var text = new StringBuilder(Database.SymbolText(essential.Typecode));
        foreach (var symbol in _world.Grammar.Symbols(essential.Body))
        {
            if (symbol >= 0)
                text.Append(' ').Append(Database.SymbolText(symbol));
            else if (substitution[Array.IndexOf(pattern.Variables, symbol)] is not { } term)
                text.Append(" ?").Append(Database.SymbolText(symbol));
            else if (term.Size > 0)
                text.Append(' ').Append(_world.Grammar.Text(term));
        }

        return text.ToString();
    }
}
