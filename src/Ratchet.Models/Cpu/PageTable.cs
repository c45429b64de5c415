using Ratchet.Models.Kernels;

namespace Ratchet.Models.Cpu;

/// <summary>
/// The pages of one sequence. Its first pages may be borrowed from a prefix that other sequences share; those are only read and not returned.
/// </summary>
internal sealed unsafe class PageTable : IDisposable
{
    private readonly KeyValuePages _pool;
    private readonly NativeBuffer<nint> _pages;
    private int _borrowed;
    private int _count;

    public PageTable(KeyValuePages pool, int maxPositions)
    {
        _pool = pool;
        _pages = new NativeBuffer<nint>(KeyValuePages.Needed(maxPositions));
    }

    /// <summary>The page of each block of 16 positions.</summary>
    public float** Pointer => (float**)_pages.Pointer;

    /// <summary>Rents pages so that positions below <paramref name="positions"/> have room.</summary>
    public void Reserve(int positions)
    {
        var needed = KeyValuePages.Needed(positions);
        while (_count < needed)
            Pointer[_count++] = _pool.Rent();
    }

    /// <summary>
    /// Starts with the first <paramref name="positions"/> positions of a prefix, which must outlive this table: whole pages are
    /// shared; a last page that is partly filled is copied, because this sequence will write into it.
    /// </summary>
    public void Share(PageTable prefix, int positions)
    {
        Clear();
        _borrowed = positions / RowKernels.BlockPositions;
        for (; _count < _borrowed; _count++)
            Pointer[_count] = prefix.Pointer[_count];
        if (positions % RowKernels.BlockPositions == 0)
            return;
        Pointer[_count] = _pool.Rent();
        Buffer.MemoryCopy(prefix.Pointer[_count], Pointer[_count], _pool.PageFloats * sizeof(float), _pool.PageFloats * sizeof(float));
        _count++;
    }

    /// <summary>Gives the pages back.</summary>
    public void Clear()
    {
        for (var i = _borrowed; i < _count; i++)
            _pool.Return(Pointer[i]);
        (_borrowed, _count) = (0, 0);
    }

    public void Dispose()
    {
        Clear();
        _pages.Dispose();
    }
}
