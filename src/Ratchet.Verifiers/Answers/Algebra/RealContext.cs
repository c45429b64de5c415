using System.Numerics;

namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>
/// Makes real and complex numbers in a common form: equal radicals become one node, so that the degree in the zero test counts each once.
/// One context serves one comparison.
/// </summary>
internal sealed class RealContext(Budget budget)
{
    private const int MaxRoot = 100;
    private const int SmallRadicand = 1_000_000;
    private const long MaxPowerBits = 1 << 19;
    private readonly Dictionary<(int K, BigRational Radicand), Real> _rationalRoots = [];
    private readonly Dictionary<(int K, Real Radicand), Real> _roots = [];
    private readonly Dictionary<BigRational, Real> _cosines = [];

    public Budget Budget { get; } = budget;

    public Real Add(Real a, Real b) => Real.Sum(a, b, Budget);

    public Real Negate(Real a) => Real.Product(Real.Of(-1), a, Budget);

    public Real Subtract(Real a, Real b) => ReferenceEquals(a, b) ? Real.Zero : Add(a, Negate(b));

    public Real Multiply(Real a, Real b) => Real.Product(a, b, Budget);

    public Real Divide(Real a, Real b) => ReferenceEquals(a, b) ? Real.One : Real.Quotient(a, b, Budget);

    public ComplexReal Add(ComplexReal a, ComplexReal b) => new(Add(a.Re, b.Re), Add(a.Im, b.Im));

    public ComplexReal Negate(ComplexReal a) => new(Negate(a.Re), Negate(a.Im));

    public ComplexReal Subtract(ComplexReal a, ComplexReal b) => new(Subtract(a.Re, b.Re), Subtract(a.Im, b.Im));

    public ComplexReal Multiply(ComplexReal a, ComplexReal b)
    {
        if (a.IsReal && b.IsReal)
            return new(Multiply(a.Re, b.Re));
        return new(
            Subtract(Multiply(a.Re, b.Re), Multiply(a.Im, b.Im)),
            Add(Multiply(a.Re, b.Im), Multiply(a.Im, b.Re)));
    }

    /// <summary>A quotient, or null where the divisor is zero.</summary>
    public ComplexReal? Divide(ComplexReal a, ComplexReal b)
    {
        if (IsZero(b))
            return null;
        if (b.IsReal)
            return a.IsReal ? new(Divide(a.Re, b.Re)) : new(Divide(a.Re, b.Re), Divide(a.Im, b.Re));
        var norm = Add(Multiply(b.Re, b.Re), Multiply(b.Im, b.Im));
        var product = Multiply(a, new(b.Re, Negate(b.Im)));
        return new(Divide(product.Re, norm), Divide(product.Im, norm));
    }

    /// <summary>The sign of a real number.</summary>
    /// <exception cref="UndecidedException">It cannot be decided.</exception>
    public int Sign(Real a) => a.Sign(Budget) ?? throw new UndecidedException(AnswerReason.Unproven, "the sign of a number near zero could not be proved");

    /// <summary>Whether a number is zero.</summary>
    /// <exception cref="UndecidedException">It cannot be decided.</exception>
    public bool IsZero(ComplexReal a) => Sign(a.Re) == 0 && Sign(a.Im) == 0;

    /// <summary>The same number with an imaginary part that is proved zero taken away; null where it is not real.</summary>
    public Real? AsReal(ComplexReal a) => a.IsReal || Sign(a.Im) == 0 ? a.Re : null;

    /// <summary>The k-th root of a real number that is not negative.</summary>
    public Real Root(Real a, int k)
    {
        if (k == 1 || a.IsZero || a.IsOne)
            return a;
        if (k > MaxRoot)
            throw new UndecidedException(AnswerReason.Limit, $"a root of order {k} is above the limit of {MaxRoot}");
        if (!a.IsRational)
        {
            if (!_roots.TryGetValue((k, a), out var node))
                _roots[(k, a)] = node = Real.RawRoot(a, k);
            return node;
        }

        // root(n/d) = root(n d^(k-1)) / d. The root of a small integer is taken prime by prime, so that sqrt 6 is sqrt 2 sqrt 3; that of a
        // large one, as at random points, stays one node, since each node multiplies the degree.
        Budget.SpendBits(a.Value.Bits * k);
        if (a.Value.Bits * k > MaxPowerBits)
            throw new UndecidedException(AnswerReason.Limit, "a root of a very long number");
        var integer = a.Value.Numerator * BigInteger.Pow(a.Value.Denominator, k - 1);
        var outside = BigInteger.One;
        var inside = BigInteger.One;
        var split = integer < SmallRadicand;
        var result = Real.One;
        foreach (var (factor, exponent) in IntegerRoot.Factors(integer))
        {
            outside *= BigInteger.Pow(factor, exponent / k);
            var rest = exponent % k;
            if (rest == 0)
                continue;
            if (!split)
            {
                inside *= BigInteger.Pow(factor, rest);
                continue;
            }

            var divisor = (int)BigInteger.GreatestCommonDivisor(rest, k);
            var (order, power) = (k / divisor, rest / divisor);
            var radicand = BigInteger.Pow(factor, power);
            result = IntegerRoot.Exact(radicand, order) is { } exact
                ? Multiply(result, Real.Of(exact))
                : Multiply(result, InternedRoot(radicand, order));
        }

        if (!inside.IsOne)
            result = InternedRoot(inside, k);
        return Multiply(Real.Of(BigRational.Of(outside, a.Value.Denominator)), result);
    }

    /// <summary>cos(pi q), by its value where that is known in rationals and else as an angle between 0 and a right angle.</summary>
    public Real CosPi(BigRational q)
    {
        q -= 2 * (q * BigRational.Of(1, 2)).Floor();
        if (q > BigRational.One)
            q = 2 - q;
        if (q > BigRational.Of(1, 2))
            return Negate(CosPi(BigRational.One - q));
        if (q.IsZero)
            return Real.One;
        if (q == BigRational.Of(1, 2))
            return Real.Zero;
        if (q == BigRational.Of(1, 3))
            return Real.Of(BigRational.Of(1, 2));
        if (q == BigRational.Of(1, 4))
            return Multiply(Real.Of(BigRational.Of(1, 2)), Root(Real.Of(2), 2));
        if (q == BigRational.Of(1, 6))
            return Multiply(Real.Of(BigRational.Of(1, 2)), Root(Real.Of(3), 2));
        if (!_cosines.TryGetValue(q, out var node))
            _cosines[q] = node = Real.RawCosPi(q);
        return node;
    }

    public Real Cos(Real angle) => angle.PiMultiple is { } q ? CosPi(q) : Real.Of(RealKind.Cos, angle);

    public Real Sin(Real angle) => angle.PiMultiple is { } q ? CosPi(BigRational.Of(1, 2) - q) : Real.Of(RealKind.Sin, angle);

    /// <summary>The principal square root.</summary>
    public ComplexReal SquareRoot(ComplexReal a)
    {
        if (AsReal(a) is { } real)
            return Sign(real) >= 0 ? new(Root(real, 2)) : new(Real.Zero, Root(Negate(real), 2));
        var modulus = Modulus(a);
        var half = Real.Of(BigRational.Of(1, 2));
        var re = Root(Multiply(Add(modulus, a.Re), half), 2);
        var im = Root(Multiply(Subtract(modulus, a.Re), half), 2);
        return new(re, Sign(a.Im) < 0 ? Negate(im) : im);
    }

    public Real Modulus(ComplexReal a)
    {
        if (AsReal(a) is { } real)
            return Sign(real) < 0 ? Negate(real) : real;
        return Root(Add(Multiply(a.Re, a.Re), Multiply(a.Im, a.Im)), 2);
    }

    /// <summary>A power with a whole exponent, or null for a power of zero that is not defined.</summary>
    public ComplexReal? Power(ComplexReal a, BigInteger exponent)
    {
        if (exponent.Sign < 0)
            return Power(a, -exponent) is { } positive ? Divide(new(Real.One), positive) : null;
        if (exponent.IsZero)
            return IsZero(a) ? null : new(Real.One);
        if (a.Rational is { } value)
        {
            if (value.IsZero || value.IsOne)
                return a;
            if (value == -1)
                return exponent.IsEven ? new(Real.One) : a;
            if (exponent > MaxPowerBits || value.Bits * (long)exponent > MaxPowerBits)
                throw new UndecidedException(AnswerReason.Limit, $"a power has more than {MaxPowerBits} bits");
            Budget.SpendBits(value.Bits * (long)exponent);
            return ComplexReal.Of(value.Power((int)exponent));
        }

        if (exponent > 2000)
            throw new UndecidedException(AnswerReason.Limit, "a power of an irrational number has an exponent above 2000");
        var (result, square) = (new ComplexReal(Real.One), a);
        for (var n = (int)exponent; ; square = Multiply(square, square))
        {
            if ((n & 1) == 1)
                result = Multiply(result, square);
            n >>= 1;
            if (n == 0)
                return result;
        }
    }

    private Real InternedRoot(BigInteger radicand, int k)
    {
        if (!_rationalRoots.TryGetValue((k, radicand), out var node))
            _rationalRoots[(k, radicand)] = node = Real.RawRoot(Real.Of(radicand), k);
        return node;
    }
}
