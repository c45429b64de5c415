using System.Diagnostics;
using Ratchet.Models.Kernels;

namespace Ratchet.Systems;

/// <summary>Quick measurements of this machine, for estimates and <c>doctor</c>.</summary>
public static class MachineSpeed
{
    /// <summary>Speed of our matrix product in floating-point operations a second, over some threads; takes about 0.1 s.</summary>
    /// <param name="threads">Threads, at least 1.</param>
    public static double MatrixProduct(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Work(1);
        var rates = new double[threads];
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, i => rates[i] = Work(40));
        return rates.Sum();
    }

    private static unsafe double Work(int milliseconds)
    {
        const int M = 256, K = 128, N = 352;
        var a = new float[M * K];
        var b = new float[K * N];
        var c = new float[M * N];
        Array.Fill(a, 0.5f);
        Array.Fill(b, 0.25f);
        var packed = new float[Gemm.PackedLength(K, N)];
        fixed (float* pa = a, pb = b, pc = c, pp = packed)
        {
            Gemm.Pack(pb, K, N, N, 1, pp);
            var products = 0L;
            var start = Stopwatch.GetTimestamp();
            do
            {
                Gemm.Multiply(pa, K, 1, pp, pc, N, M, K, N, accumulate: false);
                products++;
            }
            while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds);
            return products * 2.0 * M * K * N / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }
}
