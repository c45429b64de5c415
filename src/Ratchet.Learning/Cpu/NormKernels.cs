using System.Numerics;

namespace Ratchet.Learning.Cpu;

/// <summary>
/// The backward side of RMSNorm on one row x [n] (Zhang and Sennrich 2019): y = x · s · g with s = 1 / sqrt(mean(x²) + epsilon) and gains g.
/// The forward side is the sampler's kernel, which hands s over.
/// </summary>
internal static unsafe class NormKernels
{
    /// <summary>y = x · s · g; y may be x.</summary>
    public static void Apply(float* x, float scale, float* gain, float* y, int n)
    {
        var width = Vector<float>.Count;
        var s = new Vector<float>(scale);
        var i = 0;
        for (; i <= n - width; i += width)
            (Vector.Load(x + i) * s * Vector.Load(gain + i)).Store(y + i);
        for (; i < n; i++)
            y[i] = x[i] * scale * gain[i];
    }

    /// <summary>
    /// From dy: dg += dy · x · s, and dx (= or +=) s · (dy · g - x · s² · mean(dy · g · x)). dx may be dy when it is not added to.
    /// </summary>
    public static void Backward(float* dy, float* x, float scale, float* gain, float* dx, float* gainGradient, int n, bool add)
    {
        var width = Vector<float>.Count;
        var sum = Vector<float>.Zero;
        var s = new Vector<float>(scale);
        var i = 0;
        for (; i <= n - width; i += width)
        {
            var upstream = Vector.Load(dy + i);
            var product = upstream * Vector.Load(x + i);
            sum = Vector.FusedMultiplyAdd(product, Vector.Load(gain + i), sum);
            Vector.FusedMultiplyAdd(product, s, Vector.Load(gainGradient + i)).Store(gainGradient + i);
        }

        var dot = Vector.Sum(sum);
        for (; i < n; i++)
        {
            var product = dy[i] * x[i];
            dot += product * gain[i];
            gainGradient[i] += product * scale;
        }

        var back = -scale * scale * scale * dot / n;
        var b = new Vector<float>(back);
        for (i = 0; i <= n - width; i += width)
        {
            var value = Vector.FusedMultiplyAdd(Vector.Load(x + i), b, Vector.Load(dy + i) * Vector.Load(gain + i) * s);
            if (add)
                value += Vector.Load(dx + i);
            value.Store(dx + i);
        }

        for (; i < n; i++)
        {
            var value = (x[i] * back) + (dy[i] * gain[i] * scale);
            dx[i] = add ? dx[i] + value : value;
        }
    }
}
