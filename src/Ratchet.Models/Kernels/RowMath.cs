using System.Runtime.CompilerServices;

namespace Ratchet.Models.Kernels;

/// <summary>Row kernels for one instruction path. See <see cref="RowKernels"/> for what each computes.</summary>
/// <remarks>
/// Reductions keep 16 partial results, element i in lane i mod 16, and combine them at the end in the tree of
/// <see cref="ILanes{TSelf}.Sum"/>. A last group of fewer than 16 goes through a buffer filled with a neutral value.
/// </remarks>
internal static unsafe class RowMath<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const float ExpLargest = 88.3f;
    private const float ExpSmallest = -87.33f;
    private const float Shifter = 12582912f; // 1.5 · 2^23: adding it rounds to a whole number

    /// <summary>
    /// e^x: x = n ln 2 + r, a polynomial of degree 7 in r (coefficients of Cephes' expf) times 2^n. Within 2 units in the last place; x is clamped
    /// to [-87.33, 88.3], so that results are normal numbers; NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLanes Exp(TLanes x)
    {
        // The constant comes first: then NaN is kept.
        x = TLanes.Smaller(TLanes.Broadcast(ExpLargest), TLanes.Larger(TLanes.Broadcast(ExpSmallest), x));
        var shifted = TLanes.FusedMultiplyAdd(x, TLanes.Broadcast(1.44269504f), TLanes.Broadcast(Shifter));
        var n = TLanes.Subtract(shifted, TLanes.Broadcast(Shifter));
        var r = TLanes.FusedMultiplyAdd(n, TLanes.Broadcast(-0.693359375f), x);
        r = TLanes.FusedMultiplyAdd(n, TLanes.Broadcast(2.12194440e-4f), r);
        var p = TLanes.FusedMultiplyAdd(TLanes.Broadcast(1.9875691500e-4f), r, TLanes.Broadcast(1.3981999507e-3f));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Broadcast(8.3334519073e-3f));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Broadcast(4.1665795894e-2f));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Broadcast(1.6666665459e-1f));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Broadcast(5.0000001201e-1f));
        p = TLanes.FusedMultiplyAdd(p, TLanes.Multiply(r, r), r);
        p = TLanes.Add(p, TLanes.Broadcast(1f));
        return TLanes.Multiply(p, TLanes.PowerOfTwo(shifted));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Sigmoid(TLanes x)
        => TLanes.Divide(TLanes.Broadcast(1f), TLanes.Add(TLanes.Broadcast(1f), Exp(TLanes.Subtract(TLanes.Zero, x))));

    /// <summary>The last <paramref name="count"/> elements, the other lanes <paramref name="fill"/>.</summary>
    private static TLanes LoadTail(float* x, int count, float fill)
    {
        var buffer = stackalloc float[16];
        for (var i = 0; i < 16; i++)
            buffer[i] = i < count ? x[i] : fill;
        return TLanes.Load(buffer);
    }

    private static void StoreTail(TLanes value, float* y, int count)
    {
        var buffer = stackalloc float[16];
        TLanes.Store(value, buffer);
        for (var i = 0; i < count; i++)
            y[i] = buffer[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float RmsNorm(float* x, float* weight, int n, float epsilon, float* y)
    {
        var squares = TLanes.Zero;
        var i = 0;
        for (; i + 16 <= n; i += 16)
        {
            var v = TLanes.Load(x + i);
            squares = TLanes.FusedMultiplyAdd(v, v, squares);
        }

        if (i < n)
        {
            var v = LoadTail(x + i, n - i, 0);
            squares = TLanes.FusedMultiplyAdd(v, v, squares);
        }

        var inverse = 1f / MathF.Sqrt((TLanes.Sum(squares) / n) + epsilon);
        var scale = TLanes.Broadcast(inverse);
        for (i = 0; i + 16 <= n; i += 16)
            TLanes.Store(TLanes.Multiply(TLanes.Multiply(TLanes.Load(x + i), scale), TLanes.Load(weight + i)), y + i);
        for (; i < n; i++)
            y[i] = x[i] * inverse * weight[i];
        return inverse;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(float* x, int headSize, float* cosines, float* sines)
    {
        var half = headSize / 2;
        var y = x + half;
        var i = 0;
        for (; i + 16 <= half; i += 16)
        {
            TLanes a = TLanes.Load(x + i), b = TLanes.Load(y + i), cos = TLanes.Load(cosines + i), sin = TLanes.Load(sines + i);
            TLanes.Store(TLanes.Subtract(TLanes.Multiply(a, cos), TLanes.Multiply(b, sin)), x + i);
            TLanes.Store(TLanes.Add(TLanes.Multiply(b, cos), TLanes.Multiply(a, sin)), y + i);
        }

        for (; i < half; i++)
        {
            float a = x[i], b = y[i];
            x[i] = (a * cosines[i]) - (b * sines[i]);
            y[i] = (b * cosines[i]) + (a * sines[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* x, float* y, int n)
    {
        var i = 0;
        for (; i + 16 <= n; i += 16)
            TLanes.Store(TLanes.Add(TLanes.Load(x + i), TLanes.Load(y + i)), y + i);
        for (; i < n; i++)
            y[i] = x[i] + y[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaleEach(float* x, float* scales, int n, float* y, bool accumulate)
    {
        var i = 0;
        for (; i + 16 <= n; i += 16)
        {
            TLanes value = TLanes.Load(x + i), scale = TLanes.Load(scales + i);
            TLanes.Store(accumulate ? TLanes.FusedMultiplyAdd(value, scale, TLanes.Load(y + i)) : TLanes.Multiply(value, scale), y + i);
        }

        for (; i < n; i++)
            y[i] = accumulate ? MathF.FusedMultiplyAdd(x[i], scales[i], y[i]) : x[i] * scales[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SiluMultiply(float* gate, float* up, int n, float* y)
    {
        var i = 0;
        for (; i + 16 <= n; i += 16)
        {
            var g = TLanes.Load(gate + i);
            TLanes.Store(TLanes.Multiply(TLanes.Multiply(g, Sigmoid(g)), TLanes.Load(up + i)), y + i);
        }

        if (i < n)
        {
            var g = LoadTail(gate + i, n - i, 0);
            StoreTail(TLanes.Multiply(TLanes.Multiply(g, Sigmoid(g)), LoadTail(up + i, n - i, 0)), y + i, n - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sigmoid(float* x, int n, float* y)
    {
        var i = 0;
        for (; i + 16 <= n; i += 16)
            TLanes.Store(Sigmoid(TLanes.Load(x + i)), y + i);
        if (i < n)
            StoreTail(Sigmoid(LoadTail(x + i, n - i, 0)), y + i, n - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Largest(float* x, int n)
    {
        var largest = TLanes.Broadcast(float.NegativeInfinity);
        var i = 0;
        for (; i + 16 <= n; i += 16)
            largest = TLanes.Larger(TLanes.Load(x + i), largest);
        if (i < n)
            largest = TLanes.Larger(LoadTail(x + i, n - i, float.NegativeInfinity), largest);
        return TLanes.Largest(largest);
    }

    /// <summary>y = e^(x - shift); returns the sum of y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float ExpSum(float* x, int n, float shift, float* y)
    {
        TLanes sum = TLanes.Zero, minus = TLanes.Broadcast(shift);
        var i = 0;
        for (; i + 16 <= n; i += 16)
        {
            var e = Exp(TLanes.Subtract(TLanes.Load(x + i), minus));
            TLanes.Store(e, y + i);
            sum = TLanes.Add(sum, e);
        }

        if (i < n)
        {
            StoreTail(Exp(TLanes.Subtract(LoadTail(x + i, n - i, shift), minus)), y + i, n - i);
            sum = TLanes.Add(sum, LoadTail(y + i, n - i, 0));
        }

        return TLanes.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(float* x, int n, float factor, float* y)
    {
        var f = TLanes.Broadcast(factor);
        var i = 0;
        for (; i + 16 <= n; i += 16)
            TLanes.Store(TLanes.Multiply(TLanes.Load(x + i), f), y + i);
        for (; i < n; i++)
            y[i] = x[i] * factor;
    }

    /// <summary>
    /// Scores of one query head against whole blocks of 16 keys: each score is one chain over the head's dimensions, ascending, then times the scale.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AttentionScores(float* query, int headSize, float** pages, nint keyOffset, int blocks, float scale, float* scores)
    {
        var factor = TLanes.Broadcast(scale);
        var block = 0;
        for (; block + 4 <= blocks; block += 4)
        {
            float* k0 = pages[block] + keyOffset, k1 = pages[block + 1] + keyOffset, k2 = pages[block + 2] + keyOffset, k3 = pages[block + 3] + keyOffset;
            TLanes s0 = TLanes.Zero, s1 = TLanes.Zero, s2 = TLanes.Zero, s3 = TLanes.Zero;
            for (nint d = 0; d < headSize; d++)
            {
                var q = TLanes.Broadcast(query[d]);
                s0 = TLanes.FusedMultiplyAdd(q, TLanes.Load(k0 + (d * 16)), s0);
                s1 = TLanes.FusedMultiplyAdd(q, TLanes.Load(k1 + (d * 16)), s1);
                s2 = TLanes.FusedMultiplyAdd(q, TLanes.Load(k2 + (d * 16)), s2);
                s3 = TLanes.FusedMultiplyAdd(q, TLanes.Load(k3 + (d * 16)), s3);
            }

            TLanes.Store(TLanes.Multiply(s0, factor), scores + (block * 16));
            TLanes.Store(TLanes.Multiply(s1, factor), scores + (block * 16) + 16);
            TLanes.Store(TLanes.Multiply(s2, factor), scores + (block * 16) + 32);
            TLanes.Store(TLanes.Multiply(s3, factor), scores + (block * 16) + 48);
        }

        for (; block < blocks; block++)
        {
            var keys = pages[block] + keyOffset;
            var s = TLanes.Zero;
            for (nint d = 0; d < headSize; d++)
                s = TLanes.FusedMultiplyAdd(TLanes.Broadcast(query[d]), TLanes.Load(keys + (d * 16)), s);
            TLanes.Store(TLanes.Multiply(s, factor), scores + (block * 16));
        }
    }

    /// <summary>
    /// Sum over positions of weight times value, times a factor. Four chains a dimension, position t in chain t mod 4, combined as (0 + 1) + (2 + 3).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AttentionValues(float* weights, int count, int headSize, float** pages, nint valueOffset, float factor, float* output)
    {
        var scale = TLanes.Broadcast(factor);
        var d = 0;
        for (; d + 32 <= headSize; d += 32)
        {
            TLanes a0 = TLanes.Zero, a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
            for (var t = 0; t < count; t += 16)
            {
                var v = pages[t / 16] + valueOffset + d;
                var w = weights + t;
                var end = Math.Min(16, count - t);
                var i = 0;
                for (; i + 4 <= end; i += 4, v += 4 * headSize)
                {
                    TLanes w0 = TLanes.Broadcast(w[i]), w1 = TLanes.Broadcast(w[i + 1]), w2 = TLanes.Broadcast(w[i + 2]), w3 = TLanes.Broadcast(w[i + 3]);
                    a0 = TLanes.FusedMultiplyAdd(w0, TLanes.Load(v), a0);
                    b0 = TLanes.FusedMultiplyAdd(w0, TLanes.Load(v + 16), b0);
                    a1 = TLanes.FusedMultiplyAdd(w1, TLanes.Load(v + headSize), a1);
                    b1 = TLanes.FusedMultiplyAdd(w1, TLanes.Load(v + headSize + 16), b1);
                    a2 = TLanes.FusedMultiplyAdd(w2, TLanes.Load(v + (2 * headSize)), a2);
                    b2 = TLanes.FusedMultiplyAdd(w2, TLanes.Load(v + (2 * headSize) + 16), b2);
                    a3 = TLanes.FusedMultiplyAdd(w3, TLanes.Load(v + (3 * headSize)), a3);
                    b3 = TLanes.FusedMultiplyAdd(w3, TLanes.Load(v + (3 * headSize) + 16), b3);
                }

                if (i < end)
                {
                    a0 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(w[i]), TLanes.Load(v), a0);
                    b0 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(w[i]), TLanes.Load(v + 16), b0);
                }

                if (i + 1 < end)
                {
                    a1 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(w[i + 1]), TLanes.Load(v + headSize), a1);
                    b1 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(w[i + 1]), TLanes.Load(v + headSize + 16), b1);
                }

                if (i + 2 < end)
                {
                    a2 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(w[i + 2]), TLanes.Load(v + (2 * headSize)), a2);
                    b2 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(w[i + 2]), TLanes.Load(v + (2 * headSize) + 16), b2);
                }
            }

            TLanes.Store(TLanes.Multiply(TLanes.Add(TLanes.Add(a0, a1), TLanes.Add(a2, a3)), scale), output + d);
            TLanes.Store(TLanes.Multiply(TLanes.Add(TLanes.Add(b0, b1), TLanes.Add(b2, b3)), scale), output + d + 16);
        }

        for (; d + 16 <= headSize; d += 16)
        {
            TLanes a0 = TLanes.Zero, a1 = a0, a2 = a0, a3 = a0;
            for (var t = 0; t < count; t += 16)
            {
                var v = pages[t / 16] + valueOffset + d;
                var w = weights + t;
                var end = Math.Min(16, count - t);
                var i = 0;
                for (; i + 4 <= end; i += 4, v += 4 * headSize)
                {
                    a0 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(w[i]), TLanes.Load(v), a0);
                    a1 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(w[i + 1]), TLanes.Load(v + headSize), a1);
                    a2 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(w[i + 2]), TLanes.Load(v + (2 * headSize)), a2);
                    a3 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(w[i + 3]), TLanes.Load(v + (3 * headSize)), a3);
                }

                if (i < end)
                    a0 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(w[i]), TLanes.Load(v), a0);
                if (i + 1 < end)
                    a1 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(w[i + 1]), TLanes.Load(v + headSize), a1);
                if (i + 2 < end)
                    a2 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(w[i + 2]), TLanes.Load(v + (2 * headSize)), a2);
            }

            TLanes.Store(TLanes.Multiply(TLanes.Add(TLanes.Add(a0, a1), TLanes.Add(a2, a3)), scale), output + d);
        }

        for (; d < headSize; d++)
        {
            float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
            for (var t = 0; t < count; t++)
            {
                var v = pages[t / 16][valueOffset + ((t % 16) * headSize) + d];
                switch (t % 4)
                {
                    case 0: s0 = MathF.FusedMultiplyAdd(weights[t], v, s0); break;
                    case 1: s1 = MathF.FusedMultiplyAdd(weights[t], v, s1); break;
                    case 2: s2 = MathF.FusedMultiplyAdd(weights[t], v, s2); break;
                    default: s3 = MathF.FusedMultiplyAdd(weights[t], v, s3); break;
                }
            }

            output[d] = (s0 + s1 + (s2 + s3)) * factor;
        }
    }

    public static void Attend(float* query, int headSize, float** pages, nint keyOffset, nint valueOffset, int count, float scale, float* scores, float* output)
    {
        AttentionScores(query, headSize, pages, keyOffset, (count + 15) / 16, scale, scores);
        var sum = ExpSum(scores, count, Largest(scores, count), scores);
        AttentionValues(scores, count, headSize, pages, valueOffset, 1f / sum, output);
    }
}
