using System.Diagnostics;
using Ratchet.Loop;
using Ratchet.Proving;
using Ratchet.Search.Policies;
using Ratchet.Search.Trees;
using Ratchet.Verdicts;

namespace Ratchet.Search;

/// <summary>
/// Searches for proofs of many theorems at once: each turn takes nodes from all theorems in work, asks the policy about them in one call, runs the proposed steps, and goes on.
/// </summary>
/// <remarks>
/// A theorem's result depends on its task alone: not on the theorems beside it, the number of workers or their timing. (Exceptions: a limit on wall time, and steps that time out.) When a step
/// proves its theorem, the steps behind it in the same turn are cancelled and do not count, whether they had run or not. A proof counts only after
/// <see cref="ProofReplay.ValidateAsync"/> at full trust. Not for two calls at once.
/// </remarks>
public sealed class SearchEngine
{
    private readonly IProofEnvironment _environment;
    private readonly IVerifier _verifier;
    private readonly IStepPolicy _policy;
    private readonly SearchEngineOptions _options;

    /// <summary>Makes an engine.</summary>
    /// <param name="environment">World in which steps run.</param>
    /// <param name="verifier">Judges finished proofs.</param>
    /// <param name="policy">Proposes steps; not owned.</param>
    /// <param name="options">Workers and batch, or null for the defaults.</param>
    public SearchEngine(IProofEnvironment environment, IVerifier verifier, IStepPolicy policy, SearchEngineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(verifier);
        ArgumentNullException.ThrowIfNull(policy);
        (_environment, _verifier, _policy, _options) = (environment, verifier, policy, options ?? new SearchEngineOptions());
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Workers, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Batch, 1, nameof(options));
    }

    /// <summary>World in which steps run.</summary>
    public IProofEnvironment Environment => _environment;

    /// <summary>Judges finished proofs.</summary>
    public IVerifier Verifier => _verifier;

    /// <summary>Proposes steps.</summary>
    public IStepPolicy Policy => _policy;

    /// <summary>Where the time of all calls went.</summary>
    public SearchTimes Times { get; private set; } = new(0, 0, 0, 0, 0);

    /// <summary>Searches for proofs.</summary>
    /// <param name="tasks">Theorems; they begin in this order.</param>
    /// <param name="options">Settings of the searches.</param>
    /// <param name="progress">Hears after each turn; called on the searching thread. May be null.</param>
    /// <param name="ended">Hears of each theorem's result as soon as it has ended; called on the searching thread. May be null.</param>
    /// <param name="cancellationToken">Ends all searches with what they have.</param>
    /// <returns>Results in the order of the tasks; those that were in work when it was cancelled have the status <see cref="SearchStatus.Cancelled"/>.</returns>
    /// <exception cref="Runs.RatchetException">An option is out of range, or the policy cannot work.</exception>
    public async Task<IReadOnlyList<SearchResult>> RunAsync(
        IReadOnlyList<SearchTask> tasks, SearchOptions options, Action<SearchProgress>? progress = null, Action<int, SearchResult>? ended = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(options);
        foreach (var each in tasks.Select(t => t.Options).OfType<SearchOptions>().Append(options).Distinct())
            each.ThrowIfInvalid();
        var clock = Stopwatch.GetTimestamp();
        var searches = new TheoremSearch[tasks.Count];
        var results = new SearchResult[tasks.Count];
        var active = new List<int>();
        var next = 0;
        try
        {
            while (next < tasks.Count || active.Count > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (; next < tasks.Count && active.Count < _options.Theorems; next++)
                {
                    searches[next] = await BeginAsync(tasks[next], options, cancellationToken).ConfigureAwait(false);
                    active.Add(next);
                }

                var turn = Gather(active, searches);
                foreach (var i in active.Where(i => searches[i].Result is not null))
                    Done(i);
                active.RemoveAll(i => searches[i].Result is not null);
                if (turn.Count == 0)
                    continue;
                await ProposeAsync(turn, cancellationToken).ConfigureAwait(false);
                await RunStepsAsync(turn, cancellationToken).ConfigureAwait(false);
                foreach (var expansion in turn.Where(e => e.Search.Result is null))
                    expansion.Search.Absorb(expansion.Node, expansion.Proposals, expansion.Tried());
                Times = Times with { Expansions = Times.Expansions + turn.Count };
                EndGroups(active, searches);
                foreach (var i in active.Where(i => searches[i].Result is not null))
                    Done(i);
                active.RemoveAll(i => searches[i].Result is not null);
                progress?.Invoke(new SearchProgress(searches.Take(next).Sum(s => (long)s.Expansions), next - active.Count, tasks.Count, turn[0].Search));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            for (var i = 0; i < tasks.Count; i++)
            {
                if (results[i] is not null)
                    continue;
                searches[i] ??= new TheoremSearch(tasks[i], options, _policy);
                searches[i].Cancel("cancelled");
                Done(i);
            }
        }

        Times = Times with { Seconds = Times.Seconds + Stopwatch.GetElapsedTime(clock).TotalSeconds };
        return results;

        void Done(int i)
        {
            var result = searches[i].Result!;
            results[i] = result.Status == SearchStatus.Proved ? result with { Proof = _environment.ProofText(result.Problem, result.Path) } : result;
            ended?.Invoke(i, results[i]);
        }
    }

    /// <summary>Where an attempt has found, the others of its group end.</summary>
    private static void EndGroups(List<int> active, TheoremSearch[] searches)
    {
        var found = active.Select(i => searches[i]).Where(s => s.Task.Group is not null && s.Result is { IsFound: true }).Select(s => s.Task.Group).ToHashSet();
        if (found.Count == 0)
            return;
        foreach (var search in active.Select(i => searches[i]).Where(s => s.Result is null && found.Contains(s.Task.Group)))
            search.Cancel("another attempt was first");
    }

    private async ValueTask<TheoremSearch> BeginAsync(SearchTask task, SearchOptions options, CancellationToken cancellationToken)
    {
        if (task.Continued is { } kept)
        {
            kept.Continue((task.Options ?? options).Budget.Expansions);
            return kept;
        }

        var search = new TheoremSearch(task, options, _policy);
        var opened = task.Start is { } start
            ? new StepOutcome.Moved(start)
            : await GuardedAsync(token => _environment.OpenAsync(task.Problem, token), search.Options.StepLimit, cancellationToken).ConfigureAwait(false);
        search.Begin(opened);
        if (opened is StepOutcome.Moved moved && _options.Refuter?.Refute(moved.State) is { } why)
            search.Refuted(why);
        return search;
    }

    /// <summary>The nodes that are expanded in this turn.</summary>
    private List<Expansion> Gather(List<int> active, TheoremSearch[] searches)
    {
        var turn = new List<Expansion>();
        for (var s = 0; s < active.Count && turn.Count < _options.Batch; s++)
        {
            var search = searches[active[s]];
            var taken = search.Take();
            for (var n = 0; n < taken.Count; n++)
                turn.Add(new Expansion(search, taken[n], search.Query(taken[n], n)));
        }

        // Those that had no turn come first in the next.
        if (turn.Count >= _options.Batch && active.Count > 1)
        {
            var served = turn.Select(e => e.Search).ToHashSet();
            active.Sort((a, b) => (served.Contains(searches[a]), a).CompareTo((served.Contains(searches[b]), b)));
        }

        return turn;
    }

    private async Task ProposeAsync(List<Expansion> turn, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.GetTimestamp();
        var proposals = await _policy.ProposeAsync([.. turn.Select(e => e.Query)], cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < turn.Count; i++)
            turn[i].Set(proposals[i]);
        Times = Times with { PolicySeconds = Times.PolicySeconds + Stopwatch.GetElapsedTime(clock).TotalSeconds };
    }

    private async Task RunStepsAsync(List<Expansion> turn, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.GetTimestamp();
        var jobs = new List<(Expansion Expansion, int Proposal)>();
        foreach (var expansion in turn)
        {
            for (var p = 0; p < expansion.Chosen.Count; p++)
                jobs.Add((expansion, p));
        }

        var alone = _options.Workers == 1 || jobs.Count < 2;
        var winners = turn.Select(e => e.Search).Distinct().ToDictionary(s => s, _ => new Winner(alone));
        try
        {
            if (alone)
            {
                for (var j = 0; j < jobs.Count; j++)
                    await RunJobAsync(jobs[j].Expansion, jobs[j].Proposal, j, winners[jobs[j].Expansion.Search], cancellationToken).ConfigureAwait(false);
            }
            else
            {
                var next = -1;
                await Task.WhenAll(Enumerable.Range(0, Math.Min(_options.Workers, jobs.Count)).Select(_ => Task.Run(
                    async () =>
                    {
                        for (var j = Interlocked.Increment(ref next); j < jobs.Count; j = Interlocked.Increment(ref next))
                            await RunJobAsync(jobs[j].Expansion, jobs[j].Proposal, j, winners[jobs[j].Expansion.Search], cancellationToken).ConfigureAwait(false);
                    },
                    cancellationToken))).ConfigureAwait(false);
            }
        }
        finally
        {
            foreach (var winner in winners.Values)
                winner.Dispose();
        }

        Times = Times with { VerifierSeconds = Times.VerifierSeconds + Stopwatch.GetElapsedTime(clock).TotalSeconds, Steps = Times.Steps + jobs.Count };
    }

    /// <summary>Runs the steps of one proposal, one behind the other, and checks a finished path in full.</summary>
    private async Task RunJobAsync(Expansion expansion, int proposal, int job, Winner winner, CancellationToken cancellationToken)
    {
        var runs = new List<StepRun>();
        var (search, chosen) = (expansion.Search, expansion.Chosen[proposal]);
        var state = expansion.Node.State;
        for (var i = 0; i <= chosen.Then.Count; i++)
        {
            var step = i == 0 ? chosen.Step : chosen.Then[i - 1];
            if (winner.Before(job, cancellationToken) is not { } token)
                return;
            StepRun run;
            try
            {
                var outcome = await GuardedAsync(t => _environment.RunAsync(state, step, t), search.Options.StepLimit, token).ConfigureAwait(false);
                run = outcome is StepOutcome.Finished finished && !search.Task.FirstGoalOnly
                    ? new StepRun(outcome, await ValidateAsync(search, finished.Path, token).ConfigureAwait(false))
                    : new StepRun(outcome);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Another step has proved the theorem; this one comes behind it and does not count.
                return;
            }

            runs.Add(run);
            if (search.IsGoal(run.Outcome) && (search.Task.FirstGoalOnly || run.Verdict is { IsAccepted: true, Trust: TrustLevel.Full }))
                winner.Win(job);
            if (run.Outcome is not StepOutcome.Moved moved)
                break;
            state = moved.State;
        }

        expansion.Runs[proposal] = runs;
    }

    private async ValueTask<Verdict> ValidateAsync(TheoremSearch search, IReadOnlyList<string> path, CancellationToken cancellationToken)
    {
        try
        {
            return await ProofReplay.ValidateAsync(_environment, _verifier, search.Task.Problem, path, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // A verifier that breaks is no reason to lose the search; the proof stays unproved and the story tells it.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return new Verdict.Unknown { Reason = VerdictReason.Crashed, Verifier = _verifier.Name, VerifierVersion = _verifier.Version, Feedback = [new Feedback(-1, -1, e.Message)] };
        }
    }

    /// <summary>Calls the environment; one that does not come back, or breaks, gives unknown.</summary>
    private static async ValueTask<StepOutcome> GuardedAsync(Func<CancellationToken, ValueTask<StepOutcome>> call, TimeSpan limit, CancellationToken cancellationToken)
    {
        CancellationTokenSource? late = null;
        try
        {
            late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var running = call(late.Token);
            if (running.IsCompleted)
                return await running.ConfigureAwait(false);
            late.CancelAfter(limit);

            // An environment that hears its token ends by itself; one that does not is left behind.
            return await running.AsTask().WaitAsync(limit + TimeSpan.FromSeconds(1), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when ((e is OperationCanceledException or TimeoutException) && !cancellationToken.IsCancellationRequested)
        {
            return new StepOutcome.Unknown(VerdictReason.TimedOut, new Feedback(-1, -1, $"The step did not end within {limit.TotalSeconds:0.###} s."));
        }
#pragma warning disable CA1031 // A step can be any nonsense; what it breaks is told and the search goes on.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return new StepOutcome.Unknown(VerdictReason.Crashed, new Feedback(-1, -1, $"{e.GetType().Name}: {e.Message}"));
        }
        finally
        {
            // Who stops waiting also says so to the step, whichever of the two heard of it first.
            if (late is { IsCancellationRequested: false } && cancellationToken.IsCancellationRequested)
                late.Cancel();
            late?.Dispose();
        }
    }

    /// <summary>A node in a turn, with what was proposed and what came of it.</summary>
    private sealed class Expansion(TheoremSearch search, SearchNode node, PolicyQuery query)
    {
        public TheoremSearch Search => search;

        public SearchNode Node => node;

        public PolicyQuery Query => query;

        public StepProposals Proposals { get; private set; } = new([]);

        /// <summary>The proposals that are run: each text once, and none that was tried at the node before.</summary>
        public IReadOnlyList<StepProposal> Chosen { get; private set; } = [];

        /// <summary>What each of them gave; null where it was not run because another one had proved the theorem.</summary>
        public IReadOnlyList<StepRun>?[] Runs { get; private set; } = [];

        public void Set(StepProposals proposals)
        {
            Proposals = proposals;
            var seen = new HashSet<string>(StringComparer.Ordinal);
            Chosen = [.. proposals.Steps.Where(p => seen.Add(p.Then.Count == 0 ? p.Step : string.Join('\n', p.Then.Prepend(p.Step))) && search.IsNew(node, p))];
            Runs = new IReadOnlyList<StepRun>?[Chosen.Count];
        }

        public IEnumerable<(StepProposal, IReadOnlyList<StepRun>)> Tried()
        {
            for (var i = 0; i < Chosen.Count; i++)
            {
                if (Runs[i] is { } runs)
                    yield return (Chosen[i], runs);
            }
        }
    }

    /// <summary>The first job of a theorem that proved it; jobs behind it need not run.</summary>
    private sealed class Winner(bool alone) : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly List<(int Job, CancellationTokenSource Source)> _running = [];
        private int _job = int.MaxValue;

        /// <summary>The token to run a job under; null where a job before it has won.</summary>
        public CancellationToken? Before(int job, CancellationToken outer)
        {
            lock (_gate)
            {
                if (_job < job)
                    return null;

                // Jobs that run one after the other are never cancelled by each other.
                if (alone)
                    return outer;
                var source = CancellationTokenSource.CreateLinkedTokenSource(outer);
                _running.Add((job, source));
                return source.Token;
            }
        }

        public void Win(int job)
        {
            List<CancellationTokenSource> late;
            lock (_gate)
            {
                if (_job <= job)
                    return;
                _job = job;
                late = [.. _running.Where(r => r.Job > job).Select(r => r.Source)];
            }

            foreach (var source in late)
                source.Cancel();
        }

        public void Dispose()
        {
            foreach (var (_, source) in _running)
                source.Dispose();
        }
    }
}

/// <summary>How an engine works; changes speed and no result.</summary>
public sealed record SearchEngineOptions
{
    /// <summary>Steps that run at the same time, at least 1. Default 1: own kernels in process answer in microseconds. Processes outside want one a core.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Nodes that one call to the policy is asked about, at least 1; a theorem's nodes stay together. Default 128.</summary>
    public int Batch { get; init; } = 128;

    /// <summary>Theorems that are in work at the same time, at least 1. Default 128.</summary>
    public int Theorems { get; init; } = 128;

    /// <summary>Asked about each theorem before it is searched; null for none. What it refutes costs nothing of the budget.</summary>
    public IRefuter? Refuter { get; init; }
}

/// <summary>Where the time of an engine went.</summary>
/// <param name="Seconds">Wall seconds in all.</param>
/// <param name="PolicySeconds">Of them waiting for the policy.</param>
/// <param name="VerifierSeconds">Of them running steps and checks.</param>
/// <param name="Expansions">Nodes expanded.</param>
/// <param name="Steps">Proposals that were run.</param>
public sealed record SearchTimes(double Seconds, double PolicySeconds, double VerifierSeconds, long Expansions, long Steps);

/// <summary>A search under way.</summary>
public sealed class SearchProgress
{
    private readonly TheoremSearch _first;

    internal SearchProgress(long expansions, int ended, int theorems, TheoremSearch first) => (Expansions, Ended, Theorems, _first) = (expansions, ended, theorems, first);

    /// <summary>Nodes expanded so far, of all theorems.</summary>
    public long Expansions { get; }

    /// <summary>Theorems whose search has ended.</summary>
    public int Ended { get; }

    /// <summary>Theorems in all.</summary>
    public int Theorems { get; }

    /// <summary>The first theorem of the turn.</summary>
    public Problems.Problem Problem => _first.Task.Problem;

    /// <summary>Its nodes, in order of discovery.</summary>
    public IReadOnlyList<SearchNode> Nodes => _first.Nodes;
}
