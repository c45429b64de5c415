using Ratchet.Verifiers.Pddl.Grounding;

namespace Ratchet.Verifiers.Pddl.Planning;

/// <summary>A* over bit-set states with duplicate detection; states are opened again when a cheaper way to them is found, since bounds need not be consistent.</summary>
internal sealed class AStarSearch(GroundTask task, ILowerBound bound, int maxStates, long maxBytes)
{
    /// <summary>Bytes of a state's entries in the node lists and, about, in the queue.</summary>
    private const int BytesPerNode = 48;

    private readonly StateStore _states = new(task.Facts);
    private readonly SuccessorGenerator _successors = new(task);
    private readonly List<Node> _nodes = [];
    private readonly PriorityQueue<(int State, int Cost), Priority> _open = new();
    private long _pushed;

    public long Expanded { get; private set; }

    public long Generated { get; private set; }

    public int States => _states.Count;

    /// <summary>The bound at the start state; <see cref="RelaxedExploration.Infinite"/> where it shows that there is no plan.</summary>
    public int StartBound { get; private set; }

    /// <summary>The limit that ended the search, or null.</summary>
    public string? Limit { get; private set; }

    /// <summary>Operators of a cheapest plan; null where there is none or a limit was reached.</summary>
    public IReadOnlyList<int>? Search(CancellationToken cancellation)
    {
        var goal = task.Goal!;
        var facts = new int[task.Facts];
        var applicable = new List<int>();
        var next = new ulong[_states.Words];
        SuccessorGenerator.Set(next, task.Initial);
        Reach(next, -1, -1, 0, facts);
        StartBound = _nodes[0].Bound;
        while (_open.TryDequeue(out var entry, out _))
        {
            cancellation.ThrowIfCancellationRequested();
            var (state, cost) = entry;
            if (_nodes[state].Cost != cost)
                continue;
            if (SuccessorGenerator.HoldsAll(_states[state], goal))
                return Path(state);
            Expanded++;
            var count = SuccessorGenerator.Facts(_states[state], facts);
            _successors.Applicable(_states[state], facts.AsSpan(0, count), applicable);
            foreach (var op in applicable)
            {
                Generated++;
                SuccessorGenerator.Apply(task.Operators[op], _states[state], next);
                Reach(next, state, op, cost + task.Operators[op].Cost, facts);
            }

            if (_states.Count > maxStates)
                Limit = $"More than {maxStates} states were reached.";
            else if (_states.Bytes + ((long)_nodes.Count * BytesPerNode) > maxBytes)
                Limit = $"The states need more than {maxBytes} bytes.";
            if (Limit is not null)
                return null;
        }

        return null;
    }

    private void Reach(ReadOnlySpan<ulong> state, int parent, int op, int cost, int[] facts)
    {
        var number = _states.Add(state, out var isNew);
        if (isNew)
            _nodes.Add(new Node(parent, op, cost, bound.Of(facts.AsSpan(0, SuccessorGenerator.Facts(state, facts)))));
        else if (_nodes[number].Cost > cost)
            _nodes[number] = new Node(parent, op, cost, _nodes[number].Bound);
        else
            return;
        if (_nodes[number].Bound != RelaxedExploration.Infinite)
            _open.Enqueue((number, cost), new Priority((long)cost + _nodes[number].Bound, _nodes[number].Bound, --_pushed));
    }

    private List<int> Path(int state)
    {
        var path = new List<int>();
        for (var node = _nodes[state]; node.Parent >= 0; node = _nodes[node.Parent])
            path.Add(node.Operator);
        path.Reverse();
        return path;
    }

    private readonly record struct Node(int Parent, int Operator, int Cost, int Bound);

    /// <summary>Smallest total first, then smallest bound, then newest.</summary>
    private readonly record struct Priority(long Total, int Bound, long Age) : IComparable<Priority>
    {
        public int CompareTo(Priority other)
        {
            var order = Total.CompareTo(other.Total);
            if (order == 0)
                order = Bound.CompareTo(other.Bound);
            return order == 0 ? Age.CompareTo(other.Age) : order;
        }
    }
}
