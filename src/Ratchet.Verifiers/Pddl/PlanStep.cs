namespace Ratchet.Verifiers.Pddl;

/// <summary>One action of a plan.</summary>
/// <param name="Action">Name of the action, in lower case.</param>
/// <param name="Arguments">Names of the objects, in lower case.</param>
/// <param name="Start">Zero-based character offset in the plan's text, or -1 for a plan that was not read from a text.</param>
/// <param name="End">Exclusive end offset, or -1.</param>
public sealed record PlanStep(string Action, IReadOnlyList<string> Arguments, int Start = -1, int End = -1)
{
    /// <summary>The step as planners write it, for example <c>(stack a b)</c>.</summary>
    public override string ToString() => Arguments.Count == 0 ? $"({Action})" : $"({Action} {string.Join(' ', Arguments)})";
}
