using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ratchet.Models.Kernels;

/// <summary>Rounding of float32 to the smaller types that weights are held and stored in. The same bits on every machine.</summary>
internal static class SmallTypes
{
    /// <summary>The nearest bfloat16 (ties to even); NaN stays NaN.</summary>
    public static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>The nearest bfloat16 of each number.</summary>
    public static void ToBFloat16(ReadOnlySpan<float> values, Span<ushort> rounded)
    {
        var i = 0;
        for (; i <= values.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
            Vector256.Narrow(Round(Vector256.Create(values[i..])), Round(Vector256.Create(values[(i + Vector256<float>.Count)..]))).CopyTo(rounded[i..]);
        for (; i < values.Length; i++)
            rounded[i] = ToBFloat16(values[i]);

        static Vector256<uint> Round(Vector256<float> value)
        {
            var bits = value.AsUInt32();
            var number = (bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
            return Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), number, (bits >> 16) | Vector256.Create(0x40u));
        }
    }

    /// <summary>float32 of bfloat16 numbers.</summary>
    public static void FromBFloat16(ReadOnlySpan<ushort> source, Span<float> floats)
    {
        var i = 0;
        for (; i <= floats.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(source[i..]));
            (low << 16).AsSingle().CopyTo(floats[i..]);
            (high << 16).AsSingle().CopyTo(floats[(i + Vector256<float>.Count)..]);
        }

        for (; i < floats.Length; i++)
            floats[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }

    /// <summary>Each number divided by its scale, rounded (ties to even) and held within -127 to 127; 0 where the scale is not above 0.</summary>
    /// <param name="values">Numbers, a multiple of 32.</param>
    /// <param name="scales">As many scales.</param>
    /// <param name="whole">Receives as many whole numbers.</param>
    public static void ToInt8(ReadOnlySpan<float> values, ReadOnlySpan<float> scales, Span<sbyte> whole)
    {
        for (var i = 0; i < values.Length; i += Vector256<sbyte>.Count)
        {
            var low = Vector256.Narrow(Whole(values[i..], scales[i..]), Whole(values[(i + 8)..], scales[(i + 8)..]));
            var high = Vector256.Narrow(Whole(values[(i + 16)..], scales[(i + 16)..]), Whole(values[(i + 24)..], scales[(i + 24)..]));
            Vector256.Narrow(low, high).CopyTo(whole[i..]);
        }

        static Vector256<int> Whole(ReadOnlySpan<float> values, ReadOnlySpan<float> scales)
        {
            var scale = Vector256.Create(scales);
            var rounded = Vector256.Round(Vector256.Create(values) / scale);
            rounded = Vector256.Min(Vector256.Max(rounded, Vector256.Create(-127f)), Vector256.Create(127f));
            return Vector256.ConvertToInt32(Vector256.ConditionalSelect(Vector256.GreaterThan(scale, Vector256<float>.Zero), rounded, Vector256<float>.Zero));
        }
    }

    /// <summary>The largest magnitude of numbers; NaN where one of them is.</summary>
    public static float LargestMagnitude(ReadOnlySpan<float> values)
    {
        var largest = 0f;
        if (values.Length >= Vector256<float>.Count)
        {
            // Neighbouring steps do not wait for each other. The largest number does not depend on the order.
            var vectors = MemoryMarshal.Cast<float, Vector256<float>>(values);
            Vector256<float> even = Vector256<float>.Zero, odd = even;
            var i = 0;
            for (; i + 1 < vectors.Length; i += 2)
            {
                even = Vector256.Max(even, Vector256.Abs(vectors[i]));
                odd = Vector256.Max(odd, Vector256.Abs(vectors[i + 1]));
            }

            if (i < vectors.Length)
                even = Vector256.Max(even, Vector256.Abs(vectors[i]));
            even = Vector256.Max(even, odd);
            for (var lane = 0; lane < Vector256<float>.Count; lane++)
                largest = Math.Max(largest, even[lane]);
            values = values[(vectors.Length * Vector256<float>.Count)..];
        }

        foreach (var value in values)
            largest = Math.Max(largest, MathF.Abs(value));
        return largest;
    }
}
