using Ratchet.Problems;

namespace Ratchet.Proving;

/// <summary>A proving environment in which a proof can be cut into subgoals.</summary>
/// <remarks>Safe to call from many threads.</remarks>
public interface ISubgoalWorld
{
    /// <summary>The step that names what the first goal assumes, to be run before anything is cut; null where there is nothing to name.</summary>
    string? Opening(ProofState state);

    /// <summary>
    /// The step that makes a statement the first goal and puts it among the hypotheses of the goal that was first. Running it says whether the statement
    /// can be read.
    /// </summary>
    string Cut(ProofState state, string statement);

    /// <summary>
    /// A subgoal as a problem of its own: the hypotheses of a state's first goal and the statements that are assumed, then the statement. Lets later subgoals be worked on
    /// before earlier ones are proved.
    /// </summary>
    /// <returns>Null where this world cannot say it, or a statement cannot be read.</returns>
    Subgoal? Alone(ProofState state, IReadOnlyList<string> assumed, string statement);

    /// <summary>The statements that a text proposes as subgoals, in order; empty where it proposes none. Never throws: what a planner writes may be anything.</summary>
    IReadOnlyList<string> ReadPlan(string text);
}

/// <summary>A subgoal that stands alone.</summary>
/// <param name="Problem">Problem.</param>
/// <param name="Opening">Steps that lead from the problem's start to the subgoal with its hypotheses named as in place; steps after them are steps in place.</param>
public sealed record Subgoal(Problem Problem, IReadOnlyList<string> Opening);
