using System.Text.Json;
using Ratchet.Systems;
using Ratchet.Systems.Verification;

namespace Ratchet.Service.Tests.Http;

/// <summary>The service's own route.</summary>
public sealed class VerifyTests
{
    [Fact]
    public async Task A_verdict_tells_outcome_reason_trust_cost_and_places()
    {
        await using var stand = await Stand.StartAsync();

        var right = await stand.PostAsync("/v1/verify", new { id = "mine", statement = "A -> A", proof = "intros h. exact h." });
        var wrong = await stand.PostAsync("/v1/verify", new { with = "propositional", statement = "A -> B", proof = "intros h. exact h." });

        Assert.Equal(200, right.Status);
        Assert.Equal(
            ["id", "outcome", "reason", "trust", "verifier", "verifier_version", "steps", "seconds", "feedback"],
            right.Json.EnumerateObject().Select(p => p.Name));
        Assert.Equal(("mine", "accepted", "proved", "full"), (Text(right, "id"), Text(right, "outcome"), Text(right, "reason"), Text(right, "trust")));
        Assert.Equal(("1", "rejected", "step_failed"), (Text(wrong, "id"), Text(wrong, "outcome"), Text(wrong, "reason")));
        var feedback = wrong.Json.GetProperty("feedback")[0];
        Assert.Equal((16, 17), (feedback.GetProperty("start").GetInt32(), feedback.GetProperty("end").GetInt32()));
    }

    [Fact]
    public async Task Several_items_are_answered_in_their_order()
    {
        await using var stand = await Stand.StartAsync();
        var items = Enumerable.Range(0, 50).Select(i => new { id = i, statement = i % 2 == 0 ? "A -> A" : "A -> B", proof = "intros h. exact h." });

        var answer = await stand.PostAsync("/v1/verify", new { items });

        var results = answer.Json.GetProperty("results").EnumerateArray().Select(r => $"{r.GetProperty("id")} {r.GetProperty("outcome")}");
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i} {(i % 2 == 0 ? "accepted" : "rejected")}"), results);
    }

    [Fact]
    public async Task A_statement_that_is_none_is_the_callers_mistake_and_no_verdict()
    {
        await using var stand = await Stand.StartAsync();

        var single = await stand.PostAsync("/v1/verify", new { statement = "A -> ", proof = "auto." });
        var batch = await stand.PostAsync("/v1/verify", new { items = new[] { new { statement = "A", proof = "" }, new { statement = "(", proof = "" } } });

        Assert.Equal(400, single.Status);
        Assert.StartsWith("The statement cannot be read by 'propositional': ", single.Detail, StringComparison.Ordinal);
        Assert.Contains("(character 6)", single.Detail, StringComparison.Ordinal);
        Assert.Equal(400, batch.Status);
        Assert.StartsWith("items[1]: the statement", batch.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"statement": "A"}""", "The body needs the texts \"statement\" and \"proof\".")]
    [InlineData("""{"statement": "A", "proof": 3}""", "\"proof\" must be a text.")]
    [InlineData("""{"items": [{"statement": "A", "proof": "x"}, {}]}""", "items[1] needs the texts \"statement\" and \"proof\".")]
    [InlineData("""{"items": [{"statement": "A", "proof": "x"}], "proof": "x"}""", "The body has \"items\" and an item of its own; one of them is enough.")]
    [InlineData("""{"items": [{"statement": "A", "proof": "x"}], "reference": []}""", "The body has \"items\" and an item of its own; one of them is enough.")]
    [InlineData("""{"statement": "A", "proof": "x", "reference": 3}""", "\"reference\" must be a text.")]
    [InlineData("""{"items": []}""", "\"items\" is empty.")]
    [InlineData("""{"with": "coq5", "statement": "A", "proof": "x"}""", "There is no verifier 'coq5' here; there is propositional.")]
    [InlineData("""{"statement": "A", "proof": "x", "timeout": "soon"}""", "\"timeout\" must be a number of seconds, 0 or more.")]
    public async Task What_is_wrong_with_a_request_is_told(string body, string detail)
    {
        await using var stand = await Stand.StartAsync();
        var answer = await stand.PostAsync("/v1/verify", body);
        Assert.Equal(400, answer.Status);
        Assert.Equal(detail, answer.Detail);
    }

    [Fact]
    public async Task Fields_that_are_not_known_are_passed_over()
    {
        await using var stand = await Stand.StartAsync();
        var answer = await stand.PostAsync("/v1/verify", """{"later": {"a": [1, {"b": null}]}, "statement": "A -> A", "proof": "intros h. exact h.", "priority": 3}""");
        Assert.Equal("accepted", Text(answer, "outcome"));
    }

    [Theory]
    [InlineData("answers", "What is a half?", "So it is \\boxed{0.5}.", "\"\\\\frac12\"", "accepted")]
    [InlineData("answers", "What is a half?", "So it is \\boxed{0.6}.", "\"\\\\frac12\"", "rejected")]
    [InlineData("python", "Double x.", "def f(x): return 2 * x", "[\"assert f(3) == 6\", \"assert f(0) == 0\"]", "accepted")]
    [InlineData("python", "Double x.", "def f(x): return 2 + x", "\"assert f(3) == 6\"", "rejected")]
    [InlineData("python", "Double the input.", "print(2 * int(input()))", "[{\"stdin\": \"4\\n\", \"stdout\": \"8\\n\"}]", "accepted")]
    [InlineData("python", "Double the input.", "print(2 * int(input()))", "{\"inputs\": [\"4\", \"5\"], \"outputs\": [\"8\", \"11\"]}", "rejected")]
    public async Task Answers_and_programs_are_judged_against_their_reference(string with, string statement, string proof, string reference, string outcome)
    {
        var probe = await VerifierCatalog.Find(with).ProbeAsync(new VerifierOptions(), TestContext.Current.CancellationToken);
        Assert.SkipUnless(probe.IsAvailable, $"{with} is not available here.");
        await using var stand = await Stand.StartAsync(new ServiceOptions { Verifiers = [with] });
        var item = $$"""{"statement": {{JsonSerializer.Serialize(statement)}}, "reference": {{reference}}, "proof": {{JsonSerializer.Serialize(proof)}}}""";

        var single = await stand.PostAsync("/v1/verify", item);
        var batch = await stand.PostAsync("/v1/verify", $$"""{"items": [{{item}}, {{item}}]}""");

        Assert.Equal(outcome, Text(single, "outcome"));
        Assert.Equal([outcome, outcome], batch.Json.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task The_verifiers_are_listed_with_their_forms()
    {
        await using var stand = await Stand.StartAsync();
        using var response = await stand.Client.GetAsync("/v1/verifiers", TestContext.Current.CancellationToken);
        var listed = (await Answer.ReadAsync(response)).Json[0];
        Assert.Equal(("propositional", "propositional-kernel"), (listed.GetProperty("name").GetString(), listed.GetProperty("verifier").GetString()));
        Assert.Contains("formula", listed.GetProperty("statement").GetString(), StringComparison.Ordinal);
    }

    private static string? Text(Answer answer, string name) => answer.Json.GetProperty(name).GetString();
}
