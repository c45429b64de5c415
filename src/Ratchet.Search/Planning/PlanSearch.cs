using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Search.Journal;
using Ratchet.Search.Trees;

namespace Ratchet.Search.Planning;

/// <summary>
/// Proves a theorem along a plan: subgoals one after the other, each by search on it alone, then the goal with all of them among its hypotheses; a subgoal that is refuted or uses its budget up leads to a new plan.
/// </summary>
/// <remarks>
/// BFS-Prover-V2 (arXiv 2509.06493), planner and shared progress, with these differences. The new plan after a stuck subgoal is asked for automatically, as in the paper and not in the released code. The proven
/// prefix is kept by this class, whatever the planner answers. Solved subgoals are replayed by their proofs and never by holes, so that a state is always real. False subgoals are refuted before any
/// budget is spent where the world can tell. A goal that was searched in vain and is met again with nothing new among its hypotheses is searched on from where its tree stands. What proves the theorem in the end is the whole path, replayed from the start and accepted by the verifier.
/// </remarks>
public sealed class PlanSearch
{
    private readonly SearchEngine _engine;
    private readonly ISubgoalWorld _world;
    private readonly IPlanner _planner;
    private readonly ProofCache _cache;
    private readonly PlanOptions _options;
    private readonly SearchJournal? _journal;

    /// <summary>Makes one.</summary>
    /// <param name="engine">Searches for subgoals.</param>
    /// <param name="world">Cuts goals; the world that the engine's environment is of.</param>
    /// <param name="planner">Proposes subgoals.</param>
    /// <param name="cache">Proofs of subgoals, shared or not.</param>
    /// <param name="options">Budgets, or null for the defaults.</param>
    /// <param name="journal">Where plans are recorded; null for nowhere. Not owned.</param>
    public PlanSearch(SearchEngine engine, ISubgoalWorld world, IPlanner planner, ProofCache cache, PlanOptions? options = null, SearchJournal? journal = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(world);
        ArgumentNullException.ThrowIfNull(planner);
        ArgumentNullException.ThrowIfNull(cache);
        (_engine, _world, _planner, _cache, _options, _journal) = (engine, world, planner, cache, options ?? new PlanOptions(), journal);
        _options.ThrowIfInvalid();
    }

    /// <summary>Proves a problem.</summary>
    /// <param name="key">Name of the search in the journal.</param>
    /// <param name="problem">Problem.</param>
    /// <param name="search">Settings of the searches; their budget of expansions is the whole theorem's.</param>
    /// <param name="stream">Where draws come from.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="Runs.RatchetException">The policy or the planner cannot work.</exception>
    public async Task<PlanResult> ProveAsync(string key, Problem problem, SearchOptions search, RandomStream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(search);
        var run = new Attempt(this, key, problem, search, stream);
        return await run.WorkAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The work on one theorem.</summary>
    private sealed class Attempt(PlanSearch owner, string key, Problem problem, SearchOptions search, RandomStream stream)
    {
        private readonly List<SearchEvent> _story = [];
        private readonly List<string> _proven = [];
        private readonly List<string> _dropped = [];
        private int _expansions;
        private int _calls;
        private int _nodes;
        private int _searches;
        private int _plans;
        private int _fromCache;
        private long _tokens;

        /// <summary>The last searches for the goal itself, and the state that they began at.</summary>
        private (string Key, IReadOnlyList<SearchResult> Results)? _goal;

        private PlanOptions Options => owner._options;

        private IProofEnvironment World => owner._engine.Environment;

        private int Left => search.Budget.Expansions - _expansions;

        public async Task<PlanResult> WorkAsync(CancellationToken cancellationToken)
        {
            _calls++;
            if (await World.OpenAsync(problem, cancellationToken).ConfigureAwait(false) is not StepOutcome.Moved opened)
                return Result(SearchStatus.NotOpened, "the statement cannot be opened", null);
            var state = opened.State;
            if (owner._world.Opening(state) is { } opening && await RunAsync(state, opening, cancellationToken).ConfigureAwait(false) is StepOutcome.Moved named)
                state = named.State;

            var plan = await PlanAsync(state, null, "first plan", cancellationToken).ConfigureAwait(false);
            while (true)
            {
                string? stuck = null;
                var reason = "";
                foreach (var statement in plan)
                {
                    var (next, why) = await SubgoalAsync(state, statement, cancellationToken).ConfigureAwait(false);
                    if (next is null)
                    {
                        (stuck, reason) = (statement, why);
                        break;
                    }

                    state = next;
                    _proven.Add(statement);
                }

                Record(plan, reason);
                if (stuck is null)
                {
                    var share = _plans <= Options.Replans ? Math.Min(Left, Options.GoalExpansions) : Left;
                    if (share > 0)
                    {
                        var final = await GoalAsync(state, share, cancellationToken).ConfigureAwait(false);
                        if (final.Status is SearchStatus.Proved or SearchStatus.Cancelled)
                            return Result(final.Status, final.Message, final);
                        reason = $"the goal itself: {final.Message}";
                    }
                }

                if (Left <= 0)
                    return Result(SearchStatus.OutOfBudget, $"the budget of {search.Budget.Expansions} expansions is used up", null);
                if (_plans > Options.Replans)
                {
                    // No more plans: what is left goes to the goal with what was proved so far.
                    if (stuck is null)
                        return Result(SearchStatus.Exhausted, $"no proof after {_plans} plans: {reason}", null);
                    _dropped.Add(stuck);
                    plan = [];
                    Tell(SearchEventKind.Planned, $"no further plan after {_plans}; what is left of the budget goes to the goal");
                    continue;
                }

                if (stuck is not null)
                    _dropped.Add(stuck);
                plan = await PlanAsync(state, stuck, reason, cancellationToken).ConfigureAwait(false);
            }
        }

        /// <summary>A plan that passes the check, or none: then the goal is searched as it is.</summary>
        private async Task<IReadOnlyList<string>> PlanAsync(ProofState state, string? stuck, string reason, CancellationToken cancellationToken)
        {
            _plans++;
            for (var attempt = 0; attempt <= Options.Regenerations; attempt++)
            {
                var draft = await owner._planner.PlanAsync(
                    new PlanRequest { Problem = problem, State = state, Proven = [.. _proven], Stuck = stuck, Reason = reason, Stream = stream.Derive("plan").Derive(_plans).Derive(attempt) },
                    cancellationToken).ConfigureAwait(false);
                _tokens += draft.Tokens;

                // What is proved stays where it is, and what failed is not begun with again.
                var steps = draft.Steps.Where(s => !_proven.Contains(s)).Distinct(StringComparer.Ordinal).Take(Options.MostSteps).ToList();
                while (steps.Count > 0 && _dropped.Contains(steps[0]))
                    steps.RemoveAt(0);
                if (await CheckAsync(state, steps, cancellationToken).ConfigureAwait(false) is { } wrong)
                {
                    Tell(SearchEventKind.Planned, $"plan {_plans} of {owner._planner.Name}, try {attempt + 1}, is refused: {wrong}");
                    continue;
                }

                Tell(SearchEventKind.Planned, steps.Count == 0 ? $"plan {_plans} of {owner._planner.Name} has no new step ({reason})" : $"plan {_plans} of {owner._planner.Name} ({reason}): {string.Join("; ", steps)}");
                if (steps.Count > 1 && Options.Parallelism == PlanParallelism.Split)
                    await SplitAsync(state, steps, cancellationToken).ConfigureAwait(false);
                return steps;
            }

            Tell(SearchEventKind.Planned, $"no usable plan in {Options.Regenerations + 1} tries");
            return [];
        }

        /// <summary>Runs every cut where it can be run before anything is proved. Says whether a plan can be read, not whether it is true.</summary>
        private async Task<string?> CheckAsync(ProofState state, List<string> steps, CancellationToken cancellationToken)
        {
            foreach (var statement in steps)
            {
                var outcome = await RunAsync(state, owner._world.Cut(state, statement), cancellationToken).ConfigureAwait(false);
                if (outcome is not StepOutcome.Moved)
                    return $"\"{statement}\" cannot be a subgoal: {Words(outcome)}";
            }

            return null;
        }

        private async Task<(ProofState? Next, string Why)> SubgoalAsync(ProofState state, string statement, CancellationToken cancellationToken)
        {
            var outcome = await RunAsync(state, owner._world.Cut(state, statement), cancellationToken).ConfigureAwait(false);
            if (outcome is not StepOutcome.Moved cut)
                return (null, $"it cannot be stated: {Words(outcome)}");
            if (Options.Refuter?.Refute(cut.State) is { } refuted)
            {
                Tell(SearchEventKind.Subgoal, $"refuted: {statement}: {refuted}");
                return (null, $"it is false: {refuted}");
            }

            if (await owner._cache.CloseAsync(cut.State, cancellationToken).ConfigureAwait(false) is { } known)
            {
                _calls += known.Steps;
                _fromCache++;
                Tell(SearchEventKind.Subgoal, $"proved by {known.Steps} steps that were known: {statement}");
                return (known.State, "");
            }

            var budget = Math.Min(Left, Options.SubgoalExpansions);
            if (budget <= 0)
                return (null, "no budget is left");
            var result = await SearchAsync(new SearchTask { Problem = problem, Start = cut.State, FirstGoalOnly = true, Stream = NextStream() }, budget, cancellationToken).ConfigureAwait(false);
            if (!result.IsFound)
            {
                Tell(SearchEventKind.Subgoal, $"not proved: {statement}: {result.Message}");
                return (null, result.Message);
            }

            owner._cache.Add(cut.State, [.. result.Path.Skip(cut.State.Path.Count)]);
            Tell(SearchEventKind.Subgoal, $"proved in {result.Expansions} expansions: {statement}");
            return (result.End, "");
        }

        /// <summary>Works on all subgoals at once, each with those before it assumed; what is proved goes to the cache, from which the plan's execution takes it.</summary>
        private async Task SplitAsync(ProofState state, List<string> steps, CancellationToken cancellationToken)
        {
            var (starts, tasks) = (new List<ProofState>(), new List<SearchTask>());
            for (var i = 0; i < steps.Count; i++)
            {
                if (owner._world.Alone(state, steps[..i], steps[i]) is not { } alone)
                    return;
                var (outcome, run) = await ProofReplay.RunAsync(World, alone.Problem, alone.Opening, cancellationToken).ConfigureAwait(false);
                _calls += run + 1;
                if (outcome is not StepOutcome.Moved moved || Options.Refuter?.Refute(moved.State) is not null)
                    continue;
                starts.Add(moved.State);
                tasks.Add(new SearchTask { Problem = alone.Problem, Start = moved.State, Stream = NextStream() });
            }

            if (tasks.Count == 0 || Left <= 0)
                return;
            var results = await RunAllAsync(tasks, Math.Max(1, Math.Min(Options.SubgoalExpansions, Left / tasks.Count)), cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < results.Count; i++)
            {
                if (results[i].Status == SearchStatus.Proved)
                    owner._cache.Add(starts[i], [.. results[i].Path.Skip(starts[i].Path.Count)]);
            }

            Tell(SearchEventKind.Subgoal, $"split: {results.Count(r => r.Status == SearchStatus.Proved)} of {steps.Count} subgoals proved side by side");
        }

        /// <summary>A search for the goal itself.</summary>
        private async Task<SearchResult> GoalAsync(ProofState state, int expansions, CancellationToken cancellationToken)
        {
            var tasks = Tasks(new SearchTask { Problem = problem, Start = state, Stream = NextStream(), Keep = true }, Math.Min(Options.Provers, expansions));
            if (_goal is { } before && before.Key == state.Key && before.Results.Count == tasks.Count)
            {
                // A list in a fixed order that was gone through to its end has nothing more to say.
                if (before.Results.All(r => r.Status == SearchStatus.Exhausted) && owner._engine.Policy.IsExhaustive)
                    return before.Results[0];
                if (before.Results.All(r => r.Status == SearchStatus.OutOfBudget))
                    tasks = [.. tasks.Zip(before.Results, (t, r) => t with { Continued = r.Search })];
            }

            var results = await RunAllAsync(tasks, expansions / tasks.Count, cancellationToken).ConfigureAwait(false);
            _goal = (state.Key, results);
            return First(results);
        }

        /// <summary>A search for a subgoal by all provers; the first that finds ends the others.</summary>
        private async Task<SearchResult> SearchAsync(SearchTask task, int expansions, CancellationToken cancellationToken)
        {
            var tasks = Tasks(task, Math.Min(Options.Provers, expansions));
            return First(await RunAllAsync(tasks, expansions / tasks.Count, cancellationToken).ConfigureAwait(false));
        }

        private static List<SearchTask> Tasks(SearchTask task, int provers) => provers == 1
            ? [task]
            : [.. Enumerable.Range(0, provers).Select(i => task with { Stream = task.Stream.Derive("prover").Derive(i), Group = "provers" })];

        private static SearchResult First(IReadOnlyList<SearchResult> results) => results.FirstOrDefault(r => r.IsFound) ?? results[0];

        private async Task<IReadOnlyList<SearchResult>> RunAllAsync(IReadOnlyList<SearchTask> tasks, int expansions, CancellationToken cancellationToken)
        {
            var results = await owner._engine.RunAsync(tasks, search with { Budget = search.Budget with { Expansions = expansions }, KeepTree = false }, cancellationToken: cancellationToken).ConfigureAwait(false);
            foreach (var result in results)
            {
                _expansions += result.Expansions;
                _calls += result.VerifierCalls;
                _tokens += result.Tokens;
                _nodes += result.Nodes;
                _story.AddRange(result.Story.Where(e => e.Kind is SearchEventKind.StepUnknown or SearchEventKind.ProofRefused));
            }

            cancellationToken.ThrowIfCancellationRequested();
            return results;
        }

        private ValueTask<StepOutcome> RunAsync(ProofState state, string step, CancellationToken cancellationToken)
        {
            _calls++;
            return World.RunAsync(state, step, cancellationToken);
        }

        private RandomStream NextStream() => stream.Derive("search").Derive(_searches++);

        private void Record(IReadOnlyList<string> plan, string reason)
        {
            if (plan.Count > 0)
                owner._journal?.AddPlan(key, _plans, owner._planner.Name, plan, reason.Length == 0 ? "carried out" : reason, true, plan.Count(_proven.Contains));
        }

        private void Tell(SearchEventKind kind, string message) => _story.Add(new SearchEvent(kind, -1, null, message));

        private PlanResult Result(SearchStatus status, string message, SearchResult? final)
        {
            Tell(SearchEventKind.Ended, $"{TreeRecorder.Word(status)}: {message}");
            var result = final ?? new SearchResult
            {
                Problem = problem, Status = status, Message = message, Expansions = 0, VerifierCalls = 0, Tokens = 0, Nodes = 0, Unknown = new Dictionary<Verdicts.VerdictReason, int>(), Story = [],
            };
            return new PlanResult(
                result with { Expansions = _expansions, VerifierCalls = _calls, Tokens = _tokens, Nodes = _nodes, Story = _story, Status = status, Message = message, Search = null }, [.. _proven], _plans, _fromCache);
        }

        private static string Words(StepOutcome outcome) => outcome switch
        {
            StepOutcome.Failed failed => failed.Feedback.Message,
            StepOutcome.Unknown unknown => $"{unknown.Reason}: {unknown.Feedback.Message}",
            StepOutcome.GaveUp gaveUp => gaveUp.Feedback.Message,
            _ => "it finishes the proof",
        };
    }
}

/// <summary>How many provers work on what.</summary>
public enum PlanParallelism
{
    /// <summary>All on the first subgoal that is open, with different draws: later ones may be dropped by a new plan.</summary>
    Focused,

    /// <summary>One on each subgoal of a new plan, with those before it assumed; then as focused.</summary>
    Split,
}

/// <summary>Budgets of a search along plans.</summary>
public sealed record PlanOptions
{
    /// <summary>Expansions for a subgoal before it counts as stuck, at least 1. Default 50.</summary>
    public int SubgoalExpansions { get; init; } = 50;

    /// <summary>Expansions for the goal once its plan is carried out, at least 1; after the last plan all that is left. Default 100.</summary>
    public int GoalExpansions { get; init; } = 100;

    /// <summary>New plans after the first, at least 0. Default 3.</summary>
    public int Replans { get; init; } = 3;

    /// <summary>Further tries at a plan that does not pass the check, at least 0. Default 3.</summary>
    public int Regenerations { get; init; } = 3;

    /// <summary>Most subgoals of a plan, at least 1. Default 16.</summary>
    public int MostSteps { get; init; } = 16;

    /// <summary>Provers that share the budget of a subgoal, at least 1. Default 1.</summary>
    public int Provers { get; init; } = 1;

    /// <summary>What the provers work on. Default focused.</summary>
    public PlanParallelism Parallelism { get; init; } = PlanParallelism.Focused;

    /// <summary>Asked about each subgoal before it is searched; null for none.</summary>
    public IRefuter? Refuter { get; init; }

    /// <summary>Throws when something is out of range.</summary>
    /// <exception cref="Runs.RatchetException">The message names all mistakes.</exception>
    public void ThrowIfInvalid()
    {
        var errors = new List<string>();
        foreach (var (name, value, least) in (ReadOnlySpan<(string, int, int)>)[
            (nameof(SubgoalExpansions), SubgoalExpansions, 1), (nameof(GoalExpansions), GoalExpansions, 1), (nameof(Replans), Replans, 0), (nameof(Regenerations), Regenerations, 0),
            (nameof(MostSteps), MostSteps, 1), (nameof(Provers), Provers, 1)])
        {
            if (value < least)
                errors.Add($"{name} must be at least {least}, not {value}.");
        }

        if (errors.Count > 0)
            throw new Runs.RatchetException("The options of the planner are invalid: " + string.Join(" ", errors), "Correct the settings of the planner.");
    }
}

/// <summary>What a search along plans found.</summary>
/// <param name="Search">The whole of it as a search: its numbers are the sums over all subgoals and plans.</param>
/// <param name="Proven">Subgoals that were proved and stand in the proof, in order.</param>
/// <param name="Plans">Plans that were asked for.</param>
/// <param name="FromCache">Subgoals whose proofs were known.</param>
public sealed record PlanResult(SearchResult Search, IReadOnlyList<string> Proven, int Plans, int FromCache);
