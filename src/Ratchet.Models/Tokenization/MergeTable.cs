namespace Ratchet.Models.Tokenization;

/// <summary>The merges of a byte-pair encoding: which two ids become which, and in what order.</summary>
internal sealed class MergeTable
{
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> _merges;

    public MergeTable(Dictionary<(int Left, int Right), (int Rank, int Id)> merges) => _merges = merges;

    /// <summary>
    /// Applies merges to ids in place, lowest rank first and leftmost first among equals; returns the number of ids left. Linear times
    /// logarithmic, so that a piece of a megabyte is no trap.
    /// </summary>
    public int Apply(Span<int> ids)
    {
        if (ids.Length < 2)
            return ids.Length;
        var next = new int[ids.Length];
        var previous = new int[ids.Length];
        var queue = new PriorityQueue<(int At, int Left, int Right), (int Rank, int At)>();
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
            ids[pair.At] = _merges[(pair.Left, pair.Right)].Id;
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
        return count;

        void Offer(Span<int> ids, int left, int right)
        {
            if (_merges.TryGetValue((ids[left], ids[right]), out var merge))
                queue.Enqueue((left, ids[left], ids[right]), (merge.Rank, left));
        }
    }
}
