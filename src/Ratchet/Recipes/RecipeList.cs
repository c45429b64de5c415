using System.Collections;
using System.Runtime.CompilerServices;

namespace Ratchet.Recipes;

/// <summary>An unchangeable list with equality by elements, so that recipes compare by value.</summary>
[CollectionBuilder(typeof(RecipeList), nameof(RecipeList.Create))]
public sealed class RecipeList<T> : IReadOnlyList<T>, IEquatable<RecipeList<T>>
{
    private readonly T[] _items;

    internal RecipeList(T[] items) => _items = items;

    /// <inheritdoc/>
    public int Count => _items.Length;

    /// <inheritdoc/>
    public T this[int index] => _items[index];

    /// <inheritdoc/>
    public bool Equals(RecipeList<T>? other) => other is not null && _items.AsSpan().SequenceEqual(other._items);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RecipeList<T>);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in _items)
            hash.Add(item);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The elements as a recipe writes them.</summary>
    public override string ToString() => $"[{string.Join(", ", _items)}]";
}

/// <summary>Makes <see cref="RecipeList{T}"/>.</summary>
public static class RecipeList
{
    /// <summary>A list of the given elements; they are copied.</summary>
    public static RecipeList<T> Create<T>(ReadOnlySpan<T> items) => new(items.ToArray());
}
