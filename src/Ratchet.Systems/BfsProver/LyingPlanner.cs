using Ratchet.Domains.Propositional;
using Ratchet.Search.Planning;

namespace Ratchet.Systems.BfsProver;

/// <summary>Puts false subgoals into another planner's plans, to measure what replanning and refuting are worth. The oracle knows that they are false.</summary>
/// <param name="inner">Planner whose plans are spoilt.</param>
/// <param name="environment">World of the goals.</param>
/// <param name="share">Chance that a plan gets a false first step.</param>
internal sealed class LyingPlanner(IPlanner inner, PropositionalEnvironment environment, double share) : IPlanner
{
    public string Name => $"{inner.Name} with lies";

    public async Task<PlanDraft> PlanAsync(PlanRequest request, CancellationToken cancellationToken)
    {
        var draft = await inner.PlanAsync(request, cancellationToken).ConfigureAwait(false);
        var stream = request.Stream.Derive("lie");

        // A planner that is told of its mistake makes it no more.
        if (request.Stuck is not null || stream.NextDouble() >= share)
            return draft;
        var parts = environment.Parts(request.State).ToArray();
        stream.Shuffle(parts.AsSpan());
        foreach (var part in parts)
        {
            if (environment.Alone(request.State, [], part) is { } alone && PropositionalOracle.Decide(alone.Problem.Statement, 20_000).Provable == false)
                return draft with { Steps = [part, .. draft.Steps] };
        }

        return draft;
    }
}
