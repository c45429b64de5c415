using System.Numerics;
using CsCheck;
using Ratchet.Verifiers.Answers.Algebra;

namespace Ratchet.Verifiers.Tests.Answers;

/// <summary>The exact algebra below the grader.</summary>
public sealed class AlgebraTests
{
    private static readonly BigRational Half = BigRational.Of(1, 2);

    private static Budget Enough => new(10_000_000);

    [Fact]
    public void Intervals_of_elementary_functions_hold_the_value_and_are_narrow()
    {
        Gen.Select(Gen.Int[-20 << 20, 20 << 20], Gen.Int[60, 300]).Sample((n, bits) =>
        {
            var x = n / (double)(1 << 20);
            var argument = Interval.Of(BigRational.Of(n, 1 << 20), bits);
            Check(Elementary.Exp(argument, bits), Math.Exp(x), bits);
            Check(Elementary.Sin(argument, bits), Math.Sin(x), bits);
            Check(Elementary.Cos(argument, bits), Math.Cos(x), bits);
            Check(Elementary.Atan(argument, bits), Math.Atan(x), bits);
            if (x > 0)
                Check(Elementary.Log(argument, bits), Math.Log(x), bits);
        }, iter: 300);
    }

    [Fact]
    public void Inverse_functions_come_back_to_where_they_started()
    {
        Gen.Select(Gen.Long[1, 1_000_000], Gen.Long[1, 1_000], Gen.Int[64, 2000]).Sample((n, d, bits) =>
        {
            var x = Interval.Of(BigRational.Of(n, d), bits);
            var back = Elementary.Exp(Elementary.Log(x, bits), bits);
            Assert.True(Interval.Add(back, Interval.Multiply(Interval.Of(-1, bits), x, bits), bits).HoldsZero);
            var (sin, cos) = (Elementary.Sin(x, bits), Elementary.Cos(x, bits));
            var one = Interval.Add(Interval.Multiply(sin, sin, bits), Interval.Multiply(cos, cos, bits), bits);
            Assert.True(Interval.Add(one, Interval.Of(-1, bits), bits).HoldsZero);
        }, iter: 40);
    }

    [Fact]
    public void Pi_and_ln_2_have_their_known_digits()
    {
        const string Pi = "314159265358979323846264338327950288419716939937510";
        const string Ln2 = "69314718055994530941723212145817656807550013436025";

        Assert.Equal(Pi, Digits(Elementary.Pi(200), 50));
        Assert.Equal(Ln2, Digits(Elementary.Log(Interval.Of(2, 220), 220), 50));
    }

    [Fact]
    public void Whole_roots_are_exact_up_to_the_last_unit()
    {
        Gen.Select(Gen.Long[2, long.MaxValue], Gen.Int[2, 40], Gen.Int[1, 6]).Sample((n, k, repeat) =>
        {
            var value = BigInteger.Pow(n, repeat);
            var root = IntegerRoot.Floor(value, k);
            Assert.True(BigInteger.Pow(root, k) <= value && BigInteger.Pow(root + 1, k) > value);
            Assert.Equal(n, IntegerRoot.Floor(BigInteger.Pow(n, k), k));
            Assert.Equal(n - 1, IntegerRoot.Floor(BigInteger.Pow(n, k) - 1, k));
        }, iter: 200);
    }

    [Fact]
    public void The_sign_of_an_algebraic_number_is_exact_at_any_distance_from_zero()
    {
        var context = new RealContext(Enough);
        var root2 = context.Root(Real.Of(2), 2);
        var root3 = context.Root(Real.Of(3), 2);

        // sqrt 2 + sqrt 3 - sqrt(5 + 2 sqrt 6) is zero; with a tiny shift under the root it is not.
        Real Difference(BigRational shift) => context.Subtract(
            context.Add(root2, root3),
            context.Root(context.Add(Real.Of(5 + shift), context.Multiply(Real.Of(2), context.Root(Real.Of(6), 2))), 2));

        Assert.Equal(0, Difference(BigRational.Zero).Sign(Enough));
        Assert.Equal(-1, Difference(BigRational.Of(1, BigInteger.Pow(10, 200))).Sign(Enough));
        Assert.Equal(1, Difference(BigRational.Of(-1, BigInteger.Pow(10, 200))).Sign(Enough));
    }

    [Fact]
    public void Cosines_of_sevenths_of_a_turn_add_up()
    {
        var context = new RealContext(Enough);
        var sum = context.Add(context.Add(context.CosPi(BigRational.Of(2, 7)), context.CosPi(BigRational.Of(4, 7))), context.CosPi(BigRational.Of(6, 7)));

        Assert.Equal(0, context.Add(sum, Real.Of(Half)).Sign(Enough));
        Assert.Equal(1, context.Add(sum, Real.Of(Half + BigRational.Of(1, BigInteger.Pow(10, 100)))).Sign(Enough));
    }

    [Fact]
    public void A_transcendental_number_too_near_zero_is_left_open()
    {
        var context = new RealContext(Enough);
        var pi = Real.Pi(BigRational.One);
        var fourAtanOne = context.Multiply(Real.Of(4), Real.Of(RealKind.Atan, Real.One));

        Assert.Null(context.Subtract(pi, fourAtanOne).Sign(Enough));
        Assert.Equal(-1, context.Subtract(pi, Real.Of(BigRational.Of(355, 113))).Sign(Enough));
    }

    [Fact]
    public void Rounding_goes_outwards()
    {
        Gen.Select(Gen.Long, Gen.Int[1, 60]).Sample((n, bits) =>
        {
            var value = new BigFloat(n, 0);
            var (down, up) = (value.Round(bits, false), value.Round(bits, true));
            Assert.True(down.CompareTo(value) <= 0 && up.CompareTo(value) >= 0);
        }, iter: 500);
        var huge = BigFloat.Add(new(BigInteger.One, 1_000_000_000), new(BigInteger.MinusOne, 0), 64, up: false);
        Assert.True(huge < new BigFloat(BigInteger.One, 1_000_000_000));
    }

    private static void Check(Interval interval, double value, int bits)
    {
        var (low, high) = (ToDouble(interval.Low), ToDouble(interval.High));
        var slack = (Math.Abs(value) * 1e-14) + 1e-15;
        Assert.True(low <= value + slack && high >= value - slack, $"[{low}, {high}] does not hold {value}");
        var width = BigFloat.Add(interval.High, -interval.Low, 64, true);
        Assert.True(width.Sign == 0 || width.Top <= Math.Max(0, interval.Top) + 12 - bits, $"width 2^{width.Top} at {bits} bits of {value}");
    }

    private static double ToDouble(BigFloat value)
    {
        var rounded = value.Round(64, false);
        return Math.ScaleB((double)rounded.Mantissa, (int)rounded.Exponent);
    }

    private static string Digits(Interval interval, int count)
    {
        var scaled = Interval.Multiply(interval, Interval.Of(BigInteger.Pow(10, count), 300), 300);
        var digits = scaled.Low.ToFixed(0);
        Assert.Equal(digits, scaled.High.ToFixed(0));
        return digits.ToString();
    }
}
