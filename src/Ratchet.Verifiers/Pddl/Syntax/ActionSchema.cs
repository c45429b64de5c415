namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>A predicate with the types of its arguments.</summary>
internal sealed record Predicate(string Name, int[][] Types);

/// <summary>A numeric function that gives action costs, with the types of its arguments.</summary>
internal sealed record CostFunction(string Name, int[][] Types);

/// <summary>One literal of an effect: for all <paramref name="Variables"/> where <paramref name="When"/> holds before the action.</summary>
internal sealed record Effect(Variable[] Variables, Condition When, bool Adds, int Predicate, int[] Terms)
{
    public bool IsUnconditional => Variables.Length == 0 && When is Condition.And { Items.Length: 0 };
}

/// <summary>A part of an action's cost: a constant, or a function's value (<paramref name="Function"/> at least 0).</summary>
internal sealed record CostTerm(decimal Constant, int Function, int[] Terms);

/// <summary>An action. Its parameters have the slots 0 to n - 1, quantified variables the slots above.</summary>
internal sealed record ActionSchema(string Name, Variable[] Parameters, Condition Precondition, Effect[] Effects, CostTerm[] Costs, int Slots);
