using System.Numerics;

namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>A closed interval that holds a real number for certain; endpoints are rounded outwards. The entire line where nothing is known.</summary>
internal readonly struct Interval(BigFloat low, BigFloat high)
{
    public static Interval Entire { get; } = new(default, default, true);

    private Interval(BigFloat low, BigFloat high, bool entire)
        : this(low, high) => IsEntire = entire;

    public BigFloat Low { get; } = low;

    public BigFloat High { get; } = high;

    public bool IsEntire { get; }

    public bool HoldsZero => IsEntire || (Low.Sign <= 0 && High.Sign >= 0);

    /// <summary>Sign of every number in it, or 0 where it holds zero.</summary>
    public int Sign => HoldsZero ? 0 : Low.Sign;

    /// <summary>All numbers in it are below 2^Top in absolute value; not for the entire line.</summary>
    public long Top => Math.Max(Low.Sign == 0 ? long.MinValue / 4 : Low.Top, High.Sign == 0 ? long.MinValue / 4 : High.Top);

    public static Interval Of(BigRational value, int bits)
    {
        var numerator = new BigFloat(value.Numerator, 0);
        if (value.IsInteger)
            return new(numerator.Round(bits, false), numerator.Round(bits, true));
        var denominator = new BigFloat(value.Denominator, 0);
        return new(BigFloat.Divide(numerator, denominator, bits, false), BigFloat.Divide(numerator, denominator, bits, true));
    }

    /// <summary>The interval of a whole number times 2^-scale, known up to an error in units of the last place.</summary>
    public static Interval FromFixed(BigInteger value, int scale, BigInteger error) => new(new(value - error, -scale), new(value + error, -scale));

    public static Interval Add(Interval a, Interval b, int bits) => a.IsEntire || b.IsEntire
        ? Entire
        : new(BigFloat.Add(a.Low, b.Low, bits, false), BigFloat.Add(a.High, b.High, bits, true));

    public static Interval Multiply(Interval a, Interval b, int bits)
    {
        if (a.IsEntire || b.IsEntire)
            return Entire;
        if (a.Low.Sign >= 0 && b.Low.Sign >= 0)
            return new(BigFloat.Multiply(a.Low, b.Low, bits, false), BigFloat.Multiply(a.High, b.High, bits, true));
        Span<BigFloat> first = [a.Low, a.Low, a.High, a.High];
        Span<BigFloat> second = [b.Low, b.High, b.Low, b.High];
        var low = BigFloat.Multiply(a.Low, b.Low, bits, false);
        var high = BigFloat.Multiply(a.Low, b.Low, bits, true);
        for (var i = 1; i < 4; i++)
        {
            var down = BigFloat.Multiply(first[i], second[i], bits, false);
            var up = BigFloat.Multiply(first[i], second[i], bits, true);
            low = down < low ? down : low;
            high = up > high ? up : high;
        }

        return new(low, high);
    }

    public static Interval Divide(Interval a, Interval b, int bits)
    {
        if (a.IsEntire || b.HoldsZero)
            return Entire;
        var one = new BigFloat(BigInteger.One, 0);
        return Multiply(a, new(BigFloat.Divide(one, b.High, bits, false), BigFloat.Divide(one, b.Low, bits, true)), bits);
    }

    /// <summary>The k-th root of a number known not to be negative.</summary>
    public Interval Root(int k, int bits) => IsEntire ? Entire : new(Low.Root(k, bits, false), High.Root(k, bits, true));

    public override string ToString() => IsEntire ? "(-inf, inf)" : $"[{Low.Mantissa}*2^{Low.Exponent}, {High.Mantissa}*2^{High.Exponent}]";
}
