using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Pool;

/// <summary>
/// Verdicts in memory by <see cref="Journal.VerdictKey"/>. Equal requests that come while one is under way share its check. Unknown verdicts are
/// not kept: they say nothing about the text.
/// </summary>
/// <param name="capacity">Verdicts kept at most; the one used longest ago goes.</param>
internal sealed class VerdictCache(int capacity = 100_000)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, Verdict Verdict)>> _known = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, Verdict Verdict)> _byUse = new();
    private readonly Dictionary<string, Flight> _flights = new(StringComparer.Ordinal);

    /// <summary>Requests answered without a check of their own.</summary>
    public long Hits { get; private set; }

    /// <summary>Gives the verdict of a key, checking if it is not known.</summary>
    /// <param name="key">Content address of the request.</param>
    /// <param name="check">Makes the check. Its token is cancelled when nobody waits for the verdict any more.</param>
    /// <param name="cancellationToken">Ends this caller's wait; the check goes on for the others.</param>
    public async Task<Verdict> GetAsync(string key, Func<CancellationToken, Task<Verdict>> check, CancellationToken cancellationToken)
    {
        Flight flight;
        lock (_gate)
        {
            if (_known.TryGetValue(key, out var node))
            {
                _byUse.Remove(node);
                _byUse.AddLast(node);
                Hits++;
                return node.Value.Verdict;
            }

            if (_flights.TryGetValue(key, out flight!))
            {
                Hits++;
            }
            else
            {
                _flights.Add(key, flight = new Flight());
                flight.Task = RunAsync(key, flight, check);
            }

            flight.Waiting++;
        }

        try
        {
            return await flight.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_gate)
            {
                if (--flight.Waiting == 0 && !flight.Task.IsCompleted)
                {
                    // Who comes next must not join a check that is being called off.
                    if (_flights.TryGetValue(key, out var current) && current == flight)
                        _flights.Remove(key);
                    flight.Abandoned.Cancel();
                }
            }
        }
    }

    private async Task<Verdict> RunAsync(string key, Flight flight, Func<CancellationToken, Task<Verdict>> check)
    {
        await Task.Yield();
        try
        {
            var verdict = await check(flight.Abandoned.Token);
            lock (_gate)
            {
                if (!verdict.IsUnknown && !_known.ContainsKey(key))
                {
                    _known.Add(key, _byUse.AddLast((key, verdict)));
                    if (_known.Count > capacity)
                    {
                        _known.Remove(_byUse.First!.Value.Key);
                        _byUse.RemoveFirst();
                    }
                }
            }

            return verdict;
        }
        finally
        {
            lock (_gate)
            {
                if (_flights.TryGetValue(key, out var current) && current == flight)
                    _flights.Remove(key);
            }
        }
    }

    private sealed class Flight
    {
        public Task<Verdict> Task { get; set; } = null!;

        public int Waiting { get; set; }

        public CancellationTokenSource Abandoned { get; } = new();
    }
}
