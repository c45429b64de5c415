using System.Numerics;
using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>
/// The value of an expression where its variables are given rational values, as an exact complex number. Null where the expression is not
/// defined there (division by zero, the logarithm of zero).
/// </summary>
/// <remarks>
/// Real conventions of school: an odd root of a negative number is negative, an even one is imaginary; ln of a negative number is complex.
/// </remarks>
internal class Evaluator(RealContext context, IReadOnlyDictionary<string, BigRational> variables)
{
    private const int MaxOrder = 100;
    private const int MaxFactorial = 5000;
    private const int MaxRange = 2000;
    private readonly Dictionary<string, BigRational> _variables = new(variables, StringComparer.Ordinal);

    protected RealContext Context { get; } = context;

    /// <summary>
    /// True where an even root or a logarithm of a negative number counts as not defined: for functions of real variables, whose laws
    /// (the root of 1/n is 1 over the root of n) hold only where all is real.
    /// </summary>
    public bool RealOnly { get; init; }

    protected virtual ComplexReal Pi => new(Real.Pi(BigRational.One));

    public ComplexReal? Evaluate(Node node)
    {
        Context.Budget.Spend(1);
        switch (node)
        {
            case NumberNode number:
                return ComplexReal.Of(number.Value);
            case SymbolNode symbol:
                return Variable(symbol.Name);
            case ConstantNode constant:
                return Constant(constant.Constant);
            case NegateNode negate:
                return Evaluate(negate.Operand) is { } operand ? Context.Negate(operand) : null;
            case SumNode sum:
                return Fold(sum.Terms.Select(Evaluate), Context.Add);
            case ProductNode product:
                return Fold(product.Factors.Select(FactorValue), Context.Multiply);
            case PowerNode power:
                return Power(power.Base, power.Exponent);
            case CallNode call:
                return Call(call);
            case DegreeNode degree:
                return Evaluate(degree.Operand) is { } angle ? Context.Multiply(angle, Context.Multiply(Pi, ComplexReal.Of(BigRational.Of(1, 180)))) : null;
            case PercentNode percent:
                return Evaluate(percent.Operand) is { } value ? Context.Multiply(value, ComplexReal.Of(BigRational.Of(1, 100))) : null;
            case UnitNode unit:
                return Evaluate(unit.Value);
            case BracketNode { Items.Count: 1 } bracket:
                return Evaluate(bracket.Items[0]);
            case RatioNode ratio:
                return Fold(ratio.Items.Select((item, i) => FactorValue(new(item, i > 0))), Context.Multiply);
            case ApplyNode apply:
                return Variable(Canonical.KeyOf(apply, Context.Budget));
            default:
                throw new UndecidedException(AnswerReason.NotSupported, "a structure stands where a number is expected");
        }
    }

    /// <summary>The value of a variable or of an application by its key.</summary>
    protected virtual ComplexReal Variable(string name) => _variables.TryGetValue(name, out var value)
        ? ComplexReal.Of(value)
        : throw new UndecidedException(AnswerReason.NotSupported, $"{name} has no value");

    protected virtual ComplexReal? Constant(MathConstant constant) => constant switch
    {
        MathConstant.Pi => Pi,
        MathConstant.E => new(Real.Of(RealKind.Exp, Real.One)),
        MathConstant.I => new(Real.Zero, Real.One),
        _ => null,
    };

    /// <summary>e to the power of an expression.</summary>
    protected virtual ComplexReal? Exp(Node exponent) => Evaluate(exponent) is { } value ? Exp(value) : null;

    /// <summary>The natural logarithm of an expression.</summary>
    protected virtual ComplexReal? Log(Node argument)
    {
        if (Evaluate(argument) is not { } value || Context.IsZero(value))
            return null;
        if (Context.AsReal(value) is { } real)
        {
            if (real.IsOne)
                return new(Real.Zero);
            if (Context.Sign(real) > 0)
                return new(Real.Of(RealKind.Log, real));
            return RealOnly
                ? null
                : new(Real.Of(RealKind.Log, Context.Negate(real)), Real.Pi(BigRational.One));
        }

        throw new UndecidedException(AnswerReason.NotSupported, "the logarithm of a complex number is not supported");
    }

    /// <summary>Cosine and sine of an expression.</summary>
    protected virtual (ComplexReal Cos, ComplexReal Sin)? CosSin(Node angle)
    {
        if (Evaluate(angle) is not { } value)
            return null;
        if (Context.AsReal(value) is { } real)
            return (new(Context.Cos(real)), new(Context.Sin(real)));
        throw new UndecidedException(AnswerReason.NotSupported, "a trigonometric function of a complex number is not supported");
    }

    /// <summary>A power whose exponent is not a rational number: e^(exponent ln base).</summary>
    protected virtual ComplexReal? GeneralPower(Node @base, Node exponent)
    {
        if (Log(@base) is not { } logarithm || Evaluate(exponent) is not { } value)
            return null;
        return Exp(Context.Multiply(logarithm, value));
    }

    /// <summary>The value of an exponent where it is rational, else null.</summary>
    protected virtual BigRational? RationalExponent(Node exponent) => Evaluate(exponent)?.Rational;

    /// <summary>The angle between -pi/2 and pi/2 with this tangent.</summary>
    protected virtual Real Atan(Real tangent, Node origin)
    {
        // Angles that are proved to be multiples of pi/60 become so: arctan 1 is pi/4.
        var approximate = Real.Of(RealKind.Atan, tangent);
        if (!tangent.IsAlgebraic)
            return approximate;
        var scaled = Interval.Divide(approximate.Enclose(64, Context.Budget), Elementary.Pi(64), 64);
        if (scaled.IsEntire)
            return approximate;
        var sixtieths = Interval.Multiply(scaled, Interval.Of(60, 64), 64);
        var nearest = (sixtieths.Low.ToFixed(1) + 1) >> 1;
        var distance = Interval.Add(sixtieths, Interval.Of(-nearest, 64), 64);
        if (!distance.HoldsZero || BigInteger.Abs(nearest) >= 30)
            return approximate;
        var q = BigRational.Of(nearest, 60);
        var (cos, sin) = (Context.CosPi(q), Context.CosPi(BigRational.Of(1, 2) - q));
        return Context.Sign(Context.Subtract(Context.Multiply(tangent, cos), sin)) == 0 ? Real.Pi(q) : approximate;
    }

    protected ComplexReal Exp(ComplexReal exponent)
    {
        var modulus = exponent.Re.IsZero ? Real.One : Real.Of(RealKind.Exp, exponent.Re);
        if (exponent.IsReal)
            return new(modulus);
        return new(Context.Multiply(modulus, Context.Cos(exponent.Im)), Context.Multiply(modulus, Context.Sin(exponent.Im)));
    }

    /// <summary>A power with a rational exponent of a value, or null where it is not defined.</summary>
    protected ComplexReal? RationalPower(ComplexReal value, BigRational exponent)
    {
        if (exponent.IsInteger)
            return Context.Power(value, exponent.Numerator);
        var order = (int)exponent.Denominator;
        ComplexReal root;
        if (Context.AsReal(value) is { } real)
        {
            var sign = Context.Sign(real);
            if (sign >= 0)
                root = new(Context.Root(real, order));
            else if (order % 2 == 1)
                root = new(Context.Negate(Context.Root(Context.Negate(real), order)));
            else if (RealOnly)
                return null;
            else if (order == 2)
                root = Context.SquareRoot(value);
            else
                throw new UndecidedException(AnswerReason.NotSupported, "a root of a negative number with an even order above 2 is not supported");
        }
        else if (order == 2)
        {
            root = Context.SquareRoot(value);
        }
        else
        {
            throw new UndecidedException(AnswerReason.NotSupported, "a root of a complex number above the square root is not supported");
        }

        return Context.Power(root, exponent.Numerator);
    }

    /// <summary>Combines values in pairs, so that a long sum does not become a deep tree.</summary>
    private static ComplexReal? Fold(IEnumerable<ComplexReal?> values, Func<ComplexReal, ComplexReal, ComplexReal> combine)
    {
        var list = new List<ComplexReal>();
        foreach (var value in values)
        {
            if (value is not { } defined)
                return null;
            list.Add(defined);
        }

        while (list.Count > 1)
        {
            var half = new List<ComplexReal>((list.Count + 1) / 2);
            for (var i = 0; i < list.Count; i += 2)
                half.Add(i + 1 < list.Count ? combine(list[i], list[i + 1]) : list[i]);
            list = half;
        }

        return list[0];
    }

    private ComplexReal? FactorValue(Factor factor)
    {
        if (Evaluate(factor.Node) is not { } value)
            return null;
        return factor.Inverted ? Context.Divide(new(Real.One), value) : value;
    }

    private ComplexReal? Power(Node @base, Node exponent)
    {
        if (@base is ConstantNode { Constant: MathConstant.E })
            return Exp(exponent);
        if (RationalExponent(exponent) is { } rational && rational.Denominator <= MaxOrder)
            return Evaluate(@base) is { } value ? RationalPower(value, rational) : null;
        return GeneralPower(@base, exponent);
    }

    private ComplexReal? Call(CallNode call)
    {
        var arguments = call.Arguments;
        switch (call.Function)
        {
            case Function.Root:
                if (arguments.Count == 1)
                    return Evaluate(arguments[0]) is { } radicand ? RationalPower(radicand, BigRational.Of(1, 2)) : null;
                return Power(arguments[0], new ProductNode([new(new NumberNode(1)), new(arguments[1], true)]));
            case Function.Exp:
                return Exp(arguments[0]);
            case Function.Log:
                if (Log(arguments[0]) is not { } logarithm)
                    return null;
                return arguments.Count == 1 ? logarithm : Log(arguments[1]) is { } other ? Context.Divide(logarithm, other) : null;
            case Function.Sin or Function.Cos or Function.Tan or Function.Cot or Function.Sec or Function.Csc:
                return Trigonometric(call.Function, arguments[0]);
            case Function.Sinh or Function.Cosh or Function.Tanh:
                return Hyperbolic(call.Function, arguments[0]);
            case Function.Sum or Function.Product:
                return Range(call);
        }

        var values = new List<ComplexReal>(arguments.Count);
        foreach (var argument in arguments)
        {
            if (Evaluate(argument) is not { } value)
                return null;
            values.Add(value);
        }

        return call.Function switch
        {
            Function.Abs => new ComplexReal(Context.Modulus(values[0])),
            Function.Re => new ComplexReal(values[0].Re),
            Function.Im => new ComplexReal(values[0].Im),
            Function.Conjugate => new ComplexReal(values[0].Re, Context.Negate(values[0].Im)),
            _ => RealFunction(call, values),
        };
    }

    private ComplexReal? RealFunction(CallNode call, List<ComplexReal> values)
    {
        var reals = new Real[values.Count];
        for (var i = 0; i < reals.Length; i++)
        {
            if (Context.AsReal(values[i]) is not { } real)
                return null;
            reals[i] = real;
        }

        switch (call.Function)
        {
            case Function.Floor:
                return ComplexReal.Of(Floor(reals[0]));
            case Function.Ceiling:
                return ComplexReal.Of(-Floor(Context.Negate(reals[0])));
            case Function.Mod:
                if (Context.Sign(reals[1]) == 0)
                    return null;
                return new(Context.Subtract(reals[0], Context.Multiply(reals[1], Real.Of(Floor(Context.Divide(reals[0], reals[1]))))));
            case Function.Max or Function.Min:
                return new(reals.Aggregate((a, b) => Context.Sign(Context.Subtract(a, b)) > 0 == (call.Function == Function.Max) ? a : b));
            case Function.Arctan:
                return new(Atan(reals[0], call));
            case Function.Arccot:
                return new(Context.Subtract(Real.Pi(BigRational.Of(1, 2)), Atan(reals[0], call)));
            case Function.Arcsin or Function.Arccos:
                return Arc(call, reals[0]);
            case Function.Arsinh or Function.Arcosh or Function.Artanh:
                return Area(call.Function, reals[0]);
            default:
                return WholeFunction(call.Function, reals);
        }
    }

    private ComplexReal? WholeFunction(Function function, Real[] reals)
    {
        if (reals.Any(r => !r.IsRational || !r.Value.IsInteger))
            return null;
        var numbers = reals.Select(r => r.Value.Numerator).ToArray();
        switch (function)
        {
            case Function.Factorial:
                return numbers[0].Sign < 0 ? null : ComplexReal.Of(Factorial(numbers[0]));
            case Function.Binomial:
                if (numbers[0].Sign < 0 || numbers[1].Sign < 0)
                    return null;
                return ComplexReal.Of(Binomial(numbers[0], numbers[1]));
            default:
                var gcd = numbers.Aggregate(BigInteger.Zero, BigInteger.GreatestCommonDivisor);
                if (function == Function.Gcd)
                    return ComplexReal.Of(gcd);
                return ComplexReal.Of(numbers.Aggregate(BigInteger.One, (a, b) => b.IsZero ? b : a / BigInteger.GreatestCommonDivisor(a, b) * BigInteger.Abs(b)));
        }
    }

    private BigInteger Factorial(BigInteger n)
    {
        if (n > MaxFactorial)
            throw new UndecidedException(AnswerReason.Limit, $"a factorial above {MaxFactorial}! is not evaluated");
        Context.Budget.Spend((long)n * 10);
        var result = BigInteger.One;
        for (var i = 2; i <= (int)n; i++)
            result *= i;
        return result;
    }

    private BigInteger Binomial(BigInteger n, BigInteger k)
    {
        if (k > n)
            return BigInteger.Zero;
        k = BigInteger.Min(k, n - k);
        if (k > MaxFactorial)
            throw new UndecidedException(AnswerReason.Limit, "a binomial coefficient is too large to evaluate");
        Context.Budget.Spend((long)k * 50);
        var result = BigInteger.One;
        for (var i = 1; i <= (int)k; i++)
            result = result * (n - k + i) / i;
        return result;
    }

    private BigInteger Floor(Real value)
    {
        if (value.IsRational)
            return value.Value.Floor();
        for (var bits = 64; bits <= 8192; bits *= 2)
        {
            var interval = value.Enclose(bits, Context.Budget);
            if (interval.IsEntire)
                continue;
            var (low, high) = (interval.Low.ToFixed(0), interval.High.ToFixed(0));
            if (low == high)
                return low;
            if (high == low + 1)
                return Context.Sign(Context.Subtract(value, Real.Of(high))) >= 0 ? high : low;
        }

        throw new UndecidedException(AnswerReason.Unproven, "the whole part of a number could not be proved");
    }

    private ComplexReal? Trigonometric(Function function, Node angle)
    {
        if (CosSin(angle) is not var (cos, sin))
            return null;
        return function switch
        {
            Function.Cos => cos,
            Function.Sin => sin,
            Function.Tan => Context.Divide(sin, cos),
            Function.Cot => Context.Divide(cos, sin),
            Function.Sec => Context.Divide(new(Real.One), cos),
            _ => Context.Divide(new(Real.One), sin),
        };
    }

    private ComplexReal? Hyperbolic(Function function, Node argument)
    {
        if (Exp(argument) is not { } up || Context.Divide(new(Real.One), up) is not { } down)
            return null;
        var (sum, difference) = (Context.Add(up, down), Context.Subtract(up, down));
        var half = ComplexReal.Of(BigRational.Of(1, 2));
        return function switch
        {
            Function.Sinh => Context.Multiply(half, difference),
            Function.Cosh => Context.Multiply(half, sum),
            _ => Context.Divide(difference, sum),
        };
    }

    private ComplexReal? Arc(CallNode call, Real sine)
    {
        var square = Context.Subtract(Real.One, Context.Multiply(sine, sine));
        var sign = Context.Sign(square);
        if (sign < 0)
            return null;
        var angle = sign == 0
            ? Real.Pi(BigRational.Of(Context.Sign(sine), 2))
            : Atan(Context.Divide(sine, Context.Root(square, 2)), call);
        return new(call.Function == Function.Arcsin ? angle : Context.Subtract(Real.Pi(BigRational.Of(1, 2)), angle));
    }

    private ComplexReal? Area(Function function, Real x)
    {
        Real argument;
        switch (function)
        {
            case Function.Arsinh:
                argument = Context.Add(x, Context.Root(Context.Add(Context.Multiply(x, x), Real.One), 2));
                break;
            case Function.Arcosh:
                if (Context.Sign(Context.Subtract(x, Real.One)) < 0)
                    return null;
                argument = Context.Add(x, Context.Root(Context.Subtract(Context.Multiply(x, x), Real.One), 2));
                break;
            default:
                if (Context.Sign(Context.Subtract(Real.One, Context.Multiply(x, x))) <= 0)
                    return null;
                argument = Context.Root(Context.Divide(Context.Add(Real.One, x), Context.Subtract(Real.One, x)), 2);
                break;
        }

        return new(Real.Of(RealKind.Log, argument));
    }

    private ComplexReal? Range(CallNode call)
    {
        var (body, variable) = (call.Arguments[0], ((SymbolNode)call.Arguments[1]).Name);
        if (Evaluate(call.Arguments[2])?.Rational is not { IsInteger: true } from || Evaluate(call.Arguments[3])?.Rational is not { IsInteger: true } to)
            throw new UndecidedException(AnswerReason.NotSupported, "a sum or product is evaluated over whole numbers only");
        if (to - from > MaxRange)
            throw new UndecidedException(AnswerReason.Limit, $"a sum or product over more than {MaxRange} numbers is not evaluated");
        var had = _variables.TryGetValue(variable, out var outer);
        var values = new List<ComplexReal?> { ComplexReal.Of(call.Function == Function.Sum ? 0 : 1) };
        for (var i = from; i <= to; i += BigRational.One)
        {
            _variables[variable] = i;
            values.Add(Evaluate(body));
        }

        if (had)
            _variables[variable] = outer;
        return Fold(values, call.Function == Function.Sum ? Context.Add : Context.Multiply);
    }
}
