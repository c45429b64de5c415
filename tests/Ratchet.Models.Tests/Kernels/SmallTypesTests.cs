using Ratchet.Loop;
using Ratchet.Models.Cpu;
using Ratchet.Models.Kernels;

namespace Ratchet.Models.Tests.Kernels;

public sealed unsafe class SmallTypesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(100_003)]
    public void Many_numbers_are_rounded_like_one(int count)
    {
        var stream = RandomStream.FromSeed(1);
        var values = Enumerable.Range(0, count).Select(_ => BitConverter.UInt32BitsToSingle((uint)stream.NextInt(int.MaxValue) * 2 + (uint)stream.NextInt(2))).ToArray();
        float[] special = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon, -0f, BitConverter.UInt32BitsToSingle(0x7F800001)];
        special.AsSpan(0, Math.Min(count, special.Length)).CopyTo(values);

        var rounded = new ushort[count];
        SmallTypes.ToBFloat16(values, rounded);
        Assert.Equal(values.Select(SmallTypes.ToBFloat16), rounded);

        var back = new float[count];
        SmallTypes.FromBFloat16(rounded, back);
        Assert.Equal(rounded.Select(r => (uint)r << 16), back.Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void Whole_numbers_are_the_nearest_ones_within_bounds()
    {
        var stream = RandomStream.FromSeed(2);
        var values = Enumerable.Range(0, 640).Select(i => (float)(stream.NextNormal() * (i % 3 == 0 ? 1 : 200))).ToArray();
        var scales = Enumerable.Range(0, 640).Select(i => i % 11 == 0 ? 0f : (float)(0.01 + (2 * stream.NextDouble()))).ToArray();
        (values[1], scales[1]) = (2.5f, 1);
        (values[2], scales[2]) = (-3.5f, 1);

        var whole = new sbyte[640];
        SmallTypes.ToInt8(values, scales, whole);

        Assert.Equal(values.Zip(scales, (v, s) => s > 0 ? (sbyte)Math.Clamp(MathF.Round(v / s), -127, 127) : (sbyte)0), whole);
        Assert.Equal([2, -4], whole[1..3]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(29)]
    [InlineData(1000)]
    public void The_largest_magnitude_is_found_wherever_it_stands(int count)
    {
        var stream = RandomStream.FromSeed(3);
        var values = Enumerable.Range(0, count).Select(_ => (float)stream.NextNormal()).ToArray();
        Assert.Equal(values.Select(MathF.Abs).DefaultIfEmpty().Max(), SmallTypes.LargestMagnitude(values));
        for (var i = 0; i < count; i++)
        {
            var changed = (float[])values.Clone();
            changed[i] = -50;
            Assert.Equal(50, SmallTypes.LargestMagnitude(changed));
        }
    }

    [Theory]
    [InlineData(new[] { 32, 64, 5 })]
    [InlineData(new[] { 40, 24, 24 })]
    [InlineData(new[] { 96 })]
    public void Layers_that_are_packed_together_compute_like_one_layer_of_their_rows(int[] outputs)
    {
        const int Inputs = 300;
        var stream = RandomStream.FromSeed(4);
        var parts = outputs.Select(n => Enumerable.Range(0, n * Inputs).Select(_ => (float)stream.NextNormal()).ToArray()).ToArray();
        var x = Enumerable.Range(0, 3 * Inputs).Select(_ => (float)stream.NextNormal()).ToArray();
        foreach (var precision in Enum.GetValues<WeightPrecision>())
        {
            using var together = new PackedMatrix(Inputs, precision, parts);
            using var one = new PackedMatrix(Inputs, precision, [.. parts.SelectMany(p => p)]);
            Assert.Equal(outputs.Sum(), together.Outputs);
            Assert.Equal(Multiply(one), Multiply(together));
        }

        float[] Multiply(PackedMatrix matrix)
        {
            var y = new float[3 * matrix.Outputs];
            fixed (float* px = x, py = y)
                matrix.Multiply(px, py, 3);
            return y;
        }
    }
}
