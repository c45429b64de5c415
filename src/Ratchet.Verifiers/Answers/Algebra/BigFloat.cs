using System.Numerics;

namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>A number <c>Mantissa * 2^Exponent</c>; every operation rounds to a number of bits, down or up as asked.</summary>
internal readonly struct BigFloat(BigInteger mantissa, long exponent) : IComparable<BigFloat>
{
    public static BigFloat Zero => default;

    public BigInteger Mantissa { get; } = mantissa;

    public long Exponent { get; } = exponent;

    public int Sign => Mantissa.Sign;

    /// <summary>The number is below 2^Top in absolute value and not below 2^(Top-1); meaningless for zero.</summary>
    public long Top => Exponent + (long)BigInteger.Abs(Mantissa).GetBitLength();

    public static BigFloat operator -(BigFloat a) => new(-a.Mantissa, a.Exponent);

    public static bool operator <(BigFloat a, BigFloat b) => a.CompareTo(b) < 0;

    public static bool operator >(BigFloat a, BigFloat b) => a.CompareTo(b) > 0;

    public static BigFloat Add(BigFloat a, BigFloat b, int bits, bool up)
    {
        if (a.Sign == 0)
            return b.Round(bits, up);
        if (b.Sign == 0)
            return a.Round(bits, up);
        if (a.Exponent < b.Exponent)
            (a, b) = (b, a);
        if (a.Exponent - b.Top > bits + 16)
        {
            // b lies far below the last bit that is kept: a nudge by one bit there keeps the direction of rounding right.
            var shift = bits + 8;
            var nudged = (a.Mantissa << shift) + ((b.Sign > 0) == up ? b.Sign : 0);
            return new BigFloat(nudged, a.Exponent - shift).Round(bits, up);
        }

        if (a.Exponent - b.Exponent > 1 << 26)
            throw new UndecidedException(AnswerReason.Limit, "a number is too long to add");
        return new BigFloat((a.Mantissa << (int)(a.Exponent - b.Exponent)) + b.Mantissa, b.Exponent).Round(bits, up);
    }

    public static BigFloat Multiply(BigFloat a, BigFloat b, int bits, bool up) =>
        new BigFloat(a.Mantissa * b.Mantissa, a.Exponent + b.Exponent).Round(bits, up);

    public static BigFloat Divide(BigFloat a, BigFloat b, int bits, bool up)
    {
        var shift = Math.Max(0, bits + 2 + (int)(BigInteger.Abs(b.Mantissa).GetBitLength() - BigInteger.Abs(a.Mantissa).GetBitLength()));
        var numerator = a.Mantissa << shift;
        var quotient = BigInteger.DivRem(numerator, b.Mantissa, out var remainder);
        if (!remainder.IsZero && (remainder.Sign < 0) != (b.Mantissa.Sign < 0))
            quotient -= 1;
        if (up && !remainder.IsZero)
            quotient += 1;
        return new BigFloat(quotient, a.Exponent - b.Exponent - shift).Round(bits, up);
    }

    /// <summary>The k-th root of a number that is not negative.</summary>
    public BigFloat Root(int k, int bits, bool up)
    {
        if (Sign <= 0)
            return Zero;
        var shift = Math.Max(0, (bits + 2L) * k - (long)Mantissa.GetBitLength());
        var rest = (Exponent - shift) % k;
        if (rest < 0)
            rest += k;
        shift += rest;
        var scaled = Mantissa << (int)shift;
        var root = IntegerRoot.Floor(scaled, k);
        if (up && BigInteger.Pow(root, k) != scaled)
            root += 1;
        return new BigFloat(root, (Exponent - shift) / k).Round(bits, up);
    }

    public BigFloat Round(int bits, bool up)
    {
        var length = (int)BigInteger.Abs(Mantissa).GetBitLength();
        if (length <= bits)
            return this;
        var shift = length - bits;
        return new(up ? -(-Mantissa >> shift) : Mantissa >> shift, Exponent + shift);
    }

    /// <summary>The number times 2^scale as a whole number, rounded down.</summary>
    public BigInteger ToFixed(int scale)
    {
        var shift = Exponent + scale;
        return shift switch
        {
            >= 0 and < 1 << 26 => Mantissa << (int)shift,
            < 0 and > -(1 << 26) => Mantissa >> (int)-shift,
            < 0 => Mantissa.Sign < 0 ? BigInteger.MinusOne : BigInteger.Zero,
            _ => throw new UndecidedException(AnswerReason.Limit, "a number is too large to evaluate"),
        };
    }

    public int CompareTo(BigFloat other)
    {
        if (Sign != other.Sign || Sign == 0)
            return Sign.CompareTo(other.Sign);
        if (Top != other.Top)
            return Top > other.Top ? Sign : -Sign;
        return Exponent >= other.Exponent
            ? (Mantissa << (int)(Exponent - other.Exponent)).CompareTo(other.Mantissa)
            : Mantissa.CompareTo(other.Mantissa << (int)(other.Exponent - Exponent));
    }
}
