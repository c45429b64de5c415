using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Ratchet.Domains.Propositional.Generation;
using Ratchet.Domains.Propositional.Kernel;
using Ratchet.Domains.Propositional.Oracle;
using Ratchet.Domains.Propositional.Proving;
using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Domains.Propositional.Tactics;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Verdicts;
using ProofState = Ratchet.Proving.ProofState;
using Session = Ratchet.Domains.Propositional.Tactics.ProofState;

namespace Ratchet.Domains.Propositional;

/// <summary>Propositional proofs made sentence by sentence: a step is one tactic sentence, bullet or brace, and works on the first goal.</summary>
/// <remarks>
/// A goal is shown as Coq shows it. Steps run the tactics of <see cref="PropositionalVerifier"/>; a path that leaves no goal is finished once that verifier has accepted the whole
/// script. Names of hypotheses are part of a state's key, since later steps use them. Also lists steps without a model, cuts proofs into subgoals and refutes goals
/// by G4ip. Safe to call from many threads.
/// </remarks>
public sealed class PropositionalEnvironment : IProofEnvironment, IStepEnumerator, ISubgoalWorld, IRefuter
{
    private const string Line = "============================";
    private const long RefuterSteps = 100_000;

    private readonly PropositionalVerifier _verifier = new();

    /// <summary>The open goals behind a state; a state that came from elsewhere is built again from its path.</summary>
    private readonly ConditionalWeakTable<ProofState, Session> _sessions = [];

    /// <inheritdoc/>
    public string Name => "propositional";

    /// <inheritdoc/>
    public string Version => _verifier.Version;

    /// <inheritdoc/>
    public ValueTask<StepOutcome> OpenAsync(Problem problem, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problem);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return ValueTask.FromResult<StepOutcome>(Moved(problem, [], new Session(FormulaParser.ReadStatement(problem.Statement))));
        }
        catch (StatementException e)
        {
            return Failed(VerdictReason.Syntax, e.Position, e.Position + 1, e.Message);
        }
    }

    /// <inheritdoc/>
    public ValueTask<StepOutcome> RunAsync(ProofState state, string step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(step);
        cancellationToken.ThrowIfCancellationRequested();
        if (SessionOf(state, out var trouble) is not { } session)
            return Unknown(VerdictReason.Unavailable, -1, -1, $"The state cannot be built again: {trouble}");
        var fork = session.Fork();
        return ValueTask.FromResult(Run(fork, step) ?? Outcome(state, step, fork));
    }

    /// <inheritdoc/>
    public string ProofText(Problem problem, IReadOnlyList<string> path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return string.Join(' ', path.Select(s => s.Trim()));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// <c>exact</c>, <c>destruct</c> of a contradiction and <c>split</c> of <c>True</c> stand alone where one of them closes the goal. Otherwise: <c>intros</c>, case analyses,
    /// <c>split</c>, <c>left</c>, <c>right</c>, <c>apply</c>, <c>assert</c> of what an implication would give, <c>exfalso</c>. With these a breadth-first search is complete,
    /// names aside: only <c>h0</c> to <c>h15</c> are given.
    /// </remarks>
    public IReadOnlyList<string> Steps(ProofState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return SessionOf(state, out _) is { Focused: [var goal, ..] } session ? StepList.Of(goal, session.Atoms) : [];
    }

    /// <inheritdoc/>
    public string? Refute(ProofState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (SessionOf(state, out _) is not { Focused: [var goal, ..] })
            return null;
        var whole = goal.Context.Reverse().Aggregate(goal.Target, (rest, h) => Formula.Implies(h.Type, rest));
        return DecisionProcedure.Decide(whole, RefuterSteps).Provable == false ? $"{goal.Target} does not follow in intuitionistic logic: G4ip finds no proof, and it is complete." : null;
    }

    /// <inheritdoc/>
    public string Cut(ProofState state, string statement)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(statement);
        var session = SessionOf(state, out _);
        var names = session is { Focused: [var goal, ..] } ? goal.Context.Select(h => h.Name).ToList() : [];
        return $"assert ({statement}) as {StepList.NextName(names, session?.Atoms ?? [])}.";
    }

    /// <inheritdoc/>
    public string? Opening(ProofState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return SessionOf(state, out _) is { Focused: [{ Target.Head.Kind: FormulaKind.Implies } goal, ..] } session ? StepList.Intros(goal, session.Atoms) : null;
    }

    /// <inheritdoc/>
    public Subgoal? Alone(ProofState state, IReadOnlyList<string> assumed, string statement)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(assumed);
        ArgumentNullException.ThrowIfNull(statement);
        if (SessionOf(state, out _) is not { Focused: [var goal, ..] } session)
            return null;
        try
        {
            var names = goal.Context.Select(h => h.Name).ToList();
            var premises = goal.Context.Select(h => h.Type).ToList();
            foreach (var text in assumed)
            {
                premises.Add(FormulaParser.ReadStatement(text));
                names.Add(StepList.NextName(names, session.Atoms));
            }

            var whole = Enumerable.Reverse(premises).Aggregate(FormulaParser.ReadStatement(statement), (rest, premise) => Formula.Implies(premise, rest));
            var printed = FormulaPrinter.Print(whole);
            var problem = state.Problem with
            {
                Id = $"{state.Problem.Id}/sub-{Hash(printed)[..12]}", Statement = printed, CanonicalHash = CanonicalForm.Hash(whole), Provenance = Provenance.Subgoal, ParentId = state.Problem.Id,
            };
            return new Subgoal(problem, names.Count == 0 ? [] : [$"intros {string.Join(' ', names)}."]);
        }
        catch (StatementException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Statements stand in <c>assert (...)</c>; in a text without any, each line that is a formula is one.</remarks>
    public IReadOnlyList<string> ReadPlan(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return PlanText.Read(text);
    }

    /// <summary>
    /// The subgoals of the oracle's own proof that need no more hypotheses than the first goal has, in the order in which it proves them: an upper bound for planners.
    /// </summary>
    /// <param name="state">State whose first goal is to be cut, after <see cref="Opening"/>.</param>
    /// <returns>Empty where the goal has no proof, none was found in time, or the proof needs no cut there.</returns>
    public IReadOnlyList<string> OracleCuts(ProofState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (SessionOf(state, out _) is not { Focused: [var goal, ..] })
            return [];
        var whole = goal.Context.Reverse().Aggregate(goal.Target, (rest, h) => Formula.Implies(h.Type, rest));
        if (DecisionProcedure.Decide(whole, RefuterSteps).Proof is not { } proof)
            return [];
        var known = goal.Context.Select(h => h.Type).ToHashSet();
        var cuts = new List<string>();
        Collect(proof, goal.Context.Length);
        return cuts;

        // A further introduction or a case brings a hypothesis of its own; what is cut behind it need not hold without.
        void Collect(ProofStep step, int given)
        {
            if (step.Kind is StepKind.DestructEither or StepKind.DestructFalse || (step.Kind == StepKind.Intros && given == 0))
                return;
            for (var i = 0; i < step.Next.Length; i++)
            {
                if (step.Kind == StepKind.Assert && i == 1 && known.Add(step.Formula!))
                    cuts.Add(FormulaPrinter.Print(step.Formula!));
                Collect(step.Next[i], step.Kind == StepKind.Intros ? given - 1 : given);
            }
        }
    }

    /// <summary>The parts of the first goal and of its hypotheses as statements, each once, in order of appearance: what random cuts are drawn from.</summary>
    public IReadOnlyList<string> Parts(ProofState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (SessionOf(state, out _) is not { Focused: [var goal, ..] })
            return [];
        var parts = new List<Formula>();
        foreach (var formula in goal.Context.Select(h => h.Type).Append(goal.Target))
            Add(formula);
        return [.. parts.Where(p => !p.Equals(goal.Target) && !Array.Exists(goal.Context, h => h.Type.Equals(p))).Select(FormulaPrinter.Print)];

        void Add(Formula? part)
        {
            if (part is null || part.Kind is FormulaKind.True or FormulaKind.False)
                return;
            if (!parts.Contains(part))
                parts.Add(part);
            Add(part.Left);
            Add(part.Right);
        }
    }

    /// <summary>
    /// How the first goal is shown to a model: hypotheses with the name behind each, then what is to be proved, as in <c>A h0. A -> B h1. B Proof. </c> The other goals are left
    /// out, because steps work on the first.
    /// </summary>
    public static string Prompt(ProofState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var prompt = new StringBuilder();
        foreach (var line in state.Goals[0].Split('\n'))
        {
            if (line == Line)
                continue;
            var colon = line.IndexOf(" : ", StringComparison.Ordinal);
            if (colon > 0)
                prompt.Append(line.AsSpan(colon + 3)).Append(' ').Append(line.AsSpan(0, colon)).Append(". ");
            else
                prompt.Append(line).Append(" Proof. ");
        }

        return prompt.ToString();
    }

    /// <summary>The sentences of a script as steps; a text that cannot be split is one step, which the environment then refuses with its place.</summary>
    public static IReadOnlyList<string> Sentences(string script)
    {
        ArgumentNullException.ThrowIfNull(script);
        try
        {
            var sentences = new List<string>();
            var parser = new SentenceParser(script, Formula.Atom);
            var start = 0;
            while (parser.Next() is { } sentence)
            {
                var end = sentence.Kind is SentenceKind.Bullet or SentenceKind.OpenBrace or SentenceKind.CloseBrace ? sentence.End : script.IndexOf('.', sentence.End) + 1;
                sentences.Add(script[start..end].Trim());
                start = end;
            }

            return sentences;
        }
        catch (TextException)
        {
            return script.Trim() is { Length: > 0 } whole ? [whole] : [];
        }
    }

    /// <summary>Runs a sentence; null where it applied.</summary>
    private static StepOutcome? Run(Session session, string step)
    {
        Sentence? sentence = null;
        try
        {
            var parser = new SentenceParser(step, name => session.Atoms.Contains(name) ? Formula.Atom(name) : null);
            sentence = parser.Next();
            if (sentence is null)
                return new StepOutcome.Failed(VerdictReason.Syntax, new Feedback(0, step.Length, "The step is empty."));
            if (parser.Next() is { } second)
                return new StepOutcome.Failed(VerdictReason.Syntax, new Feedback(second.Start, second.End, "A step is one sentence."));
            TacticRunner.Run(session, sentence);
            return null;
        }
        catch (TextException e)
        {
            var feedback = new Feedback(e.Start, e.End, e.Message);
            return e.IsLimit ? new StepOutcome.Unknown(VerdictReason.ResourceLimit, feedback) : new StepOutcome.Failed(VerdictReason.Syntax, feedback);
        }
        catch (TacticException e)
        {
            return new StepOutcome.Failed(VerdictReason.StepFailed, e.Start < 0 ? new Feedback(sentence!.Start, sentence.End, e.Message) : new Feedback(e.Start, e.End, e.Message));
        }
        catch (KernelLimitException e)
        {
            return new StepOutcome.Unknown(VerdictReason.ResourceLimit, new Feedback(-1, -1, e.Message));
        }
    }

    private StepOutcome Outcome(ProofState state, string step, Session session)
    {
        IReadOnlyList<string> path = [.. state.Path, step];
        if (session.OpenGoals > 0 || session.HasOpenBrace)
            return Moved(state.Problem, path, session);
        var verdict = _verifier.Verify(state.Problem.Statement, ProofText(state.Problem, path));
        var feedback = verdict.Feedback is [var first, ..] ? first with { Start = -1, End = -1 } : new Feedback(-1, -1, "");
        return verdict switch
        {
            Verdict.Accepted => new StepOutcome.Finished(path),
            Verdict.Rejected => new StepOutcome.Failed(VerdictReason.StepFailed, feedback),
            _ => new StepOutcome.Unknown(verdict.Reason, feedback),
        };
    }

    private StepOutcome.Moved Moved(Problem problem, IReadOnlyList<string> path, Session session)
    {
        // Inside a brace that is still open no goal may be left; the state says what closes it.
        string[] goals = [.. session.Open.Select(Show)];
        if (goals.Length == 0)
            goals = ["No goal is open; \"}\" is missing."];
        var state = new ProofState { Problem = problem, Path = path, Goals = goals, Key = Hash($"{session.Focusing}\n{string.Join('\n', goals)}") };
        _sessions.AddOrUpdate(state, session);
        return new StepOutcome.Moved(state);
    }

    private Session? SessionOf(ProofState state, out string trouble)
    {
        trouble = "";
        if (_sessions.TryGetValue(state, out var known))
            return known;
        Session session;
        try
        {
            session = new Session(FormulaParser.ReadStatement(state.Problem.Statement));
        }
        catch (StatementException e)
        {
            trouble = e.Message;
            return null;
        }

        for (var i = 0; i < state.Path.Count; i++)
        {
            if (Run(session, state.Path[i]) is { } outcome)
            {
                var message = outcome is StepOutcome.Failed failed ? failed.Feedback.Message : ((StepOutcome.Unknown)outcome).Feedback.Message;
                trouble = $"step {i + 1}, \"{state.Path[i]}\", does not apply: {message}";
                return null;
            }
        }

        if (session.OpenGoals == 0 && !session.HasOpenBrace)
        {
            trouble = "its path leaves no goal open.";
            return null;
        }

        _sessions.AddOrUpdate(state, session);
        return session;
    }

    private static string Show(Goal goal)
    {
        var text = new StringBuilder();
        foreach (var hypothesis in goal.Context)
            text.Append(hypothesis.Name).Append(" : ").Append(hypothesis.Type).Append('\n');
        return text.Append(Line).Append('\n').Append(goal.Target).ToString();
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    private static ValueTask<StepOutcome> Failed(VerdictReason reason, int start, int end, string message) =>
        ValueTask.FromResult<StepOutcome>(new StepOutcome.Failed(reason, new Feedback(start, end, message)));

    private static ValueTask<StepOutcome> Unknown(VerdictReason reason, int start, int end, string message) =>
        ValueTask.FromResult<StepOutcome>(new StepOutcome.Unknown(reason, new Feedback(start, end, message)));
}
