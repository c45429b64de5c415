using System.Collections.Immutable;
using Ratchet.Domains.Metamath.Reading;
using Ratchet.Domains.Metamath.Syntax;

namespace Ratchet.Domains.Metamath.Proving;

/// <summary>An assertion applied to a goal: what stands for its variables, and the goals that it left.</summary>
internal sealed record AppliedAssertion(AssertionPattern Pattern, Term[] Substitution, Statement[] Goals);

/// <summary>A partial proof. Immutable: a step makes a new one.</summary>
/// <remarks>
/// Goals are met depth first. Behind the goals of a step lies a mark, and when the mark comes to the top, the step's own goal is proved;
/// from then on the same goal closes without a step wherever it comes up.
/// </remarks>
internal sealed class ProofSession
{
    /// <summary>Most symbols of a goal or a substituted expression.</summary>
    public const int MaxSize = 100_000;

    /// <summary>Deepest nesting of a goal or a substituted expression.</summary>
    public const int MaxDepth = 2_000;

    /// <summary>A goal still to be met, or the mark behind the goals of a step (then with that step).</summary>
    private readonly record struct Pending(Statement Goal, AppliedAssertion? Applied);

    private readonly ImmutableStack<Pending> _pending;
    private readonly ImmutableDictionary<Statement, AppliedAssertion> _proved;

    private ProofSession(OpenTheorem theorem, ImmutableStack<Pending> pending, ImmutableDictionary<Statement, AppliedAssertion> proved)
    {
        Theorem = theorem;
        _pending = pending;
        _proved = proved;
    }

    public OpenTheorem Theorem { get; }

    public bool IsFinished => _pending.IsEmpty;

    /// <summary>The goal that the next step is for.</summary>
    public Statement Goal => _pending.Peek().Goal;

    /// <summary>The open goals, each once.</summary>
    public IEnumerable<Statement> Goals => _pending.Where(p => p.Applied is null).Select(p => p.Goal).Distinct();

    public static ProofSession Open(OpenTheorem theorem) =>
        new(theorem, ImmutableStack.Create(new Pending(theorem.Goal, null)), ImmutableDictionary<Statement, AppliedAssertion>.Empty);

    /// <summary>The steps by statement: those of proved ones and, for statements that are not open again further down, those of the others.</summary>
    public IReadOnlyDictionary<Statement, AppliedAssertion> Steps()
    {
        var steps = new Dictionary<Statement, AppliedAssertion>(_proved);
        var open = Goals.ToHashSet();
        foreach (var (goal, applied) in _pending)
        {
            if (applied is not null && !open.Contains(goal))
                steps.TryAdd(goal, applied);
        }

        return steps;
    }

    /// <summary>Runs a step on the first goal.</summary>
    /// <exception cref="StepException">The step does not apply.</exception>
    public ProofSession Run(StepText step)
    {
        if (Theorem.Hypothesis(step.Label.Text) is { } hypothesis)
        {
            if (!hypothesis.Statement.Equals(Goal))
                throw Failure(step.Label, $"The hypothesis {step.Label.Text} says \"{Text(hypothesis.Statement)}\", not \"{Text(Goal)}\".");
            return new ProofSession(Theorem, _pending.Pop(), _proved).Settle();
        }

        var pattern = FindPattern(step.Label);
        var substitution = Bind(step, pattern);
        var goals = Array.ConvertAll(pattern.Essentials, e => pattern.Substitute(e, substitution));
        foreach (var goal in goals)
            CheckSize(goal.Body, step.Label);
        var pending = _pending.Pop().Push(new Pending(Goal, new AppliedAssertion(pattern, substitution, goals)));
        for (var i = goals.Length - 1; i >= 0; i--)
            pending = pending.Push(new Pending(goals[i], null));
        return new ProofSession(Theorem, pending, _proved).Settle();
    }

    /// <summary>Takes off what needs no step: marks, and goals that are hypotheses, proved already, or about syntax.</summary>
    private ProofSession Settle()
    {
        var (pending, proved) = (_pending, _proved);
        while (!pending.IsEmpty)
        {
            var (goal, applied) = pending.Peek();
            if (applied is not null)
            {
                // What was proved first stays: it cannot rest on what came later, so no proof runs in a circle.
                if (!proved.ContainsKey(goal))
                    proved = proved.Add(goal, applied);
            }
            else if (!proved.ContainsKey(goal) && Theorem.HypothesisFor(goal) is null && !Theorem.Theorem.Database.IsSyntaxType(goal.Typecode))
            {
                break;
            }

            pending = pending.Pop();
        }

        return new ProofSession(Theorem, pending, proved);
    }

    private AssertionPattern FindPattern(StepToken label)
    {
        var database = Theorem.Theorem.Database;
        var index = database.Tables.Labels.Find(label.Text);
        if (index < 0)
            throw new StepException(label.Start, label.End, $"The database has no statement with the label {label.Text}.");
        if (!database.Tables.Statements[index].IsAssertion)
            throw Failure(label, $"{label.Text} is no axiom or theorem, nor a hypothesis of {Theorem.Theorem.Label}.");
        if (index >= Theorem.Theorem.Limit)
            throw Failure(label, $"{label.Text} may not be used for {Theorem.Theorem.Label}, which comes before it.");
        if (Theorem.World.IsWithheld(index))
            throw Failure(label, $"{label.Text} is withheld here.");
        return Theorem.World.Pattern(index) ?? throw Failure(label, $"The grammar of the database cannot read {label.Text}.");
    }

    private Term[] Bind(StepText step, AssertionPattern pattern)
    {
        var substitution = new Term?[pattern.Variables.Length];
        if (pattern.Conclusion.Typecode != Goal.Typecode || !pattern.Match(Theorem.World.Grammar, pattern.Conclusion.Body, Goal.Body, substitution))
            throw Failure(step.Label, $"{step.Label.Text} concludes \"{Text(pattern.Conclusion)}\", which does not match \"{Text(Goal)}\".");
        foreach (var binding in step.Bindings)
        {
            var place = Array.FindIndex(pattern.Variables, v => Name(v) == binding.Variable.Text);
            if (place < 0)
                throw Failure(binding.Variable, $"{step.Label.Text} has no variable {binding.Variable.Text}.");
            var term = ParseExpression(binding, pattern.Variables[place]);
            if (substitution[place] is { } bound && !bound.Equals(term))
                throw Failure(binding.Variable, $"{binding.Variable.Text} is \"{Theorem.World.Grammar.Text(bound)}\" already.");
            CheckSize(term, binding.Variable);
            substitution[place] = term;
        }

        var open = pattern.Variables.Where((_, i) => substitution[i] is null).Select(Name).ToArray();
        if (open.Length > 0)
        {
            var example = string.Join(' ', open.Select(o => $"{o} {StepText.Assign} ..."));
            throw Failure(step.Label, $"The goal does not fix {string.Join(", ", open)} of {step.Label.Text}; say what they are: {step.Label.Text} {{ {example} }}");
        }

        if (Theorem.Clash(pattern, substitution) is var (first, second))
        {
            throw Failure(step.Label, first == second
                ? $"{step.Label.Text} demands disjoint variables, but two expressions share {Name(first)}."
                : $"{step.Label.Text} demands that {Name(first)} and {Name(second)} are disjoint, which {Theorem.Theorem.Label} does not declare.");
        }

        return substitution!;
    }

    private Term ParseExpression(StepBinding binding, int variable)
    {
        var tables = Theorem.Theorem.Database.Tables;
        var type = tables.VariableTypes[~variable];
        var symbols = new List<int>();
        if (binding.Expression.Count > MaxSize)
            throw TooLarge(binding.Variable);
        foreach (var token in binding.Expression)
        {
            var name = tables.Names.Find(token.Text);
            var symbol = name < 0 ? 0 : tables.Symbols[name];
            if (name < 0)
                throw new StepException(token.Start, token.End, $"The database has no math symbol {token.Text}.");
            if (symbol < 0 && Theorem.World.FloatingOf(Theorem.Theorem, symbol) is null)
                throw Failure(token, $"The variable {token.Text} has no type where {Theorem.Theorem.Label} stands.");
            symbols.Add(symbol);
        }

        var (start, end) = binding.Expression.Count == 0 ? (binding.Variable.Start, binding.Variable.End) : (binding.Expression[0].Start, binding.Expression[^1].End);
        return Theorem.World.Grammar.ParseBody(symbols.ToArray(), type, Theorem.Theorem.Limit)
            ?? throw new StepException(start, end, $"\"{string.Join(' ', binding.Expression.Select(t => t.Text))}\" is no {Theorem.Theorem.Database.SymbolText(type)}.");
    }

    private static void CheckSize(Term term, StepToken at)
    {
        if (term.Size > MaxSize || term.Depth > MaxDepth)
            throw TooLarge(at);
    }

    private static StepException TooLarge(StepToken at) =>
        new(at.Start, at.End, $"The step makes an expression of more than {MaxSize} symbols or {MaxDepth} levels.") { IsLimit = true };

    private static StepException Failure(StepToken at, string message) => new(at.Start, at.End, message) { IsFailure = true };

    private string Text(Statement statement) => Theorem.World.Grammar.Text(statement);

    private string Name(int variable) => Theorem.Theorem.Database.SymbolText(variable);
}
