using Ratchet.Attempts;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Runs;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.Tests.ExpertIteration;

public sealed class ControlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    // Strong enough a start that some proofs are accepted, or there would be nothing to shuffle.
    private static readonly ExpertIterationRecipe Recipe = TinyRun.Recipe with { Rounds = 1, Start = new StartSettings { Epochs = 30, Augment = 0 } };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_a_control_every_row_is_a_seed_row_or_an_accepted_attempt()
    {
        await TinyRun.StartAsync(Recipe, _folder["run"]);

        var rows = TinyRun.Read(_folder["run"], j => j.Lineage("round-1"));
        var learned = Learned(_folder["run"]);
        Assert.NotEmpty(learned);
        Assert.All(learned, a => Assert.True(a.Verdict.IsAccepted));
        Assert.Equal(SeedProblems, rows.Count(r => r.AttemptIds.Count == 0));
        Assert.Null(TinyRun.Read(_folder["run"], j => Assert.Single(j.Selections())).Control);
    }

    [Fact]
    public async Task Shuffled_verdicts_teach_attempts_that_are_wrong_and_record_the_true_verdicts()
    {
        await TinyRun.StartAsync(Recipe, _folder["plain"]);
        await TinyRun.StartAsync(Recipe with { Selection = new SelectionSettings { PerProblem = 0, ShuffleVerdicts = true } }, _folder["shuffled"]);

        var learned = Learned(_folder["shuffled"]);
        Assert.Contains(learned, a => !a.Verdict.IsAccepted);
        Assert.InRange(learned.Count, 1, TinyRun.Read(_folder["shuffled"], j => j.Attempts(new AttemptQuery { Round = 1, Phase = Phase.Train, Outcome = "accepted" })).Count);
        Assert.Equal("shuffled verdicts", TinyRun.Read(_folder["shuffled"], j => Assert.Single(j.Selections())).Control);
        Assert.Equal(Judgements(_folder["plain"]), Judgements(_folder["shuffled"]));
    }

    [Fact]
    public async Task Seed_only_trains_on_as_many_rows_all_of_them_seed_rows()
    {
        await TinyRun.StartAsync(Recipe, _folder["plain"]);
        await TinyRun.StartAsync(Recipe with { Selection = new SelectionSettings { SeedOnly = true } }, _folder["seed"]);

        var rows = TinyRun.Read(_folder["seed"], j => j.Lineage("round-1"));
        Assert.Equal(TinyRun.Read(_folder["plain"], j => j.Lineage("round-1")).Count, rows.Count);
        Assert.True(rows.Count > SeedProblems);
        Assert.All(rows, r => Assert.Empty(r.AttemptIds));
        Assert.All(rows, r => Assert.StartsWith("seed/", r.ExampleId, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_learning_curve_reaches_the_report()
    {
        var summary = await TinyRun.StartAsync(Recipe, _folder["run"]);

        var loss = Reports.ReportData.Load(_folder["run"]).Loss;
        Assert.Equal([0, 1], loss.Select(p => p.Round).Distinct());
        foreach (var round in summary.Rounds)
        {
            var steps = loss.Where(p => p.Round == round.Round).Select(p => p.Step).ToList();
            Assert.Equal(round.Steps, steps[^1]);
            Assert.Equal(Math.Min(100, round.Steps), steps.Count);
            Assert.Equal(steps.Order().Distinct(), steps);
        }

        var first = loss.Where(p => p.Round == 0).ToList();
        Assert.True(first[^1].Loss < first[0].Loss / 2, $"{first[0].Loss} to {first[^1].Loss}");
    }

    [Fact]
    public async Task A_start_model_that_cannot_be_read_is_one_clear_message_and_makes_no_folder()
    {
        await TinyRun.StartAsync(Recipe, _folder["first"]);
        var good = Path.Combine(_folder["first"], "checkpoints", "round-1");
        var torn = Copy(good, "torn");
        var weights = Path.Combine(torn, CheckpointStore.WeightsFile);
        using (var stream = File.OpenWrite(weights))
            stream.SetLength(stream.Length / 2);
        var noise = Copy(good, "noise");
        File.WriteAllText(Path.Combine(noise, CheckpointStore.WeightsFile), "no weights at all");
        var bare = Copy(good, "bare");
        File.Delete(Path.Combine(bare, CheckpointStore.ConfigFile));

        foreach (var path in new[] { _folder["nothing"], torn, noise, bare })
        {
            var recipe = TinyRun.WriteRecipe(Recipe with { Model = Recipe.Model with { Path = path } }, _folder["bad.yaml"]);
            var run = TinyRun.Process(["start", recipe, _folder["run"]]);
            Assert.Equal(1, run.ExitCode);
            Assert.Contains(path, Assert.Single(run.Errors.TrimEnd('\n').Split('\n')));
            Assert.Equal(["begin"], run.Lines);
            Assert.False(Directory.Exists(_folder["run"]));
        }
    }

    [Fact]
    public async Task A_run_from_a_checkpoint_refuses_to_go_on_when_the_checkpoint_was_changed()
    {
        await TinyRun.StartAsync(Recipe, _folder["first"]);
        var model = Copy(Path.Combine(_folder["first"], "checkpoints", "round-1"), "model");
        await TinyRun.StartAsync(Recipe with { Model = Recipe.Model with { Path = model }, Start = Recipe.Start with { Epochs = 0 } }, _folder["run"]);
        Assert.Equal(["round-1"], TinyRun.Read(_folder["run"], j => j.Checkpoints().Select(c => c.Id)));
        File.Copy(Path.Combine(_folder["first"], "checkpoints", "round-0", CheckpointStore.WeightsFile), Path.Combine(model, CheckpointStore.WeightsFile), overwrite: true);

        var error = await Assert.ThrowsAsync<RatchetException>(() => TinyRun.ResumeAsync(_folder["run"]));

        Assert.Equal($"The model '{model}' was changed since the run began.", error.Message);
    }

    private static int SeedProblems => Recipe.Problems.Seed;

    private string Copy(string folder, string name)
    {
        Directory.CreateDirectory(_folder[name]);
        foreach (var file in Directory.GetFiles(folder))
            File.Copy(file, Path.Combine(_folder[name], Path.GetFileName(file)));
        return _folder[name];
    }

    private static List<JudgedAttempt> Learned(string run) => TinyRun.Read(run, j =>
    {
        var ids = j.Lineage("round-1").SelectMany(r => r.AttemptIds).ToHashSet();
        return j.Attempts(new AttemptQuery { Round = 1, Phase = Phase.Train }).Where(a => ids.Contains(a.Attempt.Id.ToString())).ToList();
    });

    private static List<string> Judgements(string run) => TinyRun.Read(run, j =>
        j.Attempts(new AttemptQuery { Round = 1, Phase = Phase.Train }).Select(a => $"{a.Attempt.Id} {a.Verdict.Outcome}").ToList());
}
