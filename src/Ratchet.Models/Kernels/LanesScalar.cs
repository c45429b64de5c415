using System.Runtime.CompilerServices;

namespace Ratchet.Models.Kernels;

/// <summary>Sixteen lanes in plain scalar code: the portable path, and the reference that the vector paths are held to.</summary>
internal unsafe struct LanesScalar : ILanes<LanesScalar>
{
    private Values _values;

    public static bool Wide => false;

    public static LanesScalar Zero => default;

    public static LanesScalar Broadcast(float value)
    {
        LanesScalar result = default;
        for (var i = 0; i < 16; i++)
            result._values[i] = value;
        return result;
    }

    public static LanesScalar Load(float* source)
    {
        LanesScalar result = default;
        for (var i = 0; i < 16; i++)
            result._values[i] = source[i];
        return result;
    }

    public static LanesScalar LoadBFloat16(ushort* source)
    {
        LanesScalar result = default;
        for (var i = 0; i < 16; i++)
            result._values[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        return result;
    }

    public static LanesScalar LoadInt8(sbyte* source)
    {
        LanesScalar result = default;
        for (var i = 0; i < 16; i++)
            result._values[i] = source[i];
        return result;
    }

    public static void Store(LanesScalar value, float* target)
    {
        for (var i = 0; i < 16; i++)
            target[i] = value._values[i];
    }

    public static LanesScalar FusedMultiplyAdd(LanesScalar a, LanesScalar b, LanesScalar c)
    {
        for (var i = 0; i < 16; i++)
            c._values[i] = MathF.FusedMultiplyAdd(a._values[i], b._values[i], c._values[i]);
        return c;
    }

    public static LanesScalar Add(LanesScalar a, LanesScalar b)
    {
        for (var i = 0; i < 16; i++)
            a._values[i] += b._values[i];
        return a;
    }

    public static LanesScalar Subtract(LanesScalar a, LanesScalar b)
    {
        for (var i = 0; i < 16; i++)
            a._values[i] -= b._values[i];
        return a;
    }

    public static LanesScalar Multiply(LanesScalar a, LanesScalar b)
    {
        for (var i = 0; i < 16; i++)
            a._values[i] *= b._values[i];
        return a;
    }

    public static LanesScalar Divide(LanesScalar a, LanesScalar b)
    {
        for (var i = 0; i < 16; i++)
            a._values[i] /= b._values[i];
        return a;
    }

    public static LanesScalar Larger(LanesScalar a, LanesScalar b)
    {
        for (var i = 0; i < 16; i++)
            a._values[i] = Larger(a._values[i], b._values[i]);
        return a;
    }

    public static LanesScalar Smaller(LanesScalar a, LanesScalar b)
    {
        for (var i = 0; i < 16; i++)
            a._values[i] = a._values[i] < b._values[i] ? a._values[i] : b._values[i];
        return a;
    }

    public static LanesScalar PowerOfTwo(LanesScalar shifted)
    {
        for (var i = 0; i < 16; i++)
            shifted._values[i] = BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(shifted._values[i]) << 23) + 0x3F800000);
        return shifted;
    }

    public static float Sum(LanesScalar value)
    {
        for (var half = 8; half > 0; half /= 2)
        {
            for (var i = 0; i < half; i++)
                value._values[i] += value._values[i + half];
        }

        return value._values[0];
    }

    public static float Largest(LanesScalar value)
    {
        for (var half = 8; half > 0; half /= 2)
        {
            for (var i = 0; i < half; i++)
                value._values[i] = Larger(value._values[i], value._values[i + half]);
        }

        return value._values[0];
    }

    internal static float Larger(float a, float b) => a > b ? a : b;

    [InlineArray(16)]
    private struct Values
    {
        private float _first;
    }
}
