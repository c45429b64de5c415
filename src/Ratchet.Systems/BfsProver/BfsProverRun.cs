using System.Diagnostics;
using System.Text.Json;
using Ratchet.Checkpoints;
using Ratchet.Domains.Metamath;
using Ratchet.Examples;
using Ratchet.Journal;
using Ratchet.Learning.External;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Recipes;
using Ratchet.Reports;
using Ratchet.Runs;
using Ratchet.Search.Journal;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.BfsProver;

/// <summary>
/// Runs a step prover's recipe in a run folder: train a start model on seed proofs, then rounds of search, filter and training, soft resets between them, evaluation by search on held-out problems, and the
/// comparisons that the recipe names.
/// </summary>
/// <remarks>
/// A run that is killed at any instant and resumed ends with the same weights and numbers: every search is in the search journal (<c>search.db</c>) whole or not at all, and depends on its problem, its round and
/// the policy alone; trainings go on from snapshots.
/// </remarks>
public static class BfsProverRun
{
    /// <summary>Name of the search journal in a run's folder.</summary>
    public const string SearchFile = "search.db";

    /// <summary>Starts a run in a new folder and works until it is done.</summary>
    /// <param name="recipe">Recipe, read and checked.</param>
    /// <param name="folder">Folder to make; it must not hold a run.</param>
    /// <param name="observer">Hears about progress.</param>
    /// <param name="cancellationToken">Stops the run; it can be resumed.</param>
    /// <returns>The summary, as written to <c>summary.json</c>.</returns>
    /// <exception cref="RatchetException">The run cannot begin or cannot go on.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public static async Task<RunSummary> StartAsync(BfsProverRecipe recipe, string folder, IRunObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        var world = new BfsProverWorld(recipe);
        return await RunSession.StartAsync(recipe, folder, (run, journal) => WorkAsync(world, run, journal, observer, cancellationToken));
    }

    /// <summary>Continues a run that was stopped or killed; a run that is done only gets its summary and report written again.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public static Task<RunSummary> ResumeAsync(string folder, IRunObserver observer, CancellationToken cancellationToken) => RunSession.ResumeAsync<BfsProverRecipe>(
        folder, BfsProverRecipe.SystemName, (recipe, run, journal) => WorkAsync(new BfsProverWorld(recipe, recipe.Problems.World == StepWorldKind.Propositional ? journal.Problems() : null), run, journal, observer, cancellationToken));

    private static async Task<RunSummary> WorkAsync(BfsProverWorld world, RunFolder run, RunJournal journal, IRunObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(observer);
        journal.BeginSession(TimeProvider.System.GetUtcNow());
        RunIdentity.Hold(run, journal, world.Recipe);
        if (journal.Problems() is null)
            journal.AddProblems(world.Corpus.Problems);
        using var searches = SearchJournal.Open(Path.Combine(run.Root, SearchFile));
        var work = new Work(world, run, journal, searches, observer);
        await RunSession.WorkAsync(run, work.Summary, () => work.RunAsync(cancellationToken));

        var summary = work.Summary("completed", null);
        run.WriteSummary(summary);
        work.WriteProofs();
        RunReport.Write(run.Root);
        SearchReport.Write(Path.Combine(run.Root, "search.html"), $"Search trees of {world.Recipe.Name}", [.. searches.Searches($"r{world.Recipe.Rounds}/heldout/").Where(s => s.Tree.Count > 0)]);
        return summary;
    }

    /// <summary>The work of a session.</summary>
    private sealed class Work(BfsProverWorld world, RunFolder run, RunJournal journal, SearchJournal searches, IRunObserver observer)
    {
        private const int MostShown = 40;

        private readonly CorpusSearch _search = new(world, searches, observer);
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly double _before = journal.Times().WallSeconds;
        private SortedDictionary<string, double>? _measures;
        private double _told;

        private BfsProverRecipe Recipe => world.Recipe;

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            run.WriteSummary(Summary("running", null));
            var current = await LearnAsync("start", 0, null, world.SeedRows, Recipe.Start.Epochs, cancellationToken);
            await EvaluateAsync(0, current, 0, [], world.SeedRows.Count, cancellationToken);

            // What was kept since the last time that the whole corpus was proved again.
            var kept = new List<StepPair>();
            var preferences = new List<TextRow>();
            for (var round = 1; round <= Recipe.Rounds; round++)
            {
                var reset = Recipe.Reset.Rounds.Contains(round);
                var problems = Problems(round, whole: reset && Recipe.Reset.Resynthesize);
                var policy = current;
                var outcomes = await _search.RunAsync(round, "train", problems, () => world.Policy(policy), Recipe.SearchOptions(), "propose", 0, cancellationToken);
                var (steps, report) = await FilterAsync(round, policy, problems, outcomes, cancellationToken);
                preferences.AddRange(Preferences(outcomes));
                if (reset && Recipe.Reset.Resynthesize)
                    kept.Clear();
                var replayed = reset ? kept : Replay(kept, round);
                List<Example> rows = [.. world.SeedRows, .. world.Rows(replayed, $"r{round}/replay"), .. world.Rows(steps, $"r{round}")];
                kept.AddRange(steps);
                var fresh = reset && Recipe.Reset.Retrain;
                current = await LearnAsync($"round-{round}", round, fresh ? null : policy, rows, fresh ? Recipe.Reset.Epochs : Recipe.Learn.Epochs, cancellationToken);
                await EvaluateAsync(round, current, problems.Count, outcomes, rows.Count, cancellationToken);
                searches.AddItem("filter", $"r{round}", report);
                run.WriteSummary(Summary("running", null));
            }

            var wanted = preferences.DistinctBy(p => (p.Prompt, p.Completion, p.Rejected)).ToList();
            await RowFile.WriteAsync(Path.Combine(run.Root, "preferences.jsonl"), wanted, RowFormat.Preference, RowFileType.Jsonl, cancellationToken);
            _measures = await new BfsProverMeasures(world, run, searches, _search, observer).MeasureAsync(current, wanted.Count, cancellationToken);
        }

        public RunSummary Summary(string status, string? message)
        {
            var rounds = journal.Rounds();
            var times = journal.Times();
            var heldout = rounds.Sum(r => r.Summary.Heldout.VerifierCalls);
            return new RunSummary
            {
                Status = status,
                Message = message,
                Recipe = Recipe.Name,
                Seed = Recipe.Seed,
                WallSeconds = Math.Round(times.WallSeconds, 3),
                Sessions = times.Sessions,
                Parameters = world.Shape.ParameterCount,
                Rounds = [.. rounds.Select(r => r.Summary)],
                TokensSampled = times.SampledTokens,
                TokensTrained = journal.Checkpoints().Sum(c => c.Tokens),
                Verifier = new VerifierSummary(times.Checks, 0, rounds.Sum(r => (long)r.Summary.Train.Solved), 0, new Dictionary<string, long>()),
                Speed = new SpeedSummary(RunSummaries.Rate(times.SampledTokens, times.SampleSeconds), RunSummaries.Rate(times.TrainedTokens, times.LearnSeconds), RunSummaries.Rate(times.Checks, times.VerifySeconds)),
                Parity = new ParitySummary(rounds.Select(r => r.Parity).DefaultIfEmpty(0).Max()),
                Removed = new SortedDictionary<string, int>(world.Corpus.Problems.Removed.ToDictionary(r => r.Key, r => r.Value), StringComparer.Ordinal),
                WeightsHash = journal.Checkpoints() is [.., var last] ? last.WeightsHash : null,
                Measures = _measures,
                Environment = RunSummaries.Environment(world.Budget.Threads, Recipe.Device, ("sampler", world.Engine), ("learner", world.Engine), ("environment", world.World.Name)),
            };
        }

        /// <summary>
        /// Writes what was proved: <c>proofs.jsonl</c>, which <c>ratchet verify</c> reads, and for a Metamath database <c>proofs.mm</c>, which the metamath program reads, with the proofs that are shorter than the database's for the report.
        /// </summary>
        public void WriteProofs()
        {
            var found = BfsProverMeasures.Shortest(searches.Searches());
            var problems = world.Corpus.Problems;
            var lines = found.Values.Select(f => JsonSerializer.Serialize(
                new { id = f.ProblemId, split = problems[f.ProblemId].Split, statement = problems[f.ProblemId].Statement, proof = f.Proof, steps = f.Path.Count, known_steps = Known(f) }, SearchJournal.Json) + "\n");
            RunFolder.WriteAtomically(Path.Combine(run.Root, "proofs.jsonl"), string.Concat(lines));
            if (world.World.Environment is not MetamathEnvironment { Database: var database })
                return;
            using var text = new StringWriter();
            var include = Path.GetFullPath(Recipe.Problems.Database!);
            MetamathExport.Write(text, database, include, found.Values.Select(f => (f.ProblemId, f.Proof!)));
            RunFolder.WriteAtomically(Path.Combine(run.Root, "proofs.mm"), text.ToString());

            var shorter = found.Values.Where(f => f.Path.Count < Known(f)).OrderBy(f => f.Path.Count - Known(f)).ThenBy(f => f.ProblemId, StringComparer.Ordinal).ToList();
            ReportSection.Write(run.Root, [new ReportSection
            {
                Title = "Proofs shorter than the database's",
                Text = $"{shorter.Count} of {found.Count} proved theorems, by the number of theorems and axioms that are used in turn. The database keeps some proofs long on purpose, for example to do without an axiom.",
                Columns = shorter.Count == 0 ? [] : ["Theorem", "Part", "Database", "Found", "Proof found"],
                Rows = [.. shorter.Take(MostShown).Select(f => (IReadOnlyList<string>)[f.ProblemId, problems[f.ProblemId].Split.ToString().ToLowerInvariant(), $"{Known(f)}", $"{f.Path.Count}", string.Join(' ', f.Path)])],
                Notes = shorter.Count > MostShown ? [$"{shorter.Count - MostShown} more are in proofs.jsonl, where steps is less than known_steps."] : [],
            }]);

            int? Known(SearchRecord record) => world.Corpus.KnownLengths.TryGetValue(record.ProblemId, out var steps) ? steps : null;
        }

        /// <summary>The problems of a round: a draw of its own, in the order of the set.</summary>
        private IReadOnlyList<Problem> Problems(int round, bool whole)
        {
            var train = world.Corpus.Problems.In(Split.Train);
            if (whole || train.Count <= Recipe.Problems.PerRound)
                return train;
            var order = Enumerable.Range(0, train.Count).ToArray();
            var stream = world.Root.Derive("problems of a round").Derive(round);
            stream.Shuffle(order.AsSpan());
            return [.. order.Take(Recipe.Problems.PerRound).Order().Select(i => train[i])];
        }

        private async Task<(IReadOnlyList<StepPair> Kept, StepFilterReport Report)> FilterAsync(int round, Checkpoint policy, IReadOnlyList<Problem> problems, IReadOnlyList<SearchOutcome> outcomes, CancellationToken cancellationToken)
        {
            var easy = new HashSet<string>(StringComparer.Ordinal);
            if (Recipe.Filter.Kind == StepFilterKind.Problem)
            {
                var solved = problems.Where((_, i) => outcomes[i].IsProved).ToList();
                var beam = Recipe.SearchOptions() with { Strategy = Ratchet.Search.SearchStrategy.Beam, Restarts = 0, Budget = new() { Expansions = Recipe.Filter.EasyExpansions } };
                var tried = await _search.RunAsync(round, "easy", solved, () => world.Policy(policy), beam, "propose", 0, cancellationToken);
                easy.UnionWith(solved.Where((_, i) => tried[i].IsProved).Select(p => p.Id));
            }

            // A step counts once for a state, however many proofs go through it.
            var pairs = outcomes.SelectMany(o => o.Pairs).DistinctBy(p => (p.Prompt, p.Step)).ToList();
            var (kept, report) = StepFilter.Apply(pairs, Recipe.Filter, easy, world.Root.Derive("filter").Derive(round));
            if (pairs.Count > 0 && report.Share < Recipe.Filter.WatchShare)
            {
                observer.OnEvent(new RunEvent.Note
                {
                    Round = round, Message = FormattableString.Invariant($"the filter keeps {report.Share:0%} of {report.Pairs} steps (band {report.Low:0.000} to {report.High:0.000}), less than filter.watch_share"),
                });
            }

            return (kept, report);
        }

        private List<StepPair> Replay(List<StepPair> kept, int round)
        {
            var stream = world.Root.Derive("replay").Derive(round);
            return [.. kept.Where(_ => stream.NextDouble() < Recipe.Learn.Replay)];
        }

        /// <summary>A step of a found proof against the likeliest steps that were refused in the same state (BFS-Prover, arXiv 2502.03438, DPO).</summary>
        private static IEnumerable<TextRow> Preferences(IReadOnlyList<SearchOutcome> outcomes) =>
            outcomes.SelectMany(o => o.Pairs).SelectMany(p => p.Refused.Select(refused => new TextRow(p.Prompt, p.Step, refused)));

        private async Task<Checkpoint> LearnAsync(string id, int round, Checkpoint? from, IReadOnlyList<Example> rows, double epochs, CancellationToken cancellationToken)
        {
            var recorded = journal.Checkpoints().FirstOrDefault(c => c.Id == id);
            if (recorded is not null)
            {
                var found = CheckpointStore.Open(run.CheckpointPath(id), id);
                return found.WeightsHash == recorded.WeightsHash ? found : throw new RatchetException($"The checkpoint '{found.Folder}' is not the one that the run made: its weights were changed.", "Put its files back as they were, or start a new run.");
            }

            observer.OnEvent(new RunEvent.StageStarted { Round = round, Stage = "learn", Items = rows.Count });
            var clock = Stopwatch.StartNew();
            var result = await world.Learner(from is null).LearnAsync(
                new LearningRequest { Round = round, From = from, Examples = rows, Epochs = epochs, Stream = world.Root.Derive("learn").Derive(id), Folder = run.CheckpointPath(id) },
                new Relay(step => observer.OnEvent(new RunEvent.Learned { Round = round, Step = step })),
                cancellationToken);
            var seconds = clock.Elapsed.TotalSeconds;
            journal.AddCheckpoint(
                new RecordedCheckpoint(id, round, from?.Id, result.Checkpoint.WeightsHash, result.Steps, result.Tokens, result.FinalLoss), rows,
                new StageTiming("learn", Wall()) { LearnSeconds = seconds, TrainedTokens = result.Tokens }, result.Curve);
            return result.Checkpoint;
        }

        /// <summary>Searches the held-out problems with a checkpoint and records the round.</summary>
        private async Task EvaluateAsync(int round, Checkpoint checkpoint, int searched, IReadOnlyList<SearchOutcome> outcomes, int rows, CancellationToken cancellationToken)
        {
            if (journal.Rounds().Any(r => r.Summary.Round == round))
                return;
            var problems = world.Corpus.Problems.In(Split.Heldout);
            var isEvaluated = round == 0 || round == Recipe.Rounds || round % Recipe.Evaluate.Every == 0;
            var options = Recipe.SearchOptions() with { Budget = new() { Expansions = Recipe.Evaluate.Expansions } };
            var found = isEvaluated
                ? await _search.RunAsync(round, "heldout", problems, () => world.Policy(checkpoint), options, "evaluate", round == Recipe.Rounds ? Recipe.Evaluate.Trees : 0, cancellationToken)
                : [];
            var recorded = journal.Checkpoints().First(c => c.Id == checkpoint.Id);
            var summary = new RoundSummary
            {
                Round = round,
                Train = new TrainSummary(searched, outcomes.Count, outcomes.Count(o => o.IsProved), outcomes.Count(o => o.Unknown.Count > 0), outcomes.Count(o => o.IsProved)),
                Heldout = BfsProverMeasures.Evaluation(isEvaluated ? problems : [], found, Recipe.Evaluate.Bootstrap, world.Root.Derive("bootstrap").Derive(round)),
                Examples = rows,
                Steps = recorded.Steps,
                Loss = recorded.Loss,
                Checkpoint = checkpoint.Id,
            };
            var times = _search.Times;
            journal.AddRound(summary, isEvaluated ? BfsProverMeasures.Parity(world, checkpoint, found) : 0, new StageTiming("round", Wall())
            {
                SampleSeconds = times.PolicySeconds - _sampled, SampledTokens = _search.Tokens - _tokens, VerifySeconds = times.VerifierSeconds - _verified, Checks = times.Steps - _checks,
            });
            (_sampled, _tokens, _verified, _checks) = (times.PolicySeconds, _search.Tokens, times.VerifierSeconds, times.Steps);
            observer.OnEvent(new RunEvent.RoundDone { Round = round, Summary = summary, Rounds = Recipe.Rounds, WallSeconds = _before + _clock.Elapsed.TotalSeconds });
        }

        private double _sampled;
        private long _tokens;
        private double _verified;
        private long _checks;

        /// <summary>Seconds since the session's previous record.</summary>
        private double Wall()
        {
            var now = _clock.Elapsed.TotalSeconds;
            (var passed, _told) = (now - _told, now);
            return passed;
        }
    }

    private sealed class Relay(Action<LearningStep> report) : IProgress<LearningStep>
    {
        public void Report(LearningStep value) => report(value);
    }
}
