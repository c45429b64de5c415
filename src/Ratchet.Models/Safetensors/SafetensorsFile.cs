using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Ratchet.Runs;

namespace Ratchet.Models.Safetensors;

/// <summary>A safetensors file open for reading. The header is read and checked on opening; the elements only when asked for.</summary>
/// <remarks>
/// Format: 8 bytes of header length (little-endian), a JSON header, the tensors' bytes (github.com/huggingface/safetensors).
/// A file of any content ends in a checked header or in a <see cref="RatchetException"/>; no allocation is larger than the file
/// allows. Reading is safe from many threads. Bytes are read at their places and not mapped into memory: a file that is cut short under a map ends the
/// process with a signal, here it is an error with the tensor's name.
/// </remarks>
public sealed class SafetensorsFile : IDisposable
{
    private const int ChunkBytes = 1 << 20;

    private readonly SafeFileHandle _handle;
    private readonly long _dataStart;
    private readonly Dictionary<string, TensorInfo> _byName;

    private SafetensorsFile(string path, SafeFileHandle handle, long dataStart, SafetensorsHeader header)
    {
        Path = path;
        _handle = handle;
        _dataStart = dataStart;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
        _byName = header.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary>Path as it was given.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The free-form strings of <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="RatchetException">The file is missing, not readable, cut off or damaged.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            var file = Open(path, handle);
            handle = null;
            return file;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RatchetException($"The file '{path}' does not exist.", "Check the path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RatchetException($"The file '{path}' cannot be read: {e.Message}", "Check that it is a file and that you may read it.", e);
        }
        finally
        {
            handle?.Dispose();
        }
    }

    /// <summary>The entry of a tensor, or null.</summary>
    public TensorInfo? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The elements of a tensor as float32, row-major. Numbers of other types are converted (64-bit ones are rounded).</summary>
    /// <exception cref="RatchetException">The file has no such tensor, it is longer than an array can be, or the file shrank since it was opened.</exception>
    public float[] ReadFloats(string name)
    {
        var tensor = Find(name) ?? throw new RatchetException($"'{Path}' has no tensor {SafetensorsHeader.Quote(name)}.", "Check that the file belongs to this model.");
        if (tensor.Length > Array.MaxLength)
            throw new RatchetException($"The tensor {SafetensorsHeader.Quote(name)} of '{Path}' has {tensor.Length} elements; {Array.MaxLength} is the limit.", "Use a smaller model.");
        var data = GC.AllocateUninitializedArray<float>((int)tensor.Length);
        if (tensor.Type == TensorType.Float32)
        {
            ReadBytes(tensor, 0, MemoryMarshal.AsBytes(data.AsSpan()));
            if (!BitConverter.IsLittleEndian)
                BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, int>(data.AsSpan()), MemoryMarshal.Cast<float, int>(data.AsSpan()));
            return data;
        }

        var size = tensor.Type.Size();
        var chunk = new byte[(int)Math.Min(ChunkBytes, tensor.ByteLength)];
        for (long done = 0; done < tensor.ByteLength; done += chunk.Length)
        {
            var bytes = chunk.AsSpan(0, (int)Math.Min(chunk.Length, tensor.ByteLength - done));
            ReadBytes(tensor, done, bytes);
            ElementConversion.ToFloats(tensor.Type, bytes, data.AsSpan((int)(done / size), bytes.Length / size));
        }

        return data;
    }

    /// <summary>Some of a tensor's bytes as they lie in the file, for going through a tensor that need not fit into memory.</summary>
    /// <param name="name">Tensor.</param>
    /// <param name="from">Byte offset from the tensor's first element.</param>
    /// <param name="target">Filled whole.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches beyond the tensor.</exception>
    /// <exception cref="RatchetException">The file has no such tensor, cannot be read, or shrank since it was opened.</exception>
    public void ReadBytes(string name, long from, Span<byte> target)
    {
        var tensor = Find(name) ?? throw new RatchetException($"'{Path}' has no tensor {SafetensorsHeader.Quote(name)}.", "Check that the file belongs to this model.");
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from + target.Length, tensor.ByteLength, nameof(target));
        ReadBytes(tensor, from, target);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static SafetensorsFile Open(string path, SafeFileHandle handle)
    {
        var length = RandomAccess.GetLength(handle);
        Span<byte> prefix = stackalloc byte[8];
        if (length < 8 || RandomAccess.Read(handle, prefix, 0) < 8)
            throw SafetensorsHeader.Damaged(path, $"it has only {length} bytes");
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > SafetensorsHeader.MaxLength)
            throw SafetensorsHeader.Damaged(path, $"its header would have {headerLength} bytes; {SafetensorsHeader.MaxLength} is the limit");
        if ((long)headerLength > length - 8)
            throw SafetensorsHeader.Damaged(path, $"its header should have {headerLength} bytes, the file has {length} in all; it may be cut off");
        var json = new byte[(int)headerLength];
        ReadFully(path, handle, json, 8);
        var header = SafetensorsHeader.Parse(path, json, length - 8 - json.Length);
        return new SafetensorsFile(path, handle, 8 + json.Length, header);
    }

    private static void ReadFully(string path, SafeFileHandle handle, Span<byte> target, long offset)
    {
        while (target.Length > 0)
        {
            var read = RandomAccess.Read(handle, target, offset);
            if (read == 0)
                throw SafetensorsHeader.Damaged(path, "it ended while it was being read");
            target = target[read..];
            offset += read;
        }
    }

    private void ReadBytes(TensorInfo tensor, long from, Span<byte> target)
    {
        try
        {
            ReadFully(Path, _handle, target, _dataStart + tensor.Offset + from);
        }
        catch (IOException e)
        {
            throw new RatchetException($"The tensor {SafetensorsHeader.Quote(tensor.Name)} of '{Path}' cannot be read: {e.Message}", "Check the disk.", e);
        }
    }
}
