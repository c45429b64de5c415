using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Ratchet.Models.Kernels;

namespace Ratchet.Models.Safetensors;

/// <summary>Conversions between float32 and the little-endian bytes of other element types.</summary>
internal static class ElementConversion
{
    public static void ToFloats(TensorType type, ReadOnlySpan<byte> bytes, Span<float> floats)
    {
        var size = type.Size();
        switch (type)
        {
            case TensorType.BFloat16 when BitConverter.IsLittleEndian:
                SmallTypes.FromBFloat16(MemoryMarshal.Cast<byte, ushort>(bytes), floats);
                return;
            case TensorType.Float16 when BitConverter.IsLittleEndian:
                var halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (var i = 0; i < floats.Length; i++)
                    floats[i] = (float)halves[i];
                return;
        }

        for (var i = 0; i < floats.Length; i++)
            floats[i] = One(type, bytes.Slice(i * size, size));
    }

    public static void FromFloats(TensorType type, ReadOnlySpan<float> floats, Span<byte> bytes)
    {
        switch (type)
        {
            case TensorType.Float32 when BitConverter.IsLittleEndian:
                MemoryMarshal.AsBytes(floats).CopyTo(bytes);
                break;
            case TensorType.Float32:
                for (var i = 0; i < floats.Length; i++)
                    BinaryPrimitives.WriteSingleLittleEndian(bytes[(4 * i)..], floats[i]);
                break;
            case TensorType.BFloat16 when BitConverter.IsLittleEndian:
                SmallTypes.ToBFloat16(floats, MemoryMarshal.Cast<byte, ushort>(bytes));
                break;
            case TensorType.BFloat16:
                for (var i = 0; i < floats.Length; i++)
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * i)..], SmallTypes.ToBFloat16(floats[i]));
                break;
            case TensorType.Float16:
                for (var i = 0; i < floats.Length; i++)
                    BinaryPrimitives.WriteHalfLittleEndian(bytes[(2 * i)..], (Half)floats[i]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Tensors are written as F32, BF16 or F16.");
        }
    }

    /// <summary>E4M3: bias 7, subnormals, one NaN of each sign and no infinities.</summary>
    private static float FromFloat8(byte bits)
    {
        int exponent = (bits >> 3) & 15, fraction = bits & 7;
        var size = (bits & 0x7F) == 0x7F ? float.NaN : exponent == 0 ? MathF.ScaleB(fraction, -9) : MathF.ScaleB(8 + fraction, exponent - 10);
        return bits >= 0x80 ? -size : size;
    }

    private static float One(TensorType type, ReadOnlySpan<byte> bytes) => type switch
    {
        TensorType.Boolean => bytes[0] == 0 ? 0f : 1f,
        TensorType.UInt8 => bytes[0],
        TensorType.Int8 => (sbyte)bytes[0],
        TensorType.Float8E5M2 => (float)BitConverter.UInt16BitsToHalf((ushort)(bytes[0] << 8)),
        TensorType.Float8E4M3 => FromFloat8(bytes[0]),
        TensorType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        TensorType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        TensorType.Float16 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        TensorType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
        TensorType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        TensorType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        TensorType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        TensorType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        TensorType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        TensorType.Float64 => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The type cannot be converted."),
    };
}
