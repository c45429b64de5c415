using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Ratchet.Models.Torch;

/// <summary>
/// Keys and values of sequences that are being sampled. Active sequences hold the first slots without a gap, so a step computes on views of the
/// cache and copies nothing.
/// </summary>
/// <remarks>One tensor, [2 · blocks, slots, capacity, K · D]; its capacity doubles when a sequence outgrows it. Not safe for calls from two threads at once.</remarks>
internal sealed class TorchKeyValueCache : IDisposable
{
    private readonly TorchDecoder _decoder;
    private readonly int _slots;
    private readonly int _maxCapacity;
    private Tensor _cache;
    private Tensor[] _keys = [];
    private Tensor[] _values = [];
    private int _capacity;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="decoder">Decoder.</param>
    /// <param name="slots">Most sequences at once.</param>
    /// <param name="capacity">Positions to make room for at first.</param>
    /// <param name="maxCapacity">Most positions of a sequence.</param>
    public TorchKeyValueCache(TorchDecoder decoder, int slots, int capacity, int maxCapacity)
    {
        _decoder = decoder;
        _slots = slots;
        _maxCapacity = maxCapacity;
        _cache = Allocate(Math.Min(capacity, maxCapacity));
    }

    /// <summary>Puts a prompt's keys and values, [2 · blocks, length, K · D], into a slot.</summary>
    public void Enter(int slot, Tensor prompt)
    {
        var length = prompt.shape[1];
        Reserve((int)length);
        using var scope = NewDisposeScope();
        _cache.select(1, slot).narrow(1, 0, length).copy_(prompt);
    }

    /// <summary>Moves a sequence of some length to another slot.</summary>
    public void Move(int from, int to, int length)
    {
        using var scope = NewDisposeScope();
        _cache.select(1, to).narrow(1, 0, length).copy_(_cache.select(1, from).narrow(1, 0, length));
    }

    /// <summary>
    /// One token of each of the first n sequences: adds it to the cache and gives the logits, float32, [n, V], after it. Call without
    /// gradients.
    /// </summary>
    /// <param name="ids">The tokens, n.</param>
    /// <param name="positions">Their positions; a sequence's earlier ones are in the cache.</param>
    public Tensor Step(ReadOnlySpan<long> ids, ReadOnlySpan<long> positions)
    {
        var config = _decoder.Config;
        int n = ids.Length, heads = config.Heads, keys = config.KeyValueHeads, size = config.HeadSize;
        var length = 0;
        foreach (var p in positions)
            length = Math.Max(length, (int)p + 1);
        Reserve(length);
        var places = new long[n];
        for (var i = 0; i < n; i++)
            places[i] = ((long)i * _capacity) + positions[i];
        var at = TorchBatch.Upload(places, _decoder.Device);
        var position = TorchBatch.Upload(positions, _decoder.Device);
        Tensor? mask = null;
        var window = Math.Min(config.SlidingWindow ?? length, length);
        if (positions.IndexOfAnyExcept(length - 1) >= 0 || window < length)
        {
            // Rows of shorter sequences hold what earlier sequences left there, and a window hides what is too far back.
            mask = TorchBatch.Visible(position, length, window).view(n, 1, 1, length);
        }

        var hidden = _decoder.Run(TorchBatch.Upload(ids, _decoder.Device), position, length, Attend);
        return _decoder.Logits(hidden);

        Tensor Attend(int block, Tensor qkv)
        {
            _keys[block].index_copy_(0, at, qkv.narrow(1, heads, keys).reshape(n, keys * size));
            _values[block].index_copy_(0, at, qkv.narrow(1, heads + keys, keys).reshape(n, keys * size));

            // The heads of a group stand as query positions before their shared key: no key is copied.
            var query = qkv.narrow(1, 0, heads).reshape(n, keys, heads / keys, size);
            return F.scaled_dot_product_attention(query, Past(_keys[block]), Past(_values[block]), mask).reshape(n, heads * size);
        }

        Tensor Past(Tensor t) => t.view(_slots, _capacity, keys, size).narrow(0, 0, n).narrow(1, 0, length).transpose(1, 2);
    }

    public void Dispose()
    {
        _cache.Dispose();
        Release();
    }

    private void Reserve(int length)
    {
        if (length <= _capacity)
            return;
        using var scope = NewDisposeScope();
        var old = _cache;
        var oldCapacity = _capacity;
        Release();
        _cache = Allocate(Math.Min(_maxCapacity, Math.Max(length, _capacity * 2)));
        _cache.narrow(2, 0, oldCapacity).copy_(old);
        old.Dispose();
    }

    private Tensor Allocate(int capacity)
    {
        using var scope = NewDisposeScope();
        var config = _decoder.Config;
        var width = (long)config.KeyValueHeads * config.HeadSize;
        _capacity = capacity;
        var cache = zeros([2L * config.Layers, _slots, capacity, width], dtype: _decoder.ComputeType, device: _decoder.Device).DetachFromDisposeScope();
        _keys = [.. Enumerable.Range(0, config.Layers).Select(i => cache.select(0, 2 * i).view(-1, width).DetachFromDisposeScope())];
        _values = [.. Enumerable.Range(0, config.Layers).Select(i => cache.select(0, (2 * i) + 1).view(-1, width).DetachFromDisposeScope())];
        return cache;
    }

    private void Release()
    {
        foreach (var view in _keys.Concat(_values))
            view.Dispose();
    }
}
