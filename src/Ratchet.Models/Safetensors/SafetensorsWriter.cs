using Ratchet.Runs;

namespace Ratchet.Models.Safetensors;

/// <summary>Writes safetensors files. The same tensors in the same order give the same bytes on every machine.</summary>
public static class SafetensorsWriter
{
    private const int ChunkElements = 1 << 18;

    /// <summary>
    /// Writes tensors in the order given and syncs the file to the disk. The header is padded with spaces to a multiple of 8 bytes.
    /// </summary>
    /// <param name="path">File to write; replaced where it exists.</param>
    /// <param name="tensors">Names (unique), shapes and elements; an element is rounded to nearest where <paramref name="type"/> is narrower.</param>
    /// <param name="type">Element type in the file: F32, BF16 or F16.</param>
    /// <param name="metadata">Free-form strings, written in ordinal order of their keys; or null.</param>
    /// <returns>SHA-256 of the file, lower-case hexadecimal.</returns>
    /// <exception cref="ArgumentException">A name is used twice or reserved, or the elements do not fit the shape.</exception>
    /// <exception cref="RatchetException">The file cannot be written (full disk, no permission).</exception>
    public static string Write(
        string path,
        IReadOnlyList<(string Name, IReadOnlyList<int> Shape, float[] Data)> tensors,
        TensorType type = TensorType.Float32,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(tensors);
        foreach (var (name, shape, data) in tensors)
        {
            if (shape.Aggregate(1L, (a, b) => checked(a * b)) != data.LongLength)
                throw new ArgumentException($"The tensor '{name}' has {data.LongLength} elements, its shape is [{string.Join(", ", shape)}].", nameof(tensors));
        }

        using var stream = new SafetensorsStream(path, [.. tensors.Select(t => (t.Name, type, (IReadOnlyList<long>)[.. t.Shape.Select(d => (long)d)]))], metadata);
        var size = type.Size();
        var chunk = new byte[ChunkElements * size];
        foreach (var (_, _, data) in tensors)
        {
            for (var i = 0; i < data.Length; i += ChunkElements)
            {
                var part = data.AsSpan(i, Math.Min(ChunkElements, data.Length - i));
                ElementConversion.FromFloats(type, part, chunk);
                stream.Write(chunk.AsSpan(0, part.Length * size));
            }
        }

        return stream.Finish();
    }
}
