using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Ratchet.Attempts;
using Ratchet.Domains.Propositional;
using Ratchet.Journal;
using Ratchet.Recipes;
using Ratchet.Runs;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.Tests.ExpertIteration;

/// <summary>Runs whose attempts a model elsewhere makes: here a server that knows every proof.</summary>
public sealed class EndpointRunTests : IDisposable
{
    private const string Variable = "RATCHET_TEST_RUN_KEY", Key = "sk-run-secret-0123456789";

    private readonly TemporaryFolder _folder = new();
    private readonly OracleServer _server = new();

    public EndpointRunTests() => Environment.SetEnvironmentVariable(Variable, Key);

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_model_learns_from_verified_texts_of_an_endpoint_which_stay_marked_as_not_its_own()
    {
        var recipe = Recipe();
        var summary = await TinyRun.StartAsync(recipe, _folder["run"]);
        Assert.Equal("completed", summary.Status);
        var attempts = TinyRun.Read(_folder["run"], j => j.Attempts(new AttemptQuery { Phase = Phase.Train }));
        Assert.All(attempts, a => Assert.True(a.Attempt is { IsOffPolicy: true, Policy: "endpoint:oracle", LogProbabilities.Count: 0 }));
        Assert.True(attempts.Count(a => a.Verdict.IsAccepted) > attempts.Count / 2, "the oracle's proofs are not accepted");
        Assert.Equal(attempts.Count, summary.OffPolicyAttempts);
        Assert.Equal(new EndpointSummary("oracle", _server.Calls, _server.Calls * 50L, _server.Calls * 20L, _server.Calls * 0.00009), summary.Endpoint! with { Cost = Math.Round(summary.Endpoint.Cost, 9) });
        Assert.All(TinyRun.Read(_folder["run"], j => j.Attempts(new AttemptQuery { Phase = Phase.Heldout })), a => Assert.False(a.Attempt.IsOffPolicy));
        Assert.True(TinyRun.Read(_folder["run"], j => j.Lineage("round-1")).Any(r => r.AttemptIds.Count > 0), "nothing was learned from the endpoint");
        Assert.Contains($"Bearer {Key}", _server.Authorizations);
        foreach (var file in Directory.GetFiles(_folder["run"], "*", SearchOption.AllDirectories))
            Assert.True(File.ReadAllBytes(file).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(Key)) < 0, $"the key is in {file}");
    }

    [Fact]
    public async Task A_run_stops_before_its_budget_and_goes_on_with_a_higher_one_without_paying_twice()
    {
        var recipe = Recipe() with { Rounds = 1 };
        var whole = await TinyRun.StartAsync(recipe, _folder["whole"]);
        var paid = _server.Calls;
        var error = await Assert.ThrowsAsync<RatchetException>(() => TinyRun.StartAsync(With(recipe, e => e with { Budget = 0.0015 }), _folder["run"]));
        Assert.StartsWith("The budget of 0.0015 does not allow another call", error.Message, StringComparison.Ordinal);
        Assert.InRange(_server.Calls - paid, 1, 16);
        var path = Path.Combine(_folder["run"], "recipe.yaml");
        File.WriteAllText(path, File.ReadAllText(path).Replace("budget: 0.0015", "budget: 100", StringComparison.Ordinal));
        var resumed = await TinyRun.ResumeAsync(_folder["run"]);
        Assert.Equal(2 * paid, _server.Calls);
        Assert.Equal(whole.WeightsHash, resumed.WeightsHash);
        Assert.Equal(paid, resumed.Endpoint!.Calls);

        File.WriteAllText(path, File.ReadAllText(path).Replace("max_tokens: 64", "max_tokens: 63", StringComparison.Ordinal));
        await Assert.ThrowsAsync<RatchetException>(() => TinyRun.ResumeAsync(_folder["run"]));
    }

    [Fact]
    public async Task Without_learning_the_endpoint_itself_is_evaluated()
    {
        var recipe = Recipe() with { Rounds = 1, Learn = TinyRun.Recipe.Learn with { Epochs = 0 } };
        var summary = await TinyRun.StartAsync(recipe, _folder["run"]);
        Assert.Equal(("completed", 0L, null), (summary.Status, summary.Parameters, summary.WeightsHash));
        Assert.True(summary.Rounds[0].Heldout.PassAtK[1].Value > 0.5);
        Assert.Equal("endpoint:oracle", summary.Rounds[1].Checkpoint);
        Assert.True(File.Exists(Path.Combine(_folder["run"], "report.html")));
        var calls = _server.Calls;
        var again = await TinyRun.ResumeAsync(_folder["run"]);
        Assert.Equal((calls, summary.OffPolicyAttempts), (_server.Calls, again.OffPolicyAttempts));
    }

    [Fact]
    public void Settings_that_cannot_be_are_told()
    {
        var path = _folder["wrong.yaml"];
        File.WriteAllText(path, "system: expert-iteration\nname: x\nlearn:\n  epochs: 0\n");
        Assert.Contains("Without learning nothing would change", Assert.Throws<RatchetException>(() => SystemRecipes.Catalog.ReadFile(path).ThrowIfWrong()).Message, StringComparison.Ordinal);
        File.WriteAllText(path, "system: expert-iteration\nname: x\npropose:\n  endpoint:\n    url: ftp://x\n    api_key_env: \"sk-123\"\n");
        var message = Assert.Throws<RatchetException>(() => SystemRecipes.Catalog.ReadFile(path).ThrowIfWrong()).Message;
        Assert.Contains("propose.endpoint.url", message, StringComparison.Ordinal);
        Assert.Contains("propose.endpoint.api_key_env", message, StringComparison.Ordinal);
        Assert.Contains("propose.endpoint.model: This key is missing", message, StringComparison.Ordinal);
    }

    private static ExpertIterationRecipe With(ExpertIterationRecipe recipe, Func<EndpointSettings, EndpointSettings> change) =>
        recipe with { Propose = recipe.Propose with { Endpoint = change(recipe.Propose.Endpoint!) } };

    private ExpertIterationRecipe Recipe() => TinyRun.Recipe with
    {
        Rounds = 2,
        Propose = TinyRun.Recipe.Propose with
        {
            Samples = 2,
            Endpoint = new EndpointSettings { Url = _server.Url, Model = "oracle", ApiKeyEnv = Variable, MaxTokens = 64, PriceInput = 1, PriceOutput = 2, Retries = 2 },
        },
    };

    /// <summary>A chat server that proves what it is told.</summary>
    private sealed class OracleServer : IDisposable
    {
        private readonly HttpListener _listener = new();
        private int _calls;

        public OracleServer()
        {
            using (var probe = new TcpListener(IPAddress.Loopback, 0))
            {
                probe.Start();
                Url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/v1";
            }

            _listener.Prefixes.Add(Url + "/");
            _listener.Start();
            _ = Task.Run(ServeAsync);
        }

        public string Url { get; }

        public int Calls => Volatile.Read(ref _calls);

        public HashSet<string> Authorizations { get; } = [];

        public void Dispose() => _listener.Close();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    var context = await _listener.GetContextAsync();
                    Interlocked.Increment(ref _calls);
                    lock (Authorizations)
                        Authorizations.Add(context.Request.Headers["Authorization"] ?? "");
                    var body = (await JsonNode.ParseAsync(context.Request.InputStream))!;
                    var script = PropositionalOracle.Decide((string)body["messages"]![1]!["content"]!).Script ?? "auto.";
                    var reply = new JsonObject
                    {
                        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = new JsonObject { ["content"] = $"This is it:\n```\n{script}\n```" }, ["finish_reason"] = "stop" }),
                        ["usage"] = new JsonObject { ["prompt_tokens"] = 50, ["completion_tokens"] = 20 },
                    };
                    await using var writer = new StreamWriter(context.Response.OutputStream);
                    await writer.WriteAsync(reply.ToJsonString());
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
