using System.Runtime.CompilerServices;

namespace Ratchet.Domains.Metamath.Reading;

/// <summary>A list whose items can be taken by reference and as spans.</summary>
internal sealed class GrowingArray<T>(int capacity)
{
    private T[] _items = new T[capacity];

    public int Count { get; private set; }

    public ref T this[int index] => ref _items[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(T item)
    {
        if (Count == _items.Length)
            Array.Resize(ref _items, 2 * _items.Length);
        _items[Count++] = item;
    }

    public void Truncate(int count) => Count = count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<T> Span(int start, int length) => _items.AsSpan(start, length);
}
