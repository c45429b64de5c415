using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>Brings expressions into <see cref="PolynomialForm"/>.</summary>
internal static class Canonical
{
    public static PolynomialForm FormOf(Node node, Budget budget)
    {
        budget.Spend(2);
        switch (node)
        {
            case NumberNode number:
                return PolynomialForm.Of(number.Value);
            case SymbolNode symbol:
                return PolynomialForm.Of("$" + symbol.Name);
            case ConstantNode { Constant: MathConstant.Pi }:
                return PolynomialForm.Of(Monomial.PiAtom);
            case ConstantNode { Constant: MathConstant.I }:
                return PolynomialForm.Of(Monomial.ImaginaryUnit);
            case ConstantNode constant:
                return PolynomialForm.Of("#" + constant.Constant);
            case NegateNode negate:
                return PolynomialForm.Scale(FormOf(negate.Operand, budget), -1);
            case DegreeNode degree:
                return PolynomialForm.Multiply(FormOf(degree.Operand, budget), PolynomialForm.Of(Monomial.Of(Monomial.PiAtom, BigRational.One), BigRational.Of(1, 180)), budget);
            case PercentNode percent:
                return PolynomialForm.Scale(FormOf(percent.Operand, budget), BigRational.Of(1, 100));
            case UnitNode unit:
                return FormOf(unit.Value, budget);
            case BracketNode { Items.Count: 1 } bracket:
                return FormOf(bracket.Items[0], budget);
            case SumNode sum:
                return sum.Terms.Aggregate(PolynomialForm.Of(BigRational.Zero), (total, term) => PolynomialForm.Add(total, FormOf(term, budget), budget));
            case ProductNode product:
                return product.Factors.Aggregate(PolynomialForm.Of(BigRational.One), (total, factor) => PolynomialForm.Multiply(total, FactorForm(factor, budget), budget));
            case PowerNode power:
                return PowerForm(power.Base, FormOf(power.Exponent, budget), budget);
            case CallNode { Function: Function.Root } root:
                return PowerForm(root.Arguments[0], root.Arguments.Count == 1 ? PolynomialForm.Of(BigRational.Of(1, 2)) : FactorForm(new(root.Arguments[1], true), budget), budget);
            case CallNode { Function: Function.Log } log:
                var logarithm = LogForm(log.Arguments[0], budget);
                return log.Arguments.Count == 1
                    ? logarithm
                    : PolynomialForm.Multiply(logarithm, PolynomialForm.Power(LogForm(log.Arguments[1], budget), -1, budget), budget);
            case CallNode { Function: Function.Exp } exp:
                return PowerForm(new ConstantNode(MathConstant.E), FormOf(exp.Arguments[0], budget), budget);
            case CallNode call:
                return PolynomialForm.Of(KeyOf($"@{call.Function}", call.Arguments, budget));
            case ApplyNode apply:
                return PolynomialForm.Of(KeyOf(apply, budget));
            default:
                throw new UndecidedException(AnswerReason.NotSupported, "a structure stands where a number is expected");
        }
    }

    /// <summary>A name of f(x) that is the same for arguments written in another order.</summary>
    public static string KeyOf(ApplyNode apply, Budget budget) => KeyOf("!" + apply.Name, apply.Arguments, budget);

    /// <summary>
    /// The natural logarithm, with products, powers and rational factors taken apart: ln p of primes p, ln of atoms. Atoms count as
    /// positive.
    /// </summary>
    public static PolynomialForm LogForm(Node argument, Budget budget)
    {
        if (argument is ConstantNode { Constant: MathConstant.E })
            return PolynomialForm.Of(BigRational.One);
        if (argument is PowerNode { Base: ConstantNode { Constant: MathConstant.E } } power)
            return FormOf(power.Exponent, budget);
        if (argument is BracketNode { Items.Count: 1 } bracket)
            return LogForm(bracket.Items[0], budget);
        var form = FormOf(argument, budget);
        if (form.IsZero)
            throw new UndecidedException(AnswerReason.NotSupported, "the logarithm of zero");

        // The rational content comes out first, so that ln(2x + 2) is ln 2 + ln(x + 1).
        var content = form.Terms.First().Coefficient;
        var result = NumberLog(BigRational.Abs(content), budget);
        var primitive = PolynomialForm.Scale(form, BigRational.One / BigRational.Abs(content));
        if (primitive.Count > 1 || content.Sign < 0)
            return PolynomialForm.Add(result, PolynomialForm.Of($"@Log({primitive})"), budget);
        foreach (var (atom, exponent) in primitive.Terms.First().Monomial.Powers)
        {
            var logarithm = char.IsAsciiDigit(atom[0]) ? NumberLog(System.Numerics.BigInteger.Parse(atom), budget) : PolynomialForm.Of($"@Log({atom})");
            result = PolynomialForm.Add(result, PolynomialForm.Scale(logarithm, exponent), budget);
        }

        return result;
    }

    private static PolynomialForm NumberLog(BigRational value, Budget budget)
    {
        var result = PolynomialForm.Of(BigRational.Zero);
        if (value.Bits > 2000)
            throw new UndecidedException(AnswerReason.Limit, "the logarithm of a very long number is not taken apart");
        budget.Spend(30);
        foreach (var (sign, part) in new[] { (1, value.Numerator), (-1, value.Denominator) })
        {
            foreach (var (factor, times) in IntegerRoot.Factors(part))
                result = PolynomialForm.Add(result, PolynomialForm.Scale(PolynomialForm.Of($"@Log({factor})"), sign * times), budget);
        }

        return result;
    }

    private static PolynomialForm FactorForm(Factor factor, Budget budget)
    {
        var form = FormOf(factor.Node, budget);
        return factor.Inverted ? PolynomialForm.Power(form, -1, budget) : form;
    }

    private static PolynomialForm PowerForm(Node @base, PolynomialForm exponent, Budget budget)
    {
        if (exponent.Constant is { } rational)
            return PolynomialForm.Power(FormOf(@base, budget), rational, budget);
        return PolynomialForm.Of($"@Exp({PolynomialForm.Multiply(LogForm(@base, budget), exponent, budget)})");
    }

    private static string KeyOf(string name, IReadOnlyList<Node> arguments, Budget budget) =>
        $"{name}({string.Join(",", arguments.Select(a => FormOf(a, budget).ToString()))})";
}
