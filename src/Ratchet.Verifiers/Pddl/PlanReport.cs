namespace Ratchet.Verifiers.Pddl;

/// <summary>What running a plan showed.</summary>
public sealed record PlanReport
{
    /// <summary>True where every step could be executed and the goal holds at the end.</summary>
    public required bool IsValid { get; init; }

    /// <summary>Steps executed: all of them, or those before the first that could not be.</summary>
    public required int Executed { get; init; }

    /// <summary>The first step that could not be executed, or null.</summary>
    public PlanStep? FailedStep { get; init; }

    /// <summary>
    /// Why the failed step could not be executed: conditions that are false, as PDDL (<c>(clear b)</c>, <c>(not (at a b))</c>), in the order of
    /// the precondition; or one sentence where the step itself is wrong. Empty where all steps could be executed.
    /// </summary>
    public IReadOnlyList<string> Causes { get; init; } = [];

    /// <summary>True where <see cref="Causes"/> holds false conditions; false where the step itself is wrong (no such action or object, wrong type).</summary>
    public bool CausesAreConditions { get; init; }

    /// <summary>
    /// Parts of the goal that are false in the state reached, as PDDL; their number is the distance to the goal in facts. A part
    /// under 'or' or 'exists' counts as one.
    /// </summary>
    public required IReadOnlyList<string> UnmetGoals { get; init; }

    /// <summary>Cost of the executed steps: total cost where the problem asks for it, else their number.</summary>
    public required decimal Cost { get; init; }

    /// <summary>Facts of the state reached, as PDDL, in the order of predicates and objects.</summary>
    public required IReadOnlyList<string> State { get; init; }

    /// <summary>Atoms looked up: the cost of the check.</summary>
    public required long Evaluations { get; init; }
}
