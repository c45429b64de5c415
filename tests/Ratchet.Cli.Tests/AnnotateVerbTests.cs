using Ratchet.Preferences;
using Ratchet.Sampling.Annotators;
using Ratchet.Sampling.Endpoints;
using Ratchet.Verifiers.Annotators;

namespace Ratchet.Cli.Tests;

/// <summary><c>ratchet annotate</c>.</summary>
public sealed class AnnotateVerbTests : IDisposable
{
    private const string Reference = """[{"instruction": "one", "output": "short", "generator": "reference"}, {"instruction": "two", "output": "a longer response", "generator": "reference"}]""";
    private const string Model = """[{"instruction": "one", "output": "not so short", "generator": "mine"}, {"instruction": "two", "output": "brief", "generator": "mine"}]""";

    private readonly string _folder = Directory.CreateTempSubdirectory("ratchet-annotate-verb").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_longest_response_wins_and_the_files_are_those_of_AlpacaEval()
    {
        var run = await CliRun.Of("annotate", Write("mine.json", Model), "--reference", Write("reference.json", Reference), "--annotators", "longest", "--out", In("annotations.json"), "--leaderboard", In("board.csv"));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("against reference", run.Out, StringComparison.Ordinal);
        var rows = AlpacaEvalFile.ReadAnnotations(In("annotations.json"));
        Assert.Equal([("mine", 2.0), ("mine", 1), ("null-model", 2), ("null-model", 2)], rows.Select(r => (r.Generator2, r.Preference!.Value)));
        Assert.Contains("\nnull-model,100,", File.ReadAllText(In("board.csv")), StringComparison.Ordinal);

        var again = await CliRun.Of("annotate", "--annotations", In("annotations.json"), "--leaderboard", In("again.csv"));
        Assert.Equal(run.Out, again.Out);
        Assert.Equal(File.ReadAllText(In("board.csv")), File.ReadAllText(In("again.csv")));
    }

    [Fact]
    public async Task A_pack_judges_from_recorded_replies_without_a_network()
    {
        string[] command = ["annotate", Write("mine.json", Model), "--reference", Write("reference.json", Reference), "--no-null-model", "--annotators", Path.Combine(Repository.Root, "recipes", "annotators", "pool.json"),
            "--endpoint", "http://127.0.0.1:1/v1", "--model", "judge", "--replies", In("replies.jsonl"), "--retries", "0", "--seed", "3"];
        var failed = await CliRun.Of(command);
        Assert.Equal(1, failed.ExitCode);
        Assert.StartsWith("error: The endpoint http://127.0.0.1:1/v1/chat/completions did not answer", failed.Error, StringComparison.Ordinal);

        // The calls that the verb makes, answered by hand.
        using (var model = new RecordedModel(new Scripted(), In("replies.jsonl")))
        {
            var pack = AnnotatorPack.Read(command[6]);
            var pool = new AnnotatorPool("pool-1", [.. pack.Annotators.Select(a => new PromptedAnnotator(model, pack, a, "judge", 3))], new AnnotatorPoolOptions { Seed = 3 });
            await AlpacaEvalComparison.JudgeAsync(pool, AlpacaEvalFile.ReadOutputs(In("mine.json")), AlpacaEvalFile.ReadOutputs(In("reference.json")), default);
        }

        var run = await CliRun.Of([.. command, "--replay"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("from the file", run.Error, StringComparison.Ordinal);
        Assert.Contains("mine", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Nothing is compared")]
    [InlineData("compared with: --reference", "mine.json")]
    [InlineData("Nobody judges", "mine.json", "--reference", "reference.json")]
    [InlineData("need a model", "mine.json", "--reference", "reference.json", "--annotators", "pool")]
    [InlineData("1 of the 2 instructions of mine have no response", "mine.json", "--reference", "other.json", "--annotators", "longest")]
    public async Task Settings_that_cannot_be_used_are_refused(string message, params string[] arguments)
    {
        Write("mine.json", Model);
        Write("reference.json", Reference);
        Write("other.json", Reference.Replace("two", "three", StringComparison.Ordinal));
        var run = await CliRun.Of(["annotate", .. arguments.Select(a => a.EndsWith(".json", StringComparison.Ordinal) ? In(a) : a == "pool" ? Path.Combine(Repository.Root, "recipes", "annotators", "pool.json") : a)]);

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    private string In(string name) => Path.Combine(_folder, name);

    private string Write(string name, string text)
    {
        File.WriteAllText(In(name), text);
        return In(name);
    }

    /// <summary>The first, in the form that a prompt asks for.</summary>
    private static string Verdict(string prompt) =>
        prompt.Contains("JSON", StringComparison.Ordinal) ? "{\"reason\": \"none\", \"first_is_better\": true}"
        : prompt.Contains("Verdict", StringComparison.Ordinal) ? "Verdict 1: A\nVerdict 2: A"[..(prompt.Contains("2 comparisons", StringComparison.Ordinal) ? 25 : 12)]
        : prompt.Contains("numbered", StringComparison.Ordinal) ? (prompt.Contains("2 numbered", StringComparison.Ordinal) ? "1: A\n2: A" : "1: A")
        : "A";

    private sealed class Scripted : ICompletionModel
    {
        public Task<CompletionReply> CompleteAsync(CompletionCall call, CancellationToken cancellationToken) =>
            Task.FromResult(new CompletionReply { Choices = [new CompletionChoice { Text = Verdict(call.Messages![0].Content) }], InputTokens = 9, OutputTokens = 3 });
    }
}
