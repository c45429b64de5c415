using System.Text.Json;

namespace Ratchet.Service.Tests.Http;

/// <summary>The routes of the Kimina Lean server, answered by the propositional kernel.</summary>
public sealed class KiminaTests
{
    private const string Right = "Theorem t : A -> A.\nProof. intros h. exact h. Qed.\n";
    private const string Wrong = "Theorem t : A -> B.\nProof.\n  intros h.\n  exact h.\nQed.\n";

    [Fact]
    public async Task Check_answers_each_snippet_with_its_messages_and_places()
    {
        await using var stand = await Stand.StartAsync();

        var answer = await stand.PostAsync("/api/check", new { snippets = new[] { new { id = "right", code = Right }, new { id = "wrong", code = Wrong } }, timeout = 30, debug = false, reuse = true, infotree = "original" });

        Assert.Equal(200, answer.Status);
        var results = answer.Json.GetProperty("results");
        Assert.Equal(2, results.GetArrayLength());
        Assert.Equal(["id", "time", "response"], Names(results[0]));
        Assert.Equal("right", results[0].GetProperty("id").GetString());
        Assert.Equal(["env"], Names(results[0].GetProperty("response")));
        var message = results[1].GetProperty("response").GetProperty("messages")[0];
        Assert.Equal(["severity", "pos", "endPos", "data"], Names(message));
        Assert.Equal("error", message.GetProperty("severity").GetString());
        Assert.Equal("""{"line":4,"column":8}""", message.GetProperty("pos").GetRawText());
        Assert.Equal("""{"line":4,"column":9}""", message.GetProperty("endPos").GetRawText());
        Assert.Contains("has type", message.GetProperty("data").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_older_route_takes_proof_or_code_and_says_error_always()
    {
        await using var stand = await Stand.StartAsync();

        var answer = await stand.PostAsync("/verify", new { codes = new object[] { new { custom_id = 7, proof = Right }, new { custom_id = "b", code = Wrong } }, timeout = 60, infotree_type = "full", disable_cache = true });

        var results = answer.Json.GetProperty("results");
        Assert.Equal(["custom_id", "error", "response"], Names(results[0]));
        Assert.Equal("7", results[0].GetProperty("custom_id").GetString());
        Assert.Equal(JsonValueKind.Null, results[0].GetProperty("error").ValueKind);
        Assert.Equal(["env", "time"], Names(results[0].GetProperty("response")));
        Assert.Equal("error", results[1].GetProperty("response").GetProperty("messages")[0].GetProperty("severity").GetString());
        Assert.Equal(answer.Status, (await stand.PostAsync("/one_pass_verify_batch", new { codes = new[] { new { custom_id = "a", code = Right } } })).Status);
    }

    [Fact]
    public async Task A_check_that_runs_out_of_time_is_an_error_and_no_verdict()
    {
        var verifier = new GatedVerifier();
        await using var stand = await Stand.StartAsync(verifier);

        var check = await stand.PostAsync("/api/check", new { snippets = new[] { new { id = "a", code = Right } }, timeout = 0.05 });
        var verify = await stand.PostAsync("/verify", new { codes = new[] { new { custom_id = "a", code = Right } }, timeout = 0 });

        Assert.Equal(["id", "time", "error"], Names(check.Json.GetProperty("results")[0]));
        Assert.StartsWith("The check timed out (limit 0.05 seconds)", check.Json.GetProperty("results")[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("timed out", verify.Json.GetProperty("results")[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, verify.Json.GetProperty("results")[0].GetProperty("response").ValueKind);
    }

    [Fact]
    public async Task One_wrong_theorem_makes_a_snippet_wrong_wherever_it_stands()
    {
        await using var stand = await Stand.StartAsync();
        var answer = await stand.PostAsync("/api/check", new { snippets = new[] { new { id = "a", code = Wrong + Right }, new { id = "b", code = Right + Right }, new { id = "c", code = "" } } });
        var results = answer.Json.GetProperty("results");
        Assert.Equal([true, false, true], results.EnumerateArray().Select(r => r.GetProperty("response").TryGetProperty("messages", out _)));
    }

    [Fact]
    public async Task A_statement_that_cannot_be_read_is_an_error_at_its_place()
    {
        await using var stand = await Stand.StartAsync();
        var answer = await stand.PostAsync("/api/check", new { snippets = new[] { new { id = "a", code = Right + "Theorem u : A -> ).\nProof. auto. Qed." } } });
        var message = answer.Json.GetProperty("results")[0].GetProperty("response").GetProperty("messages")[0];
        Assert.Equal("""{"line":3,"column":17}""", message.GetProperty("pos").GetRawText());
    }

    [Fact]
    public async Task A_hole_is_never_accepted()
    {
        await using var stand = await Stand.StartAsync();
        foreach (var code in new[] { "Theorem t : A -> B. Proof. Admitted.", "Theorem t : A -> B. Proof. admit. Qed.", "Theorem t : A -> B. Proof. Abort.", "Theorem t : A -> B. Proof.", "Theorem t : A -> B." })
        {
            var answer = await stand.PostAsync("/api/check", new { snippets = new[] { new { id = "a", code } } });
            Assert.Equal("error", answer.Json.GetProperty("results")[0].GetProperty("response").GetProperty("messages")[0].GetProperty("severity").GetString());
        }
    }

    [Fact]
    public async Task A_verifier_is_chosen_by_the_base_address()
    {
        await using var stand = await Stand.StartAsync();
        var body = new { snippets = new[] { new { id = "a", code = Right } }, debug = true };
        var answer = await stand.PostAsync("/propositional/api/check", body);
        Assert.Equal("propositional-kernel 1", answer.Json.GetProperty("results")[0].GetProperty("diagnostics").GetProperty("verifier").GetString());
        Assert.Equal(404, (await stand.PostAsync("/coq5/api/check", body)).Status);
    }

    [Theory]
    [InlineData("{}", "There is no \"snippets\".")]
    [InlineData("""{"snippets": []}""", "\"snippets\" is empty.")]
    [InlineData("""{"snippets": {}}""", "\"snippets\" must be an array.")]
    [InlineData("""{"snippets": [3]}""", "snippets[0] must be an object.")]
    [InlineData("""{"snippets": [{"id": "a"}]}""", "snippets[0] needs \"id\" and \"code\".")]
    [InlineData("""{"snippets": [{"id": "a", "code": null}]}""", "snippets[0] needs \"id\" and \"code\".")]
    [InlineData("""{"snippets": [{"id": {}, "code": "x"}]}""", "snippets[0].id must be a text.")]
    [InlineData("""{"snippets": [{"id": "a", "code": "\ud800"}]}""", "snippets[0].code is not valid Unicode.")]
    [InlineData("""{"snippets": [{"id": "a", "code": "x"}, {"id": "a", "code": "y"}]}""", "The identifier \"a\" stands twice.")]
    [InlineData("""{"snippets": [{"id": "a", "code": "x", "code": "y"}]}""", "\"code\" in snippets[0] stands twice.")]
    [InlineData("""{"snippets": [{"id": "a", "code": "x"}], "timeout": -1}""", "\"timeout\" must be a number of seconds, 0 or more.")]
    [InlineData("""{"snippets": [{"id": "a", "code": "x"}], "debug": "yes"}""", "\"debug\" must be true or false.")]
    [InlineData("[]", "the body must be an object.")]
    [InlineData("", "The body is empty; a JSON object is needed.")]
    [InlineData("{", "The body is not JSON at line 1, byte 2.")]
    [InlineData("{} {}", "The body is not JSON at line 1, byte 4.")]
    public async Task What_is_wrong_with_a_request_is_told(string body, string detail)
    {
        await using var stand = await Stand.StartAsync();
        var answer = await stand.PostAsync("/api/check", body);
        Assert.Equal(400, answer.Status);
        Assert.Equal(detail, answer.Detail);
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(p => p.Name);
}
