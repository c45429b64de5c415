using Ratchet.Domains.Arithmetic;
using Ratchet.Learning.Policies;
using Ratchet.Learning.Pretraining;
using Ratchet.Recipes;
using Ratchet.Rollouts;
using Ratchet.Runs;
using Ratchet.Systems.EchoChamber;
using Ratchet.Systems.Studies;

namespace Ratchet.Systems.Tests.EchoChamber;

public sealed class EchoChamberRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_learns_formats_then_from_verdicts_and_records_what_became_of_each_format()
    {
        var summary = await TinyEcho.StartAsync(TinyEcho.Recipe, _folder["run"]);

        Assert.Equal("completed", summary.Status);
        var records = EchoRecord.Read(_folder["run"]);
        Assert.Equal([0, 1, 3, 4, 6], records.Where(r => r.Task == "heldout" && r.Decode == "greedy").Select(r => r.Rollout));
        Assert.Equal([0, 6], records.Where(r => r.Task == "transfer-2" && r.Decode == "t0.7").Select(r => r.Rollout));
        Assert.All(records, r =>
        {
            Assert.Equal(1, r.Share.Values.Sum(), 9);
            Assert.Equal(ArithmeticReading.Labels, r.Share.Keys);
            Assert.Equal(r.Pass1, r.Acc.Sum(a => a.Value * r.Share[a.Key]), 9);
            Assert.Equal(("tiny", 1UL, "33-33-33", "grpo", 1e-3), (r.Run, r.Seed, r.Mix, r.Algo, r.Beta));
            Assert.InRange(r.Entropy, 0, Math.Log(ArithmeticVocabularySize));
            Assert.InRange(r.EosRate, 0, 1);
        });
        Assert.All(records.Where(r => r.Decode != "greedy" && r.Task == "heldout"), r => Assert.Equal(r.Pass1, r.Passk["1"], 9));
        Assert.All(records.Where(r => r.Rollout == 0), r => Assert.Equal(0, r.KlRef, 1e-6));
        Assert.True(records[^1].KlRef > 0, "the policy did not move");
        Assert.Equal((1.5, 6 * 24L), (records[^1].Episode, records[^1].Sampled));

        // The formats are learned within seconds, whether answers are right or not.
        var start = records.Single(r => r is { Rollout: 0, Task: "heldout", Decode: "t0.7" });
        Assert.True(start.Share["malformed"] < 0.5, $"{start.Share["malformed"]}");
        Assert.True(EchoSeries.Formats.Count(f => start.Share[f] > 0) >= 2, string.Join(", ", start.Share));

        var counts = FormatCounts.Read(_folder["run"]);
        Assert.Equal(Enumerable.Range(0, 6), counts.Select(c => c.Update));
        Assert.All(counts, c => Assert.Equal(24, c.Total));
        Assert.Equal(144 + records.Sum(r => r.Problems * r.Samples), summary.Verifier.Calls);
        Assert.Equal(counts.Sum(c => c.Accepted.Values.Sum()) + records.Sum(r => Math.Round(r.Pass1 * r.Problems * r.Samples)), summary.Verifier.Accepted);
        Assert.True(summary.Parity.MaxLogprobDifference is > 0 and < 1e-3);
        Assert.Equal(6, File.ReadAllLines(Path.Combine(_folder["run"], "updates.jsonl")).Length);
        Assert.Equal(summary.Measures!["share_prose_end"], records.Last(r => r is { Task: "heldout", Decode: "t0.7" }).Share["prose"]);
        Assert.Contains("Which format survives", File.ReadAllText(Path.Combine(_folder["run"], "report.html")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 70)]
    [InlineData(1, 2)]
    [InlineData(1, 5)]
    public async Task A_run_that_is_cut_off_and_resumed_ends_with_the_same_weights_and_records(int round, int step)
    {
        var whole = await TinyEcho.StartAsync(TinyEcho.Recipe, _folder["whole"]);

        // An exception in the observer ends the run at once, as a kill would: nothing is saved on the way out.
        await Assert.ThrowsAsync<IOException>(() => TinyEcho.StartAsync(TinyEcho.Recipe, _folder["cut"], e => _ = e is RunEvent.Learned l && l.Round == round && l.Step.Step == step ? throw new IOException("killed") : 0));
        var resumed = await TinyEcho.ResumeAsync(_folder["cut"]);

        Assert.Equal(whole.WeightsHash, resumed.WeightsHash);
        Assert.Equal(2, resumed.Sessions);
        foreach (var file in new[] { "records.jsonl", "formats.jsonl", "updates.jsonl", "sections.json" })
            Assert.Equal(File.ReadAllText(Path.Combine(_folder["whole"], file)), File.ReadAllText(Path.Combine(_folder["cut"], file)));
        Assert.Equal(whole.Measures, resumed.Measures);
    }

    [Theory]
    [InlineData(PolicyAlgorithm.Ppo)]
    [InlineData(PolicyAlgorithm.Reinforce)]
    public async Task Other_algorithms_run_end_to_end(PolicyAlgorithm algorithm)
    {
        var summary = await TinyEcho.StartAsync(TinyEcho.Recipe with { Policy = TinyEcho.Recipe.Policy with { Algorithm = algorithm, Updates = 2 }, Reward = RewardSource.Shuffled }, _folder["run"]);

        Assert.Equal("completed", summary.Status);
        Assert.Equal($"{algorithm.ToString().ToLowerInvariant()}-shuffled", EchoRecord.Read(_folder["run"])[0].Algo);
    }

    [Fact]
    public async Task Expert_iteration_evaluates_every_round_and_reference_solutions_the_end()
    {
        var expert = await TinyEcho.StartAsync(TinyEcho.Recipe with { Method = PostTraining.ExpertIteration }, _folder["expert"]);
        var gold = await TinyEcho.StartAsync(TinyEcho.Recipe with { Method = PostTraining.Supervised }, _folder["gold"]);

        Assert.Equal([0, 1, 2], EchoRecord.Read(_folder["expert"]).Where(r => r is { Task: "heldout", Decode: "greedy" }).Select(r => r.Rollout));
        Assert.Equal((2 * 12 * 8) + EchoRecord.Read(_folder["expert"]).Sum(r => r.Problems * r.Samples), expert.Verifier.Calls);
        Assert.True(Directory.GetDirectories(Path.Combine(_folder["expert"], "checkpoints")).Length > 1, "nothing was accepted in any round");
        Assert.Equal([0, 5], EchoRecord.Read(_folder["gold"]).Where(r => r is { Task: "heldout", Decode: "greedy" }).Select(r => r.Rollout));
        Assert.NotEqual(expert.WeightsHash, gold.WeightsHash);
    }

    [Fact]
    public async Task Arms_of_a_study_that_differ_after_pretraining_share_one_base_model()
    {
        File.WriteAllText(_folder["base.yaml"], RecipeWriter.Write(TinyEcho.Recipe with { Method = PostTraining.None }));
        var study = new StudyRecipe { Name = "echo", Base = _folder["base.yaml"], Seeds = 1, Parallel = 2, Measure = "pass1_end", Arms = ["none", "gold method=supervised gold.steps=2", "other mixture.prose=0"] };

        var result = await new StudyRunner(study, _folder["study"]).RunAsync((file, folder, _, token) => new SystemRuns().StartAsync(SystemRecipes.Catalog.ReadFile(file).ThrowIfWrong(), folder, new Silent(), token), _ => { }, TestContext.Current.CancellationToken);

        Assert.Empty(result.Unfinished);
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(_folder["study"], StudyRunner.SharedFolder)).Length);
        string Weights(string arm) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(_folder["study"], "runs", arm, "seed-1", "checkpoints", "round-0", "model.safetensors"))));
        Assert.Equal(Weights("none"), Weights("gold"));
        Assert.NotEqual(Weights("none"), Weights("other"));
        var page = File.ReadAllText(Path.Combine(_folder["study"], "study.md"));
        Assert.Contains("## Pre-registered checks", page, StringComparison.Ordinal);
        Assert.Contains("other: prose at most 0.0000 of answers", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_without_weight_is_not_read_and_the_budget_stays_what_it_is()
    {
        var even = await TinyEcho.StartAsync(TinyEcho.Recipe with { Method = PostTraining.None }, _folder["even"]);
        var two = await TinyEcho.StartAsync(TinyEcho.Recipe with { Method = PostTraining.None, Mixture = TinyEcho.Recipe.Mixture with { Function = 0, Prose = 8 } }, _folder["two"]);

        var shares = PretrainingManifest.TryLoad(Path.Combine(_folder["two"], "checkpoints", "round-0"))!.Mixture;
        Assert.Equal(["tagged", "prose", "facts", "sentences"], shares.Select(s => s.Name));
        Assert.Equal(even.TokensTrained, two.TokensTrained);
        Assert.Equal(0.8 * 8 / 9, (double)shares[1].Windows / shares.Sum(s => s.Windows), 1e-3);
        Assert.All(EchoRecord.Read(_folder["two"]), r => Assert.Equal(0, r.Share["function"]));
    }

    [Fact]
    public async Task Shuffled_verdicts_are_the_same_ones_in_another_order()
    {
        var world = new EchoChamberWorld(TinyEcho.Recipe with { Reward = RewardSource.Shuffled });
        var problem = world.Problems.All[0];
        var right = ArithmeticDomain.Solve(problem.Statement, ArithmeticFormat.Function);
        List<Rollout> rollouts = [.. Enumerable.Range(0, 40).Select(i => new Rollout
        {
            Id = $"u0/{i}", ProblemId = problem.Id, Group = "g", TargetStart = 2,
            Ids = [1, 3, .. world.Tokenizer.Encode(i < 10 ? right : "def solve : return 3"), world.Tokenizer.EndId],
        })];

        var shuffled = await new FormatJudge(world).JudgeAsync(rollouts, TestContext.Current.CancellationToken);
        var again = await new FormatJudge(world).JudgeAsync(rollouts, TestContext.Current.CancellationToken);

        Assert.Equal(10, shuffled.Count(j => j.Outcome == RolloutOutcome.Accepted));
        Assert.InRange(shuffled.Take(10).Count(j => j.Outcome == RolloutOutcome.Accepted), 0, 8);
        Assert.Equal(shuffled.Select(j => j.Outcome), again.Select(j => j.Outcome));
    }

    [Fact]
    public void An_answer_that_was_cut_off_is_malformed_and_rejected_even_where_its_number_is_right()
    {
        var world = new EchoChamberWorld(TinyEcho.Recipe);
        var problem = world.Problems.All[0];
        var ids = world.Tokenizer.Encode(ArithmeticDomain.Solve(problem.Statement, ArithmeticFormat.Prose));

        var ended = new FormatJudge(world).Judge(problem, ids, Attempts.StopReason.EndToken);
        var cut = new FormatJudge(world).Judge(problem, ids, Attempts.StopReason.Length);

        Assert.Equal(("prose", RolloutOutcome.Accepted), (ended.Label, ended.Outcome));
        Assert.Equal(("malformed", RolloutOutcome.Rejected), (cut.Label, cut.Outcome));
    }

    [Fact]
    public void Settings_that_cannot_work_together_are_told_at_once()
    {
        var text = RecipeWriter.Write(TinyEcho.Recipe with { Pretrain = TinyEcho.Recipe.Pretrain with { Tokens = 100 }, Policy = TinyEcho.Recipe.Policy with { MaxNewTokens = 64, Prompts = 25 }, Problems = TinyEcho.Recipe.Problems with { TransferSteps = [1, 2] } });

        var keys = SystemRecipes.Catalog.Read(text, "echo.yaml").Mistakes.Select(m => m.Key).ToList();

        Assert.Equal(["policy.max_new_tokens", "policy.prompts", "pretrain.tokens", "problems.transfer_steps"], keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("study.yaml", 20)]
    [InlineData("sweep.yaml", 12)]
    public void Every_arm_of_the_studies_that_come_with_it_is_a_valid_recipe(string file, int arms)
    {
        var study = Assert.IsType<StudyRecipe>(SystemRecipes.Catalog.ReadFile(Path.Combine(Repository.Root, "recipes", "echo-chamber", file)).ThrowIfWrong());

        var result = new StudyRunner(study, _folder["nowhere"]).Result();

        Assert.Equal(arms, result.Arms.Count);
        Assert.All(result.Arms.SelectMany(a => a.Runs), r => Assert.Equal("missing", r.Status));
    }

    private static int ArithmeticVocabularySize => new ArithmeticDomain().Tokenizer.VocabularySize;

    private sealed class Silent : IRunObserver
    {
        public void OnEvent(RunEvent e)
        {
        }
    }
}
