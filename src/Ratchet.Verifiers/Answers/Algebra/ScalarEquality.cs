using Ratchet.Loop;
using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>Decides whether two expressions have the same value wherever both are defined.</summary>
/// <remarks>
/// Different is said only where the difference is proved not to be zero: for constants by an enclosure, for expressions with variables by one
/// at a random point. Equal is said for constants where the difference is proved zero (see <see cref="Real"/>), or is zero with the
/// transcendental constants as unknowns (see <see cref="GenericEvaluator"/>); with variables, where that holds at several random points: an
/// identity that fails holds at a random point with a probability of its degree over 2^16 at most.
/// </remarks>
internal sealed class ScalarEquality(Budget budget, RandomStream random)
{
    private const int PointsForEqual = 6;
    private const int WholePointsForEqual = 8;
    private const int MaxAttempts = 32;
    private const int GenericPoints = 3;

    public AnswerComparison Decide(Node a, Node b)
    {
        if (Infinity(a) is { } signA)
        {
            return Infinity(b) is { } signB && signA == signB
                ? AnswerComparison.Equal(AnswerReason.SameValue, "both are infinite")
                : AnswerComparison.Different(AnswerReason.OtherValue, "one is infinite");
        }

        if (Infinity(b) is not null)
            return AnswerComparison.Different(AnswerReason.OtherValue, "one is infinite");
        if (a is NumberNode x && b is NumberNode y)
            return x.Value == y.Value ? Same("the numbers are the same") : Other("the numbers differ");
        var scan = new VariableScan(budget, a, b);
        if (scan.Applications.Count > 0)
        {
            var (inA, inB) = (new VariableScan(budget, a).Applications, new VariableScan(budget, b).Applications);
            if (inA.Count > 0 && inB.Count > 0 && !inA.SetEquals(inB))
                return AnswerComparison.Undecided(AnswerReason.NotSupported, "values of an unknown function at different arguments cannot be compared");
        }

        if (scan.Variables.Count + scan.Applications.Count > 0)
            return DecideFunctions(a, b, scan);
        try
        {
            return DecideConstants(a, b);
        }
        catch (UndecidedException e) when (e.Reason is not AnswerReason.Limit && HaveSameForm(a, b))
        {
            return Same("the expressions are the same by the laws of powers and logarithms");
        }
    }

    /// <summary>The value of an expression without variables where it is written as a rational number.</summary>
    public BigRational? Rational(Node node) =>
        new Evaluator(new RealContext(budget), new Dictionary<string, BigRational>()).Evaluate(node)?.Rational;

    /// <summary>The sign of a real expression without variables, or null where it has none or none can be proved.</summary>
    public int? Sign(Node node)
    {
        if (Infinity(node) is { } sign)
            return sign;
        var context = new RealContext(budget);
        return new Evaluator(context, new Dictionary<string, BigRational>()).Evaluate(node) is { } value && context.AsReal(value) is { } real
            ? real.Sign(budget)
            : null;
    }

    /// <summary>1 or -1 for an infinite value, null for others.</summary>
    public static int? Infinity(Node node) => node switch
    {
        ConstantNode { Constant: MathConstant.Infinity } => 1,
        NegateNode negate => -Infinity(negate.Operand),
        BracketNode { Items.Count: 1 } bracket => Infinity(bracket.Items[0]),
        _ => null,
    };

    /// <summary>
    /// Whether an expression is zero at a point: true, false, or null where that is not proved or the expression is not defined there.
    /// </summary>
    public bool? IsZeroAt(Node node, IReadOnlyDictionary<string, BigRational> point)
    {
        try
        {
            var context = new RealContext(budget);
            return new Evaluator(context, point).Evaluate(node) is { } value ? Vanishes(value) : null;
        }
        catch (UndecidedException e) when (e.Reason is not AnswerReason.Limit)
        {
            return null;
        }
    }

    /// <summary>The sign of a real expression at a point, or null.</summary>
    public int? SignAt(Node node, IReadOnlyDictionary<string, BigRational> point)
    {
        try
        {
            var context = new RealContext(budget);
            return new Evaluator(context, point).Evaluate(node) is { } value && context.AsReal(value) is { } real ? real.Sign(budget) : null;
        }
        catch (UndecidedException e) when (e.Reason is not AnswerReason.Limit)
        {
            return null;
        }
    }

    /// <summary>Random values for the names of a scan; the attempt decides on signs and sizes.</summary>
    public Dictionary<string, BigRational> Point(VariableScan scan, int attempt)
    {
        var point = new Dictionary<string, BigRational>(StringComparer.Ordinal);
        var index = 0;
        foreach (var name in scan.Variables.Concat(scan.Applications))
        {
            index++;
            var stream = random.Derive(name).Derive(attempt);
            if (scan.WholeVariables.Contains(name))
            {
                point[name] = 1 + attempt + stream.NextInt(3 + attempt);
                continue;
            }

            var value = BigRational.Of(1 + stream.NextInt(1 << 16), (attempt % 3) switch { 0 => 1 << 15, 1 => 1 << 12, _ => 99_991 });

            // All positive, all negative, and signs in turn come early, so that |x| is told from x and |xy| from xy.
            var negative = attempt switch
            {
                1 => true,
                3 => index % 2 == 0,
                5 => index % 2 == 1,
                _ => attempt % 2 == 1 && stream.NextInt(2) == 0,
            };
            point[name] = negative ? -value : value;
        }

        return point;
    }

    private static AnswerComparison Same(string message) => AnswerComparison.Equal(AnswerReason.SameValue, message);

    private static AnswerComparison Other(string message) => AnswerComparison.Different(AnswerReason.OtherValue, message);

    private AnswerComparison DecideConstants(Node a, Node b)
    {
        var none = new Dictionary<string, BigRational>();
        var context = new RealContext(budget);
        var evaluator = new Evaluator(context, none);
        var (first, second) = (evaluator.Evaluate(a), evaluator.Evaluate(b));
        if (first is not { } x || second is not { } y)
        {
            return first is null && second is null
                ? AnswerComparison.Undecided(AnswerReason.NotSupported, "neither value is defined")
                : Other("one of the values is not defined");
        }

        return Vanishes(context.Subtract(x, y)) switch
        {
            true => Same("the difference is proved to be zero"),
            false => Other("the difference is proved not to be zero"),
            null => GenericallyEqual(a, b, none)
                ? Same("the values are equal by the laws of powers, logarithms and angles")
                : AnswerComparison.Undecided(AnswerReason.Unproven, "the values agree in all digits computed, but no proof was found"),
        };
    }

    private AnswerComparison DecideFunctions(Node a, Node b, VariableScan scan)
    {
        var (zeros, near) = (0, 0);
        var needed = scan.WholeVariables.Count > 0 ? WholePointsForEqual : PointsForEqual;
        string? trouble = null;
        for (var attempt = 0; attempt < MaxAttempts && zeros + near < needed; attempt++)
        {
            var point = Point(scan, attempt);
            try
            {
                var context = new RealContext(budget);
                var evaluator = new Evaluator(context, point) { RealOnly = !scan.IsComplex };
                if (evaluator.Evaluate(a) is not { } x || evaluator.Evaluate(b) is not { } y)
                    continue;
                switch (Vanishes(context.Subtract(x, y)))
                {
                    case true:
                        zeros++;
                        break;
                    case false:
                        return Other($"the expressions differ where {string.Join(", ", point.Select(p => $"{p.Key} = {p.Value}"))}");
                    default:
                        near++;
                        break;
                }
            }
            catch (UndecidedException e) when (e.Reason is not AnswerReason.Limit)
            {
                trouble = e.Message;
            }
        }

        if (zeros + near < needed && HaveSameForm(a, b))
            return Same("the expressions are the same by the laws of powers and logarithms");
        if (zeros + near < needed)
            return AnswerComparison.Undecided(AnswerReason.NotSupported, trouble ?? "too few points were found at which both expressions are defined");
        if (near == 0)
            return Same($"the expressions agree exactly at {zeros} random points");
        return GenericallyEqual(a, b, null, scan)
            ? Same("the expressions agree exactly with their functions as unknowns, at random points")
            : AnswerComparison.Undecided(AnswerReason.Unproven, "the expressions agree in all digits computed at random points, but no proof was found");
    }

    private bool GenericallyEqual(Node a, Node b, IReadOnlyDictionary<string, BigRational>? point, VariableScan? scan = null)
    {
        if (HaveSameForm(a, b))
            return true;
        for (var i = 0; i < GenericPoints; i++)
        {
            try
            {
                var context = new RealContext(budget);
                var evaluator = new GenericEvaluator(context, point ?? Point(scan!, 2 * i), random.Derive("generic").Derive(i)) { RealOnly = scan is { IsComplex: false } };
                if (evaluator.Evaluate(a) is not { } x || evaluator.Evaluate(b) is not { } y || Vanishes(context.Subtract(x, y)) != true)
                    return false;
            }
            catch (UndecidedException e) when (e.Reason is not AnswerReason.Limit)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the difference of two expressions vanishes by the laws of powers and logarithms alone.</summary>
    public bool HaveSameForm(Node a, Node b)
    {
        try
        {
            return Canonical.FormOf(new SumNode([a, new NegateNode(b)]), budget).IsZero;
        }
        catch (UndecidedException e) when (e.Reason is not AnswerReason.Limit)
        {
            return false;
        }
    }

    private bool? Vanishes(ComplexReal value)
    {
        var re = value.Re.Sign(budget);
        if (re is not (0 or null))
            return false;
        var im = value.Im.Sign(budget);
        return im is not (0 or null) ? false : re is null || im is null ? null : true;
    }
}
