using Ratchet.Sampling.Endpoints;

namespace Ratchet.Cli.Tests;

/// <summary><c>ratchet eval --endpoint</c> and <c>ratchet sample --endpoint</c>, from recorded replies.</summary>
public sealed class EndpointVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ratchet-endpoint-verb").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_endpoint_is_evaluated_from_recorded_replies_without_a_network()
    {
        var problems = Write("problems.jsonl", """{"id": "a", "question": "1 + 1?", "answer": "2"}""", """{"id": "b", "question": "1/2 of 3?", "answer": "3/2"}""");
        var replies = Path.Combine(_folder, "replies.jsonl");
        string[] command = ["eval", "--endpoint", "http://127.0.0.1:1/v1", "--model", "teacher", "--problems", problems, "--with", "answers", "--samples", "2", "--replies", replies, "--retries", "0"];

        // Nobody listens there: the error says so, and is no stack trace.
        var failed = await CliRun.Of(command);
        Assert.Equal(1, failed.ExitCode);
        Assert.StartsWith("error: The endpoint http://127.0.0.1:1/v1/chat/completions did not answer", failed.Error, StringComparison.Ordinal);

        // The calls that the verb makes, answered by hand.
        var asked = new List<CompletionCall>();
        using (var model = new RecordedModel(new Scripted(asked), replies))
        {
            var again = await RecordAsync(model, problems);
            Assert.Equal(4, again);
        }

        var run = await CliRun.Of([.. command, "--replay"]);
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("teacher at http://127.0.0.1:1/v1 on 2 problems, 4 attempts, 0 unknown; judged by answers:strict 1\n  all              pass@1 0.750 [", run.Out, StringComparison.Ordinal);
        Assert.Contains("4 from the file", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--endpoint needs the name of the model", "eval", "--endpoint", "http://x/v1", "--with", "answers", "--problems")]
    [InlineData("Nobody is evaluated.", "eval", "--with", "answers", "--problems")]
    [InlineData("The attempts need a verifier.", "eval", "--endpoint", "http://x/v1", "--model", "m", "--problems")]
    [InlineData("--replay needs the recorded replies", "eval", "--endpoint", "http://x/v1", "--model", "m", "--replay", "--with", "answers", "--problems")]
    [InlineData("--budget needs prices", "eval", "--endpoint", "http://x/v1", "--model", "m", "--budget", "3", "--with", "answers", "--problems")]
    [InlineData("is no address", "eval", "--endpoint", "nowhere", "--model", "m", "--with", "answers", "--problems")]
    public async Task Settings_that_cannot_be_used_are_refused(string message, params string[] arguments)
    {
        var run = await CliRun.Of([.. arguments, Write("one.jsonl", """{"id": "a", "question": "1 + 1?", "answer": "2"}""")]);
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_is_not_set_and_a_missing_goal_are_told()
    {
        var run = await CliRun.Of("sample", "--endpoint", "http://127.0.0.1:1", "--model", "m", "--api-key-env", "RATCHET_NO_SUCH_KEY", "A -> A");
        Assert.Contains("RATCHET_NO_SUCH_KEY, which is not set", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await CliRun.Of("sample", "somewhere")).ExitCode);
    }

    private static async Task<int> RecordAsync(RecordedModel model, string problems)
    {
        var proposer = new EndpointProposer(
            model, new EndpointSampling { Model = "teacher", Temperature = 0.8 }, Systems.PromptTemplates.For(Systems.VerifierCatalog.Find("answers")), static p => p.Statement);
        await using var verifier = await Systems.VerifierCatalog.Find("answers").OpenAsync(new Systems.Verification.VerifierOptions(), default);
        var set = Systems.Evaluation.BenchmarkFile.Read(problems, new Systems.Verification.BenchmarkFields(), verifier);
        var made = await proposer.ProposeAsync(
            new Loop.ProposalRequest
            {
                Round = 0,
                Phase = Attempts.Phase.Heldout,
                Items = [.. set.All.Select(p => new Loop.ProposalItem(p, 2))],
                Stream = Loop.RandomStream.FromSeed(1).Derive("probe").Derive(Attempts.Phase.Heldout.ToString()),
            },
            default);
        return made.Count;
    }

    private string Write(string name, params string[] lines)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllLines(path, lines);
        return path;
    }

    private sealed class Scripted(List<CompletionCall> asked) : ICompletionModel
    {
        public Task<CompletionReply> CompleteAsync(CompletionCall call, CancellationToken cancellationToken)
        {
            lock (asked)
            {
                asked.Add(call);
                var easy = call.Messages![^1].Content.Contains("1 + 1", StringComparison.Ordinal);
                return Task.FromResult(new CompletionReply { Choices = [new CompletionChoice { Text = easy ? "\\boxed{2}" : $"\\boxed{{{(asked.Count(c => !c.Messages![^1].Content.Contains("1 + 1", StringComparison.Ordinal)) == 1 ? "3/2" : "7")}}}" }], InputTokens = 1, OutputTokens = 1 });
            }
        }
    }
}
