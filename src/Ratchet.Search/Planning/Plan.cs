using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;

namespace Ratchet.Search.Planning;

/// <summary>Cuts a goal into subgoals.</summary>
public interface IPlanner
{
    /// <summary>What the planner is, for journals and reports.</summary>
    string Name { get; }

    /// <summary>Proposes subgoals. Whatever it answers is checked; nonsense is no error, but no plan either.</summary>
    /// <exception cref="Runs.RatchetException">The planner cannot work.</exception>
    Task<PlanDraft> PlanAsync(PlanRequest request, CancellationToken cancellationToken);
}

/// <summary>What a planner is asked for.</summary>
public sealed record PlanRequest
{
    /// <summary>Problem.</summary>
    public required Problem Problem { get; init; }

    /// <summary>State whose first goal is to be cut; what is proven stands among its hypotheses.</summary>
    public required ProofState State { get; init; }

    /// <summary>Subgoals that are proved already: they stay, and new ones come behind them.</summary>
    public IReadOnlyList<string> Proven { get; init; } = [];

    /// <summary>Subgoal that could not be proved; null for the first plan, and where the goal itself could not.</summary>
    public string? Stuck { get; init; }

    /// <summary>Why a plan is asked for.</summary>
    public string Reason { get; init; } = "first plan";

    /// <summary>Where draws come from; a stream of its own for each request.</summary>
    public required RandomStream Stream { get; init; }
}

/// <summary>What a planner answered.</summary>
/// <param name="Steps">Subgoals in order; the last of them need not be the goal.</param>
/// <param name="Tokens">Tokens drawn.</param>
public sealed record PlanDraft(IReadOnlyList<string> Steps, long Tokens = 0);

/// <summary>A planner that asks a function: an oracle, a fixed plan, random cuts.</summary>
/// <param name="name">What it is called.</param>
/// <param name="plan">Subgoals for a request.</param>
public sealed class FunctionPlanner(string name, Func<PlanRequest, IReadOnlyList<string>> plan) : IPlanner
{
    /// <inheritdoc/>
    public string Name => name;

    /// <summary>Random cuts: a lower bound for planners.</summary>
    /// <param name="parts">Statements that cuts are drawn from, without replacement.</param>
    /// <param name="count">Most cuts of a plan.</param>
    public static FunctionPlanner Random(Func<ProofState, IReadOnlyList<string>> parts, int count)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return new FunctionPlanner("random", request =>
        {
            var stream = request.Stream;
            var list = parts(request.State).ToArray();
            stream.Shuffle(list.AsSpan());
            return [.. list.Take(count)];
        });
    }

    /// <inheritdoc/>
    public Task<PlanDraft> PlanAsync(PlanRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(new PlanDraft(plan(request)));
    }
}
