using System.Text.Json;
using Ratchet.Runs;
using Ratchet.Verifiers.Coq;

namespace Ratchet.Cli.Tests;

/// <summary><c>ratchet eval</c> of texts that are there already.</summary>
public sealed class EvalVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ratchet-eval-tests").FullName;

    [Fact]
    public async Task Responses_are_graded_and_their_majority_is_shown()
    {
        var problems = Write("problems.jsonl", """{"id": "a", "question": "1 + 1?", "answer": "#### 2"}""", """{"id": "b", "question": "1/2 of 3?", "answer": "3/2"}""");
        var responses = Write("responses.jsonl", """{"id": "a", "responses": ["\\boxed{2}", "\\boxed{3}", "\\boxed{2.0}"]}""", """{"id": "b", "responses": ["\\boxed{1.5}", "\\boxed{1}", "\\boxed{1}"]}""");
        var run = await CliRun.Of("eval", responses, "--problems", problems, "--with", "answers", "--out", Path.Combine(_folder, "out"));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith($"{responses} on 2 problems, 6 attempts, 0 unknown; judged by answers:strict 1\n  all              pass@1 0.500 [", run.Out, StringComparison.Ordinal);
        Assert.Contains("  majority         maj@3 0.500 [", run.Out, StringComparison.Ordinal);

        var again = await CliRun.Of("eval", responses, "--problems", problems, "--with", "answers", "--out", Path.Combine(_folder, "out"), "--json");
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(_folder, "out", "evaluation.json"), TestContext.Current.CancellationToken), again.Out);
        Assert.Equal(0.5, JsonDocument.Parse(again.Out).RootElement.GetProperty("maj@3").GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task The_portfolio_proves_what_its_scripts_can()
    {
        Assert.SkipUnless(HasCoq(), "Coq is not installed.");
        var problems = Write(
            "coq.jsonl",
            """{"name": "easy", "header": "Require Import ZArith.\nOpen Scope Z_scope.\n", "statement": "Theorem easy : forall x : Z, x + 1 > x.", "solved": true}""",
            """{"name": "false", "header": "Require Import ZArith.\nOpen Scope Z_scope.\n", "statement": "Theorem no : forall x : Z, x + 1 > 1.", "solved": true}""",
            """{"name": "other", "statement": "Theorem other : True.", "solved": false}""");
        var run = await CliRun.Of("eval", "coq-portfolio", "--problems", problems, "--where", "solved=true", "--samples", "5", "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var result = JsonDocument.Parse(run.Out).RootElement;
        Assert.Equal((2, 10, 0.5, "coq"), (result.GetProperty("problems").GetInt32(), result.GetProperty("attempts").GetInt32(), result.GetProperty("pass@5").GetProperty("value").GetDouble(), result.GetProperty("verifier").GetString()));
    }

    [Theory]
    [InlineData("Responses need a verifier.", "--samples", "1")]
    [InlineData("There is no verifier 'answer'.", "--with", "answer")]
    [InlineData("--where 'split' is not of the form field=value.", "--with", "answers", "--where", "split")]
    [InlineData("Each --k must be from 1 to the number of samples (1).", "--with", "answers", "--k", "2")]
    public async Task Settings_that_cannot_be_used_are_refused(string message, params string[] options)
    {
        var problems = Write("one.jsonl", """{"id": "a", "question": "1 + 1?", "answer": "2"}""");
        var run = await CliRun.Of(["eval", Write("r.jsonl", """{"id": "a", "response": "2"}"""), "--problems", problems, .. options]);
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static bool HasCoq()
    {
        try
        {
            using var coq = new CoqVerifier();
            return true;
        }
        catch (RatchetException)
        {
            return false;
        }
    }

    private string Write(string name, params string[] lines)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllLines(path, lines);
        return path;
    }
}
