using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ratchet.Learning.Cpu;

/// <summary>Exponential and row reductions on <see cref="Vector{T}"/>.</summary>
internal static unsafe class VectorMath
{
    /// <summary>Below this argument the exponential is 0: smaller results would be subnormal.</summary>
    private const float LowestArgument = -87.3f;
    private const float HighestArgument = 88.3f;

    /// <summary>
    /// e^x with a relative error below 2e-7: x = n·ln 2 + r, a polynomial of degree 6 in r (Cephes <c>expf</c>), and n added to the
    /// exponent. Arguments below -87.3, minus infinity included, give 0; arguments above 88.3 give e^88.3; NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Exp(Vector<float> x)
    {
        // One instruction each. The argument stands second, where x86 lets a NaN through.
        var limited = Vector.MinNative(new Vector<float>(HighestArgument), Vector.MaxNative(new Vector<float>(LowestArgument), x));
        var n = Vector.Round(limited * new Vector<float>(1.44269504088896341f));
        var r = Vector.FusedMultiplyAdd(n, new Vector<float>(-0.693359375f), limited);
        r = Vector.FusedMultiplyAdd(n, new Vector<float>(2.12194440e-4f), r);
        var p = new Vector<float>(1.9875691500e-4f);
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1.3981999507e-3f));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(8.3334519073e-3f));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(4.1665795894e-2f));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(1.6666665459e-1f));
        p = Vector.FusedMultiplyAdd(p, r, new Vector<float>(5.0000001201e-1f));
        p = Vector.FusedMultiplyAdd(p, r * r, r + Vector<float>.One);
        var scaled = Vector.AsVectorSingle(Vector.AsVectorInt32(p) + Vector.ShiftLeft(Vector.ConvertToInt32(n), 23));
        return Vector.ConditionalSelect(Vector.LessThan(x, new Vector<float>(LowestArgument)), Vector<float>.Zero, scaled);
    }

    /// <summary>Sum of a·b over n elements.</summary>
    public static float Dot(float* a, float* b, int n)
    {
        var width = Vector<float>.Count;
        var sum = Vector<float>.Zero;
        var i = 0;
        for (; i <= n - width; i += width)
            sum = Vector.FusedMultiplyAdd(Vector.Load(a + i), Vector.Load(b + i), sum);
        var result = Vector.Sum(sum);
        for (; i < n; i++)
            result += a[i] * b[i];
        return result;
    }

    /// <summary>Largest of n elements, n at least 1; unspecified when one is NaN.</summary>
    public static float Max(float* x, int n)
    {
        var width = Vector<float>.Count;
        var i = 0;
        var result = float.NegativeInfinity;
        if (n >= width)
        {
            var max = Vector.Load(x);
            for (i = width; i <= n - width; i += width)
                max = Vector.MaxNative(max, Vector.Load(x + i));
            for (var k = 0; k < width; k++)
                result = max[k] > result ? max[k] : result;
        }

        for (; i < n; i++)
            result = x[i] > result ? x[i] : result;
        return result;
    }

    /// <summary>y += factor · x.</summary>
    public static void AddScaled(float* x, float factor, float* y, int n)
    {
        var width = Vector<float>.Count;
        var f = new Vector<float>(factor);
        var i = 0;
        for (; i <= n - width; i += width)
            Vector.FusedMultiplyAdd(Vector.Load(x + i), f, Vector.Load(y + i)).Store(y + i);
        for (; i < n; i++)
            y[i] = MathF.FusedMultiplyAdd(x[i], factor, y[i]);
    }
}
