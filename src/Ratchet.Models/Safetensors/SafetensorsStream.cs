using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Models.Safetensors;

/// <summary>Writes a safetensors file whose tensors are known beforehand, their elements piece by piece, so that no tensor need be in memory.</summary>
/// <remarks>The header is padded with spaces to a multiple of 8 bytes. The same pieces give the same bytes on every machine.</remarks>
internal sealed class SafetensorsStream : IDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly long _length;
    private long _written;

    /// <summary>Makes the file and writes its header.</summary>
    /// <param name="path">File to write; replaced where it exists.</param>
    /// <param name="tensors">Names (unique), types and shapes in the order in which their elements will come.</param>
    /// <param name="metadata">Free-form strings, written in ordinal order of their keys; or null.</param>
    /// <exception cref="ArgumentException">A name is used twice or reserved.</exception>
    /// <exception cref="RatchetException">The file cannot be written.</exception>
    public SafetensorsStream(string path, IReadOnlyList<(string Name, TensorType Type, IReadOnlyList<long> Shape)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        _path = path;
        var header = Header(tensors, metadata, out _length);
        _stream = Guard(() => new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0));
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        Put(prefix);
        Put(header);
        _written = 0;
    }

    /// <summary>Writes the next bytes of elements.</summary>
    /// <exception cref="RatchetException">The file cannot be written.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Put(bytes);
    }

    /// <summary>Syncs the finished file to the disk.</summary>
    /// <returns>SHA-256 of the file, lower-case hexadecimal.</returns>
    /// <exception cref="InvalidOperationException">Fewer or more bytes were written than the header says.</exception>
    /// <exception cref="RatchetException">The file cannot be written.</exception>
    public string Finish()
    {
        if (_written != _length)
            throw new InvalidOperationException($"The header of '{_path}' says {_length} bytes of elements; {_written} were written.");
        Guard(() =>
        {
            _stream.Flush(flushToDisk: true);
            return 0;
        });
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }

    private static byte[] Header(IReadOnlyList<(string Name, TensorType Type, IReadOnlyList<long> Shape)> tensors, IReadOnlyDictionary<string, string>? metadata, out long offset)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { SafetensorsHeader.MetadataKey };
        var buffer = new ArrayBufferWriter<byte>();
        offset = 0;
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

            foreach (var (name, type, shape) in tensors)
            {
                if (!names.Add(name))
                    throw new ArgumentException($"The tensor name '{name}' is used twice or reserved.", nameof(tensors));
                json.WriteStartObject(name);
                json.WriteString("dtype", type.Name());
                json.WriteStartArray("shape");
                foreach (var dimension in shape)
                    json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += shape.Aggregate((long)type.Size(), (a, b) => checked(a * b)));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.WrittenCount % 8 != 0)
            buffer.Write(" "u8);
        return buffer.WrittenSpan.ToArray();
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        try
        {
            _stream.Write(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(e);
        }

        _written += bytes.Length;
    }

    private T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(e);
        }
    }

    private RatchetException CannotWrite(Exception e) => new($"The file '{_path}' cannot be written: {e.Message}", "Check the free space and the permissions of the folder.", e);
}
