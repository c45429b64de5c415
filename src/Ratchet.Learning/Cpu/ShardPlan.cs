namespace Ratchet.Learning.Cpu;

/// <summary>
/// Division of rows into shards of about equal numbers of tokens, and of each shard into chunks. Depends on the rows and the
/// options alone, never on threads. Its memory is reused from step to step.
/// </summary>
internal sealed class ShardPlan
{
    private readonly int _chunkTokens;
    private readonly long[] _load;
    private int[] _order = [];
    private int[] _lengths = [];
    private int[] _shardOf = [];

    /// <summary>Makes an empty plan.</summary>
    public ShardPlan(int shards, int chunkTokens)
    {
        _chunkTokens = chunkTokens;
        _load = new long[shards];
        Shards = new List<PassRow>[shards];
        for (var s = 0; s < shards; s++)
            Shards[s] = [];
    }

    /// <summary>Rows of each shard in the order given; the first <see cref="Used"/> shards have rows.</summary>
    public List<PassRow>[] Shards { get; }

    /// <summary>Shards that have rows.</summary>
    public int Used { get; private set; }

    /// <summary>Divides rows: longest first, each to the shard with the fewest tokens (the lowest number on a tie).</summary>
    public void Divide(ReadOnlySpan<PassRow> rows)
    {
        if (_order.Length < rows.Length)
        {
            _order = new int[rows.Length * 2];
            _lengths = new int[rows.Length * 2];
            _shardOf = new int[rows.Length * 2];
        }

        for (var i = 0; i < rows.Length; i++)
        {
            // Sorting by (-length, index) keeps the order of equal rows, which an unstable sort would leave to chance.
            _order[i] = i;
            _lengths[i] = -rows[i].Length;
        }

        _order.AsSpan(0, rows.Length).Sort((a, b) => _lengths[a] != _lengths[b] ? _lengths[a].CompareTo(_lengths[b]) : a.CompareTo(b));
        Array.Clear(_load);
        foreach (var index in _order.AsSpan(0, rows.Length))
        {
            var lightest = 0;
            for (var s = 1; s < _load.Length; s++)
            {
                if (_load[s] < _load[lightest])
                    lightest = s;
            }

            _load[lightest] += rows[index].Length;
            _shardOf[index] = lightest;
        }

        foreach (var shard in Shards)
            shard.Clear();
        for (var i = 0; i < rows.Length; i++)
            Shards[_shardOf[i]].Add(rows[i]);
        Used = Math.Min(rows.Length, Shards.Length);
    }

    /// <summary>The end of the chunk that begins at a row: as many rows as fit, at least one.</summary>
    public int ChunkEnd(List<PassRow> rows, int start)
    {
        var tokens = rows[start].Length;
        var end = start + 1;
        while (end < rows.Count && tokens + rows[end].Length <= _chunkTokens)
            tokens += rows[end++].Length;
        return end;
    }
}
