using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
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
        var header = Header(tensors, type, metadata);
        try
        {
            using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            void Put(ReadOnlySpan<byte> bytes)
            {
                hash.AppendData(bytes);
                stream.Write(bytes);
            }

            Span<byte> prefix = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
            Put(prefix);
            Put(header);
            var size = type.Size();
            var chunk = new byte[ChunkElements * size];
            foreach (var (_, _, data) in tensors)
            {
                for (var i = 0; i < data.Length; i += ChunkElements)
                {
                    var part = data.AsSpan(i, Math.Min(ChunkElements, data.Length - i));
                    ElementConversion.FromFloats(type, part, chunk);
                    Put(chunk.AsSpan(0, part.Length * size));
                }
            }

            stream.Flush(flushToDisk: true);
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunFolder.Explain(e, $"The file '{path}' cannot be written");
        }
    }

    private static byte[] Header(IReadOnlyList<(string Name, IReadOnlyList<int> Shape, float[] Data)> tensors, TensorType type, IReadOnlyDictionary<string, string>? metadata)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { SafetensorsHeader.MetadataKey };
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsHeader.MetadataKey);
                foreach (var (key, value) in metadata.OrderBy(p => p.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            long offset = 0;
            foreach (var (name, shape, data) in tensors)
            {
                if (!names.Add(name))
                    throw new ArgumentException($"The tensor name '{name}' is used twice or reserved.", nameof(tensors));
                if (shape.Aggregate(1L, (a, b) => checked(a * b)) != data.LongLength)
                    throw new ArgumentException($"The tensor '{name}' has {data.LongLength} elements, its shape is [{string.Join(", ", shape)}].", nameof(tensors));
                json.WriteStartObject(name);
                json.WriteString("dtype", type.Name());
                json.WriteStartArray("shape");
                foreach (var dimension in shape)
                    json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += data.LongLength * type.Size());
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.WrittenCount % 8 != 0)
            buffer.Write(" "u8);
        return buffer.WrittenSpan.ToArray();
    }
}
