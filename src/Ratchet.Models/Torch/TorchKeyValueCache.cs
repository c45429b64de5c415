using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Ratchet.Models.Torch;

/// <summary>
/// Keys and values of sequences that are being sampled. Active sequences hold the first slots without a gap, so a step computes on views of the
/// cache and copies nothing.
/// </summary>
/// <remarks>
/// One tensor, [2 · blocks, slots, capacity, K · D], made and remade by <see cref="Reserve"/>. While it is remade, the old one is there too. Not safe for calls from two
/// threads at once.
/// </remarks>
internal sealed class TorchKeyValueCache : IDisposable
{
    /// <summary>Positions that there is room for beyond those asked for, where the limits allow it.</summary>
    private const int Spare = 64;

    private readonly TorchDecoder _decoder;
    private readonly int _maxSlots;
    private readonly long _maxPositions;
    private Tensor? _cache;
    private Tensor[] _keys = [];
    private Tensor[] _values = [];
    private int _slots;
    private int _capacity;

    /// <summary>Makes a cache without room.</summary>
    /// <param name="decoder">Decoder.</param>
    /// <param name="maxSlots">Most sequences at once.</param>
    /// <param name="maxPositions">Most positions of all slots together, if the sequences fit; see <see cref="Reserve"/>.</param>
    public TorchKeyValueCache(TorchDecoder decoder, int maxSlots, long maxPositions = long.MaxValue) => (_decoder, _maxSlots, _maxPositions) = (decoder, maxSlots, maxPositions);

    /// <summary>Positions that there is memory for, of all slots.</summary>
    public long Positions => (long)_slots * _capacity;

    /// <summary>
    /// Makes room, twice as much as there was while the limits allow it, and keeps what the first slots hold. Where sequences of such a length leave no
    /// other way, room that nobody needs is given back. Beyond the limit on positions there is room for what is asked and no more.
    /// </summary>
    /// <param name="sequences">Sequences that need a slot.</param>
    /// <param name="length">Positions that the longest of them needs now.</param>
    /// <param name="longest">Positions that the longest of them may come to need.</param>
    public void Reserve(int sequences, int length, int longest)
    {
        if (sequences <= _slots && length <= _capacity)
            return;
        var capacity = length <= _capacity ? _capacity : Math.Max(length + Spare, 2 * _capacity);
        capacity = Math.Max(length, Math.Min(capacity, longest));
        var slots = sequences <= _slots ? _slots : Math.Min(_maxSlots, Math.Max(sequences, 2 * _slots));
        if ((long)slots * capacity > _maxPositions)
            slots = sequences;
        if ((long)slots * capacity > _maxPositions)
            capacity = length;
        using var scope = NewDisposeScope();
        var old = _cache;
        var (keepSlots, keep) = (Math.Min(_slots, slots), Math.Min(_capacity, capacity));
        Release();
        _cache = Allocate(slots, capacity);
        if (old is null)
            return;
        _cache.narrow(1, 0, keepSlots).narrow(2, 0, keep).copy_(old.narrow(1, 0, keepSlots).narrow(2, 0, keep));
        old.Dispose();
    }

    /// <summary>Gives all memory back.</summary>
    public void Clear()
    {
        _cache?.Dispose();
        _cache = null;
        Release();
        (_slots, _capacity) = (0, 0);
    }

    /// <summary>Puts a prompt's keys and values, [2 · blocks, length, K · D], into a slot that there is room for.</summary>
    public void Enter(int slot, Tensor prompt)
    {
        using var scope = NewDisposeScope();
        _cache!.select(1, slot).narrow(1, 0, prompt.shape[1]).copy_(prompt);
    }

    /// <summary>Moves a sequence of some length to another slot.</summary>
    public void Move(int from, int to, int length)
    {
        using var scope = NewDisposeScope();
        _cache!.select(1, to).narrow(1, 0, length).copy_(_cache.select(1, from).narrow(1, 0, length));
    }

    /// <summary>
    /// One token of each of the first n sequences: adds it to the cache, which must have room, and gives the logits, float32, [n, V], after it. Call
    /// without gradients.
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

    public void Dispose() => Clear();

    private Tensor Allocate(int slots, int capacity)
    {
        using var scope = NewDisposeScope();
        var config = _decoder.Config;
        var width = (long)config.KeyValueHeads * config.HeadSize;
        var cache = zeros([2L * config.Layers, slots, capacity, width], dtype: _decoder.ComputeType, device: _decoder.Device).DetachFromDisposeScope();
        _keys = [.. Enumerable.Range(0, config.Layers).Select(i => cache.select(0, 2 * i).view(-1, width).DetachFromDisposeScope())];
        _values = [.. Enumerable.Range(0, config.Layers).Select(i => cache.select(0, (2 * i) + 1).view(-1, width).DetachFromDisposeScope())];
        (_slots, _capacity) = (slots, capacity);
        return cache;
    }

    private void Release()
    {
        foreach (var view in _keys.Concat(_values))
            view.Dispose();
        _keys = _values = [];
    }
}
