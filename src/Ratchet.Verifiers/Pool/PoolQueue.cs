using System.Diagnostics;

namespace Ratchet.Verifiers.Pool;

/// <summary>
/// The waiting requests of a pool, in lanes by client and key. Clients take turns; a key keeps a worker for a turn, because changing keys may
/// cost the start of a process. Not thread-safe.
/// </summary>
internal sealed class PoolQueue<TWorker>(TimeSpan turn)
{
    private readonly LinkedList<Client> _rotation = new();
    private readonly Dictionary<string, Client> _clients = new(StringComparer.Ordinal);

    /// <summary>Requests that wait.</summary>
    public int Count { get; private set; }

    /// <summary>The requests that wait, in no order that matters.</summary>
    public IEnumerable<PoolItem<TWorker>> Items => _rotation.SelectMany(c => c.Lanes).SelectMany(l => l.Items);

    /// <summary>Puts a request at the end of its lane.</summary>
    public void Add(PoolItem<TWorker> item)
    {
        if (!_clients.TryGetValue(item.Client, out var client))
        {
            _clients.Add(item.Client, client = new Client(item.Client));
            _rotation.AddLast(client);
        }

        var lane = client.Lanes.FirstOrDefault(l => l.Key == item.Key);
        if (lane is null)
            client.Lanes.Add(lane = new Lane(item.Key));
        lane.Items.AddLast(item);
        Count++;
    }

    /// <summary>Takes a request out that waits; false where it does not.</summary>
    public bool Remove(PoolItem<TWorker> item)
    {
        if (!_clients.TryGetValue(item.Client, out var client) || client.Lanes.FirstOrDefault(l => l.Key == item.Key) is not { } lane || !lane.Items.Remove(item))
            return false;
        Removed(client, lane);
        return true;
    }

    /// <summary>Takes the next request for a worker that holds a key.</summary>
    /// <param name="held">Key that the worker's place served last, or null.</param>
    /// <param name="stay">Whether its turn goes on.</param>
    /// <param name="isWarm">Whether an idle worker has a key loaded.</param>
    /// <param name="isServed">Whether another place serves a key at the moment.</param>
    public PoolItem<TWorker>? Take(string? held, bool stay, Predicate<string> isWarm, Predicate<string> isServed)
    {
        if (Count == 0)
            return null;
        if (stay && held is not null && TakeFrom(l => l.Key == held) is { } next)
            return next;

        // Changing keys: a lane that waits long comes first, then one that needs no start. What another place serves already gains nothing
        // from a second worker while others wait.
        return TakeFrom(l => l.Waited > turn && l.Key != held && !isServed(l.Key))
            ?? TakeFrom(l => l.Key != held && isWarm(l.Key) && !isServed(l.Key))
            ?? TakeFrom(l => l.Key != held && !isServed(l.Key))
            ?? TakeFrom(l => l.Key == held)
            ?? TakeFrom(_ => true);
    }

    private PoolItem<TWorker>? TakeFrom(Predicate<Lane> wanted)
    {
        foreach (var client in _rotation)
        {
            var lane = client.Lanes.Find(wanted);
            if (lane is null)
                continue;
            var item = lane.Items.First!.Value;
            lane.Items.RemoveFirst();
            lane.Touch();

            // Served last: behind the other clients, and behind the client's other lanes.
            _rotation.Remove(client);
            _rotation.AddLast(client);
            client.Lanes.Remove(lane);
            client.Lanes.Add(lane);
            Removed(client, lane);
            return item;
        }

        return null;
    }

    private void Removed(Client client, Lane lane)
    {
        Count--;
        if (lane.Items.Count > 0)
            return;
        client.Lanes.Remove(lane);
        if (client.Lanes.Count > 0)
            return;
        _rotation.Remove(client);
        _clients.Remove(client.Name);
    }

    private sealed class Client(string name)
    {
        public string Name { get; } = name;

        public List<Lane> Lanes { get; } = [];
    }

    private sealed class Lane(string key)
    {
        private long _served = Stopwatch.GetTimestamp();

        public string Key { get; } = key;

        public LinkedList<PoolItem<TWorker>> Items { get; } = new();

        public TimeSpan Waited => Stopwatch.GetElapsedTime(_served);

        public void Touch() => _served = Stopwatch.GetTimestamp();
    }
}
