using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ratchet.Journal;
using Ratchet.Service;

namespace Ratchet.Cli.Tests;

/// <summary>The verbs that use what a run leaves: eval, sample, compare, report, resume, inspect, export.</summary>
public sealed class ModelVerbTests(TinyRuns runs) : IClassFixture<TinyRuns>
{
    private static readonly string[] Problems = ["""{"id": "one", "goal": "A -> A"}""", """{"id": "two", "goal": "A -> B -> A /\\ B"}""", """{"id": "never", "goal": "A"}"""];

    [Fact]
    public async Task Eval_shows_pass_at_k_with_intervals()
    {
        var run = await CliRun.Of("eval", runs.Checkpoint, "--problems", runs.Write("table.jsonl", Problems), "--samples", "3");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Matches(new Regex($@"^{Regex.Escape(runs.Checkpoint)} on 3 problems, 9 attempts, 0 unknown; judged by propositional-kernel \d+\n  all +pass@1 0\.\d{{3}} \[0\.\d{{3}}, \d\.\d{{3}}\]  pass@3 0\.\d{{3}} \[0\.\d{{3}}, \d\.\d{{3}}\]\n$"), run.Out);
    }

    [Fact]
    public async Task Eval_in_JSON_is_the_same_for_a_run_its_checkpoint_and_any_number_of_threads()
    {
        var file = runs.Write("json.jsonl", Problems);
        var one = await CliRun.Of("eval", runs.Plain, "--problems", file, "-n", "4", "--k", "1", "--k", "2", "--json", "--threads", "1");
        var two = await CliRun.Of("eval", runs.Checkpoint, "--problems", file, "-n", "4", "--k", "1", "--k", "2", "--json", "--threads", "2");

        Assert.Equal((0, ""), (one.ExitCode, one.Error));
        Assert.Equal(one.Out, two.Out);
        var summary = JsonDocument.Parse(one.Out).RootElement;
        Assert.Equal((3, 12), (summary.GetProperty("problems").GetInt32(), summary.GetProperty("attempts").GetInt32()));
        foreach (var k in (string[])["pass@1", "pass@2"])
            Assert.InRange(summary.GetProperty(k).GetProperty("value").GetDouble(), summary.GetProperty(k).GetProperty("low").GetDouble(), summary.GetProperty(k).GetProperty("high").GetDouble());
        Assert.False(summary.TryGetProperty("pass@4", out _));

        // 'A' has no proof, so a third of the problems is never solved.
        Assert.InRange(summary.GetProperty("pass@2").GetProperty("value").GetDouble(), 0, 2 / 3.0);
    }

    [Fact]
    public async Task A_greedy_soup_is_chosen_by_what_the_verifier_accepts()
    {
        var first = Path.Combine(runs.Plain, "checkpoints", "round-0");
        string[] draw = ["-n", "6", "--threads", "1", "--max-new-tokens", "40"];
        var file = runs.Write("soup.jsonl", Problems);

        var run = await CliRun.Of(["model", "average", first, runs.Plain, "--greedy", file, "-o", runs["soup"], .. draw]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var lines = run.Out.TrimEnd().Split('\n');
        Assert.Equal([$"{await Share(first)} {first}", $"{await Share(runs.Checkpoint)} {runs.Checkpoint}"], lines[..2]);
        Assert.Matches($@"^{await Share(runs["soup"])} mean of [12] of 2, on 3 problems: ", lines[2]);
        Assert.StartsWith(runs["soup"] + " ", lines[3], StringComparison.Ordinal);

        var both = await CliRun.Of("model", "average", first, runs.Plain, "--greedy", file, "--share", "0.5", "-o", runs["soup"]);
        Assert.Equal(1, both.ExitCode);
        Assert.StartsWith("error: --greedy, --share and --task exclude each other.\n", both.Error, StringComparison.Ordinal);

        async Task<string> Share(string model)
        {
            var sampled = 0;
            foreach (var goal in Problems.Select(p => JsonDocument.Parse(p).RootElement))
            {
                var eval = await CliRun.Of(["eval", model, "--problems", runs.Write("one.jsonl", goal.GetRawText()), "--out", runs["one"], .. draw]);
                Assert.Equal(0, eval.ExitCode);
                using (var journal = RunJournal.OpenReadOnly(Path.Combine(runs["one"], "journal.db")))
                    sampled += journal.Attempts(new AttemptQuery()).Count(a => a.Verdict.IsAccepted);
                Directory.Delete(runs["one"], recursive: true);
            }

            return (sampled / 18.0).ToString("0.000", CultureInfo.InvariantCulture);
        }
    }

    [Theory]
    [InlineData("float32")]
    [InlineData("bfloat16")]
    [InlineData("int8")]
    public async Task Weights_may_be_held_in_less_memory(string type)
    {
        var run = await CliRun.Of("eval", runs.Checkpoint, "--problems", runs.Write($"{type}.jsonl", Problems), "-n", "4", "--weights-type", type, "--max-batch", "3", "--out", runs[type]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(" on 3 problems, 12 attempts, ", run.Out, StringComparison.Ordinal);
        var other = await CliRun.Of("eval", runs.Checkpoint, "--problems", runs[$"{type}.jsonl"], "-n", "4", "--weights-type", type == "int8" ? "float32" : "int8", "--out", runs[type]);
        Assert.Equal(1, other.ExitCode);
    }

    [Fact]
    public async Task A_served_checkpoint_asked_as_an_endpoint_writes_what_it_writes_here()
    {
        var file = runs.Write("served.jsonl", Problems);
        await using var service = await RatchetService.StartAsync(new ServiceOptions { Port = 0, Verifiers = [], Models = [new ServedModel("tiny", runs.Checkpoint)], ModelThreads = 1 }, TestContext.Current.CancellationToken);
        string[] draw = ["--problems", file, "-n", "1", "--temperature", "0", "--max-new-tokens", "40"];

        var here = await CliRun.Of(["eval", runs.Checkpoint, "--out", runs["here"], .. draw]);
        var there = await CliRun.Of(["eval", "--endpoint", service.Url + "/v1", "--model", "tiny", "--api", "completions", "--endpoint-logprobs", "--with", "propositional", "--out", runs["there"], .. draw]);

        Assert.Equal((0, ""), (here.ExitCode, here.Error));
        Assert.True(there.ExitCode == 0, there.Error);
        var (ours, theirs) = (Attempts("here"), Attempts("there"));
        Assert.Equal(3, ours.Count);
        Assert.Equal(ours, theirs);
        Assert.Contains(ours, a => a.Text.Length > 0);

        List<(string Problem, string Text, string Outcome, bool OffPolicy)> Attempts(string folder)
        {
            using var journal = RunJournal.OpenReadOnly(Path.Combine(runs[folder], "journal.db"));
            return [.. journal.Attempts(new AttemptQuery()).Select(a => (a.Problem.Id, a.Attempt.Text.Trim(), a.Verdict.Outcome, a.Attempt.IsOffPolicy))];
        }
    }

    [Fact]
    public async Task Eval_by_class_counts_the_problems_of_each()
    {
        var run = await CliRun.Of("eval", runs.Bpe, "--problems", runs.Write("bpe.jsonl", Problems), "--samples", "2", "--json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(3, JsonDocument.Parse(run.Out).RootElement.GetProperty("problems").GetInt32());
    }

    [Theory]
    [InlineData(2, "Each --k must be from 1 to the number of samples (8).", "--k", "9")]
    [InlineData(2, "Each --k must be from 1 to the number of samples (8).", "--k", "0")]
    [InlineData(2, "--samples must be at least 1.", "--samples", "0")]
    [InlineData(2, "--temperature must be from 0 to 10.", "--temperature", "-1")]
    [InlineData(2, "--top-p must be above 0 and at most 1.", "--top-p", "0")]
    [InlineData(2, "--max-new-tokens must be at least 1.", "--max-new-tokens", "0")]
    [InlineData(2, "--threads must be from 0 to 1024.", "--threads", "2000")]
    [InlineData(1, "There is no domain 'chess'.", "--domain", "chess")]
    public async Task Eval_refuses_settings_that_cannot_be_used(int code, string message, params string[] options)
    {
        var run = await CliRun.Of(["eval", runs.Checkpoint, "--problems", runs.Write($"options-{options[0]}-{options[1]}.jsonl", Problems), .. options]);

        Assert.Equal((code, ""), (run.ExitCode, run.Out));
        Assert.StartsWith($"error: {message}\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Eval_names_the_lines_of_a_problem_file_that_are_wrong()
    {
        var file = runs.Write("wrong.jsonl", """{"goal": "A -> A"}""", """{"goal": "A ->"}""", "nonsense");

        var run = await CliRun.Of("eval", runs.Checkpoint, "--problems", file);
        var missing = await CliRun.Of("eval", runs.Checkpoint, "--problems", runs["missing.jsonl"]);
        var none = await CliRun.Of("eval", runs.Checkpoint);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Matches(@"^error: 2 lines of \S+wrong\.jsonl cannot be used:\nline 2: .+\n(.*\n)*line 3: this is no JSON at character \d+: nonsense\nfix: Correct or remove these lines\.\n$", run.Error);
        Assert.Equal(1, missing.ExitCode);
        Assert.StartsWith($"error: The problem file {runs["missing.jsonl"]} cannot be read: ", missing.Error, StringComparison.Ordinal);
        Assert.Equal(2, none.ExitCode);
    }

    [Fact]
    public async Task Eval_refuses_what_is_no_model_with_the_file_that_is_wrong()
    {
        var file = runs.Write("model.jsonl", Problems);
        async Task<string> Error(string model)
        {
            var run = await CliRun.Of("eval", model, "--problems", file);
            Assert.Equal((1, ""), (run.ExitCode, run.Out));
            Assert.Matches(@"^error: .+\nfix: .+\n$", run.Error);
            return run.Error;
        }

        Assert.StartsWith($"error: There is no folder '{runs["nowhere"]}'.\n", await Error(runs["nowhere"]), StringComparison.Ordinal);
        Directory.CreateDirectory(runs["empty"]);
        Assert.Contains("has no config.json", await Error(runs["empty"]), StringComparison.Ordinal);

        var cut = runs.CopyCheckpoint("cut");
        using (var weights = File.OpenWrite(Path.Combine(cut, "model.safetensors")))
            weights.SetLength(weights.Length - 100);
        Assert.Contains(Path.Combine(cut, "model.safetensors"), await Error(cut), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(cut, "config.json"), "{");
        Assert.Contains(Path.Combine(cut, "config.json"), await Error(cut), StringComparison.Ordinal);

        var mute = runs.CopyCheckpoint("mute");
        File.Delete(Path.Combine(mute, "tokenizer.json"));
        Assert.Contains("has no tokenizer.json", await Error(mute), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sample_shows_each_attempt_with_its_verdict(bool bpe)
    {
        var run = await CliRun.Of("sample", bpe ? runs.Bpe : runs.Plain, "A -> A", "-n", "3", "--max-new-tokens", "30");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(3, Regex.Count(run.Out, @"^(accepted|rejected|unknown) \(\w+\), \d+ tokens$", RegexOptions.Multiline));
        Assert.Matches(@"\n[0-3] of 3 accepted\n$", run.Out);
        Assert.Equal(run, await CliRun.Of("sample", bpe ? runs.Bpe : runs.Plain, "A -> A", "-n", "3", "--max-new-tokens", "30", "--threads", "1"));
    }

    [Fact]
    public async Task Sample_points_at_the_mistake_in_a_goal()
    {
        var run = await CliRun.Of("sample", runs.Plain, "A -> -> B");

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("error: This is not a statement of the domain 'propositional':\n  A -> -> B\n       ^", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compare_finds_no_difference_between_a_run_and_itself()
    {
        var run = await CliRun.Of("compare", runs.Plain, runs.Plain);
        var json = await CliRun.Of("compare", runs.Plain, runs.Bpe, "--json", "--k", "1", "--bootstrap", "200");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(2, Regex.Count(run.Out, @"^  pass@[14] +(0\.\d{3}|1\.000) -> \1   \+0\.000 \[\+0\.000, \+0\.000\]   p = 1\.0000   10 problems   within noise$", RegexOptions.Multiline));
        Assert.Matches(@"\n  spent: (\d+) and \1 sampled tokens, (\d+) and \2 verifier calls\n$", run.Out);
        var line = JsonDocument.Parse(json.Out).RootElement;
        Assert.Equal(("pass@1", 10), (line.GetProperty("measure").GetString(), line.GetProperty("problems").GetInt32()));
        Assert.InRange(line.GetProperty("difference").GetDouble(), line.GetProperty("low").GetDouble(), line.GetProperty("high").GetDouble());
    }

    [Fact]
    public async Task Compare_refuses_runs_on_other_problems_though_they_have_the_same_identifiers()
    {
        await runs.Start(runs["other"], "--seed", "4");

        var run = await CliRun.Of("compare", runs.Plain, runs["other"]);
        var few = await CliRun.Of("compare", runs.Plain, runs.Bpe, "--k", "5");
        var zero = await CliRun.Of("compare", runs.Plain, runs.Bpe, "--k", "0");

        Assert.Equal(1, run.ExitCode);
        Assert.Matches(@"^error: The runs cannot be compared: \d+ problems were evaluated in one run only \(for example '.+'\)\.\nfix: Compare runs that", run.Error);
        Assert.Equal(1, few.ExitCode);
        Assert.Contains("Compare at a smaller k", few.Error, StringComparison.Ordinal);
        Assert.Equal(2, zero.ExitCode);
    }

    [Fact]
    public async Task What_a_run_with_a_trained_tokenizer_leaves_can_be_resumed_shown_browsed_and_exported()
    {
        var resumed = await CliRun.Of("resume", runs.Bpe, "--quiet");
        var report = await CliRun.Of("report", runs.Bpe);
        var browsed = await CliRun.Of("inspect", runs.Bpe, "--json", "--limit", "0");
        var exported = await CliRun.Of("export", "proofs", "--format", "jsonl", runs.Bpe);
        var explained = await CliRun.Of("explain", runs.Recipe, "--set", "model.tokenizer=bpe");

        Assert.All([resumed, report, browsed, exported, explained], r => Assert.Equal((0, ""), (r.ExitCode, r.Error)));
        Assert.True(new FileInfo(Path.Combine(runs.Bpe, "report.html")).Length > 10_000);
        var attempts = browsed.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();

        // 12 problems with 4 samples, and 10 held-out ones with 4 and a greedy one in two evaluations.
        Assert.Equal(48 + 100, attempts.Count);
        Assert.Equal(
            attempts.Where(a => a.GetProperty("outcome").GetString() == "accepted").Select(a => (a.GetProperty("problem").GetString(), a.GetProperty("text").GetString())).Distinct().Count(),
            exported.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Matches(@"\n  tokenizer: bpe +# --set model\.tokenizer=bpe\n", explained.Out);
        Assert.Matches(@"\n#   memory            0\.\d\d GB of \d+\.\d GB: .*sampler's weights 0\.\d\d GB", explained.Out);
    }

    [Fact]
    public async Task The_training_rows_of_a_round_are_written_for_other_trainers()
    {
        var file = runs["rows.jsonl"];
        var rows = await CliRun.Of("export", "rows", runs.Plain, "-o", file);
        Assert.Equal((0, ""), (rows.ExitCode, rows.Out));
        var lines = File.ReadAllLines(file).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal($"{lines.Count} rows of round 1 in {file}\n", rows.Error);

        // What the checkpoint was trained on, solved problems behind the 40 seed problems.
        var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(runs.Checkpoint, "manifest.json"))).RootElement.GetProperty("rows");
        Assert.Equal(manifest.GetArrayLength(), lines.Count);
        Assert.All(lines, l => Assert.Equal(["prompt", "completion"], l.EnumerateObject().Select(p => p.Name)));
        Assert.All(lines, l => Assert.NotEmpty(l.GetProperty("completion").GetString()!));

        var pairs = await CliRun.Of("export", "rows", runs.Plain, "--format", "trl-preference", "-o", runs["pairs.jsonl"]);
        Assert.Equal(0, pairs.ExitCode);
        foreach (var pair in File.ReadAllLines(runs["pairs.jsonl"]).Select(l => JsonDocument.Parse(l).RootElement))
        {
            Assert.Contains(lines, l => l.GetProperty("prompt").GetString() == pair.GetProperty("prompt").GetString() && l.GetProperty("completion").GetString() == pair.GetProperty("chosen").GetString());
            Assert.NotEqual(pair.GetProperty("chosen").GetString(), pair.GetProperty("rejected").GetString());
        }

        Assert.Equal(0, (await CliRun.Of("export", "rows", runs.Plain, "--format", "trl-messages", "-o", runs["rows.parquet"])).ExitCode);
        Assert.Equal("PAR1"u8.ToArray(), File.ReadAllBytes(runs["rows.parquet"])[^4..]);
        var missing = await CliRun.Of("export", "rows", runs.Plain, "--round", "9", "-o", file);
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("Round 9 of the run", missing.Error, StringComparison.Ordinal);
        Assert.Contains("Rounds that have: 0, 1.", missing.Error, StringComparison.Ordinal);
    }
}
