using System.Numerics;

namespace Ratchet.Verifiers.Pddl.Planning;

/// <summary>States as bit sets, each stored once and known by its number.</summary>
internal sealed class StateStore(int facts)
{
    private const int StatesPerChunk = 4096;

    private readonly List<ulong[]> _chunks = [];
    private int[] _table = new int[1024];

    /// <summary>64-bit words of a state.</summary>
    public int Words { get; } = Math.Max(1, (facts + 63) / 64);

    public int Count { get; private set; }

    /// <summary>Bytes in use for states and the table.</summary>
    public long Bytes => ((long)_chunks.Count * StatesPerChunk * Words * sizeof(ulong)) + ((long)_table.Length * sizeof(int));

    public ReadOnlySpan<ulong> this[int number] => _chunks[number / StatesPerChunk].AsSpan(number % StatesPerChunk * Words, Words);

    /// <summary>The number of a state, and whether it is new.</summary>
    public int Add(ReadOnlySpan<ulong> state, out bool isNew)
    {
        if (Count * 2 >= _table.Length)
            Grow();
        var slot = Slot(state, _table);
        isNew = _table[slot] == 0;
        if (!isNew)
            return _table[slot] - 1;
        if (Count % StatesPerChunk == 0)
            _chunks.Add(new ulong[StatesPerChunk * Words]);
        state.CopyTo(_chunks[^1].AsSpan(Count % StatesPerChunk * Words));
        _table[slot] = ++Count;
        return Count - 1;
    }

    private void Grow()
    {
        var larger = new int[_table.Length * 2];
        for (var number = 0; number < Count; number++)
            larger[Slot(this[number], larger)] = number + 1;
        _table = larger;
    }

    private int Slot(ReadOnlySpan<ulong> state, int[] table)
    {
        var hash = 0x9E3779B97F4A7C15UL;
        foreach (var word in state)
            hash = BitOperations.RotateLeft((hash ^ word) * 0xBF58476D1CE4E5B9UL, 31);
        hash *= 0x94D049BB133111EBUL;
        var slot = (int)(hash >> 33) & (table.Length - 1);
        while (table[slot] != 0 && !this[table[slot] - 1].SequenceEqual(state))
            slot = (slot + 1) & (table.Length - 1);
        return slot;
    }
}
