namespace Ratchet.Evaluation;

/// <summary>
/// Orders names as a reader counts: runs of digits by their value, everything else by its characters, so that <c>4-6</c> stands before
/// <c>10-14</c>. Names that differ in leading zeros only are told apart by their characters.
/// </summary>
public sealed class NaturalOrder : IComparer<string>
{
    private NaturalOrder()
    {
    }

    /// <summary>The one instance.</summary>
    public static NaturalOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        var (i, j) = (0, 0);
        while (i < x.Length && j < y.Length)
        {
            int order;
            if (char.IsAsciiDigit(x[i]) && char.IsAsciiDigit(y[j]))
            {
                var left = Digits(x, ref i);
                var right = Digits(y, ref j);
                order = left.Length != right.Length ? left.Length - right.Length : left.SequenceCompareTo(right);
            }
            else
            {
                order = x[i++] - y[j++];
            }

            if (order != 0)
                return order;
        }

        return (x.Length - i) - (y.Length - j) is not 0 and var rest ? rest : string.CompareOrdinal(x, y);
    }

    /// <summary>The digits from an index on, without leading zeros; the index moves past them.</summary>
    private static ReadOnlySpan<char> Digits(string text, ref int index)
    {
        var start = index;
        while (index < text.Length && char.IsAsciiDigit(text[index]))
            index++;
        return text.AsSpan(start, index - start).TrimStart('0');
    }
}
