using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Propositional.Generation;

/// <summary>
/// Looks for a short proof in the canonical style of reference scripts by iterative deepening on the number of sentences.
/// </summary>
/// <remarks>
/// Steps that never lose a proof (introducing, taking conjunctions and disjunctions apart, splitting) are taken at once; the search
/// chooses among sides of a disjunction, hypotheses to apply, and lemmas that a hypothesis asks for. Not complete, bounded by a number of
/// nodes: what it does not find, the decision procedure does. Not trusted: the result is checked like any attempt.
/// </remarks>
internal sealed class ReferenceSearch
{
    private readonly int _nodeLimit;
    private readonly List<(Fact[] Facts, Formula Goal)> _path = [];
    private int _nodes;
    private int _nextId;

    private ReferenceSearch(int nodeLimit) => _nodeLimit = nodeLimit;

    /// <summary>A proof of at most <paramref name="maxSentences"/> sentences, or null if none was found within the limits.</summary>
    public static ProofStep? Find(Formula goal, int maxSentences, int nodeLimit)
    {
        var search = new ReferenceSearch(nodeLimit);
        for (var budget = 1; budget <= maxSentences && search._nodes < nodeLimit; budget++)
        {
            if (search.Prove([], goal, budget) is { } proof)
                return proof.Prune();
        }

        return null;
    }

    private ProofStep? Prove(Fact[] facts, Formula goal, int budget)
    {
        if (budget <= 0 || ++_nodes > _nodeLimit)
            return null;
        foreach (var fact in facts)
        {
            if (fact.Type.Equals(goal))
                return new ProofStep(StepKind.Exact, [fact.Id], [], null, []);
            if (fact.Type.Kind == FormulaKind.False)
                return new ProofStep(StepKind.DestructFalse, [fact.Id], [], null, []);
        }

        if (goal.Kind == FormulaKind.True)
            return new ProofStep(StepKind.Split, [], [], null, []);
        if (goal.Head.Kind == FormulaKind.Implies)
            return Intros(facts, goal, budget);
        foreach (var fact in facts)
        {
            if (fact.Type.Head.Kind is FormulaKind.And or FormulaKind.Or)
                return Destruct(facts, fact.Type.Head, [fact.Id], fact, goal, budget);
        }

        if (goal.Head.Kind == FormulaKind.And)
            return Two(StepKind.Split, [], [], null, (facts, goal.Head.Left), (facts, goal.Head.Right), budget);
        return budget < 2 ? null : Choose(facts, goal, budget);
    }

    private ProofStep? Intros(Fact[] facts, Formula goal, int budget)
    {
        var ids = new List<int>();
        var grown = facts.ToList();
        for (; goal.Head.Kind == FormulaKind.Implies; goal = goal.Head.Right)
        {
            ids.Add(_nextId);
            grown.Add(new Fact(_nextId++, goal.Head.Left));
        }

        return Prove([.. grown], goal, budget - 1) is { } next ? new ProofStep(StepKind.Intros, [], [.. ids], null, [next]) : null;
    }

    /// <summary>Takes a fact, or an application whose result is known, apart.</summary>
    private ProofStep? Destruct(Fact[] facts, Formula type, int[] uses, Fact? gone, Formula goal, int budget)
    {
        var rest = gone is null ? facts : Array.FindAll(facts, f => f.Id != gone.Id);
        var first = new Fact(_nextId++, type.Left);
        var second = new Fact(_nextId++, type.Right);
        int[] names = [first.Id, second.Id];
        if (type.Kind == FormulaKind.Or)
            return Two(StepKind.DestructEither, uses, names, null, ([.. rest, first], goal), ([.. rest, second], goal), budget);
        return Prove([.. rest, first, second], goal, budget - 1) is { } next ? new ProofStep(StepKind.DestructBoth, uses, names, null, [next]) : null;
    }

    private ProofStep? Two(
        StepKind kind, int[] uses, int[] names, Formula? formula, (Fact[] Facts, Formula Goal) one, (Fact[] Facts, Formula Goal) other, int budget)
    {
        if (Prove(one.Facts, one.Goal, budget - 2) is not { } first)
            return null;
        return Prove(other.Facts, other.Goal, budget - 1 - first.Sentences) is { } second
            ? new ProofStep(kind, uses, names, formula, [first, second])
            : null;
    }

    private ProofStep? Choose(Fact[] facts, Formula goal, int budget)
    {
        // The same goal with the same facts higher up: going round in a circle.
        foreach (var (seenFacts, seenGoal) in _path)
        {
            if (seenFacts.Length == facts.Length && seenGoal.Equals(goal) && seenFacts.AsSpan().SequenceEqual(facts))
                return null;
        }

        _path.Add((facts, goal));
        var found = ChooseApply(facts, goal, budget) ?? ChooseForward(facts, goal, budget) ?? ChooseGoal(facts, goal, budget);
        _path.RemoveAt(_path.Count - 1);
        return found;
    }

    private ProofStep? ChooseGoal(Fact[] facts, Formula goal, int budget)
    {
        if (goal.Kind == FormulaKind.Or)
        {
            if (Prove(facts, goal.Left, budget - 1) is { } left)
                return new ProofStep(StepKind.Left, [], [], null, [left]);
            if (Prove(facts, goal.Right, budget - 1) is { } right)
                return new ProofStep(StepKind.Right, [], [], null, [right]);
        }

        if (goal.Kind != FormulaKind.False && Array.Exists(facts, f => Conclusion(f.Type).Kind == FormulaKind.False)
            && Prove(facts, Formula.False, budget - 1) is { } absurd)
        {
            return new ProofStep(StepKind.Exfalso, [], [], null, [absurd]);
        }

        return null;
    }

    private ProofStep? ChooseApply(Fact[] facts, Formula goal, int budget)
    {
        foreach (var fact in facts)
        {
            if (fact.Type.Head.Kind != FormulaKind.Implies || Premises(fact.Type, goal) is not { } premises)
                continue;
            var proofs = new ProofStep[premises.Count];
            var left = budget - 1;
            var i = 0;
            for (; i < proofs.Length; i++)
            {
                if (Prove(facts, premises[i], left - (proofs.Length - 1 - i)) is not { } proof)
                    break;
                proofs[i] = proof;
                left -= proof.Sentences;
            }

            if (i == proofs.Length)
                return new ProofStep(StepKind.Apply, [fact.Id], [], null, proofs);
        }

        return null;
    }

    /// <summary>Hypotheses that promise a conjunction or disjunction: used where their premises are at hand, else a lemma is set for the first missing one.</summary>
    private ProofStep? ChooseForward(Fact[] facts, Formula goal, int budget)
    {
        foreach (var fact in facts)
        {
            if (fact.Type.Head.Kind != FormulaKind.Implies || Conclusion(fact.Type).Head.Kind is not (FormulaKind.And or FormulaKind.Or))
                continue;
            var uses = new List<int> { fact.Id };
            Formula? missing = null;
            var type = fact.Type.Head;
            for (; type.Kind == FormulaKind.Implies && missing is null; type = type.Right.Head)
            {
                if (Array.Find(facts, f => f.Type.Equals(type.Left)) is { } argument)
                    uses.Add(argument.Id);
                else
                    missing = type.Left;
            }

            if (missing is null)
            {
                // What it gives is there already: nothing new can come of it.
                if (Array.Exists(facts, f => f.Type.Equals(type.Left)) && (type.Kind == FormulaKind.Or || Array.Exists(facts, f => f.Type.Equals(type.Right))))
                    continue;
                if (type.Kind == FormulaKind.Or && Array.Exists(facts, f => f.Type.Equals(type.Right)))
                    continue;
                if (Destruct(facts, type, [.. uses], null, goal, budget) is { } proof)
                    return proof;
            }
            else if (budget >= 4)
            {
                var lemma = new Fact(_nextId++, missing);
                if (Two(StepKind.Assert, [], [lemma.Id], missing, (facts, missing), ([.. facts, lemma], goal), budget) is { } proof)
                    return proof;
            }
        }

        return null;
    }

    /// <summary>What follows the last implication, <c>~</c> unfolded.</summary>
    private static Formula Conclusion(Formula formula)
    {
        while (formula.Head.Kind == FormulaKind.Implies)
            formula = formula.Head.Right;
        return formula;
    }

    /// <summary>The premises that <c>apply</c> would open to reach the goal, or null.</summary>
    private static List<Formula>? Premises(Formula formula, Formula goal)
    {
        var premises = new List<Formula>();
        while (formula.Head.Kind == FormulaKind.Implies)
        {
            premises.Add(formula.Head.Left);
            formula = formula.Head.Right;
            if (formula.Equals(goal))
                return premises;
        }

        return null;
    }

    private sealed record Fact(int Id, Formula Type)
    {
        public bool Equals(Fact? other) => other is not null && Id == other.Id;

        public override int GetHashCode() => Id;
    }
}
