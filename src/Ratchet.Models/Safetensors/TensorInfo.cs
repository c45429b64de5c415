namespace Ratchet.Models.Safetensors;

/// <summary>One tensor of a safetensors file: what its header says.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions, outermost first; empty for a scalar.</param>
/// <param name="Offset">Byte offset of the first element from the start of the file's data section.</param>
/// <param name="ByteLength">Bytes, the product of the shape and the element size.</param>
public sealed record TensorInfo(string Name, TensorType Type, IReadOnlyList<long> Shape, long Offset, long ByteLength)
{
    /// <summary>Number of elements.</summary>
    public long Length => ByteLength / Type.Size();

    /// <summary>Text form of the shape, for example <c>[64, 32]</c>.</summary>
    public string ShapeText => "[" + string.Join(", ", Shape) + "]";

    /// <summary>True where the shape equals another.</summary>
    public bool HasShape(IReadOnlyList<int> shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Count != Shape.Count)
            return false;
        for (var i = 0; i < shape.Count; i++)
        {
            if (shape[i] != Shape[i])
                return false;
        }

        return true;
    }
}
