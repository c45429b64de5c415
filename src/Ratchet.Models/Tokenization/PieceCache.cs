namespace Ratchet.Models.Tokenization;

/// <summary>
/// The ids of pieces seen lately. Bounded: a new piece takes the place of the one in its slot. Safe from many threads, without locks; what it
/// holds never changes a result.
/// </summary>
internal sealed class PieceCache
{
    /// <summary>Longest piece that is kept, in UTF-16 units.</summary>
    public const int LongestPiece = 64;

    private const int Bits = 16;

    private readonly Entry?[] _slots = new Entry?[1 << Bits];

    /// <summary>The ids of a piece, or null where it is not here.</summary>
    public int[]? Find(ReadOnlySpan<char> piece, out int slot)
    {
        slot = Slot(piece);

        // An entry is immutable and swapped whole, so a reader sees the old or the new one.
        return Volatile.Read(ref _slots[slot]) is { } entry && piece.SequenceEqual(entry.Piece) ? entry.Ids : null;
    }

    /// <summary>Keeps the ids of a piece in its slot.</summary>
    public void Keep(int slot, ReadOnlySpan<char> piece, int[] ids) => Volatile.Write(ref _slots[slot], new Entry(piece.ToString(), ids));

    private static int Slot(ReadOnlySpan<char> piece)
    {
        var hash = (ulong)piece.Length;
        foreach (var unit in piece)
            hash = (hash ^ unit) * 0x9E3779B97F4A7C15;
        return (int)(hash >> (64 - Bits));
    }

    private sealed record Entry(string Piece, int[] Ids);
}
