using System.Text;

namespace Ratchet.Domains.Metamath.Reading;

/// <summary>The bytes of one text, with spaces behind them so that eight bytes can be read at every position.</summary>
internal sealed class SourceFile
{
    public const int MaxLength = 1 << 30;
    private const int Padding = 16;

    private SourceFile(string path, byte[] bytes, int length)
    {
        Path = path;
        Bytes = bytes;
        Length = length;
    }

    /// <summary>The name that messages use.</summary>
    public string Path { get; }

    /// <summary>The text and the padding behind it.</summary>
    public byte[] Bytes { get; private set; }

    /// <summary>Length of the text.</summary>
    public int Length { get; private set; }

    public static SourceFile Open(string path)
    {
        using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var size = RandomAccess.GetLength(handle);
        if (size > MaxLength)
            throw new IOException($"it has {size} bytes, and at most {MaxLength} are read");
        var bytes = GC.AllocateUninitializedArray<byte>((int)size + Padding);
        var read = 0;
        while (read < size && RandomAccess.Read(handle, bytes.AsSpan(read, (int)size - read), read) is var got and > 0)
            read += got;
        bytes.AsSpan(read).Fill((byte)' ');
        return new SourceFile(path, bytes, read);
    }

    public static SourceFile Of(string path, string text)
    {
        var source = new SourceFile(path, new byte[Padding], 0);
        source.Refill(text);
        return source;
    }

    /// <summary>Puts another text in place of this one; a character beyond Latin-1 becomes a byte that no token may hold.</summary>
    public void Refill(ReadOnlySpan<char> text)
    {
        if (Bytes.Length < text.Length + Padding)
            Bytes = new byte[Math.Max(text.Length + Padding, 2 * Bytes.Length)];

        // One byte a character, so that positions in the bytes are positions in the text.
        if (Ascii.FromUtf16(text, Bytes, out _) != System.Buffers.OperationStatus.Done)
        {
            for (var i = 0; i < text.Length; i++)
                Bytes[i] = text[i] < 0x80 ? (byte)text[i] : (byte)0xFF;
        }

        Bytes.AsSpan(text.Length).Fill((byte)' ');
        Length = text.Length;
    }

    /// <summary>Line and column of a position, both from 1.</summary>
    public (int Line, int Column) Locate(int position)
    {
        var before = Bytes.AsSpan(0, Math.Min(position, Length));
        return (before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n'));
    }

    public string Text(int start, int length) => Encoding.Latin1.GetString(Bytes, start, Math.Min(length, Length - start));
}
