using System.Text.Json;
using Ratchet.Runs;
using Ratchet.Systems.ExpertIteration;
using Ratchet.Verdicts;

namespace Ratchet.Cli.Tests;

public sealed class CommandLineTests
{
    private static readonly string Recipe = Path.Combine(Repository.Root, "recipes", "first-proofs.yaml");

    [Fact]
    public async Task The_help_names_every_verb()
    {
        var run = await CliRun.Of("--help");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("""
            Description:
              Ratchet: expert iteration for .NET. A model proposes, a verifier judges, the loop learns from what was accepted.

            Usage:
              ratchet [command] [options]

            Options:
              -?, -h, --help  Show help and usage information
              --version       Show version information

            Commands:
              run <recipe>                              Runs a recipe: train, propose, verify, select, learn, evaluate, report.
              study <study>                             Runs a recipe under several settings and seeds, each an ordinary run, and compares them.
              resume <run>                              Continues a run that was stopped or killed, to the result that it would have had.
              report <run>                              Writes report.html of a run anew, also while it is running.
              inspect <run> <attempt>                   Browses the attempts and verdicts of a run.
              export                                    Takes results out of a run.
              compare <run-a> <run-b>                   Compares the last rounds of two runs on the same held-out problems by a paired bootstrap.
              explain <recipe>                          Shows the effective recipe, where each value comes from, and what the run would cost.
              eval <proposer>                           Evaluates a model, a file of responses or a portfolio on problems: pass@k and maj@k with intervals.
              sample <model> <goal>                     Lets a model attempt one goal, and judges the attempts.
              prove <goal>                              Searches for a proof of a goal, step by step; exit code 1 when a goal stays open.
              annotate <outputs>                        Lets annotators compare models' responses with a reference's: win rates, length-controlled ones, and a leaderboard.
              verify <file>                             Judges proofs; exit code 1 when some are not accepted, 2 when something cannot be read.
              validate <set>                            Tries a verifier before use: right proofs must be accepted, spoilt copies must not.
              serve                                     Serves proof checks over HTTP (Kimina's protocol and its own) and to agents (MCP), and with --model texts of models (OpenAI's protocol).
              model                                     Shows, converts, averages, merges and compares models on disk.
              list <domains|recipes|systems|verifiers>  Lists systems, recipes, domains and verifiers.
              schema                                    Writes the JSON schema of recipes, for editors.
              doctor                                    Shows what this machine has: cores, instructions, memory, libraries, verifiers, speeds.

            """.ReplaceLineEndings("\n").TrimEnd(), string.Join('\n', run.Out.Split('\n').Select(l => l.TrimEnd())).TrimEnd());
        Assert.Equal(run, await CliRun.Of([]));
    }

    [Theory]
    [InlineData("rnu", "Did you mean 'run'?")]
    [InlineData("run r.yaml --rouns 3", "Did you mean '--rounds'?")]
    [InlineData("run", "Required argument")]
    [InlineData("run r.yaml --set rounds", "is not of the form key=value")]
    [InlineData("list planets", "planets")]
    public async Task What_is_not_understood_ends_with_code_2(string line, string says)
    {
        var run = await CliRun.Of(line.Split(' '));

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
        Assert.Contains("--help' shows what is there.", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task A_missing_recipe_is_one_clear_message()
    {
        var run = await CliRun.Of("run", Path.Combine(Repository.Root, "recipes", "frist-proofs.yaml"));

        Assert.Equal(1, run.ExitCode);
        Assert.Equal($"error: There is no recipe {Path.Combine(Repository.Root, "recipes", "frist-proofs.yaml")}.\nfix: Did you mean {Recipe}?\n", run.Error);
    }

    [Fact]
    public async Task Options_reach_the_recipe()
    {
        var runs = new ScriptedRuns();

        var run = await CliRun.Of(runs, "run", Recipe, "--seed", "9", "--rounds", "2", "--threads", "1", "--problems", "my.jsonl", "--set", "evaluate.k=[2]", "--out", "somewhere", "--quiet");

        var recipe = (ExpertIterationRecipe)runs.Recipe!;
        Assert.Equal(0, run.ExitCode);
        Assert.Equal((9UL, 2, 1, "somewhere"), (recipe.Seed, recipe.Rounds, recipe.Threads, runs.Folder!));
        Assert.Equal(Path.GetFullPath("my.jsonl"), recipe.Problems.File);
        Assert.Equal([2], recipe.Evaluate.K);
    }

    [Fact]
    public async Task Wrong_options_are_named_as_they_were_typed()
    {
        var run = await CliRun.Of("run", Recipe, "--seed", "x", "--set", "propose.sampels=2");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--seed x: seed: This must be a whole number from 0 to 18446744073709551615, not 'x'.", run.Error, StringComparison.Ordinal);
        Assert.Contains("--set propose.sampels=2: propose.sampels: There is no such key. Did you mean 'samples'?", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_ends_with_its_result_and_where_everything_is()
    {
        var run = await CliRun.Of(new ScriptedRuns(), "run", Recipe, "--out", "runs/a");

        Assert.Equal("""
            first-proofs, seed 7: completed in 3 min 05 s; pass@1 0.125 -> 0.375, pass@8 0.250 -> 0.750 on 200 held-out problems
              expected  pass@8 at least 0.60: reached (0.750)
              report    runs/a/report.html
              summary   runs/a/summary.json
              browse    ratchet inspect runs/a
              proofs    ratchet export proofs runs/a

            """.ReplaceLineEndings("\n"), run.Out);
        Assert.Contains("round 1  done", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quiet_run_says_its_result_only()
    {
        var run = await CliRun.Of(new ScriptedRuns(), "run", Recipe, "--out", "runs/a", "--quiet");

        Assert.Equal(2, run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task A_run_in_JSON_ends_with_its_summary_or_with_what_went_wrong()
    {
        var right = await CliRun.Of(new ScriptedRuns(), "run", Recipe, "--out", "runs/a", "--json");
        var wrong = await CliRun.Of(new ScriptedRuns(() => throw new RatchetException("The disk is full.", "Free some space.")), "run", Recipe, "--out", "runs/a", "--json");

        static JsonElement Last(string text) => JsonDocument.Parse(text.TrimEnd().Split('\n')[^1]).RootElement;
        Assert.Equal("completed", Last(right.Out).GetProperty("status").GetString());
        Assert.Equal((1, "failed", "The disk is full."), (wrong.ExitCode, Last(wrong.Out).GetProperty("status").GetString(), Last(wrong.Out).GetProperty("message").GetString()));
        Assert.Equal("error: The disk is full.\nfix: Free some space.\n", wrong.Error);
    }

    [Fact]
    public async Task A_bug_is_told_shortly_and_its_details_are_in_a_file()
    {
        var run = await CliRun.Of(new ScriptedRuns(() => throw new InvalidCastException("Oh.")), "run", Recipe, "--out", "runs/a", "-q");

        Assert.Equal(70, run.ExitCode);
        Assert.StartsWith("error: This is a bug in Ratchet: InvalidCastException: Oh.\nfix: Please report it with the details in ", run.Error, StringComparison.Ordinal);
        var file = run.Error.Split(" in ")[^1].TrimEnd('.', '\n');
        Assert.Contains("ScriptedRuns", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public async Task Explain_shows_the_origin_of_each_value()
    {
        var run = await CliRun.Of("explain", Recipe, "--no-estimate", "--seed", "4", "--set", "propose.samples=2");

        Assert.Matches("seed: 4 +# --seed 4\n", run.Out);
        Assert.Matches("samples: 2 +# --set propose.samples=2\n", run.Out);
        Assert.Matches("name: first-proofs +# line \\d+\n", run.Out);
        Assert.Matches("top_p: 1 +# default\n", run.Out);
    }

    [Fact]
    public async Task Explain_prices_what_an_endpoint_would_answer()
    {
        var run = await CliRun.Of(
            "explain", Recipe, "--set", "propose.endpoint.url=http://127.0.0.1:9/v1", "--set", "propose.endpoint.model=m", "--set", "propose.endpoint.max_tokens=500", "--set",
            "propose.endpoint.price_output=2", "--set", "propose.endpoint.budget=5", "--set", "propose.samples=4", "--set", "rounds=3", "--set", "problems.train=1000");

        // 3 rounds of 1,000 problems with 4 attempts of 500 tokens, 2 for a million of them.
        Assert.Contains("#   endpoint          12.0k of the attempts, 500 tokens at most, at most 12 for the answers; prompts come on top; stops before 5 are spent\n", run.Out, StringComparison.Ordinal);
        Assert.Matches("#   time +at most .+, if selection keeps all that it may", run.Out);
    }

    [Fact]
    public async Task List_finds_systems_domains_verifiers_and_recipes()
    {
        var run = await CliRun.Of("list");

        foreach (var name in new[] { "expert-iteration", "first-proofs.yaml", "propositional", "metamath", "coq", "lean" })
            Assert.Contains($"\n  {name} ", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Feedback_stands_under_the_place_that_it_points_at() => Assert.Equal(
        """
          intros h0.
          exact h1.
                ^^ No such name.
        never ends
        """.ReplaceLineEndings("\n").Replace("never ends", "  never ends"),
        Carets.Render("intros h0.\nexact h1.", [new Feedback(17, 19, "No such name."), new Feedback(-1, -1, "never ends")]).TrimEnd());

    [Theory]
    [InlineData("inspect")]
    [InlineData("report")]
    [InlineData("resume")]
    public async Task A_folder_without_a_run_is_one_clear_message(string verb)
    {
        var folder = Directory.CreateTempSubdirectory("ratchet-cli").FullName;
        try
        {
            var run = await CliRun.Of(verb, folder);

            Assert.Equal(1, run.ExitCode);
            Assert.Equal($"error: The folder '{folder}' holds no run: there is no recipe.yaml in it.\nfix: Give the folder that 'ratchet run' named.\n", run.Error);
        }
        finally
        {
            Directory.Delete(folder);
        }
    }
}
