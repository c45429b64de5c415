using System.Numerics;

namespace Ratchet.Learning.Cpu;

/// <summary>The backward side of SwiGLU on one row (Shazeer 2020): a = silu(gate) · up with silu(z) = z / (1 + e^-z).</summary>
internal static unsafe class SwiGluKernels
{
    /// <summary>
    /// In place from da in <paramref name="a"/>: dgate, dup, and a itself again in <paramref name="a"/> (it is not kept from the forward
    /// pass, because making it again costs less than its memory traffic).
    /// </summary>
    public static void Backward(float* gate, float* up, float* a, float* gateGradient, float* upGradient, int n)
    {
        var width = Vector<float>.Count;
        var i = 0;
        for (; i <= n - width; i += width)
        {
            var z = Vector.Load(gate + i);
            var u = Vector.Load(up + i);
            var upstream = Vector.Load(a + i);
            var sigmoid = Vector<float>.One / (Vector<float>.One + VectorMath.Exp(-z));
            var silu = z * sigmoid;
            (silu * u).Store(a + i);
            (upstream * silu).Store(upGradient + i);
            (upstream * u * sigmoid * (Vector<float>.One + z - silu)).Store(gateGradient + i);
        }

        for (; i < n; i++)
        {
            var z = gate[i];
            var upstream = a[i];
            var sigmoid = 1f / (1f + MathF.Exp(-z));
            var silu = z * sigmoid;
            var u = up[i];
            a[i] = silu * u;
            upGradient[i] = upstream * silu;
            gateGradient[i] = upstream * u * sigmoid * (1f + z - silu);
        }
    }
}
