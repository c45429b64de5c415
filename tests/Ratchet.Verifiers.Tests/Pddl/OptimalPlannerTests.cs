using Ratchet.Loop;
using Ratchet.Verifiers.Pddl;

namespace Ratchet.Verifiers.Tests.Pddl;

public sealed class OptimalPlannerTests
{
    private static readonly PddlTask Rooms = PddlTask.Parse(Texts.Rooms, Texts.RoomsProblem);

    private static readonly PddlTask Lamps = PddlTask.Parse(Texts.Lamps, Texts.LampsProblem);

    [Theory]
    [InlineData(PlannerHeuristic.LandmarkCut)]
    [InlineData(PlannerHeuristic.Max)]
    [InlineData(PlannerHeuristic.Blind)]
    public void Cheapest_plans_are_found_and_are_valid(PlannerHeuristic heuristic)
    {
        foreach (var (task, cost) in new[] { (Rooms, 7), (Lamps, 10) })
        {
            var result = OptimalPlanner.Solve(task, new PlannerOptions { Heuristic = heuristic });
            Assert.Equal((PlannerOutcome.Solved, (long)cost), (result.Outcome, result.Cost));
            var report = PlanValidator.Validate(task, result.Plan!);
            Assert.True(report.IsValid);
            Assert.Equal(cost, report.Cost);
        }
    }

    [Fact]
    public void Random_problems_are_solved_as_brute_force_solves_them()
    {
        var stream = RandomStream.FromSeed(21);
        var (solved, unsolvable) = (0, 0);
        for (var i = 0; i < SharedData.Count(400, 5_000); i++)
        {
            var (domain, problem) = RandomDomains.Draw(stream.Derive(i));
            var task = PddlTask.Parse(domain, problem);
            var (cost, complete) = BruteForce(task);
            if (!complete)
                continue;
            foreach (var heuristic in Enum.GetValues<PlannerHeuristic>())
            {
                var result = OptimalPlanner.Solve(task, new PlannerOptions { Heuristic = heuristic });
                Assert.True(result.Outcome == (cost is null ? PlannerOutcome.Unsolvable : PlannerOutcome.Solved), $"{heuristic} says {result.Outcome}, brute force {cost}\n{domain}\n{problem}");
                if (cost is null)
                    continue;
                Assert.True(result.Cost == cost, $"{heuristic} says {result.Cost}, brute force {cost}\n{domain}\n{problem}");
                Assert.True(result.StartBound <= cost);
                Assert.True(PlanValidator.Validate(task, result.Plan!).IsValid);
            }

            _ = cost is null ? unsolvable++ : solved++;
        }

        Assert.True(solved > 100 && unsolvable > 30, $"{solved} solved, {unsolvable} unsolvable");
    }

    [Fact]
    public void A_problem_without_plan_is_shown_to_have_none()
    {
        // The bound shows it for a room without door; the search for two hands' work with one hand.
        var closed = PddlTask.Parse(Texts.Rooms.Replace("(at-robot ?from) :effect", "(and (at-robot ?from) (at-robot ?to)) :effect", StringComparison.Ordinal), Texts.RoomsProblem);
        Assert.Equal((PlannerOutcome.Unsolvable, null), (OptimalPlanner.Solve(closed).Outcome, OptimalPlanner.Solve(closed).StartBound));
        var both = PddlTask.Parse(Texts.Rooms, Texts.RoomsProblem.Replace("(and (at red kitchen) (at blue kitchen))", "(and (carries red) (carries blue))", StringComparison.Ordinal));
        var result = OptimalPlanner.Solve(both);
        Assert.Equal((PlannerOutcome.Unsolvable, 2), (result.Outcome, result.StartBound));
        Assert.True(result.Expanded > 5);
    }

    [Fact]
    public void A_goal_that_holds_at_once_needs_no_step() =>
        Assert.Empty(OptimalPlanner.Solve(PddlTask.Parse(Texts.Rooms, Texts.RoomsProblem.Replace("(and (at red kitchen) (at blue kitchen))", "(at red hall)", StringComparison.Ordinal))).Plan!);

    [Fact]
    public void Limits_end_the_search_without_an_answer()
    {
        Assert.Equal("More than 5 states were reached.", Limit(new PlannerOptions { MaxStates = 5 }));
        Assert.Equal("The states need more than 1000 bytes.", Limit(new PlannerOptions { MaxMemoryBytes = 1_000 }));
        Assert.Equal("More than 3 action instances can be reached.", Limit(new PlannerOptions { MaxOperators = 3 }));

        static string? Limit(PlannerOptions options)
        {
            var result = OptimalPlanner.Solve(Rooms, options);
            Assert.Equal((PlannerOutcome.LimitReached, null), (result.Outcome, result.Plan));
            return result.Limit;
        }
    }

    [Fact]
    public void A_cancelled_search_ends()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => OptimalPlanner.Solve(Rooms, null, source.Token));
    }

    [Fact]
    public void Costs_that_the_planner_cannot_take_are_said() =>
        Assert.Equal("The action press costs 2.5; the planner takes whole costs from 0 to 1,000,000.", OptimalPlanner.Solve(PddlTask.Parse(Texts.Lamps, Texts.LampsProblem.Replace("(price master) 2", "(price master) 2.5", StringComparison.Ordinal))).Limit);

    [Fact]
    public void Only_what_can_matter_is_grounded()
    {
        // 2 robot places, 4 ball places, 2 carried, free; go between different and equal rooms, take and drop each ball in each room.
        var result = OptimalPlanner.Solve(Rooms);
        Assert.Equal((9, 12), (result.Facts, result.Operators));
        var oneBall = OptimalPlanner.Solve(PddlTask.Parse(Texts.Rooms, Texts.RoomsProblem.Replace("(at blue kitchen)", "", StringComparison.Ordinal)));
        Assert.True(oneBall.Cost == 3 && oneBall.Facts <= 9);
    }

    /// <summary>Cheapest cost by Dijkstra over whole plans run by the validator; null where there is none. False where there are too many states.</summary>
    private static (decimal? Cost, bool Complete) BruteForce(PddlTask task)
    {
        var steps = task.Actions.SelectMany(a => task.Objects.SelectMany(x => task.Objects.Select(y => new PlanStep(a, [x, y])))).ToArray();
        var done = new HashSet<string>();
        var open = new PriorityQueue<PlanStep[], decimal>([([], 0m)]);
        while (open.TryDequeue(out var plan, out var cost))
        {
            var report = PlanValidator.Validate(task, plan);
            if (!done.Add(string.Join(' ', report.State)))
                continue;
            if (report.UnmetGoals.Count == 0)
                return (cost, true);
            if (done.Count > 60)
                return (null, false);
            foreach (var step in steps)
            {
                PlanStep[] longer = [.. plan, step];
                if (PlanValidator.Validate(task, longer) is { FailedStep: null } next)
                    open.Enqueue(longer, next.Cost);
            }
        }

        return (null, true);
    }
}
