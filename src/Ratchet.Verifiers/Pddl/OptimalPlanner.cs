using Ratchet.Verifiers.Pddl.Grounding;
using Ratchet.Verifiers.Pddl.Planning;

namespace Ratchet.Verifiers.Pddl;

/// <summary>Finds cheapest plans of small problems, or shows that there is none: grounding by reachability, then A*.</summary>
/// <remarks>Deterministic: the same problem and options give the same plan and the same counts. Safe to call from many threads.</remarks>
public static class OptimalPlanner
{
    /// <summary>Searches for a cheapest plan.</summary>
    /// <param name="task">Problem.</param>
    /// <param name="options">Heuristic and limits, or null for the defaults.</param>
    /// <param name="cancellationToken">Ends the search with <see cref="OperationCanceledException"/>.</param>
    public static PlannerResult Solve(PddlTask task, PlannerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        options ??= new PlannerOptions();
        GroundTask ground;
        try
        {
            ground = Grounder.Ground(task, options.MaxOperators, cancellationToken);
        }
        catch (PddlLimitException e)
        {
            return new PlannerResult { Outcome = PlannerOutcome.LimitReached, Limit = e.Message };
        }

        var result = new PlannerResult { Outcome = PlannerOutcome.Unsolvable, Facts = ground.Facts, Operators = ground.Operators.Length };
        if (ground.Goal is null)
            return result;
        ILowerBound bound = options.Heuristic switch
        {
            PlannerHeuristic.Blind => new BlindBound(),
            PlannerHeuristic.Max => new MaxBound(ground),
            _ => new LandmarkCutBound(ground),
        };
        var search = new AStarSearch(ground, bound, options.MaxStates, options.MaxMemoryBytes);
        var path = search.Search(cancellationToken);
        result = result with { Expanded = search.Expanded, Generated = search.Generated, States = search.States, Limit = search.Limit };
        if (search.StartBound != RelaxedExploration.Infinite)
            result = result with { StartBound = search.StartBound };
        if (search.Limit is not null)
            return result with { Outcome = PlannerOutcome.LimitReached };
        return path is null ? result : result with
        {
            Outcome = PlannerOutcome.Solved,
            Plan = [.. path.Select(o => ground.Operators[o]).Where(o => o.Action is not null).Select(o => new PlanStep(o.Action!.Name, [.. o.Objects.Select(task.Problem.Objects.Name)]))],
            Cost = path.Sum(o => (long)ground.Operators[o].Cost),
        };
    }
}
