using System.Text.Json;
using Ratchet.Models;
using Ratchet.Recipes;
using Ratchet.Reports;
using Ratchet.Runs;
using Ratchet.Systems.ChainOfExperts;
using Ratchet.Systems.Studies;
using Ratchet.Systems.Tests.ChainOfExperts;

namespace Ratchet.Systems.Tests.Studies;

public sealed class StudyRunnerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_study_that_is_stopped_goes_on_where_it_was_and_compares_its_arms()
    {
        var study = Study(["mixture model.feed_forward=moe", "chain"], ["chain vs mixture | more rounds"], ["mixture > 0", "chain.load_difference > 0", "0 > chain"]);
        using var stop = new CancellationTokenSource();
        var begun = new List<string>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new StudyRunner(study, _folder["study"]).RunAsync(Work(folder =>
        {
            begun.Add(folder);
            if (begun.Count == 2)
                stop.Cancel();
        }), _ => { }, stop.Token));

        var lines = new List<string>();
        var result = await new StudyRunner(study, _folder["study"]).RunAsync(Work(begun.Add), lines.Add, TestContext.Current.CancellationToken);

        // The run that was cut off began again or went on; the one before was not touched.
        Assert.Equal(5, begun.Count);
        Assert.Equal(begun[1], begun[2]);
        Assert.Contains("mixture, seed 1: done already (1 of 4)", lines);
        Assert.Empty(result.Unfinished);
        var comparison = Assert.Single(result.Comparisons);
        Assert.Equal(result.Arms[1].Values("heldout_loss").Zip(result.Arms[0].Values("heldout_loss"), (a, b) => a - b).Average(), comparison.Difference!.Mean, 1e-12);
        Assert.Equal([true, true, false], result.Gates.Select(g => g.Passed));
        var page = File.ReadAllText(Path.Combine(_folder["study"], "study.md"));
        Assert.Contains("| chain vs mixture |", page, StringComparison.Ordinal);
        Assert.Contains("| 0 > chain | 0 of 2 seeds | DOES NOT HOLD |", page, StringComparison.Ordinal);
        Assert.Equal(page, StudyReport.Markdown(new StudyRunner(study, _folder["study"]).Result()));
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(Path.Combine(_folder["study"], "study.html")), StringComparison.Ordinal);
        Assert.Equal(2, JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder["study"], "study.json"))).RootElement.GetProperty("arms").GetArrayLength());
    }

    [Fact]
    public async Task An_arm_that_fails_is_named_and_the_others_go_on()
    {
        var study = Study(["missing data.files=[nowhere.txt] data.root=/nowhere", "chain"], ["chain vs missing"], []) with { Seeds = 1 };

        var result = await new StudyRunner(study, _folder["study"]).RunAsync(Work(_ => { }), _ => { }, TestContext.Current.CancellationToken);

        var (arm, run) = Assert.Single(result.Unfinished);
        Assert.Equal(("missing", "failed"), (arm.Name, run.Status));
        Assert.Contains("There is no data file", run.Message, StringComparison.Ordinal);
        Assert.Single(result.Arms[1].Values("heldout_loss"));
        Assert.Equal("chain and missing cannot be compared: no seed has finished under both.", result.Comparisons[0].Finding(result));
        Assert.Contains("missing, seed 1: failed, There is no data file", File.ReadAllText(Path.Combine(_folder["study"], "study.md")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_of_other_settings_is_not_taken_for_the_studys()
    {
        await new StudyRunner(Study(["chain"], [], []) with { Seeds = 1 }, _folder["study"]).RunAsync(Work(_ => { }), _ => { }, TestContext.Current.CancellationToken);

        var result = await new StudyRunner(Study(["chain model.rounds=3"], [], []) with { Seeds = 1 }, _folder["study"]).RunAsync(Work(_ => { }), _ => { }, TestContext.Current.CancellationToken);

        Assert.Contains("begun with other settings", Assert.Single(result.Unfinished).Run.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_in_a_study_are_told_with_what_to_do()
    {
        var text = RecipeWriter.Write(Study(["chain", "chain", "other rounds:3"], ["chain vs nobody"], ["chain > nobody"]));

        var mistakes = SystemRecipes.Catalog.Read(text, "study.yaml").Mistakes.Select(m => m.Message).ToList();

        Assert.Contains("The arm 'chain' is there twice.", mistakes);
        Assert.Contains("'rounds:3' in 'other rounds:3' is not of the form key=value.", mistakes);
        Assert.Contains("There is no arm 'nobody' ('chain vs nobody').", mistakes);
        var wrong = Study(["chain model.round=3"], [], []);
        Assert.Contains("model.round: There is no such key. Did you mean 'rounds'?", Assert.Throws<RatchetException>(() => new StudyRunner(wrong, _folder["s"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arms_that_the_study_of_chains_calls_equal_do_equal_work()
    {
        var path = Path.Combine(Repository.Root, "recipes", "chain-of-experts", "study.yaml");
        var study = (StudyRecipe)SystemRecipes.Catalog.ReadFile(path).ThrowIfWrong();
        var costs = study.Arms.ToDictionary(StudyRecipe.NameOf, arm =>
        {
            var overrides = StudyRecipe.Settings(arm).Select(s => s.Split('=', 2)).Select(s => new RecipeOverride(s[0], s[1], arm)).ToList();
            return ModelCost.Of(((ChainOfExpertsRecipe)SystemRecipes.Catalog.ReadFile(study.Base, overrides).ThrowIfWrong()).Model.Shape(259, 1, 2, 0));
        });

        foreach (var arm in (string[])["moe-repo-k5", "coe-repo", "moe-prenorm-k5", "coe-prenorm", "coe-repo-shared-router", "coe-outer", "coe-prenorm-c3"])
        {
            Assert.Equal(6, costs[arm].ExpertEvaluations);
            Assert.InRange(costs[arm].FlopsPerToken(64.5) / costs["coe-prenorm"].FlopsPerToken(64.5), 0.98, 1.02);
            Assert.InRange((double)costs[arm].Parameters / costs["coe-prenorm"].Parameters, 0.99, 1.01);
        }

        Assert.InRange(costs["moe-prenorm-deep"].FlopsPerToken(64.5) / costs["coe-prenorm"].FlopsPerToken(64.5), 0.97, 1.03);
        Assert.InRange((double)costs["moe-prenorm-deep"].Parameters / costs["coe-prenorm"].Parameters, 0.98, 1.02);
    }

    private static StudyWork Work(Action<string> begun) => async (recipe, folder, resume, token) =>
    {
        begun(folder);
        token.ThrowIfCancellationRequested();
        var runs = new SystemRuns();
        await (resume
            ? runs.ResumeAsync(folder, new TinyPretraining.Observer(null), token)
            : runs.StartAsync(SystemRecipes.Catalog.ReadFile(recipe).ThrowIfWrong(), folder, new TinyPretraining.Observer(null), token));
    };

    private StudyRecipe Study(string[] arms, string[] comparisons, string[] gates) => new()
    {
        Name = "tiny",
        Base = TinyPretraining.Write(TinyPretraining.Recipe with { Train = TinyPretraining.Recipe.Train with { Tokens = 6 * 256 } }, _folder["base.yaml"]),
        Arms = [.. arms],
        Seeds = 2,
        Measure = "heldout_loss",
        LowerIsBetter = true,
        Measures = ["bits_per_byte", "load_difference"],
        Comparisons = [.. comparisons],
        Gates = [.. gates],
    };
}
