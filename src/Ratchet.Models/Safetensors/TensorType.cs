namespace Ratchet.Models.Safetensors;

/// <summary>Element types of the safetensors format.</summary>
public enum TensorType
{
    /// <summary><c>BOOL</c>, one byte.</summary>
    Boolean,

    /// <summary><c>U8</c>.</summary>
    UInt8,

    /// <summary><c>I8</c>.</summary>
    Int8,

    /// <summary><c>F8_E5M2</c>: 5 bits of exponent, 2 of fraction, with infinities (Micikevicius et al. 2022).</summary>
    Float8E5M2,

    /// <summary><c>F8_E4M3</c>: 4 bits of exponent, 3 of fraction, no infinities (Micikevicius et al. 2022).</summary>
    Float8E4M3,

    /// <summary><c>I16</c>.</summary>
    Int16,

    /// <summary><c>U16</c>.</summary>
    UInt16,

    /// <summary><c>F16</c>, IEEE half precision.</summary>
    Float16,

    /// <summary><c>BF16</c>, the upper half of a float32.</summary>
    BFloat16,

    /// <summary><c>I32</c>.</summary>
    Int32,

    /// <summary><c>U32</c>.</summary>
    UInt32,

    /// <summary><c>F32</c>.</summary>
    Float32,

    /// <summary><c>I64</c>.</summary>
    Int64,

    /// <summary><c>U64</c>.</summary>
    UInt64,

    /// <summary><c>F64</c>.</summary>
    Float64,
}

/// <summary>Names and sizes of <see cref="TensorType"/>.</summary>
internal static class TensorTypes
{
    private static readonly (string Name, TensorType Type, int Size)[] Table =
    [
        ("BOOL", TensorType.Boolean, 1),
        ("U8", TensorType.UInt8, 1),
        ("I8", TensorType.Int8, 1),
        ("F8_E5M2", TensorType.Float8E5M2, 1),
        ("F8_E4M3", TensorType.Float8E4M3, 1),
        ("I16", TensorType.Int16, 2),
        ("U16", TensorType.UInt16, 2),
        ("F16", TensorType.Float16, 2),
        ("BF16", TensorType.BFloat16, 2),
        ("I32", TensorType.Int32, 4),
        ("U32", TensorType.UInt32, 4),
        ("F32", TensorType.Float32, 4),
        ("I64", TensorType.Int64, 8),
        ("U64", TensorType.UInt64, 8),
        ("F64", TensorType.Float64, 8),
    ];

    public static string Names => string.Join(", ", Table.Select(t => t.Name));

    public static string Name(this TensorType type) => Table[(int)type].Name;

    public static int Size(this TensorType type) => Table[(int)type].Size;

    /// <summary>True for the types of fractions, which can be averaged.</summary>
    public static bool IsReal(this TensorType type) =>
        type is TensorType.Float8E5M2 or TensorType.Float8E4M3 or TensorType.Float16 or TensorType.BFloat16 or TensorType.Float32 or TensorType.Float64;

    public static TensorType? Parse(string name)
    {
        foreach (var row in Table)
        {
            if (row.Name == name)
                return row.Type;
        }

        return null;
    }
}
