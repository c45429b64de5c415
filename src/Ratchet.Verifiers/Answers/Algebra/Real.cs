using System.Numerics;

namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>
/// A real number as an expression that can be enclosed as tightly as wanted. Its sign is decided exactly where it is algebraic.
/// </summary>
/// <remarks>
/// Zero test: an algebraic expression is U / L with algebraic integers U and L in a field of degree at most D, all conjugates of U being
/// at most u and of L at most l in absolute value. If it is not zero, the norm of U is at least 1, so the expression is at least
/// 1 / (l u^(D-1)). An enclosure that lies within this distance of zero therefore proves zero. Rules for u and l: Burnikel, Funke, Mehlhorn,
/// Schirra, Schmitt, "A separation bound for real algebraic expressions" (2001); added here: cosines of rational multiples of pi, as half of
/// an algebraic integer with conjugates at most 2.
/// </remarks>
internal sealed class Real
{
    private readonly RealKind _kind;
    private readonly Real? _a;
    private readonly Real? _b;
    private readonly int _k;
    private readonly BigRational _value;
    private Interval _known = Interval.Entire;
    private int _knownBits;

    private Real(RealKind kind, Real? a, Real? b, int k, BigRational value)
    {
        _kind = kind;
        _a = a;
        _b = b;
        _k = k;
        _value = value;
        IsAlgebraic = kind switch
        {
            RealKind.Rational or RealKind.CosPi => true,
            RealKind.Sum or RealKind.Product or RealKind.Quotient or RealKind.Root => a!.IsAlgebraic && (b?.IsAlgebraic ?? true),
            _ => false,
        };
        if (IsAlgebraic)
            (LogU, LogL) = Bounds();
    }

    public static Real Zero { get; } = Of(BigRational.Zero);

    public static Real One { get; } = Of(BigRational.One);

    /// <summary>True where the expression is built by field operations, roots and cosines of rational multiples of pi only.</summary>
    public bool IsAlgebraic { get; }

    public bool IsRational => _kind == RealKind.Rational;

    public bool IsZero => IsRational && _value.IsZero;

    public bool IsOne => IsRational && _value.IsOne;

    /// <summary>The value of a rational number.</summary>
    public BigRational Value => _value;

    /// <summary>The multiple of pi that this is, or null.</summary>
    public BigRational? PiMultiple => _kind == RealKind.Pi ? _value : IsZero ? BigRational.Zero : null;

    private double LogU { get; }

    private double LogL { get; }

    public static Real Of(BigRational value) => new(RealKind.Rational, null, null, 0, value);

    public static Real Pi(BigRational multiple) => multiple.IsZero ? Zero : new(RealKind.Pi, null, null, 0, multiple);

    public static Real Sum(Real a, Real b, Budget budget)
    {
        if (a.IsZero)
            return b;
        if (b.IsZero)
            return a;
        budget.SpendBits(a.IsRational && b.IsRational ? a._value.Bits + b._value.Bits : 64);
        if (a.IsRational && b.IsRational)
            return Of(a._value + b._value);
        return a._kind == RealKind.Pi && b._kind == RealKind.Pi ? Pi(a._value + b._value) : new(RealKind.Sum, a, b, 0, default);
    }

    public static Real Product(Real a, Real b, Budget budget)
    {
        if (a.IsZero || b.IsOne)
            return a;
        if (b.IsZero || a.IsOne)
            return b;
        budget.SpendBits(a.IsRational && b.IsRational ? a._value.Bits + b._value.Bits : 64);
        if (a.IsRational && b.IsRational)
            return Of(a._value * b._value);
        if (a._kind == RealKind.Pi && b.IsRational)
            return Pi(a._value * b._value);
        if (b._kind == RealKind.Pi && a.IsRational)
            return Pi(a._value * b._value);
        return new(RealKind.Product, a, b, 0, default);
    }

    /// <summary>A quotient; the divisor must have been shown not to be zero.</summary>
    public static Real Quotient(Real a, Real b, Budget budget)
    {
        if (b.IsRational)
            return Product(a, Of(BigRational.One / b._value), budget);
        if (a._kind == RealKind.Pi && b._kind == RealKind.Pi)
            return Of(a._value / b._value);
        return a.IsZero ? a : new(RealKind.Quotient, a, b, 0, default);
    }

    /// <summary>A root without simplification; the radicand must have been shown not to be negative.</summary>
    public static Real RawRoot(Real a, int k) => new(RealKind.Root, a, null, k, default);

    /// <summary>cos(pi q) for 0 &lt; q &lt; 1/2 without simplification.</summary>
    public static Real RawCosPi(BigRational q) => new(RealKind.CosPi, null, null, 0, q);

    /// <summary>A transcendental function of a real number without simplification.</summary>
    public static Real Of(RealKind function, Real argument) => new(function, argument, null, 0, default);

    /// <summary>Some number between two others.</summary>
    public static Real Between(BigRational low, BigRational high)
    {
        var (a, b) = (Interval.Of(low, 256), Interval.Of(high, 256));
        return new(RealKind.Enclosed, null, null, 0, default) { _known = new(a.Low, b.High), _knownBits = int.MaxValue };
    }

    /// <summary>An interval that holds the number, computed with so many bits in every step.</summary>
    public Interval Enclose(int bits, Budget budget)
    {
        if (_knownBits >= bits)
            return _known;
        budget.SpendBits(bits);
        var interval = _kind switch
        {
            RealKind.Rational => Interval.Of(_value, bits),
            RealKind.Pi => Interval.Multiply(Interval.Of(_value, bits), Elementary.Pi(bits), bits),
            RealKind.CosPi => Elementary.Cos(Interval.Multiply(Interval.Of(_value, bits), Elementary.Pi(bits), bits), bits),
            RealKind.Sum => Interval.Add(_a!.Enclose(bits, budget), _b!.Enclose(bits, budget), bits),
            RealKind.Product => Interval.Multiply(_a!.Enclose(bits, budget), _b!.Enclose(bits, budget), bits),
            RealKind.Quotient => Interval.Divide(_a!.Enclose(bits, budget), _b!.Enclose(bits, budget), bits),
            RealKind.Root => Root(bits, budget),
            _ => Transcendental(bits, budget),
        };
        (_known, _knownBits) = (interval, bits);
        return interval;
    }

    /// <summary>The sign, or null where it cannot be decided: the number is not algebraic and lies very near zero, or its bound is out of reach.</summary>
    public int? Sign(Budget budget)
    {
        if (IsRational)
            return _value.Sign;
        var bound = IsAlgebraic ? SeparationBits() : long.MaxValue;
        var most = bound <= MaxSeparationBits ? bound + 64 : UnprovenBits;
        for (var bits = 64; ; bits *= 2)
        {
            var interval = Enclose(bits, budget);
            if (!interval.HoldsZero)
                return interval.Sign;
            if (!interval.IsEntire && bound <= MaxSeparationBits && interval.Top < -bound)
                return 0;
            if (bits > most && (bound > MaxSeparationBits || bits > 16 * most))
                return null;
        }
    }

    private const long MaxSeparationBits = 30_000;

    /// <summary>Bits up to which a number that is not algebraic is compared with zero.</summary>
    public const int UnprovenBits = 400;

    private Interval Root(int bits, Budget budget)
    {
        budget.Spend(5);
        budget.SpendBits(8L * bits * _k);
        return _a!.Enclose(bits, budget).Root(_k, bits);
    }

    private Interval Transcendental(int bits, Budget budget)
    {
        var argument = _a!.Enclose(bits, budget);
        budget.Spend(20 + (bits / 4));
        return _kind switch
        {
            RealKind.Exp => Elementary.Exp(argument, bits),
            RealKind.Log => Elementary.Log(argument, bits),
            RealKind.Cos => Elementary.Cos(argument, bits),
            RealKind.Sin => Elementary.Sin(argument, bits),
            _ => Elementary.Atan(argument, bits),
        };
    }

    private (double LogU, double LogL) Bounds()
    {
        switch (_kind)
        {
            case RealKind.Rational:
                return (BitLength(_value.Numerator), BitLength(_value.Denominator));
            case RealKind.CosPi:
                return (1, 1);
            case RealKind.Sum:
                return (Math.Max(_a!.LogU + _b!.LogL, _b.LogU + _a.LogL) + 1, _a.LogL + _b.LogL);
            case RealKind.Product:
                return (_a!.LogU + _b!.LogU, _a.LogL + _b.LogL);
            case RealKind.Quotient:
                return (_a!.LogU + _b!.LogL, _a.LogL + _b.LogU);
            default:
                // root(U/L) = root(U L^(k-1)) / L where u is at least l, else U / root(U^(k-1) L).
                return _a!.LogU >= _a.LogL
                    ? ((_a.LogU + ((_k - 1) * _a.LogL)) / _k, _a.LogL)
                    : (_a.LogU, (((_k - 1) * _a.LogU) + _a.LogL) / _k);
        }
    }

    private static double BitLength(BigInteger n) => n.IsZero || n.IsOne ? 0 : BigInteger.Abs(n).GetBitLength();

    private long SeparationBits()
    {
        double degree = 1;
        long turns = 1;
        var seen = new HashSet<Real>(ReferenceEqualityComparer.Instance);
        var open = new Stack<Real>();
        open.Push(this);
        while (open.TryPop(out var node))
        {
            if (!seen.Add(node))
                continue;
            if (node._kind == RealKind.Root)
                degree *= node._k;
            if (node._kind == RealKind.CosPi)
            {
                if (node._value.Denominator > 1 << 20)
                    return long.MaxValue;
                turns = Lcm(turns, 2 * (long)node._value.Denominator);
                if (turns > 1 << 24)
                    return long.MaxValue;
            }

            if (node._a is not null)
                open.Push(node._a);
            if (node._b is not null)
                open.Push(node._b);
        }

        degree *= Totient(turns);
        var bits = ((degree - 1) * (LogU + 1)) + LogL + 2;
        return bits < 1e15 ? (long)bits : long.MaxValue;
    }

    private static long Lcm(long a, long b) => a / (long)BigInteger.GreatestCommonDivisor(a, b) * b;

    private static long Totient(long n)
    {
        var result = n;
        for (long p = 2; p * p <= n; p++)
        {
            if (n % p != 0)
                continue;
            while (n % p == 0)
                n /= p;
            result -= result / p;
        }

        return n > 1 ? result - (result / n) : result;
    }
}
