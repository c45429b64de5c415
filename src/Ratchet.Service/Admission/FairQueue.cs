namespace Ratchet.Service.Admission;

/// <summary>Gives out a fixed number of slots, one client after the other in a circle, each client's requests in their order.</summary>
/// <remarks>
/// A client with a thousand proofs waits behind its own proofs, not before another client's one. What may wait is bounded: a
/// reservation comes first, and is refused when it would exceed the client's or everybody's bound. Safe to use from many threads.
/// </remarks>
internal sealed class FairQueue
{
    private readonly Lock _lock = new();
    private readonly int _perClient;
    private readonly int _total;
    private readonly Dictionary<string, Client> _clients = new(StringComparer.Ordinal);
    private readonly LinkedList<Client> _waiting = new();
    private int _free;
    private int _pending;

    /// <summary>Makes a queue.</summary>
    /// <param name="slots">Checks at the same time.</param>
    /// <param name="perClient">Checks that a client may have waiting and in work.</param>
    /// <param name="total">The same for all clients together.</param>
    public FairQueue(int slots, int perClient, int total)
    {
        Slots = slots;
        _free = slots;
        _perClient = perClient;
        _total = total;
    }

    /// <summary>Checks at the same time.</summary>
    public int Slots { get; }

    /// <summary>Checks that there is room for: waiting, in work, not yet asked for, or of a request that is not answered yet.</summary>
    public int Pending
    {
        get
        {
            lock (_lock)
                return _pending;
        }
    }

    /// <summary>Checks in work.</summary>
    public int Busy
    {
        get
        {
            lock (_lock)
                return Slots - _free;
        }
    }

    /// <summary>Clients that have something reserved.</summary>
    internal int Clients
    {
        get
        {
            lock (_lock)
                return _clients.Count;
        }
    }

    /// <summary>Reserves room for checks; null when there is none.</summary>
    /// <param name="client">Who asks.</param>
    /// <param name="count">Number of checks.</param>
    public Reservation? TryReserve(string client, int count)
    {
        lock (_lock)
        {
            var held = _clients.TryGetValue(client, out var known) ? known.Pending : 0;
            if (count > _perClient - held || count > _total - _pending)
                return null;
            if (known is null)
                _clients.Add(client, known = new Client(client));
            known.Pending += count;
            _pending += count;
            return new Reservation(this, known, count);
        }
    }

    private Task TakeAsync(Client client, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (cancellationToken.IsCancellationRequested)
                return Task.FromCanceled(cancellationToken);
            if (_free > 0)
            {
                // Slots are only free while nobody waits.
                _free--;
                return Task.CompletedTask;
            }

            var turn = new Turn();
            client.Turns.AddLast(turn.Node);
            if (client.Turns.Count == 1)
                _waiting.AddLast(client.Node);
            return WaitAsync(client, turn, cancellationToken);
        }
    }

    private async Task WaitAsync(Client client, Turn turn, CancellationToken cancellationToken)
    {
        // The task below runs its continuations elsewhere, so that nothing runs under the lock.
        await using (cancellationToken.UnsafeRegister(_ => GiveUp(client, turn, cancellationToken), null).ConfigureAwait(false))
            await turn.Came.Task.ConfigureAwait(false);
    }

    private void GiveUp(Client client, Turn turn, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // A turn that came in the same moment counts: its slot is taken.
            if (turn.Node.List is null)
                return;
            client.Turns.Remove(turn.Node);
            if (client.Turns.Count == 0)
                _waiting.Remove(client.Node);
        }

        turn.Came.TrySetCanceled(cancellationToken);
    }

    private void Free()
    {
        lock (_lock)
        {
            if (_waiting.First is not { } first)
            {
                _free++;
                return;
            }

            _waiting.RemoveFirst();
            var client = first.Value;
            var turn = client.Turns.First!.Value;
            client.Turns.RemoveFirst();
            if (client.Turns.Count > 0)
                _waiting.AddLast(first);
            turn.Came.SetResult();
        }
    }

    private void Return(Client client, int count)
    {
        lock (_lock)
        {
            _pending -= count;
            client.Pending -= count;
            if (client.Pending == 0 && count > 0)
                _clients.Remove(client.Name);
        }
    }

    /// <summary>Room for a number of checks of one client; given back when disposed, after the last of them has been answered.</summary>
    public sealed class Reservation : IDisposable
    {
        private readonly FairQueue _queue;
        private readonly Client _client;
        private int _count;

        internal Reservation(FairQueue queue, Client client, int count)
        {
            _queue = queue;
            _client = client;
            _count = count;
        }

        /// <summary>Waits for a slot. Cancelled, it leaves no slot taken.</summary>
        public Task TakeSlotAsync(CancellationToken cancellationToken) => _queue.TakeAsync(_client, cancellationToken);

        /// <summary>Gives a slot to whoever is next; may come after the room was given back.</summary>
        public void FreeSlot() => _queue.Free();

        public void Dispose() => _queue.Return(_client, Interlocked.Exchange(ref _count, 0));
    }

    internal sealed class Client
    {
        public Client(string name)
        {
            Name = name;
            Node = new LinkedListNode<Client>(this);
        }

        public string Name { get; }

        public LinkedListNode<Client> Node { get; }

        public LinkedList<Turn> Turns { get; } = new();

        public int Pending { get; set; }
    }

    internal sealed class Turn
    {
        public Turn() => Node = new LinkedListNode<Turn>(this);

        public LinkedListNode<Turn> Node { get; }

        public TaskCompletionSource Came { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
