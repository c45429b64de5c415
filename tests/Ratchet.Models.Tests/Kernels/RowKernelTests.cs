using CsCheck;
using Ratchet.Loop;
using Ratchet.Models.Kernels;

namespace Ratchet.Models.Tests.Kernels;

public sealed unsafe class RowKernelTests
{
    [Fact]
    public void Every_row_kernel_gives_the_same_bits_on_every_instruction_path()
    {
        Gen.Select(Gen.Int[1, 100], Gen.Int).Sample((n, seed) =>
        {
            var expected = All<LanesScalar>(n, seed);
            GemmTests.AssertSameBits(expected, All<Lanes128>(n, seed), $"128 n={n}");
            GemmTests.AssertSameBits(expected, All<Lanes256>(n, seed), $"256 n={n}");
            GemmTests.AssertSameBits(expected, All<Lanes512>(n, seed), $"512 n={n}");
        }, iter: 150, seed: "0000000000001");
    }

    [Fact]
    public void The_exponential_is_within_two_units_in_the_last_place()
    {
        var x = new float[400_000];
        for (var i = 0; i < x.Length; i++)
            x[i] = -87.3f + (175.6f * i / x.Length);
        var y = new float[x.Length];
        fixed (float* px = x, py = y)
            RowKernels.ExpSum(px, x.Length, 0, py);
        var worst = 0.0;
        for (var i = 0; i < x.Length; i++)
        {
            var exact = Math.Exp(x[i]);
            worst = Math.Max(worst, Math.Abs(y[i] - exact) / (MathF.BitIncrement((float)exact) - (float)exact));
        }

        Assert.True(worst < 2, $"{worst} units");
    }

    [Fact]
    public void The_exponential_keeps_its_ends_and_not_a_number()
    {
        float[] x = [float.NegativeInfinity, -200, 0, 200, float.NaN];
        fixed (float* p = x)
            RowKernels.ExpSum(p, 5, 0, p);
        Assert.True(x[0] is > 0 and < 2e-38f);
        Assert.Equal(x[0], x[1]);
        Assert.Equal(1f, x[2]);
        Assert.True(x[3] is > 2e38f and < float.PositiveInfinity);
        Assert.True(float.IsNaN(x[4]));
    }

    [Fact]
    public void Row_kernels_agree_with_double_precision_formulas()
    {
        Gen.Select(Gen.Int[1, 90], Gen.Int).Sample((n, seed) =>
        {
            float[] a = Draw(n, seed), b = Draw(n, seed + 1), y = new float[n];
            fixed (float* pa = a, pb = b, py = y)
            {
                var r = RowKernels.RmsNorm(pa, pb, n, 1e-5f, py);
                var exact = 1 / Math.Sqrt((a.Sum(v => (double)v * v) / n) + 1e-5);
                Near(exact, r);
                for (var i = 0; i < n; i++)
                    Near(a[i] * exact * b[i], y[i]);
                RowKernels.SiluMultiply(pa, pb, n, py);
                for (var i = 0; i < n; i++)
                    Near(a[i] / (1 + Math.Exp(-a[i])) * b[i], y[i]);
                var log = Math.Log(a.Sum(v => Math.Exp(v)));
                Near(log, RowKernels.Softmax(pa, n, py));
                for (var i = 0; i < n; i++)
                    Near(Math.Exp(a[i] - log), y[i]);
                Near(a[n / 2] - log, RowKernels.LogProbability(pa, n, n / 2, py));
                Assert.Equal(a.Max(), RowKernels.Largest(pa, n));
            }
        }, iter: 100, seed: "0000000000001");
    }

    [Fact]
    public void A_rotation_by_negated_sines_undoes_the_rotation()
    {
        var (cosines, sines) = RotaryTable.Create(TinyModels.Plain with { HeadSize = 40 }, 50);
        var negated = Array.ConvertAll(sines, s => -s);
        var x = Draw(40, 4);
        var y = (float[])x.Clone();
        fixed (float* p = y, c = cosines, s = sines, m = negated)
        {
            RowKernels.Rotate(p, 40, c + (49 * 20), s + (49 * 20));
            Assert.True(Math.Abs(y[0] - x[0]) > 1e-3);
            RowKernels.Rotate(p, 40, c + (49 * 20), m + (49 * 20));
        }

        for (var i = 0; i < 40; i++)
            Near(x[i], y[i]);
    }

    [Fact]
    public void Attention_agrees_with_the_formula_and_reads_no_position_beyond_the_count()
    {
        Gen.Select(Gen.Int[1, 140], Gen.Int[1, 24].Select(h => 2 * h), Gen.Int).Sample((count, size, seed) =>
        {
            var pageFloats = 32 * size;
            var blocks = (count + 15) / 16;
            var memory = new float[blocks * pageFloats];
            Array.Fill(memory, float.NaN); // what a reused page may hold
            float[] q = Draw(size, seed), k = Draw(count * size, seed + 1), v = Draw(count * size, seed + 2), output = new float[size], scores = new float[blocks * 16];
            var table = new nint[blocks];
            fixed (float* m = memory, pq = q, pk = k, po = output, ps = scores)
            {
                fixed (nint* t = table)
                {
                    for (var i = 0; i < blocks; i++)
                        t[i] = (nint)(m + (i * pageFloats));
                    for (var i = 0; i < count; i++)
                    {
                        var page = m + (i / 16 * pageFloats);
                        RowKernels.StoreKey(pk + (i * size), size, page, i % 16);
                        v.AsSpan(i * size, size).CopyTo(new Span<float>(page + (16 * size) + (i % 16 * size), size));
                    }

                    RowKernels.Attend(pq, size, (float**)t, 0, 16 * size, count, 0.3f, ps, po);
                }
            }

            var exact = Enumerable.Range(0, count).Select(i => Math.Exp(0.3f * Enumerable.Range(0, size).Sum(d => (double)q[d] * k[(i * size) + d]))).ToArray();
            for (var d = 0; d < size; d++)
                Near(Enumerable.Range(0, count).Sum(i => exact[i] / exact.Sum() * v[(i * size) + d]), output[d]);
        }, iter: 60, seed: "0000000000001");
    }

    private static float[] All<TLanes>(int n, int seed)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        float[] a = Draw(n, seed), b = Draw(n, seed + 1), y = new float[n];
        var results = new List<float>();
        fixed (float* pa = a, pb = b, py = y)
        {
            results.Add(RowMath<TLanes>.RmsNorm(pa, pb, n, 1e-5f, py));
            results.AddRange(y);
            RowMath<TLanes>.SiluMultiply(pa, pb, n, py);
            results.AddRange(y);
            RowMath<TLanes>.Sigmoid(pa, n, py);
            results.AddRange(y);
            results.Add(RowMath<TLanes>.Largest(pa, n));
            results.Add(RowMath<TLanes>.ExpSum(pa, n, 0.5f, py));
            results.AddRange(y);
            RowMath<TLanes>.Scale(pa, n, 0.7f, py);
            RowMath<TLanes>.Add(pa, py, n);
            results.AddRange(y);
            RowMath<TLanes>.Rotate(pa, n / 2 * 2, pb, pb + (n / 2));
            results.AddRange(a);
        }

        var size = (n % 48) + 2;
        var blocks = (n + 15) / 16;
        float[] pages = Draw(blocks * 32 * size, seed + 2), q = Draw(size, seed + 3), output = new float[size], scores = new float[blocks * 16];
        var table = new nint[blocks];
        fixed (float* m = pages, pq = q, po = output, ps = scores)
        {
            fixed (nint* t = table)
            {
                for (var i = 0; i < blocks; i++)
                    t[i] = (nint)(m + (i * 32 * size));
                RowMath<TLanes>.Attend(pq, size, (float**)t, 0, 16 * size, n, 0.2f, ps, po);
            }
        }

        results.AddRange(output);
        return [.. results];
    }

    private static float[] Draw(int count, int seed)
    {
        var stream = RandomStream.FromSeed((ulong)seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)stream.NextNormal())];
    }

    private static void Near(double expected, double actual)
        => Assert.True(Math.Abs(expected - actual) <= 3e-6 * Math.Max(1, Math.Abs(expected)), $"expected {expected}, actual {actual}");
}
