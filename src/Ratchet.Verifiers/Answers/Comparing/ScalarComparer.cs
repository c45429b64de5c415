using System.Numerics;
using Ratchet.Verifiers.Answers.Algebra;
using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Comparing;

/// <summary>Compares single values: units, percent, bases, roundings and forms by the profile, the rest by exact algebra.</summary>
internal sealed class ScalarComparer(AnswerProfile profile, ScalarEquality equality, Budget budget)
{
    public AnswerComparison Compare(Node reference, Node answer)
    {
        (reference, answer) = (Shape.Unwrap(reference), Shape.Unwrap(answer));
        if (reference is BasedNode || answer is BasedNode)
            return CompareBased(reference, answer);
        if (reference is UnitNode || answer is UnitNode)
            return CompareUnits(reference, answer);
        if (IsPercent(reference) != IsPercent(answer))
            return ComparePercent(reference, answer);
        if (reference is DegreeNode != answer is DegreeNode)
            return CompareDegrees(reference, answer);
        return CompareValues(reference, answer);
    }

    private static UnitNode? LetterUnit(Node node) => node is ProductNode { Factors: [{ Inverted: false, Node: NumberNode value }, { Inverted: false, Node: SymbolNode unit }] } && Units.IsUnit(unit.Name)
        ? new(value, unit.Name)
        : null;

    private static bool IsPercent(Node node) => node is PercentNode or NegateNode { Operand: PercentNode };

    private static Node Unmarked(Node node) => node switch
    {
        PercentNode percent => percent.Operand,
        DegreeNode degree => degree.Operand,
        NegateNode negate => new NegateNode(Unmarked(negate.Operand)),
        _ => node,
    };

    private AnswerComparison CompareValues(Node reference, Node answer)
    {
        if (profile.WholeStaysWhole && reference is NumberNode { Value.IsInteger: true, IsDecimal: false } && Literal(answer) is not { Value.IsInteger: true, IsDecimal: false } && IsNumber(answer))
            return Form(reference, answer, "a whole number is to be written as one");
        if (profile.ReducedForm && IsNumber(reference) && Unreduced(answer) is { } fault)
            return Form(reference, answer, fault);
        var result = equality.Decide(reference, answer);
        return result.Outcome == AnswerOutcome.Different && profile.RoundedDecimals > 0 && (Rounds(reference, answer) || Rounds(answer, reference))
            ? AnswerComparison.Equal(AnswerReason.SameWhenRounded, "one is the other, rounded")
            : result;
    }

    private AnswerComparison Form(Node reference, Node answer, string fault)
    {
        var result = equality.Decide(reference, answer);
        return result.IsEqual ? AnswerComparison.Different(AnswerReason.OtherForm, fault) : result;
    }

    /// <summary>What is wrong with the form of a number, or null.</summary>
    private static string? Unreduced(Node node)
    {
        switch (node)
        {
            case NegateNode negate:
                return Unreduced(negate.Operand);
            case SumNode sum when sum.Terms.Count(t => Literal(t) is not null || IsFraction(t)) > 1:
                return "a sum of numbers is to be carried out";
            case ProductNode product when IsFraction(node):
                var (above, below) = (Literal(product.Factors[0].Node)!.Value, Literal(product.Factors[1].Node)!.Value);
                return BigInteger.GreatestCommonDivisor(above.Numerator, below.Numerator).IsOne && above.IsInteger && below.IsInteger && !below.IsOne
                    ? null
                    : "a fraction is to be reduced";
            case ProductNode product when product.Factors.Count(f => Literal(f.Node) is not null) > 1:
                return "a product of numbers is to be carried out";
            default:
                return null;
        }
    }

    private static bool IsFraction(Node node) => node is ProductNode { Factors: [{ Inverted: false } above, { Inverted: true } below] } && Literal(above.Node) is not null && Literal(below.Node) is not null;

    private static NumberNode? Literal(Node node) => node switch
    {
        NumberNode number => number,
        NegateNode { Operand: NumberNode number } => new(-number.Value, number.Decimals, number.IsDecimal),
        BracketNode { Items: [var inner] } => Literal(inner),
        _ => null,
    };

    private bool IsNumber(Node node) => new VariableScan(budget, node) is { Variables.Count: 0, Applications.Count: 0 };

    /// <summary>Whether a decimal literal is the rounding or the cutting off of an exact value that is not whole.</summary>
    private bool Rounds(Node exact, Node rounded)
    {
        if (Literal(Unmarked(rounded)) is not { IsDecimal: true } literal || literal.Decimals < profile.RoundedDecimals || Literal(Unmarked(exact)) is { IsDecimal: true } or { Value.IsInteger: true } || !IsNumber(exact))
            return false;
        var unit = new NumberNode(BigRational.Of(BigInteger.One, BigInteger.Pow(10, literal.Decimals)));
        var difference = new SumNode([Unmarked(exact), new NegateNode(literal)]);
        return equality.Sign(new SumNode([difference, unit])) == 1 && equality.Sign(new SumNode([difference, new NegateNode(unit)])) == -1;
    }

    private AnswerComparison CompareBased(Node reference, Node answer)
    {
        if (reference is BasedNode a && answer is BasedNode b)
        {
            return a.Digits == b.Digits && a.Radix == b.Radix
                ? AnswerComparison.Equal(AnswerReason.SameValue, "the same digits in the same base")
                : AnswerComparison.Different(AnswerReason.OtherValue, "other digits or another base");
        }

        var (based, other) = reference is BasedNode r ? (r, answer) : ((BasedNode)answer, reference);
        if (Literal(other) is not { Value: { IsInteger: true } value })
            return AnswerComparison.Different(AnswerReason.OtherValue, "one is a number in a base and the other is no whole number");
        if (value.Numerator.ToString() == based.Digits && profile.OptionalBase)
            return AnswerComparison.Equal(AnswerReason.SameValue, "the same digits; the base is left out");
        return AnswerComparison.Different(AnswerReason.OtherForm, $"a number in base {based.Radix} against one without a base");
    }

    private AnswerComparison ComparePercent(Node reference, Node answer)
    {
        var exact = CompareValues(reference, answer);
        return exact.IsEqual || !profile.OptionalPercent ? exact : CompareValues(Unmarked(reference), Unmarked(answer));
    }

    private AnswerComparison CompareDegrees(Node reference, Node answer)
    {
        if (!profile.OptionalUnits)
            return CompareValues(reference, answer);
        var bare = CompareValues(Unmarked(reference), Unmarked(answer));
        return bare.IsEqual ? bare : CompareValues(reference, answer);
    }

    private AnswerComparison CompareUnits(Node reference, Node answer)
    {
        // 5 m is a product by itself, but five metres beside a length.
        var (a, b) = (reference as UnitNode ?? LetterUnit(reference), answer as UnitNode ?? LetterUnit(answer));
        if (a is null || b is null)
        {
            if (!profile.OptionalUnits)
                return AnswerComparison.Different(AnswerReason.OtherUnit, "one has a unit and the other has none");
            var (marked, bare) = a is not null ? (a, answer) : (b!, reference);
            if (bare is DegreeNode or PercentNode && Units.Find(marked.Unit) is not null)
                return AnswerComparison.Different(AnswerReason.OtherUnit, $"{marked.Unit} against degrees or percent");
            return a is not null ? Compare(a.Value, answer) : Compare(reference, b!.Value);
        }

        var (known, other) = (Units.Find(a.Unit), Units.Find(b.Unit));
        if (known is var (dimension, size) && other is var (otherDimension, otherSize))
        {
            if (dimension != otherDimension)
                return AnswerComparison.Different(AnswerReason.OtherUnit, $"{a.Unit} and {b.Unit} measure different things");
            return size == otherSize
                ? CompareValues(a.Value, b.Value)
                : CompareValues(a.Value, new ProductNode([new(b.Value), new(new NumberNode(otherSize / size))]));
        }

        // Words that are no known unit say what is counted: they must agree unless units are optional.
        if (!profile.OptionalUnits && !string.Equals(a.Unit, b.Unit, StringComparison.OrdinalIgnoreCase))
            return AnswerComparison.Different(AnswerReason.OtherUnit, $"\"{a.Unit}\" against \"{b.Unit}\"");
        return Compare(a.Value, b.Value);
    }
}
