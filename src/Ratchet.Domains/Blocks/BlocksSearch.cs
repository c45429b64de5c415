namespace Ratchet.Domains.Blocks;

/// <summary>Shortest plans, by A* over arrangements packed into 64 bits.</summary>
/// <remarks>
/// A move takes a block from one place to another: two actions. Moves go to the table or onto the block that the goal wants below; any other place
/// could as well be the table, for the block must move again or need not be there (Gupta and Nau 1992). The bound counts blocks that must
/// move, twice where a block stands over one that must come before it.
/// </remarks>
internal sealed class BlocksSearch
{
    private const ulong OnTable = 15;

    private readonly BlocksProblem _problem;
    private readonly int[] _wantedOn;
    private readonly Dictionary<ulong, (int Moves, ulong Parent)> _reached = [];
    private readonly PriorityQueue<(ulong State, int Moves), (int Total, int Bound, long Age)> _open = new();
    private readonly bool[] _mustMove;
    private long _pushed;

    private BlocksSearch(BlocksProblem problem)
    {
        _problem = problem;
        _mustMove = new bool[problem.Count];
        _wantedOn = new int[problem.Count];
        Array.Fill(_wantedOn, -1);
        for (var block = 0; block < problem.Count; block++)
        {
            if (problem.GoalBelow[block] >= 0)
                _wantedOn[problem.GoalBelow[block]] = block;
        }
    }

    /// <summary>A shortest plan, or null where more than <paramref name="maxStates"/> arrangements would have to be looked at.</summary>
    public static List<BlocksAction>? Find(BlocksProblem problem, int maxStates) => new BlocksSearch(problem).Run(maxStates);

    private List<BlocksAction>? Run(int maxStates)
    {
        var below = new int[_problem.Count];
        var covered = new bool[_problem.Count];
        Reach(Pack(_problem.Below), 0, ulong.MaxValue, below);
        while (_open.TryDequeue(out var entry, out _))
        {
            var (state, moves) = entry;
            if (_reached[state].Moves != moves)
                continue;
            Unpack(state, below);
            if (_problem.IsSatisfiedBy(below))
                return Path(state);
            if (_reached.Count > maxStates)
                return null;
            Array.Clear(covered);
            foreach (var block in below)
            {
                if (block >= 0)
                    covered[block] = true;
            }

            var next = new int[_problem.Count];
            for (var block = 0; block < _problem.Count; block++)
            {
                if (covered[block])
                    continue;
                if (below[block] != BlocksProblem.Table)
                    Reach(With(state, block, OnTable), moves + 1, state, next);
                var goal = _problem.GoalBelow[block];
                if (goal >= 0 && goal != below[block] && !covered[goal])
                    Reach(With(state, block, (ulong)goal), moves + 1, state, next);
            }
        }

        throw new InvalidOperationException("A goal that was checked cannot be reached.");
    }

    private void Reach(ulong state, int moves, ulong parent, int[] below)
    {
        if (_reached.TryGetValue(state, out var known) && known.Moves <= moves)
            return;
        _reached[state] = (moves, parent);
        Unpack(state, below);
        var bound = Bound(below);
        _open.Enqueue((state, moves), (moves + bound, bound, --_pushed));
    }

    /// <summary>Moves that are needed at least.</summary>
    private int Bound(int[] below)
    {
        Array.Clear(_mustMove);
        var bound = 0;
        for (var pass = true; pass;)
        {
            pass = false;
            for (var block = 0; block < below.Length; block++)
            {
                if (_mustMove[block] || !Moves(block, below))
                    continue;
                _mustMove[block] = pass = true;
                bound++;
            }
        }

        for (var block = 0; block < below.Length; block++)
        {
            if (_mustMove[block] && _problem.GoalBelow[block] >= 0 && StandsOverItsBase(block, below))
                bound++;
        }

        return bound;
    }

    private bool Moves(int block, int[] below)
    {
        var (now, goal) = (below[block], _problem.GoalBelow[block]);
        if (goal != BlocksProblem.Free && goal != now)
            return true;
        return now >= 0 && (_mustMove[now] || _problem.GoalClear[now] || (_wantedOn[now] >= 0 && _wantedOn[now] != block));
    }

    /// <summary>True where a block that must move and must be settled before this one stands under it now.</summary>
    private bool StandsOverItsBase(int block, int[] below)
    {
        for (var wanted = _problem.GoalBelow[block]; wanted >= 0; wanted = _problem.GoalBelow[wanted])
        {
            if (!_mustMove[wanted])
                continue;
            for (var under = below[block]; under >= 0; under = below[under])
            {
                if (under == wanted)
                    return true;
            }
        }

        return false;
    }

    private List<BlocksAction> Path(ulong state)
    {
        var states = new List<ulong>();
        for (var at = state; at != ulong.MaxValue; at = _reached[at].Parent)
            states.Add(at);
        states.Reverse();
        var plan = new List<BlocksAction>();
        var (from, to) = (new int[_problem.Count], new int[_problem.Count]);
        for (var i = 1; i < states.Count; i++)
        {
            Unpack(states[i - 1], from);
            Unpack(states[i], to);
            var block = Enumerable.Range(0, _problem.Count).First(b => from[b] != to[b]);
            var name = _problem.Names[block];
            plan.Add(from[block] >= 0 ? new(BlocksVerb.Unstack, name, _problem.Names[from[block]], -1, -1) : new(BlocksVerb.PickUp, name, null, -1, -1));
            plan.Add(to[block] >= 0 ? new(BlocksVerb.Stack, name, _problem.Names[to[block]], -1, -1) : new(BlocksVerb.PutDown, name, null, -1, -1));
        }

        return plan;
    }

    private static ulong Pack(int[] below)
    {
        var state = 0UL;
        for (var block = 0; block < below.Length; block++)
            state |= (below[block] >= 0 ? (ulong)below[block] : OnTable) << (4 * block);
        return state;
    }

    private static void Unpack(ulong state, int[] below)
    {
        for (var block = 0; block < below.Length; block++)
        {
            var value = state >> (4 * block) & 15;
            below[block] = value == OnTable ? BlocksProblem.Table : (int)value;
        }
    }

    private static ulong With(ulong state, int block, ulong value) => (state & ~(15UL << (4 * block))) | value << (4 * block);
}
