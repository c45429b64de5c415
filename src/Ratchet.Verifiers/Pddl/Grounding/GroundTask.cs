using Ratchet.Verifiers.Pddl.Syntax;

namespace Ratchet.Verifiers.Pddl.Grounding;

/// <summary>A planning problem over numbered facts, for search.</summary>
/// <remarks>
/// Facts that never change are gone. A fact whose absence matters has a mirror: a fact that holds exactly when the first does not, so
/// that conditions are sets of facts. Conditions with alternatives give one operator for each.
/// </remarks>
internal sealed class GroundTask
{
    /// <summary>Number of facts, mirrors included.</summary>
    public required int Facts { get; init; }

    /// <summary>Facts that hold at the start, ascending.</summary>
    public required int[] Initial { get; init; }

    /// <summary>Facts that must hold at the end, ascending; null where no reachable state can satisfy the goal.</summary>
    public required int[]? Goal { get; init; }

    public required GroundOperator[] Operators { get; init; }
}

/// <summary>An action instance; all lists of facts ascend.</summary>
internal sealed class GroundOperator
{
    /// <summary>Null for the step from a state that satisfies one alternative of the goal to the goal itself.</summary>
    public required ActionSchema? Action { get; init; }

    public required int[] Objects { get; init; }

    public required int Cost { get; init; }

    public required int[] Preconditions { get; init; }

    public required int[] Adds { get; init; }

    public required int[] Deletes { get; init; }

    public required ConditionalEffect[] Conditional { get; init; }

    /// <summary>
    /// Facts with mirrors that <see cref="Conditional"/> effects touch. Whether such a fact is deleted and added at once shows only when the
    /// operator is applied, so the mirror is set from the fact then.
    /// </summary>
    public required (int Fact, int Mirror)[] Mirrors { get; init; }
}

/// <summary>What an operator does in states where some facts hold before it.</summary>
internal sealed record ConditionalEffect(int[] Conditions, int[] Adds, int[] Deletes);
