using System.Diagnostics;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Search;
using Ratchet.Search.Journal;
using Ratchet.Search.Planning;
using Ratchet.Search.Policies;
using Ratchet.Search.Trees;

namespace Ratchet.Systems.BfsProver;

/// <summary>Searches many problems and keeps what came of each in the journal; problems that are there already are not searched again.</summary>
internal sealed class CorpusSearch(BfsProverWorld world, SearchJournal journal, IRunObserver observer)
{
    /// <summary>Problems between two writes to the journal.</summary>
    private const int Chunk = 128;

    /// <summary>Refused steps that are kept beside a step.</summary>
    private const int MostRefused = 4;

    /// <summary>Where the time of all searches of this session went.</summary>
    public SearchTimes Times { get; private set; } = new(0, 0, 0, 0, 0);

    /// <summary>Tokens drawn in this session.</summary>
    public long Tokens { get; private set; }

    /// <summary>Outcomes of a phase, in the order of the problems.</summary>
    /// <param name="round">Round.</param>
    /// <param name="phase">Name of the phase; with the round and a problem it makes the key of a search.</param>
    /// <param name="problems">Problems.</param>
    /// <param name="policy">Policy; made only where something is still to be done.</param>
    /// <param name="options">Settings.</param>
    /// <param name="stage">Stage that progress is told of.</param>
    /// <param name="trees">Problems, from the first on, whose trees are kept.</param>
    /// <param name="cancellationToken">Stops the work; what is written stays.</param>
    public async Task<IReadOnlyList<SearchOutcome>> RunAsync(
        int round, string phase, IReadOnlyList<Problem> problems, Func<IStepPolicy> policy, SearchOptions options, string stage, int trees, CancellationToken cancellationToken)
    {
        var outcomes = new SearchOutcome?[problems.Count];
        for (var i = 0; i < problems.Count; i++)
            outcomes[i] = journal.FindItem<SearchOutcome>("outcome", Key(round, phase, problems[i]));
        var missing = Enumerable.Range(0, problems.Count).Where(i => outcomes[i] is null).ToList();
        if (missing.Count == 0)
            return outcomes!;
        observer.OnEvent(new RunEvent.StageStarted { Round = round, Stage = stage, Items = problems.Count });
        var made = policy();
        using var owned = made as IDisposable;
        var engine = new SearchEngine(world.World.Environment, world.World.Verifier, made, new SearchEngineOptions { Theorems = Chunk, Batch = Chunk });
        var clock = Stopwatch.StartNew();
        long drawn = 0, calls = 0;
        foreach (var chunk in missing.Chunk(Chunk))
        {
            var tasks = chunk.Select(i => new SearchTask { Problem = problems[i], Stream = world.Root.Derive("search").Derive(phase).Derive(round).Derive(problems[i].Id), Options = options with { KeepTree = i < trees } }).ToList();
            var results = await engine.RunAsync(tasks, options, cancellationToken: cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            journal.Together(() =>
            {
                for (var k = 0; k < chunk.Length; k++)
                {
                    var key = Key(round, phase, problems[chunk[k]]);
                    outcomes[chunk[k]] = Outcome(results[k], round);
                    journal.Add(TreeRecorder.Record(key, results[k], engine, options) with { WallSeconds = 0 });
                    journal.AddItem("outcome", key, outcomes[chunk[k]]);
                }
            });
            drawn += results.Sum(r => r.Tokens);
            calls += results.Sum(r => (long)r.VerifierCalls);
            Tell(round, stage, outcomes, engine.Times, drawn, calls, clock);
        }

        Add(engine.Times, drawn);
        return outcomes!;
    }

    /// <summary>The same along plans, problem by problem. Each theorem has a cache of its own: a shared one would make a result depend on what was searched before.</summary>
    /// <param name="round">Round.</param>
    /// <param name="phase">Name of the phase.</param>
    /// <param name="problems">Problems.</param>
    /// <param name="policy">Policy.</param>
    /// <param name="planner">Planner.</param>
    /// <param name="plans">Budgets along a plan.</param>
    /// <param name="options">Settings of the searches.</param>
    /// <param name="independent">
    /// Searches that share nothing, each with its part of the budget and plans, draws and a cache of its own. They count as side by side: when the first proves the theorem, the others have expanded as many nodes as it has. Verifier calls and
    /// tokens are those up to each one's own end.
    /// </param>
    /// <param name="cancellationToken">Stops the work.</param>
    public async Task<IReadOnlyList<SearchOutcome>> RunPlannedAsync(
        int round, string phase, IReadOnlyList<Problem> problems, IStepPolicy policy, IPlanner planner, PlanOptions plans, SearchOptions options, int independent, CancellationToken cancellationToken)
    {
        observer.OnEvent(new RunEvent.StageStarted { Round = round, Stage = "evaluate", Items = problems.Count });
        var engine = new SearchEngine(world.World.Environment, world.World.Verifier, policy);
        var outcomes = new List<SearchOutcome>();
        foreach (var problem in problems)
        {
            var key = Key(round, phase, problem);
            if (journal.FindItem<SearchOutcome>("outcome", key) is { } known)
            {
                outcomes.Add(known);
                continue;
            }

            var stream = world.Root.Derive("search").Derive(phase).Derive(round).Derive(problem.Id);
            var (result, outcome) = independent == 1 ? await ProveAsync(key, options, stream) : await ApartAsync();
            journal.Together(() =>
            {
                journal.Add(TreeRecorder.Record(key, result.Search, engine, options) with { WallSeconds = 0 });
                journal.AddItem("outcome", key, outcome);
            });
            outcomes.Add(outcome);

            async Task<(PlanResult Result, SearchOutcome Outcome)> ProveAsync(string name, SearchOptions part, RandomStream draws)
            {
                var search = new PlanSearch(engine, world.World.Subgoals!, planner, new ProofCache(world.World.Environment), plans, journal);
                var made = await search.ProveAsync(name, problem, part with { KeepTree = false }, draws, cancellationToken);
                return (made, Outcome(made.Search, round) with { Plans = made.Plans });
            }

            async Task<(PlanResult Result, SearchOutcome Outcome)> ApartAsync()
            {
                var share = options with { Budget = options.Budget with { Expansions = Math.Max(1, options.Budget.Expansions / independent) } };
                var all = new List<(PlanResult Result, SearchOutcome Outcome)>();
                for (var i = 0; i < independent; i++)
                    all.Add(await ProveAsync($"{key}#{i}", share, stream.Derive("prover").Derive(i)));
                var first = all.Where(a => a.Outcome.IsProved).OrderBy(a => a.Outcome.Expansions).FirstOrDefault();
                var (found, end) = first.Outcome is null ? (all[0], int.MaxValue) : (first, first.Outcome.Expansions);
                var whole = found.Outcome with
                {
                    Expansions = all.Sum(a => Math.Min(a.Outcome.Expansions, end)),
                    VerifierCalls = all.Sum(a => a.Outcome.VerifierCalls),
                    Tokens = all.Sum(a => a.Outcome.Tokens),
                    Plans = all.Sum(a => a.Outcome.Plans),
                };
                return (found.Result with { Search = found.Result.Search with { Expansions = whole.Expansions, VerifierCalls = whole.VerifierCalls, Tokens = whole.Tokens } }, whole);
            }
        }

        Add(engine.Times, 0);
        return outcomes;
    }

    private static string Key(int round, string phase, Problem problem) => $"r{round}/{phase}/{problem.Id}";

    private SearchOutcome Outcome(SearchResult result, int round)
    {
        var pairs = new List<StepPair>(result.Steps.Count);
        for (var i = 0; i < result.Steps.Count && result.Status == SearchStatus.Proved; i++)
        {
            var step = result.Steps[i];
            pairs.Add(new StepPair
            {
                ProblemId = result.Problem.Id,
                Prompt = world.World.Language.Prompt(step.State),
                Step = step.Edge.Step,
                MeanNll = -step.Edge.MeanLogProbability,
                Depth = i,
                ToEnd = result.Steps.Count - 1 - i,
                Round = round,
                Refused = [.. step.Errors.OrderByDescending(e => e.LogProbability).Select(e => e.Step).Distinct(StringComparer.Ordinal).Take(MostRefused)],
            });
        }

        return new SearchOutcome
        {
            Status = TreeRecorder.Word(result.Status),
            Expansions = result.Expansions,
            VerifierCalls = result.VerifierCalls,
            Tokens = result.Tokens,
            Unknown = result.Unknown.ToDictionary(u => TreeRecorder.Word(u.Key), u => u.Value),
            Pairs = pairs,
            Proof = result.Proof,
        };
    }

    private void Add(SearchTimes times, long tokens)
    {
        Times = new SearchTimes(Times.Seconds + times.Seconds, Times.PolicySeconds + times.PolicySeconds, Times.VerifierSeconds + times.VerifierSeconds, Times.Expansions + times.Expansions, Times.Steps + times.Steps);
        Tokens += tokens;
    }

    private void Tell(int round, string stage, SearchOutcome?[] outcomes, SearchTimes times, long tokens, long calls, Stopwatch clock)
    {
        var done = outcomes.Where(o => o is not null).ToList();
        observer.OnEvent(new RunEvent.BatchDone
        {
            Round = round,
            Stage = stage,
            Done = done.Count,
            Total = outcomes.Length,
            Accepted = done.Count(o => o!.IsProved),
            Unknown = done.SelectMany(o => o!.Unknown).GroupBy(u => u.Key).ToDictionary(g => g.Key, g => g.Sum(u => (long)u.Value)),
            TokensPerSecond = tokens / Math.Max(1e-9, clock.Elapsed.TotalSeconds),
            ProposalsPerSecond = times.Steps / Math.Max(1e-9, clock.Elapsed.TotalSeconds),
            ChecksPerSecond = calls / Math.Max(1e-9, times.VerifierSeconds),
        });
    }
}
