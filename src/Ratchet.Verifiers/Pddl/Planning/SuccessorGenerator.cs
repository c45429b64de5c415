using System.Numerics;
using Ratchet.Verifiers.Pddl.Grounding;

namespace Ratchet.Verifiers.Pddl.Planning;

/// <summary>Finds the operators that apply in a state and applies them.</summary>
internal sealed class SuccessorGenerator
{
    private readonly GroundTask _task;
    private readonly int[][] _watched;
    private readonly int[] _withoutPreconditions;

    public SuccessorGenerator(GroundTask task)
    {
        _task = task;
        var uses = new int[task.Facts];
        foreach (var fact in task.Operators.SelectMany(o => o.Preconditions))
            uses[fact]++;

        // Each operator is looked at only in states with its rarest precondition.
        var watched = Enumerable.Range(0, task.Facts).Select(_ => new List<int>()).ToArray();
        var free = new List<int>();
        for (var i = 0; i < task.Operators.Length; i++)
        {
            if (task.Operators[i].Preconditions is { Length: > 0 } preconditions)
                watched[preconditions.MinBy(f => uses[f])].Add(i);
            else
                free.Add(i);
        }

        _watched = [.. watched.Select(w => w.ToArray())];
        _withoutPreconditions = [.. free];
    }

    /// <summary>Facts of a state, ascending.</summary>
    public static int Facts(ReadOnlySpan<ulong> state, Span<int> facts)
    {
        var count = 0;
        for (var i = 0; i < state.Length; i++)
        {
            for (var word = state[i]; word != 0; word &= word - 1)
                facts[count++] = (i * 64) + BitOperations.TrailingZeroCount(word);
        }

        return count;
    }

    /// <summary>Operators that apply, in a fixed order.</summary>
    public void Applicable(ReadOnlySpan<ulong> state, ReadOnlySpan<int> facts, List<int> operators)
    {
        operators.Clear();
        operators.AddRange(_withoutPreconditions);
        foreach (var fact in facts)
        {
            foreach (var op in _watched[fact])
            {
                if (HoldsAll(state, _task.Operators[op].Preconditions))
                    operators.Add(op);
            }
        }
    }

    public static void Apply(GroundOperator op, ReadOnlySpan<ulong> state, Span<ulong> next)
    {
        state.CopyTo(next);
        Clear(next, op.Deletes);
        if (op.Conditional.Length == 0)
        {
            Set(next, op.Adds);
            return;
        }

        foreach (var effect in op.Conditional)
        {
            if (HoldsAll(state, effect.Conditions))
                Clear(next, effect.Deletes);
        }

        Set(next, op.Adds);
        foreach (var effect in op.Conditional)
        {
            if (HoldsAll(state, effect.Conditions))
                Set(next, effect.Adds);
        }

        foreach (var (fact, mirror) in op.Mirrors)
        {
            if (Holds(next, fact))
                next[mirror >> 6] &= ~(1UL << mirror);
            else
                next[mirror >> 6] |= 1UL << mirror;
        }
    }

    public static bool HoldsAll(ReadOnlySpan<ulong> state, int[] facts)
    {
        foreach (var fact in facts)
        {
            if (!Holds(state, fact))
                return false;
        }

        return true;
    }

    public static void Set(Span<ulong> state, int[] facts)
    {
        foreach (var fact in facts)
            state[fact >> 6] |= 1UL << fact;
    }

    private static bool Holds(ReadOnlySpan<ulong> state, int fact) => (state[fact >> 6] >> fact & 1) != 0;

    private static void Clear(Span<ulong> state, int[] facts)
    {
        foreach (var fact in facts)
            state[fact >> 6] &= ~(1UL << fact);
    }
}
