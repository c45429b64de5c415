using System.Runtime.InteropServices;

namespace Ratchet.Models.Cpu;

/// <summary>Elements in native memory, aligned to a cache line. The owner disposes it.</summary>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly long _bytes;

    /// <summary>Allocates.</summary>
    /// <param name="length">Number of elements.</param>
    /// <param name="zeroed">They are zero; false where all of them are written before they are read.</param>
    public NativeBuffer(long length, bool zeroed = true)
    {
        Length = length;
        _bytes = Math.Max(length * sizeof(T), 1);
        Pointer = (T*)NativeMemory.AlignedAlloc((nuint)_bytes, 64);
        if (zeroed)
            NativeMemory.Clear(Pointer, (nuint)_bytes);
        NativeBytes.Add(_bytes);
    }

    ~NativeBuffer() => Free();

    public T* Pointer { get; private set; }

    public long Length { get; }

    public Span<T> Span => new(Pointer, checked((int)Length));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (Pointer == null)
            return;
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
        NativeBytes.Add(-_bytes);
    }
}

/// <summary>Counts live native memory, for leak tests and run reports.</summary>
internal static class NativeBytes
{
    private static long _live;

    /// <summary>Bytes allocated and not yet freed.</summary>
    public static long Live => Interlocked.Read(ref _live);

    public static void Add(long bytes) => Interlocked.Add(ref _live, bytes);
}
