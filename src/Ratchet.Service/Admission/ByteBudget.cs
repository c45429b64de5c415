namespace Ratchet.Service.Admission;

/// <summary>Bounds the bytes of request bodies that are in the service, for each client and for all together. Safe to use from many threads.</summary>
/// <param name="perClient">Bytes of one client.</param>
/// <param name="total">Bytes of all clients.</param>
internal sealed class ByteBudget(long perClient, long total)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _held = new(StringComparer.Ordinal);
    private long _all;

    /// <summary>Bytes held by all clients.</summary>
    public long Held
    {
        get
        {
            lock (_lock)
                return _all;
        }
    }

    /// <summary>Takes bytes; false when that would exceed a bound.</summary>
    public bool TryTake(string client, long bytes)
    {
        lock (_lock)
        {
            var held = _held.GetValueOrDefault(client);
            if (bytes > perClient - held || bytes > total - _all)
                return false;
            _held[client] = held + bytes;
            _all += bytes;
            return true;
        }
    }

    /// <summary>Gives bytes back.</summary>
    public void Return(string client, long bytes)
    {
        if (bytes == 0)
            return;
        lock (_lock)
        {
            _all -= bytes;
            if ((_held[client] -= bytes) == 0)
                _held.Remove(client);
        }
    }
}
