using System.Text.Json;
using Ratchet.Systems;

namespace Ratchet.Cli.Tests;

public sealed class ProveTests(TinyRuns runs) : IClassFixture<TinyRuns>
{
    private const string Cases = @"A \/ B -> (A -> C) -> (B -> C) -> C";

    [Fact]
    public async Task A_goal_is_proved_without_a_model_and_the_proof_is_printed()
    {
        var run = await CliRun.Of("prove", "A -> (B -> A)");
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("proved: A -> B -> A\n  intros h0 h1.\n  exact h0.\n2 steps, accepted by propositional-kernel 1; 2 expansions,", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_goal_that_cannot_be_proved_is_refuted_or_ends_by_its_budget_with_a_clear_word()
    {
        var refuted = await CliRun.Of("prove", @"A \/ ~ A");
        Assert.Equal(1, refuted.ExitCode);
        Assert.Equal("refuted: A \\/ ~ A\n  A \\/ ~ A does not follow in intuitionistic logic: G4ip finds no proof, and it is complete.\n", refuted.Out);
        var budget = await CliRun.Of("prove", @"((A -> B) -> A) -> (C -> A) -> A", "--no-refuter", "--expansions", "25");
        Assert.Equal(1, budget.ExitCode);
        Assert.Contains("not proved: ((A -> B) -> A) -> (C -> A) -> A\n  the budget of 25 expansions is used up. This does not say that there is no proof.", budget.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_malformed_goal_has_a_caret_under_the_place()
    {
        var run = await CliRun.Of("prove", "A -> (B -> ");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("  A -> (B -> \n             ^ ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("best-first")]
    [InlineData("beam")]
    [InlineData("greedy")]
    [InlineData("sample")]
    [InlineData("mcts")]
    public async Task Every_search_can_be_named(string search)
    {
        var run = await CliRun.Of("prove", "A -> B -> A", "--search", search, "--json");
        Assert.Equal(0, run.ExitCode);
        var result = JsonSerializer.Deserialize<JsonElement>(run.Out);
        Assert.Equal(("proved", "intros h0 h1. exact h0."), (result.GetProperty("status").GetString(), result.GetProperty("proof").GetString()));
    }

    [Fact]
    public async Task What_is_not_there_has_the_nearest_name()
    {
        var search = await CliRun.Of("prove", "A", "--search", "bestfirst");
        Assert.Equal(2, search.ExitCode);
        Assert.Contains("Did you mean 'best-first'?", search.Error, StringComparison.Ordinal);
        var world = await CliRun.Of("prove", "A", "--with", "propositonal");
        Assert.Equal(2, world.ExitCode);
        Assert.Contains("Did you mean 'propositional'?", world.Error, StringComparison.Ordinal);
        var options = await CliRun.Of("prove", "A", "--expansions", "0", "--whole-proofs", "--width", "0");
        Assert.Equal(2, options.ExitCode);
        Assert.Contains("Width", options.Error, StringComparison.Ordinal);
        Assert.Contains("--whole-proofs needs a model", options.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Goals_of_a_file_have_a_report_and_a_journal_and_known_subgoals_are_used_again()
    {
        var file = runs.Write("goals.jsonl", JsonSerializer.Serialize(Cases), """{"id": "chain", "goal": "(A -> B) -> (B -> C) -> A -> C"}""", """{"goal": "A -> B"}""");
        var run = await CliRun.Of("prove", file, "--report", runs["search.html"], "--journal", runs["search.db"]);
        Assert.Equal(1, run.ExitCode);
        Assert.EndsWith("2 of 3 proved\n", run.Out, StringComparison.Ordinal);
        var page = await File.ReadAllTextAsync(runs["search.html"]);
        Assert.Contains("<h2>chain</h2>", page, StringComparison.Ordinal);
        Assert.Contains("2 of 3 proved", page, StringComparison.Ordinal);
        Assert.True(new FileInfo(runs["search.db"]).Length > 0);
        var wrong = runs.Write("wrong.jsonl", "\"A -> A\"", "\"A -> \"");
        Assert.Contains("wrong.jsonl:2: ", (await CliRun.Of("prove", wrong)).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await CliRun.Of("prove", Cases, "--planner", "oracle", "--journal", runs["search.db"])).ExitCode);
    }

    [Fact]
    public async Task A_trained_model_proposes_whole_proofs_that_are_walked_step_by_step()
    {
        var one = await CliRun.Of("prove", "A -> A", "--model", runs.Plain, "--whole-proofs", "--search", "sample", "--expansions", "60", "--json");
        var again = await CliRun.Of("prove", "A -> A", "--model", runs.Plain, "--whole-proofs", "--search", "sample", "--expansions", "60", "--json", "--threads", "1");
        var result = JsonSerializer.Deserialize<JsonElement>(one.Out);
        Assert.True(result.GetProperty("tokens").GetInt64() > 0);
        Assert.StartsWith("round-", result.GetProperty("policy").GetString(), StringComparison.Ordinal);
        Assert.Equal(Essence(one.Out), Essence(again.Out));
        var steps = await CliRun.Of("prove", "A -> A", "--model", runs.Checkpoint, "--expansions", "5", "--json");
        Assert.True(steps.ExitCode is 0 or 1, steps.Error);

        static string Essence(string json) => json[..json.IndexOf("\"wall_seconds\"", StringComparison.Ordinal)];
    }

    [Fact]
    public async Task A_step_prover_s_run_is_browsed_and_its_model_proposes_steps()
    {
        var recipe = runs.Write(
            "steps.yaml",
            "{system: bfs-prover, name: steps, rounds: 0, threads: 2, problems: {seed: 20, train: 4, heldout: 6}, search: {expansions: 8}, evaluate: {expansions: 8, bootstrap: 100, compare: [list policy=uniform width=64]},",
            " model: {layers: 1, hidden_size: 32, heads: 2, key_value_heads: 1, feed_forward_size: 64, max_positions: 128}, start: {epochs: 6}, learn: {batch_tokens: 512, fresh_learning_rate: 0.01}}");
        var run = await CliRun.Of("run", recipe, "--out", runs["steps"]);
        Assert.Equal((0, true), (run.ExitCode, run.Out.Contains(Path.Combine(runs["steps"], "proofs.jsonl"), StringComparison.Ordinal)));
        var table = await CliRun.Of("inspect", runs["steps"]);
        Assert.Equal(6, table.Out.Split('\n').Count(l => l.StartsWith("r0/heldout/v", StringComparison.Ordinal)));
        var one = await CliRun.Of("inspect", runs["steps"], "r0/heldout/v0");
        Assert.Contains("story\n  began at #0: BestFirst with the policy start\n", one.Out, StringComparison.Ordinal);
        Assert.Contains("'r7/train/t1'", (await CliRun.Of("inspect", runs["steps"], "r7/train/t1")).Error, StringComparison.Ordinal);
        var ranked = await CliRun.Of("prove", Cases, "--model", runs["steps"], "--rank", "--json");
        Assert.Equal((0, "start (ranks)"), (ranked.ExitCode, JsonSerializer.Deserialize<JsonElement>(ranked.Out).GetProperty("policy").GetString()));
        foreach (var (list, code) in ((string, int)[])[("1", 1), ("64", 0)])
            Assert.Equal(code, (await CliRun.Of("prove", @"B -> A \/ B", "--model", runs["steps"], "--rank", "--list", list, "--json")).ExitCode);
        Assert.StartsWith("error: --list must be from 1 to 10000.\n", (await CliRun.Of("prove", "A -> A", "--model", runs["steps"], "--rank", "--list", "0")).Error, StringComparison.Ordinal);
        var solved = File.ReadLines(Path.Combine(runs["steps"], "proofs.jsonl")).Count();
        Assert.True(solved > 0);
        var exported = await CliRun.Of("export", "proofs", runs["steps"], "--best");
        Assert.Equal((0, solved), (exported.ExitCode, exported.Out.Split('\n').Count(l => l.StartsWith("Theorem thm_r0_heldout_", StringComparison.Ordinal))));
        Assert.Equal(solved, (await CliRun.Of("export", "proofs", runs["steps"], "--best", "--format", "jsonl", "--phase", "heldout")).Out.Count(c => c == '\n'));
        Assert.Equal("", (await CliRun.Of("export", "proofs", runs["steps"], "--format", "jsonl", "--phase", "train")).Out);
        var proved = await CliRun.Of("prove", "A -> A", "--model", runs["steps"], "--json");
        Assert.Equal("start", JsonSerializer.Deserialize<JsonElement>(proved.Out).GetProperty("policy").GetString());
    }

    [Fact]
    public async Task Next_tactics_are_offered_and_chosen_one_by_one()
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter();
        var context = new CliContext { Out = output, Error = error, In = new StringReader("1\nexact h9.\nu\nnonsense\n1\ns\n"), Runs = new SystemRuns(), Home = Repository.Root };
        var code = await CommandLine.RunAsync(["prove", Cases, "--watch"], context);
        var text = output.ToString();
        Assert.Equal((0, ""), (code, error.ToString()));
        Assert.Contains("  1  intros h0 h1 h2.", text, StringComparison.Ordinal);
        Assert.Contains("exact h9.\n        ^^ ", text, StringComparison.Ordinal);
        Assert.EndsWith("steps, accepted by propositional-kernel 1\n", text, StringComparison.Ordinal);
        var left = new CliContext { Out = TextWriter.Null, Error = TextWriter.Null, In = new StringReader(""), Runs = new SystemRuns(), Home = Repository.Root };
        Assert.Equal(1, await CommandLine.RunAsync(["prove", Cases, "--watch"], left));
    }

    [Fact]
    public async Task Coq_and_Metamath_prove_without_a_model()
    {
        var database = runs.Write(
            "tiny.mm",
            "$c ( ) -> |- wff $. $v p q r $. wp $f wff p $. wq $f wff q $. wr $f wff r $. wi $a wff ( p -> q ) $.",
            "ax-k $a |- ( p -> ( q -> p ) ) $. ${ min $e |- p $. maj $e |- ( p -> q ) $. mp $a |- q $. $}",
            "${ a1.1 $e |- p $. a1 $p |- ( q -> p ) $= ? $. $}");
        var metamath = await CliRun.Of("prove", "a1", "--with", "metamath", "--database", database);
        Assert.Equal((0, ""), (metamath.ExitCode, metamath.Error));
        Assert.Contains("proof: ( ", metamath.Out, StringComparison.Ordinal);
        Assert.SkipUnless(File.Exists("/usr/bin/coqidetop.opt"), "Coq is not here.");
        var coq = await CliRun.Of("prove", "Theorem t : forall n : nat, n + 0 = n.", "--with", "coq", "--expansions", "60");
        Assert.Equal((0, ""), (coq.ExitCode, coq.Error));
        var formula = await CliRun.Of("prove", @"P /\ Q -> Q", "--with", "coq", "--expansions", "60");
        Assert.Equal((0, ""), (formula.ExitCode, formula.Error));
    }
}
