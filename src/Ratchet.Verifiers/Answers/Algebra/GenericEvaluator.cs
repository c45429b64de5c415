using System.Numerics;
using Ratchet.Loop;
using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>
/// Evaluates an expression with its transcendental parts as independent unknowns that are given random rational values: pi, e, ln 2, ln x,
/// e^x, sin x and cos x (as a random point of the unit circle). Every value is then algebraic, so zero is decided exactly.
/// </summary>
/// <remarks>
/// An algebraic identity among unknowns that holds at random values holds for the true ones. The other way round needs independence, which
/// is not known for all of them: a value that is not zero here says nothing. Values of constants are drawn next to the true ones, so that
/// signs under roots and absolute values come out as they are.
/// </remarks>
internal sealed class GenericEvaluator(RealContext context, IReadOnlyDictionary<string, BigRational> variables, RandomStream random) : Evaluator(context, variables)
{
    // Angles are counted in twelfths of a monomial: x/2, x/3, x/4 and x/6 share a generator.
    private const int AngleParts = 12;
    private const int MaxAngleParts = 40 * AngleParts;
    private readonly IReadOnlyDictionary<string, BigRational> _variables = variables;

    protected override ComplexReal Pi => new(Real.Of(NearPi()));

    protected override ComplexReal? Constant(MathConstant constant) =>
        constant == MathConstant.E ? Exp(new NumberNode(BigRational.One)) : base.Constant(constant);

    protected override BigRational? RationalExponent(Node exponent) => Canonical.FormOf(exponent, Context.Budget).Constant;

    protected override ComplexReal? Exp(Node exponent) => Exp(Canonical.FormOf(exponent, Context.Budget));

    protected override ComplexReal? GeneralPower(Node @base, Node exponent) =>
        Exp(PolynomialForm.Multiply(Canonical.LogForm(@base, Context.Budget), Canonical.FormOf(exponent, Context.Budget), Context.Budget));

    protected override ComplexReal? Log(Node argument)
    {
        var sum = new ComplexReal(Real.Zero);
        foreach (var (monomial, coefficient) in Canonical.LogForm(argument, Context.Budget).Terms)
        {
            var value = monomial.IsOne ? BigRational.One : LogValue(monomial);
            sum = Context.Add(sum, ComplexReal.Of(value * coefficient));
        }

        return sum;
    }

    protected override (ComplexReal Cos, ComplexReal Sin)? CosSin(Node angle) => CosSin(Canonical.FormOf(angle, Context.Budget));

    protected override Real Atan(Real tangent, Node origin)
    {
        var angle = base.Atan(tangent, origin);
        return angle.PiMultiple is { } q
            ? Context.Multiply(Pi.Re, Real.Of(q))
            : Real.Of(Draw(Canonical.FormOf(origin, Context.Budget).ToString(), 16) + 1);
    }

    private ComplexReal? Exp(PolynomialForm exponent)
    {
        var result = new ComplexReal(Real.One);
        var angle = PolynomialForm.Of(BigRational.Zero);
        foreach (var (monomial, coefficient) in exponent.Terms)
        {
            if (monomial.WithoutImaginaryUnit() is { } imaginary)
            {
                angle = PolynomialForm.Add(angle, PolynomialForm.Of(imaginary, coefficient), Context.Budget);
                continue;
            }

            if (RationalPower(ComplexReal.Of(ExpValue(monomial)), coefficient) is not { } factor)
                return null;
            result = Context.Multiply(result, factor);
        }

        if (angle.IsZero)
            return result;
        return CosSin(angle) is var (cos, sin)
            ? Context.Multiply(result, Context.Add(cos, Context.Multiply(new(Real.Zero, Real.One), sin)))
            : null;
    }

    private (ComplexReal Cos, ComplexReal Sin)? CosSin(PolynomialForm angle)
    {
        var turn = new ComplexReal(Real.One);
        foreach (var (monomial, coefficient) in angle.Terms)
        {
            if (monomial.WithoutImaginaryUnit() is not null)
                throw new UndecidedException(AnswerReason.NotSupported, "a trigonometric function of a complex number is not supported");
            if (monomial.Single == Monomial.PiAtom)
            {
                turn = Context.Multiply(turn, new(Context.CosPi(coefficient), Context.CosPi(BigRational.Of(1, 2) - coefficient)));
                continue;
            }

            var parts = coefficient * AngleParts;
            if (!parts.IsInteger || BigInteger.Abs(parts.Numerator) > MaxAngleParts)
                throw new UndecidedException(AnswerReason.NotSupported, "an angle is no small multiple of a twelfth of a variable");

            // Context.Power of a point of the unit circle; its inverse is its conjugate.
            var t = Draw("angle " + monomial.Key, 10) / 8;
            var norm = BigRational.One + (t * t);
            var point = new ComplexReal(Real.Of((BigRational.One - (t * t)) / norm), Real.Of(2 * t / norm));
            turn = Context.Multiply(turn, Context.Power(point, parts.Numerator)!.Value);
        }

        return (new(turn.Re), new(turn.Im));
    }

    private BigRational NearPi() => BigRational.Of(12868, 4096) + (Draw("pi", 20) / 4096);

    private BigRational LogValue(Monomial monomial)
    {
        var value = BigRational.One;
        foreach (var (atom, exponent) in monomial.Powers)
        {
            if (!exponent.IsInteger || BigInteger.Abs(exponent.Numerator) > 20 || atom == Monomial.ImaginaryUnit)
                throw new UndecidedException(AnswerReason.NotSupported, "a logarithm in an unusual place");
            value *= (atom == Monomial.PiAtom ? NearPi() : Logarithm(atom)).Power((int)exponent.Numerator);
        }

        return value;
    }

    private BigRational Logarithm(string atom)
    {
        if (!atom.StartsWith("@Log(", StringComparison.Ordinal))
            return atom[0] == '$' ? _variables[atom[1..]] : throw new UndecidedException(AnswerReason.NotSupported, "a logarithm in an unusual place");
        if (!BigInteger.TryParse(atom[5..^1], out var number))
            return Draw(atom, 20) + 1;
        var near = Elementary.Log(Interval.Of(number, 64), 64).Low.ToFixed(12);
        return BigRational.Of(near, 4096) + (Draw(atom, 20) / 4096);
    }

    /// <summary>The value of e^monomial.</summary>
    private BigRational ExpValue(Monomial monomial)
    {
        if (monomial.IsOne)
            return (BigRational.Of(8903, 1 << 13) + (Draw("e", 14) / (1 << 13))).Power(12);
        if (monomial.Single is { } atom && atom.StartsWith("@Log(", StringComparison.Ordinal))
        {
            var inner = atom[5..^1];
            if (BigInteger.TryParse(inner, out var number))
                return number;
            if (inner == Monomial.PiAtom)
                return NearPi();
            if (inner[0] == '$' && _variables.TryGetValue(inner[1..], out var variable) && variable.Sign > 0)
                return variable;
        }

        // A twelfth power: its square, cube, fourth and sixth roots are rational.
        return (Draw("exp " + monomial.Key, 14) + 1).Power(12);
    }

    /// <summary>A number of so many bits between 0 and 1 that belongs to a name.</summary>
    private BigRational Draw(string name, int bits)
    {
        var stream = random.Derive(name);
        return BigRational.Of(1 + (long)(stream.NextUInt64() >> (65 - bits)), 1L << bits);
    }
}
