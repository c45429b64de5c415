namespace Ratchet.Learning;

/// <summary>Cuts a shuffled order into minibatches.</summary>
internal static class Minibatches
{
    /// <summary>The smallest number of parts of at most a size, all of about equal size, in order.</summary>
    public static IEnumerable<int[]> Cut(ReadOnlySpan<int> order, int size)
    {
        var parts = (order.Length + size - 1) / size;
        var result = new int[parts][];
        for (var p = 0; p < parts; p++)
        {
            var start = (int)((long)order.Length * p / parts);
            result[p] = order[start..(int)((long)order.Length * (p + 1) / parts)].ToArray();
        }

        return result;
    }
}
