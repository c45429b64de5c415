using System.IO.Compression;
using System.Text.Json;

namespace Ratchet.Cli.Tests;

/// <summary>Files that keep statement, proof and answer under names of their own.</summary>
public sealed class FieldTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ratchet-fields-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Gold_answers_of_a_published_file_are_validated_as_it_stands()
    {
        var file = Path.Combine(_folder, "gold.jsonl.gz");
        using (var text = new StreamWriter(new GZipStream(File.Create(file), CompressionLevel.Fastest)))
            text.Write("""
                {"question": "1 + 1?", "answer": "It is 2.\n#### 2", "split": "test"}
                {"question": "1 + 2?", "answer": "It is 3.\n#### 3", "split": "test"}
                {"question": "1 + 3?", "answer": "#### 4", "split": "test"}
                {"question": "?", "answer": "", "split": "test"}
                {"question": "1 + 4?", "answer": "#### 5", "split": "train"}
                """);

        var run = await CliRun.Of("validate", file, "--with", "answers", "--profile", "gsm8k", "--proof", "answer", "--where", "split=test", "--where", "answer=*", "--json");

        Assert.Equal("", run.Error);
        var report = JsonSerializer.Deserialize<JsonElement>(run.Out);
        Assert.Equal((3, 3), (report.GetProperty("gold").GetProperty("all").GetInt32(), report.GetProperty("gold").GetProperty("accepted").GetInt32()));
        Assert.Equal((3, 0), (report.GetProperty("spoilt").GetProperty("swapped_statement").GetProperty("all").GetInt32(), report.GetProperty("spoilt").GetProperty("swapped_statement").GetProperty("accepted").GetInt32()));
    }

    [Fact]
    public async Task Plans_of_problems_that_share_a_domain_are_judged()
    {
        var domain = Write("walk.pddl", """
            (define (domain walk) (:requirements :strips) (:predicates (at ?p) (next ?p ?q))
              (:action go :parameters (?p ?q) :precondition (and (at ?p) (next ?p ?q)) :effect (and (not (at ?p)) (at ?q))))
            """);
        var plans = Write("plans.jsonl", """
            {"instance_id": 1, "problem_pddl": "(define (problem p) (:domain walk) (:objects a b) (:init (at a) (next a b)) (:goal (at b)))", "plan": "(go a b)"}
            {"instance_id": 2, "problem_pddl": "(define (problem p) (:domain walk) (:objects a b) (:init (at a) (next a b)) (:goal (at b)))", "plan": "(go b a)"}
            """);

        var run = await CliRun.Of("verify", plans, "--with", "pddl", "--database", domain, "--statement", "{problem_pddl}", "--proof", "plan");
        var none = await CliRun.Of("verify", plans, "--with", "pddl", "--database", Path.Combine(_folder, "none.pddl"), "--statement", "{problem_pddl}", "--proof", "plan");

        Assert.StartsWith($"{plans}:2: rejected (step_failed): ", run.Out, StringComparison.Ordinal);
        Assert.EndsWith("1 of 2 accepted by pddl 1; rejected step_failed 1\n", run.Out, StringComparison.Ordinal);
        Assert.Equal(2, none.ExitCode);
    }

    [Fact]
    public async Task Responses_under_a_name_of_their_own_are_evaluated_by_line()
    {
        var file = Write("both.jsonl", """
            {"question": "1 + 1?", "answer": "2", "said": ["2", "3"]}
            {"question": "1 + 2?", "answer": "3", "said": ["4", "5"]}
            """);

        var run = await CliRun.Of("eval", file, "--problems", file, "--with", "answers", "--response", "said", "--json");

        var result = JsonSerializer.Deserialize<JsonElement>(run.Out);
        Assert.Equal((0, 2, 4, 0.25), (run.ExitCode, result.GetProperty("problems").GetInt32(), result.GetProperty("attempts").GetInt32(), result.GetProperty("pass@1").GetProperty("value").GetDouble()));
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
