namespace Ratchet.Verifiers.Pddl.Planning;

/// <summary>
/// Costs of facts under h-max: the dearest precondition plus the operator's cost, cheapest operator first (Bonet and Geffner 2001). Each
/// operator remembers the precondition that decides, its supporter. After costs have fallen the values are repaired, not computed anew.
/// </summary>
internal sealed class RelaxedExploration(RelaxedTask task)
{
    public const int Infinite = int.MaxValue;

    private readonly List<List<int>> _buckets = [];
    private readonly int[] _missing = new int[task.Operators];
    private readonly int[] _missingAtStart = [.. task.Preconditions.Select(p => p.Length)];
    private int _queued;
    private int _current;

    /// <summary>Cost of a fact, or <see cref="Infinite"/>.</summary>
    public int[] FactCosts { get; } = new int[task.Facts];

    /// <summary>Current costs of the ground operators.</summary>
    public int[] OperatorCosts { get; } = [.. task.ParentCosts];

    /// <summary>The dearest precondition of a relaxed operator, -1 while some precondition is out of reach.</summary>
    public int[] Supporters { get; } = new int[task.Operators];

    /// <summary>Computes all values in a state; the goal's comes back.</summary>
    public int Explore(ReadOnlySpan<int> state)
    {
        FactCosts.AsSpan().Fill(Infinite);
        Supporters.AsSpan().Fill(-1);
        _missingAtStart.CopyTo(_missing, 0);
        _current = 0;
        foreach (var fact in state)
            Enqueue(fact, 0);
        Enqueue(task.Always, 0);
        while (TryDequeue(out var fact, out var cost))
        {
            if (FactCosts[fact] < cost)
                continue;
            foreach (var op in task.UsedBy[fact])
            {
                if (--_missing[op] > 0)
                    continue;

                // Facts come in order of cost, so the last precondition is the dearest.
                Supporters[op] = fact;
                Spread(op, cost + OperatorCosts[task.Parents[op]]);
            }
        }

        return FactCosts[task.Goal];
    }

    /// <summary>Repairs all values after the costs of ground operators have fallen; the goal's value comes back.</summary>
    public int Repair(List<int> cheaper)
    {
        _current = 0;
        foreach (var parent in cheaper)
        {
            foreach (var op in task.Children[parent])
            {
                if (Supporters[op] >= 0)
                    Spread(op, FactCosts[Supporters[op]] + OperatorCosts[parent]);
            }
        }

        while (TryDequeue(out var fact, out var cost))
        {
            if (FactCosts[fact] < cost)
                continue;
            foreach (var op in task.UsedBy[fact])
            {
                // The fact's cost has fallen, so only operators that it decides can change.
                if (Supporters[op] != fact)
                    continue;
                Supporters[op] = Dearest(op);
                Spread(op, FactCosts[Supporters[op]] + OperatorCosts[task.Parents[op]]);
            }
        }

        return FactCosts[task.Goal];
    }

    private int Dearest(int op)
    {
        var best = -1;
        foreach (var fact in task.Preconditions[op])
        {
            if (best < 0 || FactCosts[fact] > FactCosts[best])
                best = fact;
        }

        return best;
    }

    private void Spread(int op, int cost)
    {
        foreach (var fact in task.Effects[op])
            Enqueue(fact, cost);
    }

    private void Enqueue(int fact, int cost)
    {
        if (FactCosts[fact] <= cost)
            return;
        FactCosts[fact] = cost;
        while (_buckets.Count <= cost)
            _buckets.Add([]);
        _buckets[cost].Add(fact);
        _current = Math.Min(_current, cost);
        _queued++;
    }

    private bool TryDequeue(out int fact, out int cost)
    {
        if (_queued == 0)
        {
            (fact, cost) = (-1, -1);
            return false;
        }

        while (_buckets[_current].Count == 0)
            _current++;
        var bucket = _buckets[_current];
        (fact, cost) = (bucket[^1], _current);
        bucket.RemoveAt(bucket.Count - 1);
        _queued--;
        return true;
    }
}
