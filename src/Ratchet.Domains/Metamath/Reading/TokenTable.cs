using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Ratchet.Domains.Metamath.Reading;

/// <summary>Names, each with a number from 0 in the order of adding. Readers may share it once nothing is added any more.</summary>
/// <remarks>
/// A name of up to seven bytes is its own key, so most look-ups compare one word; longer names compare a hash and then their bytes.
/// </remarks>
internal sealed class TokenTable
{
    private const ulong LongMark = 1UL << 63;
    private (ulong Key, int Value)[] _slots = new (ulong, int)[1024];
    private byte[] _names = new byte[4096];
    private int[] _starts = new int[256];
    private int _shift = 54;

    public int Count { get; private set; }

    /// <summary>The key of a token; eight bytes must be readable from its start.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Key(byte[] bytes, int start, int length) =>
        length < 8 ? Unsafe.ReadUnaligned<ulong>(ref bytes[start]) & ((1UL << (8 * length)) - 1) : LongKey(bytes.AsSpan(start, length));

    public static ulong LongKey(ReadOnlySpan<byte> name)
    {
        var hash = (ulong)name.Length * 0x9E3779B97F4A7C15;
        var i = 0;
        for (; i + 8 <= name.Length; i += 8)
            hash = BitOperations.RotateLeft((hash ^ MemoryMarshal.Read<ulong>(name[i..])) * 0xD6E8FEB86659FD93, 29);
        if (i < name.Length)
            hash = BitOperations.RotateLeft((hash ^ MemoryMarshal.Read<ulong>(name[^8..])) * 0xD6E8FEB86659FD93, 29);
        return (hash * 0x9E3779B97F4A7C15) | LongMark;
    }

    /// <summary>The number of a name, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong key, byte[] bytes, int start, int length)
    {
        var slots = _slots;
        for (var i = Home(key); ; i++)
        {
            ref var slot = ref slots[i & (slots.Length - 1)];
            if (slot.Key == key && (key < LongMark || Name(slot.Value).SequenceEqual(bytes.AsSpan(start, length))))
                return slot.Value;
            if (slot.Key == 0)
                return -1;
        }
    }

    public int Find(string name)
    {
        if (name.Length == 0 || !Ascii.IsValid(name))
            return -1;
        var padded = new byte[name.Length + 8];
        Encoding.ASCII.GetBytes(name, padded);
        return Find(Key(padded, 0, name.Length), padded, 0, name.Length);
    }

    /// <summary>Adds a name that is not there yet and gives its number.</summary>
    public int Add(ulong key, byte[] bytes, int start, int length)
    {
        if (2 * (Count + 1) > _slots.Length)
            Grow();
        if (Count + 1 >= _starts.Length)
            Array.Resize(ref _starts, 2 * _starts.Length);
        var end = _starts[Count] + length;
        if (end > _names.Length)
            Array.Resize(ref _names, Math.Max(end, 2 * _names.Length));
        bytes.AsSpan(start, length).CopyTo(_names.AsSpan(_starts[Count]));
        Insert(key, Count);
        _starts[++Count] = end;
        return Count - 1;
    }

    public ReadOnlySpan<byte> Name(int value) => _names.AsSpan(_starts[value], _starts[value + 1] - _starts[value]);

    public string Text(int value) => Encoding.Latin1.GetString(Name(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Home(ulong key) => (int)((key * 0x9E3779B97F4A7C15) >> _shift);

    private void Insert(ulong key, int value)
    {
        var i = Home(key);
        while (_slots[i & (_slots.Length - 1)].Key != 0)
            i++;
        _slots[i & (_slots.Length - 1)] = (key, value);
    }

    private void Grow()
    {
        var old = _slots;
        _slots = new (ulong, int)[2 * old.Length];
        _shift--;
        foreach (var (key, value) in old)
        {
            if (key != 0)
                Insert(key, value);
        }
    }
}
