using System.Text.Json;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Systems.Evaluation;
using Ratchet.Systems.Tests.ExpertIteration;
using Ratchet.Systems.Verification;
using Ratchet.Verifiers.Answers;

namespace Ratchet.Systems.Tests.Evaluation;

public sealed class EvaluationPlanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Three responses a problem. Two agree on 4 written in two ways, one says 5; the truth is 4 for even problems and 5 for odd ones.</summary>
    [Fact]
    public async Task The_majority_is_counted_over_equal_answers_and_pass_at_k_over_all()
    {
        await using var answers = await OpenAsync();
        var report = await Plan(answers, problems: 10, ["\\boxed{8/2}", "\\boxed{5}", "\\boxed{4.0}"]).RunAsync(null, new Silent(), TestContext.Current.CancellationToken);
        Assert.Equal((3, 0.5), (report.Voters, report.Majority!.Value));

        // Even problems: 2 of 3 are right; odd ones: 1 of 3.
        Assert.Equal(0.5, report.Summary.PassAtK[1].Value, 12);
        Assert.Equal(1, report.Summary.PassAtK[3].Value);
        var json = JsonDocument.Parse(report.ToJson()).RootElement;
        Assert.Equal((0.5, "responses.jsonl", "answers:strict"), (json.GetProperty("maj@3").GetProperty("value").GetDouble(), json.GetProperty("proposer").GetString(), json.GetProperty("verifier").GetString()));
    }

    [Fact]
    public async Task An_evaluation_that_was_stopped_goes_on_to_the_same_result()
    {
        await using var answers = await OpenAsync();
        var plan = Plan(answers, problems: 100, ["\\boxed{4}", "\\boxed{5}"]);
        var whole = await plan.RunAsync(_folder["whole"], new Silent(), TestContext.Current.CancellationToken);

        var stopped = new Stopping(batches: 2);
        await Assert.ThrowsAsync<StoppedException>(() => plan.RunAsync(_folder["halves"], stopped, TestContext.Current.CancellationToken));
        Assert.False(File.Exists(Path.Combine(_folder["halves"], "evaluation.json")));
        var rest = new Silent();
        var halves = await plan.RunAsync(_folder["halves"], rest, TestContext.Current.CancellationToken);

        // 100 problems are four batches, two of which were recorded.
        Assert.Equal(2, rest.Batches);
        Assert.Equal(whole.ToJson(), halves.ToJson());
        Assert.Equal(halves.ToJson() + "\n", await File.ReadAllTextAsync(Path.Combine(_folder["halves"], "evaluation.json"), TestContext.Current.CancellationToken));

        var again = new Silent();
        Assert.Equal(whole.ToJson(), (await plan.RunAsync(_folder["halves"], again, TestContext.Current.CancellationToken)).ToJson());
        Assert.Equal(0, again.Batches);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task An_evaluation_that_was_killed_goes_on_to_the_same_table(int batches)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The evaluation is killed with SIGKILL.");
        await using var answers = await OpenAsync();
        var whole = await Plan(answers, problems: 400, ["\\boxed{4}", "\\boxed{5}", "\\boxed{10/2}"]).RunAsync(null, new Silent(), TestContext.Current.CancellationToken);
        string[] arguments = ["evaluate", _folder["problems-400.jsonl"], _folder["responses.jsonl"], _folder["killed"]];

        Assert.Equal(128 + 9, TinyRun.Process([.. arguments, $"{batches}"]).ExitCode);
        Assert.False(File.Exists(Path.Combine(_folder["killed"], "evaluation.json")));
        var resumed = TinyRun.Process([.. arguments, "0"]);

        // 400 problems are 13 batches.
        Assert.True(resumed.ExitCode == 0, resumed.Errors);
        Assert.Equal(13 - batches, resumed.Lines.Count(l => l.StartsWith("0 evaluate ", StringComparison.Ordinal)));
        Assert.Equal(whole.ToJson() + "\n", await File.ReadAllTextAsync(Path.Combine(_folder["killed"], "evaluation.json"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_folder_of_another_evaluation_is_refused()
    {
        await using var answers = await OpenAsync();
        await Plan(answers, problems: 3, ["\\boxed{4}"]).RunAsync(_folder["taken"], new Silent(), TestContext.Current.CancellationToken);
        var e = await Assert.ThrowsAsync<RatchetException>(() => Plan(answers, problems: 4, ["\\boxed{4}"]).RunAsync(_folder["taken"], new Silent(), TestContext.Current.CancellationToken));
        Assert.StartsWith("The folder holds another evaluation.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Problems_without_a_response_are_named()
    {
        await using var answers = await OpenAsync();
        var problems = Problems(answers, 7);
        var path = _folder["some.jsonl"];
        await File.WriteAllLinesAsync(path, ["""{"id": "p0", "response": "4"}""", """{"id": "p0", "responses": ["5", "6"]}"""], TestContext.Current.CancellationToken);
        var e = Assert.Throws<RatchetException>(() => ResponseFile.Read(path).Items(problems.All, 0));
        Assert.Equal($"6 of 7 problems have no response in {path} (p1, p2, p3, p4, p5, ...).", e.Message);
        Assert.Equal([3, 2], (int[])[ResponseFile.Read(path).Items([problems.All[0]], 0)[0].Count, ResponseFile.Read(path).Items([problems.All[0]], 2)[0].Count]);
    }

    public void Dispose() => _folder.Dispose();

    private static Task<OpenVerifier> OpenAsync() => VerifierCatalog.Find("answers").OpenAsync(new VerifierOptions(), TestContext.Current.CancellationToken);

    private ProblemSet Problems(OpenVerifier answers, int count)
    {
        var path = _folder[$"problems-{count}.jsonl"];
        File.WriteAllLines(path, Enumerable.Range(0, count).Select(i => $$"""{"id": "p{{i}}", "question": "question {{i}}", "answer": {{4 + (i % 2)}}}"""));
        return BenchmarkFile.Read(path, new BenchmarkFields(), answers);
    }

    private EvaluationPlan Plan(OpenVerifier answers, int problems, string[] responses)
    {
        var set = Problems(answers, problems);
        var path = _folder["responses.jsonl"];
        File.WriteAllLines(path, set.All.Select(p => JsonSerializer.Serialize(new { id = p.Id, responses })));
        return Plan(answers, set, path);
    }

    /// <summary>The evaluation of a file of responses, as the test program does it in a process of its own too.</summary>
    internal static EvaluationPlan Plan(OpenVerifier answers, ProblemSet problems, string responses)
    {
        var file = ResponseFile.Read(responses);
        return new EvaluationPlan
        {
            ProposerName = "responses.jsonl", Proposer = file, Verifier = answers.Verifier, Problems = problems, Items = file.Items(problems.All, 0), Votes = AnswerProfiles.Strict, Threads = 2,
        };
    }

    private sealed class StoppedException : Exception;

    private class Silent : IRunObserver
    {
        public int Batches { get; private set; }

        public virtual void OnEvent(RunEvent e) => Batches += e is RunEvent.BatchDone ? 1 : 0;
    }

    private sealed class Stopping(int batches) : Silent
    {
        public override void OnEvent(RunEvent e)
        {
            base.OnEvent(e);
            if (Batches == batches)
                throw new StoppedException();
        }
    }
}
