using Ratchet.Domains.Propositional.Generation;
using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Propositional.Oracle;

/// <summary>
/// Decides intuitionistic provability with the contraction-free calculus G4ip (Dyckhoff 1992, LJT), and gives a proof
/// that can be written as a tactic script.
/// </summary>
/// <remarks>
/// Every rule's premises are smaller than its conclusion in Dyckhoff's order, so the search ends without loop checks. <c>~</c> and
/// <c>&lt;-></c> are read through their definitions. Shares no code with the kernel or the tactics. A left rule for implication becomes an
/// <c>assert</c> in the script; the used hypothesis stays visible in Coq but is out of the sequent here.
/// </remarks>
internal sealed class DecisionProcedure
{
    private readonly long _stepLimit;
    private int _nextId;

    private DecisionProcedure(long stepLimit) => _stepLimit = stepLimit;

    private long Steps { get; set; }

    /// <summary>Decides a formula.</summary>
    /// <returns>Whether it is provable, null where the step limit came first; and a proof where it is.</returns>
    public static (bool? Provable, ProofStep? Proof) Decide(Formula formula, long stepLimit)
    {
        var procedure = new DecisionProcedure(stepLimit);
        try
        {
            var proof = procedure.Prove([], formula, 0);
            return (proof is not null, proof?.Prune());
        }
        catch (StepLimitException)
        {
            return (null, null);
        }
    }

    /// <summary>A proof of the sequent, or null if there is none.</summary>
    private ProofStep? Prove(Fact[] facts, Formula goal, int depth)
    {
        // Depth is bounded as well: each level is a frame on the stack.
        if (++Steps > _stepLimit || depth > 1_000)
            throw new StepLimitException();
        depth++;
        foreach (var fact in facts)
        {
            if (fact.Type.Kind == FormulaKind.False)
                return new ProofStep(StepKind.DestructFalse, [fact.Id], [], null, []);
            if (fact.Type.Equals(goal))
                return new ProofStep(StepKind.Exact, [fact.Id], [], null, []);
        }

        var right = goal.Head;
        if (right.Kind == FormulaKind.True)
            return new ProofStep(StepKind.Split, [], [], null, []);
        if (right.Kind == FormulaKind.Implies)
        {
            var fact = New(right.Left);
            return One(StepKind.Intros, [], [fact.Id], Prove([.. facts, fact], right.Right, depth));
        }

        if (Invertible(facts, goal, depth) is { } step)
            return step.Proof;
        if (right.Kind == FormulaKind.And)
        {
            return Prove(facts, right.Left, depth) is { } one && Prove(facts, right.Right, depth) is { } other
                ? new ProofStep(StepKind.Split, [], [], null, [one, other])
                : null;
        }

        if (right.Kind == FormulaKind.Or)
        {
            if (One(StepKind.Left, [], [], Prove(facts, right.Left, depth)) is { } left)
                return left;
            if (One(StepKind.Right, [], [], Prove(facts, right.Right, depth)) is { } other)
                return other;
        }

        return NestedImplications(facts, goal, depth);
    }

    /// <summary>The left rules that lose nothing: where one fits, its result is the sequent's.</summary>
    private Answer? Invertible(Fact[] facts, Formula goal, int depth)
    {
        foreach (var fact in facts)
        {
            var type = fact.Type.Head;
            var rest = Array.FindAll(facts, f => f.Id != fact.Id);
            switch (type.Kind)
            {
                case FormulaKind.True:
                    return new Answer(Prove(rest, goal, depth));
                case FormulaKind.And:
                    var first = New(type.Left);
                    var second = New(type.Right);
                    return new Answer(One(StepKind.DestructBoth, [fact.Id], [first.Id, second.Id], Prove([.. rest, first, second], goal, depth)));
                case FormulaKind.Or:
                    var left = New(type.Left);
                    var right = New(type.Right);
                    return new Answer(
                        Prove([.. rest, left], goal, depth) is { } one && Prove([.. rest, right], goal, depth) is { } other
                            ? new ProofStep(StepKind.DestructEither, [fact.Id], [left.Id, right.Id], null, [one, other])
                            : null);
                case FormulaKind.Implies when Implication(fact, type, rest, goal, depth) is { } answer:
                    return answer;
            }
        }

        return null;
    }

    private Answer? Implication(Fact fact, Formula type, Fact[] rest, Formula goal, int depth)
    {
        var premise = type.Left.Head;
        switch (premise.Kind)
        {
            case FormulaKind.Atom when Array.Find(rest, f => f.Type.Equals(premise)) is { } known:
                return Assert(rest, type.Right, Apply(fact, Exact(known)), goal, depth);
            case FormulaKind.True:
                return Assert(rest, type.Right, Apply(fact, new ProofStep(StepKind.Split, [], [], null, [])), goal, depth);
            case FormulaKind.False:
                return new Answer(Prove(rest, goal, depth));
            case FormulaKind.And:
                var a = New(premise.Left);
                var b = New(premise.Right);
                var both = Apply(fact, new ProofStep(StepKind.Split, [], [], null, [Exact(a), Exact(b)]));
                return Assert(
                    rest,
                    Formula.Implies(premise.Left, Formula.Implies(premise.Right, type.Right)),
                    new ProofStep(StepKind.Intros, [], [a.Id, b.Id], null, [both]),
                    goal,
                    depth);
            case FormulaKind.Or:
                var left = New(premise.Left);
                var right = New(premise.Right);
                var fromLeft = New(Formula.Implies(premise.Left, type.Right));
                var fromRight = New(Formula.Implies(premise.Right, type.Right));
                if (Prove([.. rest, fromLeft, fromRight], goal, depth) is not { } main)
                    return new Answer(null);
                var inner = new ProofStep(
                    StepKind.Assert, [], [fromRight.Id], fromRight.Type,
                    [new ProofStep(StepKind.Intros, [], [right.Id], null, [Apply(fact, new ProofStep(StepKind.Right, [], [], null, [Exact(right)]))]), main]);
                return new Answer(new ProofStep(
                    StepKind.Assert, [], [fromLeft.Id], fromLeft.Type,
                    [new ProofStep(StepKind.Intros, [], [left.Id], null, [Apply(fact, new ProofStep(StepKind.Left, [], [], null, [Exact(left)]))]), inner]));
            default:
                return null;
        }
    }

    /// <summary>The rule for <c>(C -> D) -> B</c>, the only left rule that has to be chosen.</summary>
    private ProofStep? NestedImplications(Fact[] facts, Formula goal, int depth)
    {
        foreach (var fact in facts)
        {
            var type = fact.Type.Head;
            if (type.Kind != FormulaKind.Implies || type.Left.Head.Kind != FormulaKind.Implies)
                continue;
            var inner = type.Left.Head;
            var rest = Array.FindAll(facts, f => f.Id != fact.Id);
            var assumed = New(inner.Left);
            var shortcut = New(Formula.Implies(inner.Right, type.Right));
            if (Prove([.. rest, assumed, shortcut], inner.Right, depth) is not { } minor)
                continue;
            var result = New(type.Right);
            if (Prove([.. rest, result], goal, depth) is not { } major)
                return null; // The second premise is invertible: if it fails, so does the sequent.
            var given = New(inner.Right);
            var again = New(inner.Left);
            var lemma = new ProofStep(
                StepKind.Intros, [], [given.Id], null,
                [Apply(fact, new ProofStep(StepKind.Intros, [], [again.Id], null, [Exact(given)]))]);
            var use = Apply(fact, new ProofStep(
                StepKind.Intros, [], [assumed.Id], null,
                [new ProofStep(StepKind.Assert, [], [shortcut.Id], shortcut.Type, [lemma, minor])]));
            return new ProofStep(StepKind.Assert, [], [result.Id], type.Right, [use, major]);
        }

        return null;
    }

    private Answer Assert(Fact[] rest, Formula formula, ProofStep proof, Formula goal, int depth)
    {
        var fact = New(formula);
        return new Answer(Prove([.. rest, fact], goal, depth) is { } main ? new ProofStep(StepKind.Assert, [], [fact.Id], formula, [proof, main]) : null);
    }

    private Fact New(Formula type) => new(_nextId++, type);

    private static ProofStep Exact(Fact fact) => new(StepKind.Exact, [fact.Id], [], null, []);

    private static ProofStep Apply(Fact fact, ProofStep proof) => new(StepKind.Apply, [fact.Id], [], null, [proof]);

    private static ProofStep? One(StepKind kind, int[] uses, int[] names, ProofStep? next) =>
        next is null ? null : new ProofStep(kind, uses, names, null, [next]);

    private sealed record Answer(ProofStep? Proof);

    private sealed record Fact(int Id, Formula Type);

    private sealed class StepLimitException : Exception;
}
