using System.Numerics;

namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>
/// Intervals of the elementary functions. Each works on whole numbers scaled by a power of two with guard bits, and widens the
/// result by a bound on what its series and divisions lost.
/// </summary>
internal static class Elementary
{
    private const int Guard = 48;

    // Series below lose less than one unit a term; 2^20 units bound every one of them at the precisions allowed, doublings included.
    private static readonly BigInteger Loss = BigInteger.One << 20;

    private static readonly Dictionary<int, BigInteger> PiCache = [];
    private static readonly Dictionary<int, BigInteger> Ln2Cache = [];

    public static Interval Pi(int bits) => Interval.FromFixed(FixedPi(bits + Guard), bits + Guard, Loss);

    /// <summary>e^x. Undecided where |x| is 2^24 or more.</summary>
    public static Interval Exp(Interval x, int bits)
    {
        if (x.IsEntire)
            return x;
        return new(ExpOf(x.Low, bits).Low.Round(bits, false), ExpOf(x.High, bits).High.Round(bits, true));
    }

    /// <summary>Natural logarithm of a number known to be positive; the entire line where the interval does not yet show that.</summary>
    public static Interval Log(Interval x, int bits)
    {
        if (x.IsEntire || x.Low.Sign <= 0)
            return Interval.Entire;
        return new(LogOf(x.Low, bits).Low.Round(bits, false), LogOf(x.High, bits).High.Round(bits, true));
    }

    public static Interval Atan(Interval x, int bits)
    {
        if (x.IsEntire)
            return x;
        return new(AtanOf(x.Low, bits).Low.Round(bits, false), AtanOf(x.High, bits).High.Round(bits, true));
    }

    public static Interval Cos(Interval x, int bits) => CosSin(x, bits, cosine: true);

    public static Interval Sin(Interval x, int bits) => CosSin(x, bits, cosine: false);

    private static Interval ExpOf(BigFloat x, int bits)
    {
        if (x.Sign != 0 && x.Top > 24)
            throw new UndecidedException(AnswerReason.Limit, "an exponential is too large to evaluate");
        const int Halvings = 12;
        var scale = bits + Guard + 32;
        var value = x.ToFixed(scale);
        var ln2 = FixedLn2(scale);
        var power = BigInteger.Divide(value, ln2);
        var rest = (value - (power * ln2)) >> Halvings;
        var one = BigInteger.One << scale;
        var (sum, term) = (one, one);
        for (var i = 1; !term.IsZero && term != BigInteger.MinusOne; i++)
        {
            term = (term * rest >> scale) / i;
            sum += term;
        }

        for (var i = 0; i < Halvings; i++)
            sum = sum * sum >> scale;
        return Interval.FromFixed(sum, scale - (int)power, Loss << 26);
    }

    private static Interval LogOf(BigFloat x, int bits)
    {
        const int Roots = 10;
        var scale = bits + Guard + 32;
        var one = BigInteger.One << scale;
        var top = x.Top;
        var mantissa = new BigFloat(x.Mantissa, x.Exponent - top).ToFixed(scale);
        for (var i = 0; i < Roots; i++)
            mantissa = IntegerRoot.Floor(mantissa << scale, 2);
        var ratio = ((mantissa - one) << scale) / (mantissa + one);
        var square = ratio * ratio >> scale;
        var (sum, power) = (BigInteger.Zero, ratio);
        for (var i = 1; !power.IsZero && power != BigInteger.MinusOne; i += 2)
        {
            sum += power / i;
            power = power * square >> scale;
        }

        return Interval.FromFixed((sum << (Roots + 1)) + (top * FixedLn2(scale)), scale, (Loss << 14) + (BigInteger.Abs(top) << 20));
    }

    private static Interval AtanOf(BigFloat x, int bits)
    {
        if (x.Sign == 0)
            return new(x, x);
        const int Halvings = 10;
        var scale = bits + Guard + 16;
        var one = BigInteger.One << scale;
        var one2 = one << scale;
        var inverted = x.Top > 0;
        var value = inverted
            ? BigFloat.Divide(new(BigInteger.One, 0), x, scale, false).ToFixed(scale)
            : x.ToFixed(scale);
        for (var i = 0; i < Halvings; i++)
            value = (value << scale) / (one + IntegerRoot.Floor(one2 + (value * value), 2));
        var square = value * value >> scale;
        var (sum, power) = (BigInteger.Zero, value);
        for (var i = 1; !power.IsZero && power != BigInteger.MinusOne; i += 2)
        {
            sum += (i & 2) == 0 ? power / i : -(power / i);
            power = power * square >> scale;
        }

        sum <<= Halvings;
        if (inverted)
            sum = (x.Sign * (FixedPi(scale) >> 1)) - sum;
        return Interval.FromFixed(sum, scale, Loss << 12);
    }

    private static Interval CosSin(Interval x, int bits, bool cosine)
    {
        if (x.IsEntire)
            return x;
        if (x.Top > 4096)
            throw new UndecidedException(AnswerReason.Limit, "the argument of a trigonometric function is too large to evaluate");
        var middle = BigFloat.Add(x.Low, x.High, bits + 4, false);
        middle = new(middle.Mantissa, middle.Exponent - 1);
        var radius = BigFloat.Add(x.High, -middle, 32, true);
        var lower = BigFloat.Add(middle, -x.Low, 32, true);
        if (lower > radius)
            radius = lower;
        const int Halvings = 8;
        var scale = bits + Guard + (2 * Halvings);
        var reduction = scale + (int)Math.Max(0, middle.Sign == 0 ? 0 : middle.Top);
        var turn = FixedPi(reduction) << 1;
        var value = middle.ToFixed(reduction);
        value -= BigInteger.Divide(value, turn) * turn;
        value >>= reduction - scale;
        var small = value >> Halvings;
        var square = small * small >> scale;

        // 1 - cos by its series, then doubled: 1 - cos 2t = 4 (1 - cos t) - 2 (1 - cos t)^2 keeps what is small small.
        var (versine, term) = (BigInteger.Zero, BigInteger.One << scale);
        for (var i = 1; !term.IsZero && term != BigInteger.MinusOne; i++)
        {
            term = -(term * square >> scale) / ((2 * i) - 1) / (2 * i);
            versine -= term;
        }

        for (var i = 0; i < Halvings; i++)
            versine = (versine << 2) - (versine * versine >> (scale - 1));
        BigInteger result;
        if (cosine)
        {
            result = (BigInteger.One << scale) - versine;
        }
        else
        {
            // sin^2 = v (2 - v) loses half the bits near a multiple of pi, so the sine comes from its own doubling.
            result = SineOf(small, square, scale, Halvings);
        }

        var exact = Interval.FromFixed(result, scale, Loss << (2 * Halvings));
        return Interval.Add(exact, new(-radius, radius), bits);
    }

    private static BigInteger SineOf(BigInteger small, BigInteger square, int scale, int halvings)
    {
        var (sine, cosine) = (BigInteger.Zero, BigInteger.Zero);
        var (s, c) = (small, BigInteger.One << scale);
        for (var i = 1; !(s.IsZero || s == BigInteger.MinusOne) || !(c.IsZero || c == BigInteger.MinusOne); i++)
        {
            sine += s;
            cosine += c;
            c = -(c * square >> scale) / ((2 * i) - 1) / (2 * i);
            s = -(s * square >> scale) / (2 * i) / ((2 * i) + 1);
        }

        for (var i = 0; i < halvings; i++)
            (sine, cosine) = (sine * cosine >> (scale - 1), (cosine * cosine - (sine * sine)) >> scale);
        return sine;
    }

    private static BigInteger FixedPi(int scale) => Cached(PiCache, scale, static s =>
        ((16 * ArcTangentOfInverse(5, s)) - (4 * ArcTangentOfInverse(239, s))));

    private static BigInteger FixedLn2(int scale) => Cached(Ln2Cache, scale, static s =>
        (18 * AreaTangentOfInverse(26, s)) - (2 * AreaTangentOfInverse(4801, s)) + (8 * AreaTangentOfInverse(8749, s)));

    /// <summary>Constants are computed at a few precisions only, each a power of two, and cut to what is asked.</summary>
    private static BigInteger Cached(Dictionary<int, BigInteger> cache, int scale, Func<int, BigInteger> compute)
    {
        var rung = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(scale + 32, 256));
        lock (cache)
        {
            if (!cache.TryGetValue(rung, out var value))
                cache[rung] = value = compute(rung);
            return value >> (rung - scale);
        }
    }

    private static BigInteger ArcTangentOfInverse(int n, int scale)
    {
        var power = (BigInteger.One << scale) / n;
        var sum = BigInteger.Zero;
        for (var i = 1; !power.IsZero; i += 2)
        {
            sum += (i & 2) == 0 ? power / i : -(power / i);
            power /= n * n;
        }

        return sum;
    }

    private static BigInteger AreaTangentOfInverse(int n, int scale)
    {
        var power = (BigInteger.One << scale) / n;
        var sum = BigInteger.Zero;
        for (var i = 1; !power.IsZero; i += 2)
        {
            sum += power / i;
            power /= (long)n * n;
        }

        return sum;
    }
}
