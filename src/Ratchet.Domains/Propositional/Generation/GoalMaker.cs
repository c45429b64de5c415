using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Loop;

namespace Ratchet.Domains.Propositional.Generation;

/// <summary>Makes goals of many kinds: random formulas, laws with random parts, and theorems read off random derivations.</summary>
/// <remarks>A goal need not be provable; whoever draws checks.</remarks>
internal sealed class GoalMaker
{
    private static readonly string[] Laws =
    [
        // Currying, distribution, associativity, commutation.
        @"(A /\ B -> C) -> A -> B -> C", @"(A -> B -> C) -> A /\ B -> C", @"(A /\ B -> C) <-> (A -> B -> C)",
        @"A /\ (B \/ C) -> A /\ B \/ A /\ C", @"A /\ B \/ A /\ C -> A /\ (B \/ C)", @"A \/ B /\ C -> (A \/ B) /\ (A \/ C)",
        @"(A \/ B) /\ (A \/ C) -> A \/ B /\ C", @"(A \/ B) \/ C -> A \/ B \/ C", @"A /\ B /\ C -> (C /\ A) /\ B", @"A \/ B -> B \/ A", @"A /\ B -> B /\ A",
        @"(A \/ B -> C) -> (A -> C) /\ (B -> C)", @"(A -> C) /\ (B -> C) -> A \/ B -> C", @"(A -> B /\ C) -> (A -> B) /\ (A -> C)",
        @"(A -> B) /\ (A -> C) -> A -> B /\ C", @"(A -> B) \/ (A -> C) -> A -> B \/ C",
        // Negation.
        @"(A -> B) -> ~ B -> ~ A", @"A -> ~ ~ A", @"~ ~ ~ A -> ~ A", @"~ (A \/ B) -> ~ A /\ ~ B", @"~ A /\ ~ B -> ~ (A \/ B)", @"~ A \/ ~ B -> ~ (A /\ B)",
        @"~ A \/ B -> A -> B", @"A \/ B -> ~ A -> B", @"(A -> ~ B) -> B -> ~ A", @"~ ~ (A -> B) -> ~ ~ A -> ~ ~ B", @"~ (A /\ ~ A)", @"~ ~ (A \/ ~ A)",
        @"A /\ ~ B -> ~ (A -> B)", @"(A -> B) -> (A -> ~ B) -> ~ A", @"~ (A <-> ~ A)", @"~ ~ (A /\ B) -> ~ ~ A /\ ~ ~ B",
        // Chains and cases.
        @"(A -> B) -> (B -> C) -> A -> C", @"(A -> B) -> (C -> D) -> A /\ C -> B /\ D", @"(A -> B) -> (C -> D) -> A \/ C -> B \/ D",
        @"(A -> B) /\ (B -> C) /\ (C -> D) -> A -> D", @"(A -> B -> C) -> (A -> B) -> A -> C", @"((A -> B) -> C) -> B -> C", @"(((A -> B) -> B) -> B) -> A -> B",
        @"A \/ B -> (A -> C) -> (B -> D) -> C \/ D", @"(A \/ B) /\ (C \/ D) -> (A -> D) -> (C -> D) -> B \/ D", @"(A -> B \/ C) -> (B -> D) -> (C -> D) -> A -> D",
        @"A /\ (A -> B) -> B", @"(A -> B) -> A -> B \/ C", @"A -> A \/ B", @"A -> B -> A /\ B", @"A -> B -> A",
        // Equivalences.
        @"(A <-> B) -> B -> A", @"(A <-> B) -> (B <-> C) -> (A <-> C)", @"(A <-> B) -> (~ A <-> ~ B)", @"(A <-> B) -> (A /\ C <-> B /\ C)",
        @"(A <-> B) -> (B <-> A)", @"A /\ B <-> B /\ A", @"(A <-> True) -> A", @"A -> (A <-> True)", @"~ A -> (A <-> False)", @"A \/ False <-> A", @"A /\ True <-> A",
        @"(A -> B) -> (B -> A) -> (A <-> B)", @"(A <-> B) -> (C -> A) -> C -> B",
    ];

    private static readonly Formula[] LawFormulas = [.. Laws.Select(FormulaParser.ParseStatement)];

    private readonly Formula[] _atoms;
    private RandomStream _stream;

    public GoalMaker(RandomStream stream)
    {
        _stream = stream;
        var names = PropositionalTokenizer.Atoms.ToArray();
        _stream.Shuffle(names.AsSpan());
        _atoms = [.. names.Take(4 + _stream.NextInt(3)).Select(Formula.Atom)];
    }

    /// <summary>A goal; larger <paramref name="effort"/> (1 to 6) gives larger ones.</summary>
    public Formula Make(int effort) => _stream.NextInt(10) switch
    {
        < 3 => Law(effort),
        < 5 => RandomFormula(4 + effort + _stream.NextInt(6)),
        _ => Theorem(effort),
    };

    /// <summary>A law whose letters stand for random small formulas, at times as hypothesis or part of something larger.</summary>
    private Formula Law(int effort)
    {
        var law = LawFormulas[_stream.NextInt(LawFormulas.Length)];
        var parts = new Dictionary<string, Formula>(StringComparer.Ordinal);
        var result = law.Map(name =>
        {
            if (!parts.TryGetValue(name, out var part))
                parts[name] = part = _stream.NextInt(8) < effort ? Small() : Atom();
            return part;
        });
        if (_stream.NextInt(8) >= effort)
            return result;
        var other = Atom();
        return _stream.NextInt(4) switch
        {
            0 => Formula.And(result, Law(0)),
            1 => Formula.Or(Small(), result),
            2 => Formula.Implies(Small(), result),
            _ => Formula.Implies(Formula.Implies(result, other), other),
        };
    }

    private Formula RandomFormula(int size)
    {
        if (size <= 1)
            return _stream.NextInt(24) switch { 0 => Formula.True, 1 => Formula.False, _ => Atom() };
        var kind = _stream.NextInt(20) switch
        {
            < 3 => FormulaKind.Not,
            < 7 => FormulaKind.And,
            < 11 => FormulaKind.Or,
            < 12 => FormulaKind.Iff,
            _ => FormulaKind.Implies,
        };
        if (kind == FormulaKind.Not)
            return Formula.Not(RandomFormula(size - 1));
        var left = 1 + _stream.NextInt(size - 1);
        return Formula.Binary(kind, RandomFormula(left), RandomFormula(size - left));
    }

    /// <summary>A theorem that holds by the way it is made: hypotheses are invented while a goal is reduced backwards.</summary>
    private Formula Theorem(int effort)
    {
        var hypotheses = new List<Formula>();
        var goal = _stream.NextInt(3) == 0 ? Small() : Atom();
        Support(goal, 1 + effort / 2 + _stream.NextInt(2), hypotheses);
        if (_stream.NextInt(4) == 0)
            hypotheses.Add(_stream.NextInt(2) == 0 ? Atom() : Small());
        var list = hypotheses.ToArray();
        _stream.Shuffle(list.AsSpan());
        var theorem = goal;
        for (var i = list.Length - 1; i >= 0; i--)
        {
            // Now and then two neighbours are given as one conjunction.
            if (i > 0 && _stream.NextInt(4) == 0)
            {
                theorem = Formula.Implies(Formula.And(list[i - 1], list[i]), theorem);
                i--;
            }
            else
            {
                theorem = Formula.Implies(list[i], theorem);
            }
        }

        return theorem;
    }

    /// <summary>Adds hypotheses from which the goal follows.</summary>
    private void Support(Formula goal, int depth, List<Formula> hypotheses)
    {
        if (hypotheses.Contains(goal))
            return;
        if (depth > 0 && goal.Kind == FormulaKind.And && _stream.NextInt(3) > 0)
        {
            Support(goal.Left, depth - 1, hypotheses);
            Support(goal.Right, depth - 1, hypotheses);
            return;
        }

        if (depth > 0 && goal.Kind == FormulaKind.Or && _stream.NextInt(3) > 0)
        {
            Support(_stream.NextInt(2) == 0 ? goal.Left : goal.Right, depth - 1, hypotheses);
            return;
        }

        if (depth > 0 && goal.Head.Kind == FormulaKind.Implies && _stream.NextInt(3) > 0)
        {
            Support(goal.Head.Right, depth - 1, hypotheses);
            return;
        }

        if (depth <= 0)
        {
            hypotheses.Add(goal);
            return;
        }

        var other = _stream.NextInt(3) == 0 ? Small() : Atom();
        switch (_stream.NextInt(9))
        {
            case < 3:
                hypotheses.Add(Formula.Implies(other, goal));
                Support(other, depth - 1, hypotheses);
                break;
            case 3:
                var second = Atom();
                hypotheses.Add(Formula.Implies(other, Formula.Implies(second, goal)));
                Support(other, depth - 1, hypotheses);
                Support(second, depth - 2, hypotheses);
                break;
            case 4:
                hypotheses.Add(_stream.NextInt(2) == 0 ? Formula.And(goal, other) : Formula.And(other, goal));
                break;
            case 5:
                hypotheses.Add(Formula.Or(goal, other));
                hypotheses.Add(_stream.NextInt(3) == 0 ? Formula.Not(other) : Formula.Implies(other, goal));
                break;
            case 6:
                hypotheses.Add(Formula.Not(other));
                Support(other, depth - 1, hypotheses);
                break;
            case 7:
                hypotheses.Add(_stream.NextInt(2) == 0 ? Formula.Iff(other, goal) : Formula.Iff(goal, other));
                Support(other, depth - 1, hypotheses);
                break;
            default:
                var third = Atom();
                hypotheses.Add(Formula.Implies(third, Formula.Or(goal, other)));
                hypotheses.Add(Formula.Implies(other, goal));
                Support(third, depth - 1, hypotheses);
                break;
        }
    }

    private Formula Atom() => _atoms[_stream.NextInt(_atoms.Length)];

    private Formula Small() => _stream.NextInt(8) switch
    {
        < 2 => Formula.Implies(Atom(), Atom()),
        < 4 => Formula.And(Atom(), Atom()),
        < 6 => Formula.Or(Atom(), Atom()),
        6 => Formula.Not(Atom()),
        _ => Formula.Iff(Atom(), Atom()),
    };
}
