using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Ratchet.Models.Torch;

/// <summary>
/// Rows of ids laid end to end without padding, N ids in all. Only attention sees a padded [B, L] layout: padding stands at the right, where a
/// causal mask hides it from everything that counts.
/// </summary>
/// <param name="Ids">Ids, int64, [N].</param>
/// <param name="Positions">Position in its row of each id, int64, [N].</param>
/// <param name="Padded">Place of each id in the padded layout (row · L + position), int64, [N]; null where all rows are equally long.</param>
/// <param name="Rows">B, the number of rows.</param>
/// <param name="Length">L, ids of the longest row.</param>
internal sealed record TorchBatch(Tensor Ids, Tensor Positions, Tensor? Padded, int Rows, int Length)
{
    /// <summary>Lays rows end to end; the tensors belong to the current dispose scope.</summary>
    /// <param name="rows">Rows, each at least one id.</param>
    /// <param name="count">Number of ids of a row that enter, the first ones.</param>
    /// <param name="device">Device.</param>
    public static TorchBatch Create(IReadOnlyList<IReadOnlyList<int>> rows, Func<IReadOnlyList<int>, int> count, Device device)
    {
        var total = rows.Sum(count);
        var length = rows.Max(count);
        var ids = new long[total];
        var positions = new long[total];
        var padded = new long[total];
        var n = 0;
        for (var r = 0; r < rows.Count; r++)
        {
            var row = rows[r];
            var own = count(row);
            for (var i = 0; i < own; i++, n++)
            {
                ids[n] = row[i];
                positions[n] = i;
                padded[n] = ((long)r * length) + i;
            }
        }

        return new TorchBatch(Upload(ids, device), Upload(positions, device), total == (long)rows.Count * length ? null : Upload(padded, device), rows.Count, length);
    }

    /// <summary>Whole numbers on a device.</summary>
    public static Tensor Upload(ReadOnlySpan<long> values, Device device)
    {
        var host = empty(values.Length, dtype: ScalarType.Int64);
        MemoryMarshal.AsBytes(values).CopyTo(host.bytes);
        return host.to(device);
    }

    /// <summary>Numbers on a device.</summary>
    public static Tensor Upload(ReadOnlySpan<float> values, Device device)
    {
        var host = empty(values.Length, dtype: ScalarType.Float32);
        MemoryMarshal.AsBytes(values).CopyTo(host.bytes);
        return host.to(device);
    }

    /// <summary>Whole numbers from a first one on, [count]. Uploaded, because a range of the library's own makes scalars on the fly: see <see cref="TorchScalars"/>.</summary>
    public static Tensor Range(long first, int count, Device device) => Upload([.. Enumerable.Range(0, count).Select(i => first + i)], device);

    /// <summary>
    /// True where a query sees a key: none after it, and itself and the window - 1 keys before it. [queries, keys].
    /// </summary>
    /// <param name="queries">Position of each query, whole numbers, [queries].</param>
    /// <param name="keys">Keys, at positions 0 to keys - 1.</param>
    /// <param name="window">Window, at least 1; <paramref name="keys"/> or more hides nothing that lies before a query.</param>
    public static Tensor Visible(Tensor queries, int keys, int window)
    {
        using var scope = NewDisposeScope();
        var key = Range(0, keys, queries.device).unsqueeze(0);

        // A key is too far back where moving it forward by the window does not take it past the query.
        var reach = Range(window, keys, queries.device).unsqueeze(0);
        var query = queries.unsqueeze(1);
        return key.le(query).logical_and(reach.gt(query)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Divides rows into groups of similar length whose padded size stays within a limit (a longer row goes alone). Gives indices into
    /// <paramref name="lengths"/>; the order depends on the lengths alone.
    /// </summary>
    public static IEnumerable<List<int>> Group(IReadOnlyList<int> lengths, int maxTokens)
    {
        var group = new List<int>();
        foreach (var i in Enumerable.Range(0, lengths.Count).OrderByDescending(i => lengths[i]))
        {
            // The first of a group is its longest.
            if (group.Count > 0 && (group.Count + 1L) * lengths[group[0]] > maxTokens)
            {
                yield return group;
                group = [];
            }

            group.Add(i);
        }

        if (group.Count > 0)
            yield return group;
    }
}
