using Ratchet.Verifiers.Answers.Algebra;
using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Comparing;

/// <summary>
/// Compares equations f = 0 and g = 0 by whether one is a constant times the other, and proves them different by a point that solves one only.
/// </summary>
internal sealed class EquationComparer(ScalarEquality equality, Budget budget)
{
    private const int Pairs = 5;
    private const int MaxAttempts = 24;
    private const int Halvings = 60;
    private const int MaxDivisors = 4;

    /// <summary>Compares two equations or two inequalities of two sides each.</summary>
    public AnswerComparison Compare(RelationNode reference, RelationNode answer)
    {
        var (first, second) = (reference.Operators[0], answer.Operators[0]);
        var inequality = first != Relation.Equal;
        var (f, g) = inequality ? (Difference(reference), Difference(answer)) : (Cleared(Difference(reference)), Cleared(Difference(answer)));
        if (inequality && first is Relation.Greater or Relation.GreaterOrEqual)
            (f, first) = (new NegateNode(f), SetReader.Flipped(first));
        if (inequality && second is Relation.Greater or Relation.GreaterOrEqual)
            (g, second) = (new NegateNode(g), SetReader.Flipped(second));
        if (first != second)
            return AnswerComparison.Different(AnswerReason.OtherKind, "another relation");
        if (equality.HaveSameForm(f, g) || (!inequality && equality.HaveSameForm(f, new NegateNode(g))))
            return AnswerComparison.Equal(AnswerReason.SameValue, "the same equation");
        var scan = new VariableScan(budget, f, g);
        return Ratio(f, g, scan) switch
        {
            null => AnswerComparison.Undecided(AnswerReason.Unproven, "whether one equation is a multiple of the other could not be proved"),
            > 0 => AnswerComparison.Equal(AnswerReason.SameValue, "one is a multiple of the other"),
            < 0 when !inequality || first == Relation.NotEqual => AnswerComparison.Equal(AnswerReason.SameValue, "one is a multiple of the other"),
            < 0 => AnswerComparison.Different(AnswerReason.OtherValue, "the inequality points the other way"),
            _ when inequality => Separate(f, g, scan),
            _ => Solves(f, g, scan) ?? Solves(g, f, scan)
                ?? AnswerComparison.Undecided(AnswerReason.Unproven, "the equations are no multiples of each other, and no point was found that solves one only"),
        };
    }

    private static SumNode Difference(RelationNode relation) => new([relation.Terms[0], new NegateNode(relation.Terms[1])]);

    /// <summary>An expression times the divisors in its terms: y - 1/x becomes xy - 1, which has the same zeros where both are defined.</summary>
    private Node Cleared(SumNode difference)
    {
        var terms = new List<Node>();
        foreach (var side in difference.Terms)
            AddTerms(side, false, terms);
        var divisors = terms.SelectMany(t => t is ProductNode product ? product.Factors : []).Where(f => f.Inverted && new VariableScan(budget, f.Node).Variables.Count > 0)
            .Select(f => new Factor(f.Node)).Take(MaxDivisors).ToArray();
        return divisors.Length == 0 ? difference : new SumNode([.. terms.Select(t => new ProductNode([new(t), .. divisors]))]);
    }

    private static void AddTerms(Node node, bool negative, List<Node> terms)
    {
        switch (node)
        {
            case SumNode sum:
                foreach (var term in sum.Terms)
                    AddTerms(term, negative, terms);
                break;
            case NegateNode negate:
                AddTerms(negate.Operand, !negative, terms);
                break;
            case ProductNode product when negative:
                terms.Add(new ProductNode([new(new NumberNode(-1)), .. product.Factors]));
                break;
            default:
                terms.Add(negative ? new NegateNode(node) : node);
                break;
        }
    }

    /// <summary>The sign of the constant f / g, 0 where f / g is not constant, null where that is open.</summary>
    private int? Ratio(Node f, Node g, VariableScan scan)
    {
        var (agreed, sign) = (0, (int?)null);
        var (zerosOfF, zerosOfG, zerosOfBoth) = (0, 0, 0);
        for (var attempt = 0; attempt < MaxAttempts && agreed < Pairs; attempt++)
        {
            try
            {
                var context = new RealContext(budget);
                var p = new Evaluator(context, equality.Point(scan, 2 * attempt));
                var q = new Evaluator(context, equality.Point(scan, (2 * attempt) + 1));
                if (p.Evaluate(f) is not { } fp || p.Evaluate(g) is not { } gp || q.Evaluate(f) is not { } fq || q.Evaluate(g) is not { } gq)
                    continue;
                var cross = context.Subtract(context.Multiply(fp, gq), context.Multiply(fq, gp));
                var (re, im) = (cross.Re.Sign(budget), cross.Im.Sign(budget));
                if (re is not (0 or null) || im is not (0 or null))
                    return 0;
                if (re is null || im is null)
                    continue;
                var (vanishesF, vanishesG) = (context.IsZero(fp) && context.IsZero(fq), context.IsZero(gp) && context.IsZero(gq));
                zerosOfF += vanishesF ? 1 : 0;
                zerosOfG += vanishesG ? 1 : 0;
                zerosOfBoth += vanishesF && vanishesG ? 1 : 0;
                if (context.Multiply(fp, gp) is { IsReal: true } product && product.Re.Sign(budget) is { } found and not 0)
                {
                    sign = found;
                    agreed++;
                }
            }
            catch (UndecidedException e) when (e.Reason is not AnswerReason.Limit)
            {
                // Another point.
            }
        }

        // One side is an identity, which everything solves, and the other is not.
        if (agreed == 0 && (zerosOfF >= Pairs || zerosOfG >= Pairs) && zerosOfBoth == 0)
            return 0;
        return agreed == Pairs ? sign : null;
    }

    /// <summary>Different where some point satisfies one inequality only.</summary>
    private AnswerComparison Separate(Node f, Node g, VariableScan scan)
    {
        for (var attempt = 0; attempt < 4 * MaxAttempts; attempt++)
        {
            var point = equality.Point(scan, attempt);
            if (equality.SignAt(f, point) is { } a and not 0 && equality.SignAt(g, point) is { } b and not 0 && a != b)
                return AnswerComparison.Different(AnswerReason.OtherValue, $"only one holds where {string.Join(", ", point.Select(p => $"{p.Key} = {p.Value}"))}");
        }

        return AnswerComparison.Undecided(AnswerReason.Unproven, "the inequalities are no multiples of each other, and no point was found that satisfies one only");
    }

    /// <summary>Different where a solution of f = 0 is found that is none of g = 0, else null.</summary>
    private AnswerComparison? Solves(Node f, Node g, VariableScan scan)
    {
        foreach (var name in scan.Variables)
        {
            for (var attempt = 0; attempt < 4; attempt++)
            {
                var point = equality.Point(scan, attempt);
                if (equality.IsZeroAt(f, point) == true && equality.IsZeroAt(g, point) == false)
                    return AnswerComparison.Different(AnswerReason.OtherValue, $"only one holds where {string.Join(", ", point.Select(p => $"{p.Key} = {p.Value}"))}");
                if (LinearRoot(f, name, point) is { } root)
                {
                    point[name] = root;
                    if (equality.IsZeroAt(f, point) == true && equality.IsZeroAt(g, point) == false)
                        return AnswerComparison.Different(AnswerReason.OtherValue, $"only one holds where {string.Join(", ", point.Select(p => $"{p.Key} = {p.Value}"))}");
                }
                else if (Bracket(f, name, point) is var (low, high) && IsAwayFromZero(f, g, name, point, low, high))
                {
                    return AnswerComparison.Different(AnswerReason.OtherValue, $"a solution with {name} near {(double)low.Numerator / (double)low.Denominator:G4} holds in one only");
                }
            }
        }

        return null;
    }

    private BigRational? LinearRoot(Node f, string name, Dictionary<string, BigRational> point)
    {
        if (RationalAt(f, name, point, 0) is not { } zero || RationalAt(f, name, point, 1) is not { } one || RationalAt(f, name, point, 2) is not { } two)
            return null;
        var slope = one - zero;
        return slope.IsZero || two - one != slope ? null : -zero / slope;
    }

    private BigRational? RationalAt(Node f, string name, Dictionary<string, BigRational> point, BigRational value)
    {
        try
        {
            return new Evaluator(new RealContext(budget), new Dictionary<string, BigRational>(point) { [name] = value }).Evaluate(f)?.Rational;
        }
        catch (UndecidedException e) when (e.Reason is not AnswerReason.Limit)
        {
            return null;
        }
    }

    /// <summary>Two near values of a variable at which f has opposite signs, or null.</summary>
    private (BigRational Low, BigRational High)? Bracket(Node f, string name, Dictionary<string, BigRational> point)
    {
        (BigRational At, int Sign)? last = null;
        for (var i = -24; i <= 24; i++)
        {
            // An odd offset, so that the grid does not meet roots at whole numbers.
            var at = BigRational.Of((i * 64) + 7, 128);
            if (SignAt(at) is not { } sign || sign == 0)
            {
                last = null;
                continue;
            }

            if (last is var (before, signBefore) && signBefore == -sign)
            {
                var (low, high) = (before, at);
                for (var halving = 0; halving < Halvings; halving++)
                {
                    var middle = (low + high) * BigRational.Of(1, 2);
                    if (SignAt(middle) is not { } middleSign)
                        return null;
                    if (middleSign == 0)
                        return (middle, middle);
                    (low, high) = middleSign == signBefore ? (middle, high) : (low, middle);
                }

                return (low, high);
            }

            last = (at, sign);
        }

        return null;

        int? SignAt(BigRational value) => equality.SignAt(f, new Dictionary<string, BigRational>(point) { [name] = value });
    }

    /// <summary>Whether f has no pole between two values, so that it has a root there, and g is not zero anywhere between them.</summary>
    private bool IsAwayFromZero(Node f, Node g, string name, Dictionary<string, BigRational> point, BigRational low, BigRational high)
    {
        try
        {
            var context = new RealContext(budget);
            var evaluator = new EnclosedEvaluator(context, point, name, Real.Between(low, high));
            return evaluator.Evaluate(f) is { IsReal: true } continuous && !continuous.Re.Enclose(128, budget).IsEntire
                && evaluator.Evaluate(g) is { } value && (value.Re.Sign(budget) is { } re and not 0 || value.Im.Sign(budget) is { } im and not 0);
        }
        catch (UndecidedException e) when (e.Reason is not AnswerReason.Limit)
        {
            return false;
        }
    }
}
