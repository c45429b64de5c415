using System.Runtime.InteropServices;

namespace Ratchet.Learning.Cpu;

/// <summary>
/// Float32 memory outside the garbage collector's heap, aligned to 64 bytes and zeroed. Owned by whoever made it; not safe
/// to use from two threads without agreement.
/// </summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private static long s_liveBytes;

    /// <summary>Makes a buffer; a length of 0 is allowed and grows later.</summary>
    public NativeBuffer(long length = 0) => Allocate(length);

    /// <summary>Frees what an owner forgot.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Bytes that all buffers of the process hold at this moment, for leak tests.</summary>
    public static long LiveBytes => Interlocked.Read(ref s_liveBytes);

    /// <summary>First element.</summary>
    public float* Pointer { get; private set; }

    /// <summary>Number of floats.</summary>
    public long Length { get; private set; }

    /// <summary>Makes room for at least so many floats. Contents are lost when the buffer grows.</summary>
    public float* Ensure(long length)
    {
        if (length > Length)
        {
            Free();
            Allocate(length);
        }

        return Pointer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Allocate(long length)
    {
        if (length == 0)
            return;
        var bytes = checked((nuint)(length * sizeof(float)));
        Pointer = (float*)NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(Pointer, bytes);
        Length = length;
        Interlocked.Add(ref s_liveBytes, (long)bytes);
    }

    private void Free()
    {
        if (Pointer == null)
            return;
        NativeMemory.AlignedFree(Pointer);
        Interlocked.Add(ref s_liveBytes, -Length * sizeof(float));
        Pointer = null;
        Length = 0;
    }
}
