using Ratchet.Domains.Propositional.Kernel;
using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Propositional.Tactics;

/// <content>Case analysis.</content>
internal static partial class TacticRunner
{
    private static List<Goal> Destruct(ProofState state, Goal goal, Sentence sentence)
    {
        var expression = sentence.Expression!;
        var bare = expression.Arguments.Count == 0;
        if (bare && expression.Start != expression.NameEnd - expression.Name.Length)
            throw new TacticException($"Write \"destruct {expression.Name}\": Coq keeps a hypothesis that stands in parentheses.", expression.Start, expression.End);
        var pattern = sentence.Patterns.Count > 0 ? sentence.Patterns[0] : null;
        if (pattern?.Name is not null)
            throw new TacticException("Disjunctive/conjunctive introduction pattern expected.", pattern.Start, pattern.End);
        var (term, type) = Infer(state, goal, expression);

        // A hypothesis that is taken apart is gone from every goal that comes out, and its name is free again.
        var inner = bare ? goal with { Context = Array.FindAll(goal.Context, h => h.Name != expression.Name) } : goal;
        var (premises, branches) = Match(state, inner, term, type, pattern, expression);
        return [.. premises, .. branches];
    }

    /// <summary>Takes a proof apart by a pattern; the proof's own premises become goals before the branches.</summary>
    private static (List<Goal> Premises, List<Goal> Branches) Match(
        ProofState state, Goal goal, Term term, Formula type, Pattern? pattern, ProofExpression? place = null)
    {
        var (start, end) = place is not null ? (place.Start, place.End) : pattern is not null ? (pattern.Start, pattern.End) : (-1, -1);
        var premises = new List<Goal>();
        for (type = type.Head; type.Kind == FormulaKind.Implies; type = type.Right.Head)
        {
            var hole = new Term.Hole();
            term = new Term.Application(term, hole);
            premises.Add(goal with { Target = type.Left, Hole = hole });
        }

        switch (type.Kind)
        {
            case FormulaKind.False:
                if (pattern is { Branches.Count: > 0 })
                    throw new TacticException("Expects a disjunctive pattern with 0 branches.", pattern.Start, pattern.End);
                goal.Hole.Value = new Term.Absurd(term, goal.Target);
                return (premises, []);
            case FormulaKind.True:
                if (pattern is { Branches.Count: > 1 } || pattern is { Branches: [{ Count: > 0 }] })
                    throw new TacticException("Expects a pattern without names.", pattern.Start, pattern.End);
                // The term still has to be there for its premises; an application to a constant function keeps it.
                var kept = new Term.Hole();
                goal.Hole.Value = new Term.Application(new Term.Lambda(state.NewId(), Formula.True, kept), term);
                return (premises, [goal with { Hole = kept }]);
            case FormulaKind.And:
                return (premises, MatchBoth(state, goal, term, type, pattern));
            case FormulaKind.Or:
                if (pattern is { Branches.Count: not (0 or 2) } || pattern is { Branches: [{ Count: > 1 }, _] or [_, { Count: > 1 }] })
                    throw new TacticException("Expects a disjunctive pattern with 2 branches.", pattern.Start, pattern.End);
                var left = new Term.Hole();
                var right = new Term.Hole();
                var leftId = state.NewId();
                var rightId = state.NewId();
                goal.Hole.Value = new Term.Case(term, leftId, left, rightId, right);
                List<Goal> goals = [];
                goals.AddRange(Name(state, goal with { Hole = left }, [(leftId, type.Left, At(pattern, 0, 0))]));
                goals.AddRange(Name(state, goal with { Hole = right }, [(rightId, type.Right, At(pattern, 1, 0))]));
                return (premises, goals);
            default:
                throw new TacticException("Not an inductive product.", start, end);
        }
    }

    private static List<Goal> MatchBoth(ProofState state, Goal goal, Term term, Formula type, Pattern? pattern)
    {
        if (pattern is { Branches.Count: > 1 } || pattern is { Branches: [{ Count: > 2 }] })
        {
            throw new TacticException(
                "Expects a disjunctive pattern with 1 branch or a conjunctive pattern made of 2 patterns.", pattern.Start, pattern.End);
        }

        var hole = new Term.Hole();
        var first = state.NewId();
        var second = state.NewId();
        goal.Hole.Value = new Term.Unpair(term, first, second, hole);
        return Name(
            state,
            goal with { Hole = hole },
            [(first, type.Left, At(pattern, 0, 0)), (second, type.Right, At(pattern, 0, 1))]);
    }

    private static Pattern? At(Pattern? pattern, int branch, int index) =>
        pattern is not null && branch < pattern.Branches.Count && index < pattern.Branches[branch].Count ? pattern.Branches[branch][index] : null;

    /// <summary>Gives the parts of a constructor their names, left to right, taking further apart what has a pattern.</summary>
    private static List<Goal> Name(ProofState state, Goal goal, ReadOnlySpan<(int Id, Formula Type, Pattern? Pattern)> parts)
    {
        if (parts.Length == 0)
            return [goal];
        var (id, type, pattern) = parts[0];
        if (pattern is null || pattern.Name is not null)
        {
            var name = pattern is null ? FreshName(state, goal.Context) : NewName(state, goal.Context, pattern.Name!, pattern.Start, pattern.End);
            return Name(state, goal with { Context = [.. goal.Context, new Hypothesis(name, type, id)] }, parts[1..]);
        }

        var (premises, branches) = Match(state, goal, new Term.Variable(id), type, pattern);
        var goals = premises;
        foreach (var branch in branches)
            goals.AddRange(Name(state, branch, parts[1..]));
        return goals;
    }
}
