using System.Buffers;

namespace Ratchet.Models.Tokenization;

/// <summary>The merges of a byte-pair encoding: which two ids become which, and in what order.</summary>
internal sealed class MergeTable
{
    // Up to here a scan over all pairs for each merge beats a queue.
    private const int ShortPiece = 48;

    private const int None = int.MaxValue;

    // Open addressing over the pair as one number; a key of -1 is free (ids are not negative).
    private readonly long[] _keys;
    private readonly (int Rank, int Id)[] _values;
    private readonly int _shift;

    public MergeTable(IReadOnlyCollection<KeyValuePair<(int Left, int Right), (int Rank, int Id)>> merges)
    {
        var bits = 4;
        while (1 << bits < merges.Count * 2L)
            bits++;
        _keys = new long[1 << bits];
        _values = new (int, int)[1 << bits];
        _shift = 64 - bits;
        Array.Fill(_keys, -1);
        foreach (var ((left, right), merge) in merges)
        {
            var key = Key(left, right);
            var at = Slot(key);
            while (_keys[at] != -1 && _keys[at] != key)
                at = (at + 1) & (_keys.Length - 1);
            (_keys[at], _values[at]) = (key, merge);
        }
    }

    /// <summary>
    /// Applies merges to ids in place, lowest rank first and leftmost first among equals; returns the number of ids left. Linear times
    /// logarithmic, so that a piece of a megabyte is no trap.
    /// </summary>
    public int Apply(Span<int> ids) => ids.Length < 2 ? ids.Length : ids.Length <= ShortPiece ? ApplyShort(ids) : ApplyLong(ids);

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;

    private int Slot(long key) => (int)((ulong)(key * unchecked((long)0x9E3779B97F4A7C15)) >> _shift);

    private int Rank(int left, int right, out int id)
    {
        var key = Key(left, right);
        for (var at = Slot(key); _keys[at] != -1; at = (at + 1) & (_keys.Length - 1))
        {
            if (_keys[at] == key)
            {
                id = _values[at].Id;
                return _values[at].Rank;
            }
        }

        id = -1;
        return None;
    }

    private int ApplyShort(Span<int> ids)
    {
        Span<int> ranks = stackalloc int[ShortPiece];
        Span<int> merged = stackalloc int[ShortPiece];
        var count = ids.Length;
        for (var i = 0; i + 1 < count; i++)
            ranks[i] = Rank(ids[i], ids[i + 1], out merged[i]);
        while (count > 1)
        {
            int best = 0, rank = ranks[0];
            for (var i = 1; i < count - 1; i++)
            {
                if (ranks[i] < rank)
                    (best, rank) = (i, ranks[i]);
            }

            if (rank == None)
                break;
            ids[best] = merged[best];
            ids[(best + 2)..count].CopyTo(ids[(best + 1)..]);
            ranks[(best + 1)..(count - 1)].CopyTo(ranks[best..]);
            merged[(best + 1)..(count - 1)].CopyTo(merged[best..]);
            count--;
            if (best + 1 < count)
                ranks[best] = Rank(ids[best], ids[best + 1], out merged[best]);
            if (best > 0)
                ranks[best - 1] = Rank(ids[best - 1], ids[best], out merged[best - 1]);
        }

        return count;
    }

    private int ApplyLong(Span<int> ids)
    {
        var next = ArrayPool<int>.Shared.Rent(ids.Length);
        var previous = ArrayPool<int>.Shared.Rent(ids.Length);
        var queue = new PriorityQueue<(int At, int Left, int Right, int Id), (int Rank, int At)>(ids.Length);
        for (var i = 0; i < ids.Length; i++)
            (next[i], previous[i]) = (i + 1, i - 1);
        for (var i = 0; i + 1 < ids.Length; i++)
            Offer(ids, i, i + 1);
        while (queue.TryDequeue(out var pair, out _))
        {
            // A pair whose parts have been merged with others since is out of date.
            var right = next[pair.At];
            if (ids[pair.At] != pair.Left || right >= ids.Length || ids[right] != pair.Right)
                continue;
            ids[pair.At] = pair.Id;
            ids[right] = -1;
            next[pair.At] = next[right];
            if (next[right] < ids.Length)
            {
                previous[next[right]] = pair.At;
                Offer(ids, pair.At, next[right]);
            }

            if (previous[pair.At] >= 0)
                Offer(ids, previous[pair.At], pair.At);
        }

        var count = 0;
        for (var i = 0; i < ids.Length; i = next[i])
            ids[count++] = ids[i];
        ArrayPool<int>.Shared.Return(next);
        ArrayPool<int>.Shared.Return(previous);
        return count;

        void Offer(Span<int> ids, int left, int right)
        {
            if (Rank(ids[left], ids[right], out var id) is var rank && rank != None)
                queue.Enqueue((left, ids[left], ids[right], id), (rank, left));
        }
    }
}
