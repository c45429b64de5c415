using System.Text.Json;
using Ratchet.Domains.Propositional;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Recipes;
using Ratchet.Runs;
using Ratchet.Search;
using Ratchet.Search.Journal;
using Ratchet.Systems.BfsProver;
using Ratchet.Systems.Studies;

namespace Ratchet.Systems.Tests.BfsProver;

public sealed class BfsProverRunTests : IDisposable
{
    private static readonly BfsProverRecipe Recipe = new()
    {
        Name = "tiny",
        Seed = 5,
        Rounds = 2,
        Threads = 2,
        Problems = new StepProblemSettings { Seed = 40, Train = 48, Heldout = 12, PerRound = 24 },
        Model = new StepModelSettings { Layers = 1, HiddenSize = 48, Heads = 4, KeyValueHeads = 2, FeedForwardSize = 96, MaxPositions = 128 },
        Start = new StepStartSettings { Epochs = 20 },
        Search = new StepSearchSettings { Width = 4, Expansions = 16, MaxDepth = 12, Restarts = 2 },
        Learn = new StepLearnSettings { BatchTokens = 512, FreshLearningRate = 0.01, LearningRate = 0.004, SnapshotSteps = 10 },
        Reset = new ResetSettings { Rounds = [2], Epochs = 6 },
        Evaluate = new StepEvaluateSettings { Expansions = 16, Bootstrap = 100, Trees = 3, Compare = ["plain best-first alpha=0", "chance policy=uniform width=64", "ranked best-first policy=ranked width=64", "oracle plan=oracle lies=0.5", "planner plan=model", "alone plan=oracle independent=2", "random4 best-first policy=uniform-random alpha=0", "whole policy=whole"] },
        Planner = new PlannerSettings { Epochs = 2 },
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_step_prover_learns_from_its_searches_and_tells_what_came_of_them()
    {
        var summary = await StartAsync(Recipe, "run");
        Assert.Equal("completed", summary.Status);
        Assert.Equal([0, 1, 2], summary.Rounds.Select(r => r.Round));
        Assert.Equal(24, summary.Rounds[1].Train.Problems);
        Assert.Equal(48, summary.Rounds[2].Train.Problems);
        Assert.True(summary.Rounds[2].Train.Solved > 0);
        Assert.True(summary.Parity.MaxLogprobDifference < 1e-3, $"{summary.Parity.MaxLogprobDifference}");
        var measures = summary.Measures!;
        foreach (var key in (string[])["solved", "solved_depth_1_5", "solved.plain", "solved.chance", "solved.oracle", "solved.planner", "solved.alone", "solved.random4", "solved.whole", "plans.oracle", "tactic_entropy", "filter_share_first", "preference_pairs", "planner_rows"])
            Assert.Contains(key, measures.Keys);
        Assert.True(measures["solved.chance"] > 0);
        Assert.True(measures["solved.ranked"] > 0);
        Assert.All((string[])["expansions", "expansions.plain", "expansions.chance", "expansions.oracle", "expansions.alone", "expansions.random4"], k => Assert.InRange(measures[k], 1, 16));
        Assert.True(measures["solved.random4"] > 0);

        // Whole proofs are drawn until as many tokens are spent as the search spends where it finds nothing; the last turn of draws may pass that.
        Assert.InRange(measures["tokens.whole"], 1, measures["tokens"] * 3 + 8 * Recipe.Model.MaxPositions);

        // What was proved is proved: the domain's verifier accepts every line.
        var lines = await File.ReadAllLinesAsync(Path.Combine(_folder["run"], "proofs.jsonl"));
        Assert.NotEmpty(lines);
        var verifier = new PropositionalVerifier();
        foreach (var line in lines.Select(l => JsonSerializer.Deserialize<JsonElement>(l)))
            Assert.True(verifier.Verify(line.GetProperty("statement").GetString()!, line.GetProperty("proof").GetString()!).IsAccepted);
        var preference = JsonSerializer.Deserialize<JsonElement>((await File.ReadAllLinesAsync(Path.Combine(_folder["run"], "preferences.jsonl")))[0]);
        Assert.NotEqual(preference.GetProperty("chosen").GetString(), preference.GetProperty("rejected").GetString());
        Assert.Contains("class=\"tree\"", await File.ReadAllTextAsync(Path.Combine(_folder["run"], "search.html")), StringComparison.Ordinal);
        using var searches = SearchJournal.Open(Path.Combine(_folder["run"], BfsProverRun.SearchFile));
        Assert.Equal(24, searches.Searches("r1/train/").Count);
        Assert.All(searches.Searches("r1/train/"), s => Assert.StartsWith("ended", searches.Story(s.Key)[^1], StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_step_prover_that_ranks_the_list_learns_from_what_it_finds()
    {
        var summary = await StartAsync(Recipe with { Rounds = 1, Search = Recipe.Search with { Rank = true, Width = 16 }, Reset = new(), Planner = null, Evaluate = Recipe.Evaluate with { Compare = ["drawn best-first policy=model", "draws sample", "whole policy=whole"] } }, "ranks");
        Assert.True(summary.Rounds[1].Train.Solved > 0);
        Assert.True(summary.Parity.MaxLogprobDifference is > 0 and < 1e-3, $"{summary.Parity.MaxLogprobDifference}");
        var measures = summary.Measures!;
        Assert.All((string[])["tokens", "tokens.drawn", "tokens.draws", "tokens.whole"], k => Assert.True(measures[k] > 0, k));
        using var searches = SearchJournal.Open(Path.Combine(_folder["ranks"], BfsProverRun.SearchFile));
        Assert.EndsWith("(ranks)", searches.Searches("r1/train/")[0].Policy, StringComparison.Ordinal);
        Assert.DoesNotContain("(ranks)", searches.Searches("r1/heldout.draws/")[0].Policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_cut_off_and_resumed_ends_with_the_same_weights_and_numbers_whatever_the_threads()
    {
        var recipe = Recipe with { Evaluate = Recipe.Evaluate with { Compare = ["oracle plan=oracle"] }, Planner = null };
        var events = 0;
        var whole = await StartAsync(recipe, "whole", _ => events++);
        foreach (var share in (double[])[0.05, 0.6, 0.95])
        {
            var (name, at, seen) = ($"cut-{share}", (int)(share * events), 0);
            await Assert.ThrowsAsync<IOException>(() => StartAsync(recipe with { Threads = share == 0.6 ? 1 : 2 }, name, _ =>
            {
                if (++seen == at)
                    throw new IOException("killed");
            }));
            var resumed = await BfsProverRun.ResumeAsync(_folder[name], new Observer(null), TestContext.Current.CancellationToken);
            Assert.Equal(whole.WeightsHash, resumed.WeightsHash);
            Assert.Equal(whole.Measures, resumed.Measures);
            Assert.Equal(2, resumed.Sessions);
            Assert.Equal(Journal("whole", j => j.Checkpoints().Select(c => c.WeightsHash).ToList()), Journal(name, j => j.Checkpoints().Select(c => c.WeightsHash).ToList()));
            Assert.Equal(Searches("whole"), Searches(name));
        }
    }

    [Fact]
    public void Filters_keep_what_their_names_say()
    {
        var pairs = Enumerable.Range(0, 100).Select(i => new StepPair { ProblemId = $"p{i % 10}", Prompt = $"{i}", Step = "s", MeanNll = i / 100.0, Depth = 0, ToEnd = 0, Round = 1 }).ToList();
        (IReadOnlyList<StepPair> Kept, StepFilterReport Report) Apply(StepFilterSettings settings) => StepFilter.Apply(pairs, settings, new HashSet<string> { "p1", "p2" }, RandomStream.FromSeed(1));
        Assert.Equal(100, Apply(new() { Kind = StepFilterKind.None }).Kept.Count);
        var (band, report) = Apply(new() { Kind = StepFilterKind.Quantile, LowQuantile = 0.1, HighQuantile = 0.8 });
        Assert.Equal((0.1, 0.79), (band[0].MeanNll, band[^1].MeanNll));
        Assert.Equal((70, 10, 20), (report.Kept, report.Below, report.Above));
        Assert.Equal(90, Apply(new() { Kind = StepFilterKind.Low, LowQuantile = 0.1 }).Kept.Count);
        Assert.Equal(80, Apply(new() { Kind = StepFilterKind.High, HighQuantile = 0.8 }).Kept.Count);
        var random = Apply(new() { Kind = StepFilterKind.Random, LowQuantile = 0.1, HighQuantile = 0.8 }).Kept;
        Assert.Equal(70, random.Count);
        Assert.True(random[0].MeanNll < 0.1 || random[^1].MeanNll > 0.79);
        Assert.Equal(80, Apply(new() { Kind = StepFilterKind.Problem }).Kept.Count);
        Assert.Equal(21, Apply(new() { Kind = StepFilterKind.Band, LowBand = 0.3, HighBand = 0.5 }).Kept.Count);
        Assert.Equal(1, StepFilter.Apply([], new(), new HashSet<string>(), RandomStream.FromSeed(1)).Report.Share);
    }

    [Theory]
    [InlineData("one")]
    [InlineData("deep fastest")]
    [InlineData("deep best-first alpha=-1")]
    [InlineData("deep plan=wise")]
    [InlineData("deep policy=best")]
    [InlineData("alone independent=2")]
    [InlineData("d/p beam")]
    public void A_comparison_that_cannot_be_read_is_told(string line)
    {
        var conflict = Assert.Single((Recipe with { Evaluate = new StepEvaluateSettings { Compare = [line] } }).Conflicts());
        Assert.Equal("evaluate.compare", conflict.Key);
        Assert.Contains(line, conflict.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_comparison_is_read_with_its_settings()
    {
        Assert.True(ComparedSearch.TryParse("deep mcts alpha=2 width=3 plan=random provers=4 parallelism=split lies=0.3 refute=false replans=1", out var search, out _));
        Assert.Equal(("deep", SearchStrategy.Mcts, 2.0, 3, "random", 4, 0.3, false, 1), (search!.Name, search.Strategy, search.Alpha, search.Width, search.Plan, search.Provers, search.Lies, search.Refute, search.Replans));
    }

    [Fact]
    public void What_does_not_go_together_is_told()
    {
        var conflicts = (Recipe with { Reset = new ResetSettings { Rounds = [9] }, Planner = null }).Conflicts().Select(c => c.Key).ToList();
        Assert.Equal(["reset.rounds", "evaluate.compare"], conflicts);
        Assert.Equal(["evaluate.compare"], (Recipe with { Search = Recipe.Search with { Rank = true }, Evaluate = new StepEvaluateSettings { Compare = ["many plan=oracle provers=4", "drawn plan=oracle provers=4 policy=model"] } }).Conflicts().Select(c => c.Key));
        var metamath = (Recipe with { Problems = new StepProblemSettings { World = StepWorldKind.Metamath } }).Conflicts().Select(c => c.Key).ToList();
        Assert.Contains("problems.database", metamath);
        Assert.Contains("planner", metamath);
        Assert.Contains("evaluate.compare", (Recipe with { Planner = null, Problems = new StepProblemSettings { World = StepWorldKind.Metamath, Database = "x.mm" }, Evaluate = new StepEvaluateSettings { Compare = ["whole policy=whole"] } }).Conflicts().Select(c => c.Key));
    }

    [Theory]
    [InlineData("recipes/bfs-prover")]
    public void Every_recipe_of_the_folder_can_be_read(string folder)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.yaml"))
        {
            if (SystemRecipes.Catalog.ReadFile(file).ThrowIfWrong() is StudyRecipe study)
                _ = new StudyRunner(study, _folder["study"]);
        }
    }

    private async Task<RunSummary> StartAsync(BfsProverRecipe recipe, string name, Action<RunEvent>? on = null) =>
        await BfsProverRun.StartAsync(recipe, _folder[name], new Observer(on), TestContext.Current.CancellationToken);

    private T Journal<T>(string name, Func<RunJournal, T> read)
    {
        using var journal = RunJournal.OpenReadOnly(Path.Combine(_folder[name], "journal.db"));
        return read(journal);
    }

    private List<string> Searches(string name)
    {
        using var searches = SearchJournal.Open(Path.Combine(_folder[name], BfsProverRun.SearchFile));
        return [.. searches.Searches().Select(s => JsonSerializer.Serialize(s))];
    }

    private sealed class Observer(Action<RunEvent>? on) : IRunObserver
    {
        public void OnEvent(RunEvent e) => on?.Invoke(e);
    }
}
