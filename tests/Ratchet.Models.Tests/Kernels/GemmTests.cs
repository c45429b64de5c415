using CsCheck;
using Ratchet.Models.Kernels;

namespace Ratchet.Models.Tests.Kernels;

public sealed unsafe class GemmTests
{
    private static readonly Gen<(int M, int K, int N, bool TransposedA, bool TransposedB, bool Accumulate, int Seed)> GenCase =
        Gen.Select(Gen.Int[1, 37], Gen.Int[0, 600], Gen.OneOf(Gen.Int[1, 200], Gen.Int[1, 12].Select(n => 16 * n), Gen.Int[1, 25].Select(n => 8 * n)), Gen.Bool, Gen.Bool, Gen.Bool, Gen.Int);

    [Fact]
    public void Every_element_is_one_chain_of_fused_multiply_adds_in_order_on_every_instruction_path()
    {
        GenCase.Sample(x =>
        {
            var (a, b, c) = Operands(x.M, x.K, x.N, x.Seed);
            var expected = Chain(a, b, c, x.M, x.K, x.N, x.TransposedA, x.TransposedB, x.Accumulate);
            fixed (float* pa = a, pb = b)
            {
                var packed = new float[Gemm.PackedLength(x.K, x.N)];
                fixed (float* pp = packed)
                {
                    Gemm.Pack(pb, x.K, x.N, x.TransposedB ? 1 : x.N, x.TransposedB ? x.K : 1, pp);
                    var (row, column) = x.TransposedA ? (1L, (long)x.M) : (x.K, 1L);
                    foreach (var path in Paths)
                    {
                        var actual = (float[])c.Clone();
                        fixed (float* pc = actual)
                            Multiply(path, pa, row, column, pp, pc, x.N, x.M, x.K, x.N, x.Accumulate);
                        AssertSameBits(expected, actual, $"{path} {x}");
                    }
                }
            }
        }, iter: 120, seed: "0000000000001");
    }

    [Fact]
    public void The_public_entry_takes_one_of_those_paths()
    {
        var (a, b, c) = Operands(13, 300, 77, 5);
        var expected = Chain(a, b, c, 13, 300, 77, false, false, true);
        var packed = new float[Gemm.PackedLength(300, 77)];
        fixed (float* pa = a, pb = b, pc = c, pp = packed)
        {
            Gemm.Pack(pb, 300, 77, 77, 1, pp);
            Gemm.Multiply(pa, 300, 1, pp, pc, 77, 13, 300, 77, accumulate: true);
        }

        AssertSameBits(expected, c, "public");
    }

    [Fact]
    public void A_bfloat16_product_is_the_float_product_with_rounded_weights()
    {
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 300], Gen.Int[1, 150], Gen.Int).Sample((m, k, n, seed) =>
        {
            var (a, b, c) = Operands(m, k, n, seed);
            var rounded = Array.ConvertAll(b, v => BitConverter.UInt32BitsToSingle((uint)SmallTypes.ToBFloat16(v) << 16));
            var expected = Chain(a, rounded, c, m, k, n, false, false, false);
            var packed = new ushort[Gemm.PackedLength(k, n)];
            fixed (float* pa = a, pb = b)
            {
                fixed (ushort* pp = packed)
                {
                    Gemm.PackBFloat16(pb, k, n, n, 1, pp);
                    foreach (var path in Paths)
                    {
                        var actual = new float[m * n];
                        fixed (float* pc = actual)
                            MultiplyBFloat16(path, pa, k, 1, pp, pc, n, m, k, n, false);
                        AssertSameBits(expected, actual, path);
                    }
                }
            }
        }, iter: 30, seed: "0000000000001");
    }

    [Fact]
    public void Products_with_whole_numbers_are_the_same_bits_on_every_path_and_near_the_exact_ones()
    {
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 300], Gen.Int[1, 150], Gen.Int).Sample((m, k, n, seed) =>
        {
            var (a, b, c) = Operands(m, k, n, seed);
            var packed = new sbyte[Gemm.PackedLength(k, n)];
            var scales = new float[n];
            fixed (float* pa = a, pb = b, ps = scales)
            {
                fixed (sbyte* pp = packed)
                {
                    Gemm.PackInt8(pb, k, n, n, 1, pp, ps);
                    var whole = Enumerable.Range(0, k * n).Select(i => MathF.Round(b[i] / scales[i % n])).ToArray();
                    for (var i = 0; i < whole.Length; i++)
                    {
                        Assert.InRange(whole[i], -127, 127);
                        Assert.True(Math.Abs((whole[i] * scales[i % n]) - b[i]) <= 0.5001f * scales[i % n]);
                    }

                    var expected = Chain(a, whole, c, m, k, n, false, false, false);
                    foreach (var path in Paths)
                    {
                        var actual = new float[m * n];
                        fixed (float* pc = actual)
                            MultiplyInt8(path, pa, k, pp, pc, n, m, k, n);
                        AssertSameBits(expected, actual, path);
                    }
                }
            }
        }, iter: 30, seed: "0000000000001");
    }

    [Fact]
    public void A_column_of_zeros_has_the_scale_0_and_stays_zero()
    {
        float[] b = [0, 2, 0, -1];
        var packed = new sbyte[Gemm.PackedLength(2, 2)];
        var scales = new float[2];
        fixed (float* pb = b, ps = scales)
        {
            fixed (sbyte* pp = packed)
                Gemm.PackInt8(pb, 2, 2, 2, 1, pp, ps);
        }

        Assert.Equal([0, 2f / 127], scales);
        Assert.Equal([0, 127, 0, -64], [packed[0], packed[1], packed[Gemm.PanelWidth], packed[Gemm.PanelWidth + 1]]);
    }

    [Theory]
    [InlineData(1f, 0x3F80)]
    [InlineData(1.00390625f, 0x3F80)] // half way, to even
    [InlineData(1.01171875f, 0x3F82)] // half way, to even
    [InlineData(float.PositiveInfinity, 0x7F80)]
    [InlineData(-0f, 0x8000)]
    public void Rounding_to_bfloat16_is_to_nearest_even(float value, int expected) => Assert.Equal(expected, SmallTypes.ToBFloat16(value));

    [Fact]
    public void Nothing_outside_the_result_is_written()
    {
        const int M = 9, K = 40, N = 45, Ldc = 50;
        var (a, b, _) = Operands(M, K, N, 3);
        var packed = new float[Gemm.PackedLength(K, N)];
        foreach (var path in Paths)
        {
            var c = new float[(M + 1) * Ldc];
            Array.Fill(c, 7f);
            fixed (float* pa = a, pb = b, pc = c, pp = packed)
            {
                Gemm.Pack(pb, K, N, N, 1, pp);
                Multiply(path, pa, K, 1, pp, pc, Ldc, M, K, N, false);
            }

            for (var i = 0; i < c.Length; i++)
            {
                if (i / Ldc >= M || i % Ldc >= N)
                    Assert.Equal(7f, c[i]);
            }
        }
    }

    internal static readonly string[] Paths = ["scalar", "128", "256", "512"];

    internal static void AssertSameBits(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
                Assert.Fail($"{what}: element {i}: expected {expected[i]:R}, actual {actual[i]:R}");
        }
    }

    private static void Multiply(string path, float* a, long row, long column, float* packed, float* c, int ldc, int m, int k, int n, bool accumulate)
    {
        switch (path)
        {
            case "scalar": GemmDriver<LanesScalar, float>.Multiply(a, row, column, packed, c, ldc, m, k, n, accumulate); break;
            case "128": GemmDriver<Lanes128, float>.Multiply(a, row, column, packed, c, ldc, m, k, n, accumulate); break;
            case "256": GemmDriver<Lanes256, float>.Multiply(a, row, column, packed, c, ldc, m, k, n, accumulate); break;
            default: GemmDriver<Lanes512, float>.Multiply(a, row, column, packed, c, ldc, m, k, n, accumulate); break;
        }
    }

    private static void MultiplyInt8(string path, float* a, long row, sbyte* packed, float* c, int ldc, int m, int k, int n)
    {
        switch (path)
        {
            case "scalar": GemmDriver<LanesScalar, sbyte>.Multiply(a, row, 1, packed, c, ldc, m, k, n, false); break;
            case "128": GemmDriver<Lanes128, sbyte>.Multiply(a, row, 1, packed, c, ldc, m, k, n, false); break;
            case "256": GemmDriver<Lanes256, sbyte>.Multiply(a, row, 1, packed, c, ldc, m, k, n, false); break;
            default: GemmDriver<Lanes512, sbyte>.Multiply(a, row, 1, packed, c, ldc, m, k, n, false); break;
        }
    }

    private static void MultiplyBFloat16(string path, float* a, long row, long column, ushort* packed, float* c, int ldc, int m, int k, int n, bool accumulate)
    {
        switch (path)
        {
            case "scalar": GemmDriver<LanesScalar, ushort>.Multiply(a, row, column, packed, c, ldc, m, k, n, accumulate); break;
            case "128": GemmDriver<Lanes128, ushort>.Multiply(a, row, column, packed, c, ldc, m, k, n, accumulate); break;
            case "256": GemmDriver<Lanes256, ushort>.Multiply(a, row, column, packed, c, ldc, m, k, n, accumulate); break;
            default: GemmDriver<Lanes512, ushort>.Multiply(a, row, column, packed, c, ldc, m, k, n, accumulate); break;
        }
    }

    private static (float[] A, float[] B, float[] C) Operands(int m, int k, int n, int seed)
    {
        var stream = Loop.RandomStream.FromSeed((ulong)seed);
        float[] Draw(int count)
        {
            var values = new float[count];
            for (var i = 0; i < count; i++)
                values[i] = (float)stream.NextNormal();
            return values;
        }

        return (Draw(m * k), Draw(k * n), Draw(m * n));
    }

    private static float[] Chain(float[] a, float[] b, float[] c, int m, int k, int n, bool transposedA, bool transposedB, bool accumulate)
    {
        var result = new float[m * n];
        for (var i = 0; i < m; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var sum = accumulate ? c[(i * n) + j] : 0f;
                for (var r = 0; r < k; r++)
                    sum = MathF.FusedMultiplyAdd(transposedA ? a[(r * m) + i] : a[(i * k) + r], transposedB ? b[(j * k) + r] : b[(r * n) + j], sum);
                result[(i * n) + j] = sum;
            }
        }

        return result;
    }
}
