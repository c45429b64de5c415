using System.Text.Json;
using Ratchet.Journal;
using Ratchet.Recipes;
using Ratchet.Runs;
using Ratchet.Systems.AlpacaFarm;
using Ratchet.Systems.Studies;

namespace Ratchet.Systems.Tests.AlpacaFarm;

public sealed class AlpacaFarmRunTests : IDisposable
{
    private static readonly AlpacaFarmRecipe Recipe = new()
    {
        Name = "tiny",
        Threads = 1,
        Artifacts = "../shared",
        Data = new FarmDataSettings { Start = 120, Large = 160, Pairs = 60, Unlabeled = 40, Validation = 12, Evaluation = 24, AuditPairs = 40 },
        Model = new FarmModelSettings { Layers = 1, HiddenSize = 32, Heads = 2, FeedForwardSize = 48 },
        Sft = new ImitationSettings { Epochs = 3, LearningRate = 0.01, BatchTokens = 256 },
        Imitation = new ImitationSettings { Epochs = 1, LearningRate = 0.002, BatchTokens = 256 },
        RewardModel = new FarmRewardSettings { Epochs = 1, BatchPairs = 16 },
        BestOfN = new BestOfNSettings { N = 4, Shared = 4, ExpertIterationN = 2, CurveN = 8, CurvePrompts = 6 },
        Dpo = new FarmDpoSettings { Epochs = 1 },
        Ppo = new FarmPpoSettings { Updates = 4, Rollouts = 12, Minibatch = 6, EvaluateEvery = 2 },
        Quark = new FarmQuarkSettings { Updates = 4, Rollouts = 12, EvaluateEvery = 2 },
        Annotators = new FarmAnnotatorSettings { Replicates = 2 },
        Evaluate = new FarmEvaluationSettings { MaxNewTokens = 16 },
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_method_runs_shares_what_it_can_and_tells_what_it_gave()
    {
        foreach (var method in Enum.GetValues<FarmMethod>())
        {
            var summary = await StartAsync(Recipe with { Method = method, Evaluate = Recipe.Evaluate with { Audit = method == FarmMethod.Sft } }, method.ToString());

            Assert.Equal("completed", summary.Status);
            var headline = Reports.ReportSection.Read(_folder[method.ToString()])[0].Headline;
            Assert.Contains(headline!, File.ReadAllText(_folder[$"{method}/report.html"]), StringComparison.Ordinal);
            Assert.True(Directory.Exists(_folder[$"{method}/checkpoints/policy"]));
            Assert.Single(Directory.EnumerateDirectories(_folder[$"{method}/checkpoints"]));
            if (method == FarmMethod.BestOfNCurve)
            {
                Assert.True(summary.Measures!["proxy@8"] > summary.Measures["proxy@1"]);
                continue;
            }

            var outputs = FarmEvaluation.Read(_folder[method.ToString()]);
            Assert.Equal(24, outputs.Count);
            Assert.Equal(outputs.Average(o => o.Gold), summary.Measures!["gold"], 9);
            Assert.Equal(outputs.Average(o => o.Simulated - 1), summary.Measures["win_simulated"], 9);
            Assert.InRange(summary.Measures["lc_human"], 0, 1);
        }

        // One start model, one reward model, one set of pairs: whoever came first made them.
        var shared = Directory.EnumerateDirectories(_folder["shared"]).Select(d => Path.GetFileName(d)!).ToList();
        Assert.Equal(
            ["audit-pairs", "curve-samples", "evaluation-samples", "large", "pairs", "reward-simulated", "start", "unlabeled-samples"],
            shared.Select(s => s[..s.LastIndexOf('-')]).Order(StringComparer.Ordinal));
        Assert.Equal(3, JsonDocument.Parse(File.ReadAllText(_folder["Ppo/artifacts.json"])).RootElement.EnumerateObject().Count(p => p.Name is "start" or "pairs" or "reward-simulated"));
        Assert.Equal([0, 2, 4], FarmMethods.ReadCurve(_folder["Ppo"]).Select(p => p.Update));
        Assert.Equal(0, FarmMethods.ReadCurve(_folder["Ppo"])[0].Kl, 1e-3);
        Assert.Equal(6, FarmReport.Audit(_folder["Sft"]).Count);
    }

    [Fact]
    public async Task A_run_that_is_cut_off_and_resumed_ends_with_the_same_weights_and_numbers()
    {
        var recipe = Recipe with { Method = FarmMethod.Ppo, Artifacts = null };
        var all = 0;
        var whole = await AlpacaFarmRun.StartAsync(recipe, _folder["whole"], new Observer(() => all++), TestContext.Current.CancellationToken);
        foreach (var at in new[] { all / 4, all - 5, all - 1 })
        {
            // An exception in the observer ends the run at once, as a kill would: in the start model, the reward model and between two updates.
            var steps = 0;
            var name = $"cut-{at}";
            await Assert.ThrowsAsync<IOException>(() => AlpacaFarmRun.StartAsync(recipe, _folder[name], new Observer(() => _ = ++steps == at ? throw new IOException("killed") : 0), TestContext.Current.CancellationToken));

            var resumed = await AlpacaFarmRun.ResumeAsync(_folder[name], new Observer(null), TestContext.Current.CancellationToken);

            Assert.Equal(whole.WeightsHash, resumed.WeightsHash);
            Assert.Equal(whole.Measures, resumed.Measures);
            Assert.Equal(File.ReadAllText(_folder["whole/outputs.jsonl"]), File.ReadAllText(_folder[$"{name}/outputs.jsonl"]));
            Assert.Equal(Identity("whole"), Identity(name));
        }

        Assert.Equal(whole.Measures, (await AlpacaFarmRun.ResumeAsync(_folder["whole"], new Observer(null), TestContext.Current.CancellationToken)).Measures);
    }

    [Fact]
    public async Task A_study_shares_its_artifacts_and_answers_every_point_of_the_plan()
    {
        var recipe = Recipe with { Artifacts = null, Data = Recipe.Data with { Start = 60, Large = 60, Pairs = 30, Unlabeled = 20, Evaluation = 12, AuditPairs = 20 } };
        File.WriteAllText(_folder["base.yaml"], RecipeWriter.Write(recipe));
        File.WriteAllText(_folder["study.yaml"], """
            system: study
            name: tiny
            base: base.yaml
            seeds: 1
            measure: gold
            arms:
              - sft evaluate.audit=true
              - feedme-sim method=feedme
              - feedme-human method=feedme labels=human
              - bon-sim method=best_of_n
              - bon-human method=best_of_n labels=human
              - oracle method=best_of_n best_of_n.pick=oracle
              - curve-sim method=best_of_n_curve
              - curve-clean method=best_of_n_curve labels=clean
              - weak-sim method=ppo ppo.select=last ppo.kl_coefficient=0 ppo.updates=2
              - weak-clean method=ppo ppo.select=last ppo.kl_coefficient=0 ppo.updates=2 labels=clean
              - middle-sim method=ppo ppo.select=last ppo.updates=2
              - strong-sim method=ppo ppo.select=last ppo.kl_coefficient=3 ppo.updates=2
            """);
        var study = (StudyRecipe)SystemRecipes.Catalog.ReadFile(_folder["study.yaml"]).ThrowIfWrong();
        var runner = new StudyRunner(study, _folder["study"]);
        Assert.All(runner.Result().Checks, c => Assert.Null(c.Holds));

        var result = await runner.RunAsync(
            async (file, folder, resume, token) =>
            {
                var runs = new SystemRuns();
                _ = resume ? await runs.ResumeAsync(folder, new Observer(null), token) : await runs.StartAsync(SystemRecipes.Catalog.ReadFile(file).ThrowIfWrong(), folder, new Observer(null), token);
            },
            _ => { },
            TestContext.Current.CancellationToken);

        Assert.Empty(result.Unfinished);
        Assert.Equal(["1", "2", "3a", "3b", "4", "5", "6", "7"], result.Checks.Select(c => c.Name.Split(' ')[0]));
        Assert.All(result.Checks, c => Assert.NotNull(c.Holds));

        // Three systems are too few for a claim about eight.
        Assert.False(result.Checks.Single(c => c.Name == "2 order").Holds);
        Assert.Equal(["Systems", "Baselines", "Judges", "Over-optimisation"], result.Sections.Select(s => s.Title));
        Assert.True(Directory.Exists(_folder["study/shared"]));
        Assert.False(Directory.Exists(_folder["study/runs/sft/seed-1/shared"]));
        var page = File.ReadAllText(_folder["study/study.html"]);
        Assert.Contains("DOES NOT HOLD", page, StringComparison.Ordinal);
        Assert.Contains("Best of n: gold utility", page, StringComparison.Ordinal);
        Assert.Contains("## Checks", File.ReadAllText(_folder["study/study.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_are_told_with_what_to_do()
    {
        const string Text = """
            system: alpaca-farm
            name: wrong
            method: ppo
            data:
              start: 100
              large: 50
            model:
              heads: 3
              max_positions: 20
            ppo:
              updates: 4
              evaluate_every: 9
            """;

        var reading = SystemRecipes.Catalog.Read(Text, "wrong.yaml");

        Assert.Equal(["data.large", "model.heads", "model.max_positions", "ppo.evaluate_every"], reading.Mistakes.Select(m => m.Key).Order(StringComparer.Ordinal));
    }

    private async Task<RunSummary> StartAsync(AlpacaFarmRecipe recipe, string name) => await AlpacaFarmRun.StartAsync(recipe, _folder[name], new Observer(null), TestContext.Current.CancellationToken);

    private string Identity(string name)
    {
        using var journal = RunJournal.OpenReadOnly(_folder[$"{name}/journal.db"]);
        return journal.IdentityHash();
    }

    private sealed class Observer(Action? atStep) : IRunObserver
    {
        public void OnEvent(RunEvent e)
        {
            if (e is RunEvent.Learned)
                atStep?.Invoke();
        }
    }
}
