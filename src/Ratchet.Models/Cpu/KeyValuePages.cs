using System.Collections.Concurrent;
using Ratchet.Models.Kernels;

namespace Ratchet.Models.Cpu;

/// <summary>
/// Pool of key-value pages. A page holds 16 positions of one sequence in all layers: for each layer and key-value head the keys
/// [headSize, 16] and then the values [16, headSize]. Safe from many threads; a page handed out keeps whatever it held before.
/// </summary>
internal sealed unsafe class KeyValuePages : IDisposable
{
    private const int SlabBytes = 4 << 20;

    private readonly ConcurrentBag<NativeBuffer<float>> _slabs = [];
    private readonly Lock _lock = new();
    private nint[] _free = new nint[64];
    private int _freeCount;
    private int _pages;

    public KeyValuePages(DecoderConfig config)
    {
        HeadFloats = 2 * RowKernels.BlockPositions * config.HeadSize;
        LayerFloats = HeadFloats * config.KeyValueHeads;
        PageFloats = (long)LayerFloats * config.Layers;
    }

    /// <summary>Floats of one key-value head in one layer of a page.</summary>
    public int HeadFloats { get; }

    /// <summary>Floats of one layer of a page.</summary>
    public int LayerFloats { get; }

    /// <summary>Floats of a page.</summary>
    public long PageFloats { get; }

    /// <summary>Pages that so many positions need.</summary>
    public static int Needed(int positions) => (positions + RowKernels.BlockPositions - 1) / RowKernels.BlockPositions;

    /// <summary>Pages handed out.</summary>
    public int InUse
    {
        get
        {
            lock (_lock)
                return _pages - _freeCount;
        }
    }

    /// <summary>Most pages handed out at once.</summary>
    public int Peak { get; private set; }

    public float* Rent()
    {
        lock (_lock)
        {
            if (_freeCount == 0)
                Grow();
            var page = (float*)_free[--_freeCount];
            Peak = Math.Max(Peak, _pages - _freeCount);
            return page;
        }
    }

    public void Return(float* page)
    {
        lock (_lock)
            _free[_freeCount++] = (nint)page;
    }

    public void Dispose()
    {
        foreach (var slab in _slabs)
            slab.Dispose();
        _slabs.Clear();
        (_freeCount, _pages) = (0, 0);
    }

    private void Grow()
    {
        var pages = (int)Math.Max(SlabBytes / (PageFloats * sizeof(float)), 1);
        var slab = new NativeBuffer<float>(pages * PageFloats);
        _slabs.Add(slab);
        _pages += pages;
        if (_free.Length < _pages)
            Array.Resize(ref _free, Math.Max(_pages, 2 * _free.Length));
        for (var i = pages - 1; i >= 0; i--)
            _free[_freeCount++] = (nint)(slab.Pointer + (i * PageFloats));
    }
}
