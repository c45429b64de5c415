using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Ratchet.Models;

/// <summary>
/// Reading and copying of weights on a few threads, where a model is large: what that costs is mostly fresh memory, which the system hands out a page at a time to each thread.
/// </summary>
internal static class PackingThreads
{
    /// <summary>Parameters below which it is not worth a second thread.</summary>
    private const long SmallModel = 20_000_000;

    private const int MostThreads = 4;

    /// <summary>Does the work for every item, in their order or some at a time.</summary>
    /// <param name="items">Items.</param>
    /// <param name="parameters">Parameters of all of them.</param>
    /// <param name="work">Work for one; called from many threads.</param>
    public static void ForEach<T>(IReadOnlyList<T> items, long parameters, Action<T> work)
    {
        if (parameters < SmallModel)
        {
            foreach (var item in items)
                work(item);
            return;
        }

        try
        {
            Parallel.ForEach(Partitioner.Create(items, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = Math.Min(MostThreads, Environment.ProcessorCount) }, work);
        }
        catch (AggregateException e)
        {
            // One message: that of the first that failed.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
