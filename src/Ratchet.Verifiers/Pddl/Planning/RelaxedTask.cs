using Ratchet.Verifiers.Pddl.Grounding;

namespace Ratchet.Verifiers.Pddl.Planning;

/// <summary>
/// A ground task without deletions, as flat arrays. Two facts are added: one that always holds, the precondition of operators without
/// any, and one for the goal. A conditional effect is an operator of its own that shares the cost of its parent.
/// </summary>
internal sealed class RelaxedTask
{
    public RelaxedTask(GroundTask task)
    {
        Always = task.Facts;
        Goal = task.Facts + 1;
        Facts = task.Facts + 2;
        var preconditions = new List<int[]>();
        var effects = new List<int[]>();
        var parents = new List<int>();
        void Add(int[] required, int[] added, int parent)
        {
            if (added.Length == 0)
                return;
            preconditions.Add(required.Length == 0 ? [Always] : required);
            effects.Add(added);
            parents.Add(parent);
        }

        for (var i = 0; i < task.Operators.Length; i++)
        {
            var op = task.Operators[i];
            Add(op.Preconditions, op.Adds, i);
            foreach (var effect in op.Conditional)
                Add([.. op.Preconditions.Union(effect.Conditions)], effect.Adds, i);
        }

        Add(task.Goal!, [Goal], task.Operators.Length);
        Preconditions = [.. preconditions];
        Effects = [.. effects];
        Parents = [.. parents];
        ParentCosts = [.. task.Operators.Select(o => o.Cost), 0];
        UsedBy = Invert(Preconditions);
        AddedBy = Invert(Effects);
        Children = new int[ParentCosts.Length][];
        var children = Enumerable.Range(0, Parents.Length).ToLookup(o => Parents[o]);
        for (var parent = 0; parent < Children.Length; parent++)
            Children[parent] = [.. children[parent]];
    }

    public int Facts { get; }

    /// <summary>The fact that always holds.</summary>
    public int Always { get; }

    /// <summary>The fact that holds where the goal does.</summary>
    public int Goal { get; }

    public int Operators => Parents.Length;

    public int[][] Preconditions { get; }

    public int[][] Effects { get; }

    /// <summary>The ground operator that a relaxed one belongs to; the last is the goal's.</summary>
    public int[] Parents { get; }

    public int[] ParentCosts { get; }

    /// <summary>The relaxed operators of a ground one.</summary>
    public int[][] Children { get; }

    /// <summary>By fact: the relaxed operators that need it.</summary>
    public int[][] UsedBy { get; }

    /// <summary>By fact: the relaxed operators that add it.</summary>
    public int[][] AddedBy { get; }

    private int[][] Invert(int[][] lists)
    {
        var inverted = new List<int>[Facts];
        for (var i = 0; i < lists.Length; i++)
        {
            foreach (var fact in lists[i])
                (inverted[fact] ??= []).Add(i);
        }

        return [.. inverted.Select(l => l?.ToArray() ?? [])];
    }
}
