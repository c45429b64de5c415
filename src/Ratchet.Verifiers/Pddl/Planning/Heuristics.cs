using Ratchet.Verifiers.Pddl.Grounding;

namespace Ratchet.Verifiers.Pddl.Planning;

/// <summary>A lower bound on the cost from a state to the goal.</summary>
internal interface ILowerBound
{
    /// <summary>The bound, or <see cref="RelaxedExploration.Infinite"/> where the goal is out of reach for certain.</summary>
    /// <param name="state">Facts that hold, ascending.</param>
    int Of(ReadOnlySpan<int> state);
}

/// <summary>No knowledge: 0, which makes the search Dijkstra's.</summary>
internal sealed class BlindBound : ILowerBound
{
    public int Of(ReadOnlySpan<int> state) => 0;
}

/// <summary>h-max.</summary>
internal sealed class MaxBound(GroundTask task) : ILowerBound
{
    private readonly RelaxedExploration _exploration = new(new RelaxedTask(task));

    public int Of(ReadOnlySpan<int> state) => _exploration.Explore(state);
}

/// <summary>LM-cut (Helmert and Domshlak 2009): a sum of disjunctive action landmarks under a partition of the costs.</summary>
/// <remarks>
/// Difference: conditional effects are operators of their own, and a landmark lowers the cost of the whole ground operator. The landmark is one
/// over ground operators too, so the sum stays a lower bound.
/// </remarks>
internal sealed class LandmarkCutBound : ILowerBound
{
    private const byte Unmarked = 0;
    private const byte GoalZone = 1;
    private const byte BeforeZone = 2;

    private readonly RelaxedTask _relaxed;
    private readonly RelaxedExploration _exploration;
    private readonly Stack<int> _stack = new();
    private readonly List<int> _cut = [];
    private readonly bool[] _isCut;
    private readonly byte[] _marks;

    public LandmarkCutBound(GroundTask task)
    {
        _relaxed = new RelaxedTask(task);
        _exploration = new RelaxedExploration(_relaxed);
        _isCut = new bool[_relaxed.ParentCosts.Length];
        _marks = new byte[_relaxed.Facts];
    }

    public int Of(ReadOnlySpan<int> state)
    {
        _relaxed.ParentCosts.CopyTo(_exploration.OperatorCosts, 0);
        var goal = _exploration.Explore(state);
        if (goal == RelaxedExploration.Infinite)
            return goal;
        var sum = 0;
        while (goal > 0)
        {
            Array.Clear(_marks);
            MarkGoalZone();
            FindCut(state);
            var least = int.MaxValue;
            foreach (var parent in _cut)
                least = Math.Min(least, _exploration.OperatorCosts[parent]);
            foreach (var parent in _cut)
            {
                _exploration.OperatorCosts[parent] -= least;
                _isCut[parent] = false;
            }

            sum += least;
            goal = _exploration.Repair(_cut);
        }

        return sum;
    }

    /// <summary>Facts from which the goal costs nothing more, going through supporters.</summary>
    private void MarkGoalZone()
    {
        Mark(_relaxed.Goal, GoalZone);
        while (_stack.TryPop(out var fact))
        {
            foreach (var op in _relaxed.AddedBy[fact])
            {
                var supporter = _exploration.Supporters[op];
                if (supporter >= 0 && _exploration.OperatorCosts[_relaxed.Parents[op]] == 0 && _marks[supporter] == Unmarked)
                    Mark(supporter, GoalZone);
            }
        }
    }

    /// <summary>Ground operators that lead from what is reachable before the goal zone into it.</summary>
    private void FindCut(ReadOnlySpan<int> state)
    {
        _cut.Clear();
        foreach (var fact in state)
            Mark(fact, BeforeZone);
        Mark(_relaxed.Always, BeforeZone);
        while (_stack.TryPop(out var fact))
        {
            foreach (var op in _relaxed.UsedBy[fact])
            {
                if (_exploration.Supporters[op] != fact)
                    continue;
                if (Array.Exists(_relaxed.Effects[op], e => _marks[e] == GoalZone))
                {
                    if (!_isCut[_relaxed.Parents[op]])
                        _cut.Add(_relaxed.Parents[op]);
                    _isCut[_relaxed.Parents[op]] = true;
                    continue;
                }

                foreach (var effect in _relaxed.Effects[op])
                {
                    if (_marks[effect] == Unmarked)
                        Mark(effect, BeforeZone);
                }
            }
        }
    }

    private void Mark(int fact, byte mark)
    {
        _marks[fact] = mark;
        _stack.Push(fact);
    }
}
