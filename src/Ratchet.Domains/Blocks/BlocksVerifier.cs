using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Blocks;

/// <summary>Judges a plan for an arrangement of blocks by running it, in process.</summary>
/// <remarks>
/// The plan is read as <c>unstack b c</c> or <c>(unstack b c)</c>, one action after the other, numbers before the actions and comments after
/// <c>;</c> left out; blocks have the statement's names or, where it is in English, their colours. Reasons: <see cref="VerdictReason.Proved"/>; <see cref="VerdictReason.Syntax"/> and
/// <see cref="VerdictReason.StepFailed"/> with the place of the first mistake and the conditions that are false;
/// <see cref="VerdictReason.Incomplete"/> with the parts of the goal that are false; unknown with
/// <see cref="VerdictReason.ResourceLimit"/> beyond 100,000 characters. The judgements are those of the PDDL verifier. Safe to call
/// from many threads.
/// </remarks>
public sealed class BlocksVerifier() : InProcessVerifier("blocks", "2")
{
    /// <summary>Judges a plan.</summary>
    /// <param name="statement">Statement in any form that the domain reads.</param>
    /// <param name="plan">Plan.</param>
    /// <exception cref="StatementException">The text is no statement.</exception>
    public Verdict Verify(string statement, string plan)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(plan);
        return Verify(BlocksStatementReader.Read(statement), plan);
    }

    internal Verdict Verify(BlocksProblem problem, string plan)
    {
        if (TooLong("plan", plan, BlocksPlanReader.MaxLength) is { } tooLong)
            return tooLong;
        var (actions, mistake, position) = BlocksPlanReader.Read(plan);
        if (mistake is not null)
            return Rejected(VerdictReason.Syntax, position, position, mistake, 0);
        var world = new BlocksWorld(problem);
        for (var i = 0; i < actions.Count; i++)
        {
            var action = actions[i];
            var first = Block(problem, action.First);
            var second = action.Second is null ? -1 : Block(problem, action.Second);
            if (first < 0 || (action.Second is not null && second < 0))
                return Rejected(VerdictReason.StepFailed, action.Start, action.End, $"Step {i + 1} ({action}): There is no block '{(first < 0 ? action.First : action.Second)}'.", i);
            var unmet = world.Unmet(action.Verb, first, second);
            if (unmet.Count > 0)
                return Rejected(VerdictReason.StepFailed, action.Start, action.End, $"Step {i + 1} ({action}) cannot be executed. False: {string.Join(", ", unmet)}.", i);
            world.Apply(action.Verb, first, second);
        }

        var open = world.UnmetGoals();
        if (open.Count > 0)
            return Rejected(VerdictReason.Incomplete, plan.Length, plan.Length, $"The goal does not hold after {actions.Count} step{(actions.Count == 1 ? "" : "s")}. False: {string.Join(", ", open)}.", actions.Count);
        return Accepted(actions.Count);
    }

    /// <summary>Number of a block by its name, or, as plans for English statements have it, by its colour; -1 where there is none.</summary>
    private static int Block(BlocksProblem problem, string name)
    {
        var block = Array.IndexOf(problem.Names, name);
        return block >= 0 || !problem.IsEnglish ? block : Array.IndexOf(problem.Names, BlocksEnglish.Letter(name));
    }

    /// <inheritdoc/>
    protected override Verdict Judge(Problem problem, string text)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return Verify(problem.Statement, text);
    }
}
