using Ratchet.Domains.Propositional.Kernel;
using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Propositional.Tactics;

/// <content>Terms as written, and the tactics that take one: <c>exact</c> and <c>apply</c>.</content>
internal static partial class TacticRunner
{
    private static List<Goal> Exact(ProofState state, Goal goal, ProofExpression expression)
    {
        goal.Hole.Value = Elaborate(state, goal, expression, goal.Target);
        return [];
    }

    /// <summary>The proof term of an expression whose type is known.</summary>
    private static Term Elaborate(ProofState state, Goal goal, ProofExpression expression, Formula expected)
    {
        if (Constructor(state, goal, expression.Name) is { } arity)
        {
            var head = expected.Head;
            var fits = expression.Arguments.Count == arity && (expression.Name, head.Kind) is
                ("I", FormulaKind.True) or ("conj", FormulaKind.And) or ("or_introl" or "or_intror", FormulaKind.Or);
            if (!fits)
                throw Mismatch(goal, expression, null, expected);
            return expression.Name switch
            {
                "I" => Term.Trivial.Instance,
                "conj" => new Term.Pair(
                    Elaborate(state, goal, expression.Arguments[0], head.Left),
                    Elaborate(state, goal, expression.Arguments[1], head.Right)),
                "or_introl" => new Term.Inject(true, Elaborate(state, goal, expression.Arguments[0], head.Left), head.Right),
                _ => new Term.Inject(false, Elaborate(state, goal, expression.Arguments[0], head.Right), head.Left),
            };
        }

        var (term, type) = Infer(state, goal, expression);
        if (!state.Checker.Convertible(type, expected))
            throw Mismatch(goal, expression, type, expected);
        return term;
    }

    /// <summary>The proof term and type of a hypothesis applied to arguments.</summary>
    private static (Term Term, Formula Type) Infer(ProofState state, Goal goal, ProofExpression expression)
    {
        var hypothesis = goal.Find(expression.Name);
        if (hypothesis is null)
        {
            if (state.Atoms.Contains(expression.Name) || expression.Name is "True" or "False")
                throw new TacticException($"The term \"{expression.Name}\" has type \"Prop\": it is a formula, not a proof.", expression.Start, expression.NameEnd);
            if (Constructor(state, goal, expression.Name) is { } arity && arity == 0 && expression.Arguments.Count == 0)
                return (Term.Trivial.Instance, Formula.True);
            throw Constructor(state, goal, expression.Name) is null
                ? new TacticException($"The reference {expression.Name} was not found in the current environment.", expression.Start, expression.NameEnd)
                : new TacticException($"The type of the term \"{expression.Name}\" is not known here.", expression.Start, expression.End);
        }

        Term term = new Term.Variable(hypothesis.Id);
        var type = hypothesis.Type;
        foreach (var argument in expression.Arguments)
        {
            var head = type.Head;
            if (head.Kind != FormulaKind.Implies)
            {
                throw new TacticException(
                    $"Illegal application (Non-functional construction): the expression of type \"{type}\" cannot be applied to the term \"{argument.Name}\".",
                    expression.Start,
                    expression.End);
            }

            term = new Term.Application(term, Elaborate(state, goal, argument, head.Left));
            type = head.Right;
        }

        return (term, type);
    }

    /// <summary>Number of arguments of a constructor that no hypothesis or atom hides, or null.</summary>
    private static int? Constructor(ProofState state, Goal goal, string name) => name switch
    {
        "I" or "conj" or "or_introl" or "or_intror" when goal.Find(name) is null && !state.Atoms.Contains(name) =>
            name == "I" ? 0 : name == "conj" ? 2 : 1,
        _ => null,
    };

    private static TacticException Mismatch(Goal goal, ProofExpression expression, Formula? type, Formula expected)
    {
        var text = type is null
            ? $"The term \"{expression.Name}\" is expected to have type \"{expected}\"."
            : $"The term \"{expression.Name}{(expression.Arguments.Count > 0 ? " ..." : "")}\" has type \"{type}\" while it is expected to have type \"{expected}\".";
        return new TacticException(Environment(goal) + text, expression.Start, expression.End);
    }

    private static string Environment(Goal goal) => goal.Context.Length == 0
        ? ""
        : "In environment\n" + string.Concat(goal.Context.Select(h => $"{h.Name} : {h.Type}\n"));

    private static List<Goal> Apply(ProofState state, Goal goal, ProofExpression expression)
    {
        var (term, type) = Infer(state, goal, expression);
        var failure = new ApplyFailure();
        return TryApply(state, goal, term, type, ref failure)
            ?? throw (failure.NotEnoughPremises
                ? new TacticException("Applied theorem does not have enough premises.", expression.Start, expression.End)
                : new TacticException($"{Environment(goal)}Unable to unify \"{failure.Conclusion}\" with \"{goal.Target}\".", expression.Start, expression.End));
    }

    /// <summary>
    /// Coq's order of trials: the theorem as it stands, then with its conclusion unfolded, then with all its premises opened, then
    /// each side of a conjunction or equivalence at its end, the right one first.
    /// </summary>
    private static List<Goal>? TryApply(ProofState state, Goal goal, Term term, Formula type, ref ApplyFailure failure)
    {
        var keep = Products(goal.Target);
        var current = type;
        while (true)
        {
            if (Open(state, goal, term, current, Products(current) - keep, ref failure) is { } goals)
                return goals;
            if (UnfoldConclusion(current) is not { } unfolded)
                break;
            current = unfolded;
        }

        if (keep != 0 && Open(state, goal, term, current, Products(current), ref failure) is { } opened)
            return opened;

        var conclusion = current;
        while (conclusion.Kind == FormulaKind.Implies)
            conclusion = conclusion.Right;
        if (conclusion.Kind != FormulaKind.And)
            return null;
        for (var side = 1; side >= 0; side--)
        {
            var (projection, projected) = Project(state, term, current, side);
            if (TryApply(state, goal, projection, projected, ref failure) is { } goals)
                return goals;
        }

        return null;
    }

    /// <summary>Applies a theorem to as many new goals as it has premises to open, if the rest is the goal.</summary>
    private static List<Goal>? Open(ProofState state, Goal goal, Term term, Formula type, int premises, ref ApplyFailure failure)
    {
        if (premises < 0)
        {
            failure.NotEnoughPremises |= failure.Conclusion is null;
            return null;
        }

        var rest = type;
        for (var i = 0; i < premises; i++)
            rest = rest.Right;
        if (!state.Checker.Convertible(rest, goal.Target))
        {
            failure.Conclusion ??= rest;
            return null;
        }

        var goals = new List<Goal>(premises);
        for (var i = 0; i < premises; i++)
        {
            var hole = new Term.Hole();
            term = new Term.Application(term, hole);
            goals.Add(goal with { Target = type.Left, Hole = hole });
            type = type.Right;
        }

        goal.Hole.Value = term;
        return goals;
    }

    /// <summary>The theorem's left or right half under its premises: a function of them.</summary>
    private static (Term Term, Formula Type) Project(ProofState state, Term term, Formula type, int side)
    {
        if (type.Kind == FormulaKind.Implies)
        {
            var id = state.NewId();
            var (inner, innerType) = Project(state, new Term.Application(term, new Term.Variable(id)), type.Right, side);
            return (new Term.Lambda(id, type.Left, inner), Formula.Implies(type.Left, innerType));
        }

        var first = state.NewId();
        var second = state.NewId();
        return side == 0
            ? (new Term.Unpair(term, first, second, new Term.Variable(first)), type.Left)
            : (new Term.Unpair(term, first, second, new Term.Variable(second)), type.Right);
    }

    /// <summary>Implications that can be seen without unfolding.</summary>
    private static int Products(Formula formula)
    {
        var count = 0;
        for (; formula.Kind == FormulaKind.Implies; formula = formula.Right)
            count++;
        return count;
    }

    /// <summary>One definition unfolded at the end of the visible implications, or null where there is none.</summary>
    private static Formula? UnfoldConclusion(Formula formula) => formula.Kind switch
    {
        FormulaKind.Implies => UnfoldConclusion(formula.Right) is { } right ? Formula.Implies(formula.Left, right) : null,
        FormulaKind.Not or FormulaKind.Iff => formula.Head,
        _ => null,
    };

    private struct ApplyFailure
    {
        public bool NotEnoughPremises;
        public Formula? Conclusion;
    }
}
