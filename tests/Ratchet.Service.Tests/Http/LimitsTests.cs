using System.Net;
using System.Net.Sockets;
using System.Text;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Systems.Verification;
using Ratchet.Verdicts;

namespace Ratchet.Service.Tests.Http;

/// <summary>Limits, keys, deadlines, and the end of the service.</summary>
public sealed class LimitsTests
{
    private const string KeyA = "aaaaaaaaaaaaaaaa";
    private const string KeyB = "bbbbbbbbbbbbbbbb";
    private const string Item = """{"statement": "A -> A", "proof": "intros h. exact h."}""";
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wrong_key_gets_nothing_but_the_health()
    {
        await using var stand = await Stand.StartAsync(new ServiceOptions { Keys = [KeyA, KeyB] });
        using var wrong = stand.NewClient("cccccccccccccccc");
        using var right = stand.NewClient(KeyB);

        var without = await Stand.PostAsync(stand.Client, "/v1/verify", Item);
        Assert.Equal((401, "A key is needed: Authorization: Bearer KEY."), (without.Status, without.Detail));
        Assert.Equal((401, "This key is not known."), ((await Stand.PostAsync(wrong, "/v1/verify", Item)).Status, (await Stand.PostAsync(wrong, "/api/check", Item)).Detail));
        foreach (var path in new[] { "/metrics", "/v1/verifiers", "/mcp" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await wrong.GetAsync(path, Stop)).StatusCode);
        Assert.Equal(200, (await Stand.PostAsync(right, "/v1/verify", Item)).Status);
        Assert.Equal("""{"status":"ok"}""", await wrong.GetStringAsync("/health", Stop));

        // The header of the older servers.
        stand.Client.DefaultRequestHeaders.Add("X-Auth-Token", $"Bearer {KeyA}");
        Assert.Equal(200, (await Stand.PostAsync(stand.Client, "/v1/verify", Item)).Status);
    }

    [Fact]
    public async Task A_page_in_a_browser_is_kept_out()
    {
        await using var stand = await Stand.StartAsync();
        stand.Client.DefaultRequestHeaders.Add("Origin", "https://example.org");
        Assert.Equal((403, "Requests of web pages are not served."), (await stand.PostAsync("/v1/verify", Item) is var a ? (a.Status, a.Detail) : default));

        using var rebound = stand.NewClient();
        rebound.DefaultRequestHeaders.Host = "example.org";
        Assert.Equal(403, (await Stand.PostAsync(rebound, "/v1/verify", Item)).Status);
    }

    [Fact]
    public async Task A_body_that_is_too_long_gets_413_whether_it_says_its_length_or_not()
    {
        await using var stand = await Stand.StartAsync(new ServiceOptions { MaxBodyBytes = 4096 });
        var fits = Item.PadRight(4096);
        Assert.Equal(200, (await stand.PostAsync("/v1/verify", fits)).Status);
        Assert.Equal((413, "The body may have at most 4096 bytes."), (await stand.PostAsync("/v1/verify", fits + " ") is var a ? (a.Status, a.Detail) : default));

        Assert.Equal(413, await ChunkedAsync(stand.Client, fits + " "));
        Assert.Equal(200, await ChunkedAsync(stand.Client, fits));
        Assert.Equal(0, stand.Service.Checks.Bodies.Held);
    }

    [Fact]
    public async Task Too_many_proofs_in_one_request_get_413()
    {
        await using var stand = await Stand.StartAsync(new ServiceOptions { MaxItems = 2 });
        var three = $$"""{"items": [{{Item}}, {{Item}}, {{Item}}]}""";
        Assert.Equal((413, "A request may hold at most 2 proofs."), (await stand.PostAsync("/v1/verify", three) is var a ? (a.Status, a.Detail) : default));
    }

    [Fact]
    public async Task Only_JSON_is_taken()
    {
        await using var stand = await Stand.StartAsync();
        using var content = new StringContent(Item, Encoding.UTF8, "text/plain");
        using var response = await stand.Client.PostAsync("/v1/verify", content, Stop);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task A_full_queue_gets_429_with_the_time_to_wait_and_other_clients_are_served()
    {
        var verifier = new GatedVerifier();
        await using var stand = await Stand.StartAsync(verifier, new ServiceOptions { Keys = [KeyA, KeyB], MaxPendingPerClient = 1 });
        using var a = stand.NewClient(KeyA);
        using var b = stand.NewClient(KeyB);
        var first = Stand.PostAsync(a, "/v1/verify", Item);
        await verifier.StartedAsync();

        var second = await Stand.PostAsync(a, "/v1/verify", Item);
        var other = Stand.PostAsync(b, "/v1/verify", Item);
        await verifier.StartedAsync();
        verifier.LetGo(2);

        Assert.Equal((429, "1"), (second.Status, second.RetryAfter));
        Assert.Equal("The queue of 'propositional' is full: 1 proofs are pending.", second.Detail);
        Assert.Equal((200, 200), ((await first).Status, (await other).Status));
        verifier.LetGo();
        Assert.Equal(200, (await Stand.PostAsync(a, "/v1/verify", Item)).Status);
    }

    [Fact]
    public async Task A_client_that_calls_too_often_gets_429_and_others_do_not()
    {
        await using var stand = await Stand.StartAsync(new ServiceOptions { Keys = [KeyA, KeyB], RequestsPerSecond = 1 });
        using var a = stand.NewClient(KeyA);
        using var b = stand.NewClient(KeyB);
        var answers = new List<Answer>();
        for (var i = 0; i < 20; i++)
            answers.Add(await Stand.PostAsync(a, "/v1/verify", Item));
        var refused = answers.Where(r => r.Status == 429).ToList();
        Assert.Equal(200, answers[0].Status);
        Assert.NotEmpty(refused);
        Assert.All(refused, r => Assert.Equal(("At most 1 requests a second.", true), (r.Detail, int.Parse(r.RetryAfter!) >= 1)));
        Assert.Equal(200, (await Stand.PostAsync(b, "/v1/verify", Item)).Status);
    }

    [Fact]
    public async Task What_is_not_judged_by_the_deadline_is_unknown_and_nothing_is_lost()
    {
        var verifier = new GatedVerifier { Deaf = true };
        await using var stand = await Stand.StartAsync(verifier, new ServiceOptions { Deadline = TimeSpan.FromMilliseconds(200), Verifier = new VerifierOptions { Threads = 1 } });
        var answer = await stand.PostAsync("/v1/verify", $$"""{"items": [{{Item}}, {{Item}}]}""");
        Assert.Equal(200, answer.Status);
        Assert.Equal(["timed_out", "unavailable"], answer.Json.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("reason").GetString()));
        verifier.LetGo();
    }

    [Fact]
    public async Task A_verifier_that_does_not_listen_keeps_its_slot_and_its_client_gets_an_answer()
    {
        var verifier = new GatedVerifier { Deaf = true };
        await using var stand = await Stand.StartAsync(verifier, new ServiceOptions { Verifier = new VerifierOptions { Threads = 1 } });

        var answer = await stand.PostAsync("/v1/verify", """{"statement": "A", "proof": "x", "timeout": 0.05}""");

        Assert.Equal("timed_out", answer.Json.GetProperty("reason").GetString());
        Assert.Equal((1, 1), (verifier.Running, stand.Service.Checks.Desks[0].Queue.Busy));
        var next = stand.PostAsync("/v1/verify", Item);
        verifier.LetGo();
        await verifier.StartedAsync(2);
        verifier.LetGo();
        Assert.Equal("accepted", (await next).Json.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task A_client_that_goes_away_leaves_its_slot_to_others()
    {
        var verifier = new GatedVerifier();
        await using var stand = await Stand.StartAsync(verifier, new ServiceOptions { Verifier = new VerifierOptions { Threads = 1 } });
        using var impatient = stand.NewClient();
        using var leave = new CancellationTokenSource();
        using var content = new StringContent(Item, Encoding.UTF8, "application/json");
        var left = impatient.PostAsync("/v1/verify", content, leave.Token);
        await verifier.StartedAsync();

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        var next = stand.PostAsync("/v1/verify", Item);
        await verifier.StartedAsync();
        verifier.LetGo();

        Assert.Equal(200, (await next).Status);
    }

    [Fact]
    public async Task A_bug_of_a_verifier_is_unknown_and_no_answer_of_the_server()
    {
        await using var stand = await Stand.StartAsync(new BrokenVerifier());
        var answer = await stand.PostAsync("/v1/verify", Item);
        Assert.Equal((200, "unknown", "crashed"), (answer.Status, answer.Json.GetProperty("outcome").GetString(), answer.Json.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task Told_to_stop_it_answers_what_is_in_work_and_takes_nothing_new()
    {
        var verifier = new GatedVerifier();
        var stand = await Stand.StartAsync(verifier);
        var working = stand.PostAsync("/v1/verify", Item);
        await verifier.StartedAsync();
        var url = new Uri(stand.Service.Url);

        var stopped = stand.Service.DisposeAsync().AsTask();
        await UntilRefusedAsync(url);
        Assert.False(stopped.IsCompleted);
        verifier.LetGo();

        Assert.Equal("accepted", (await working).Json.GetProperty("outcome").GetString());
        await stopped;
    }

    [Fact]
    public async Task The_figures_count_checks_by_outcome_and_refusals_by_status()
    {
        await using var stand = await Stand.StartAsync();
        await stand.PostAsync("/v1/verify", Item);
        await stand.PostAsync("/v1/verify", "{");

        var text = await stand.Client.GetStringAsync("/metrics", Stop);

        Assert.Matches("""ratchet_checks_total\{[^}]*outcome="accepted",reason="proved",verifier="propositional"\} [1-9]""", text);
        Assert.Matches("""ratchet_requests_refused_total\{[^}]*status="400"\} [1-9]""", text);
        Assert.Contains("ratchet_check_duration_seconds_bucket", text, StringComparison.Ordinal);
        Assert.Contains("ratchet_checks_pending", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told_with_what_to_do()
    {
        await using var stand = await Stand.StartAsync();
        var port = new Uri(stand.Service.Url).Port;
        var e = await Assert.ThrowsAsync<Ratchet.Runs.RatchetException>(() => RatchetService.StartAsync(new ServiceOptions { Port = port }, Stop));
        Assert.StartsWith($"The service cannot listen on 127.0.0.1, port {port}", e.Message, StringComparison.Ordinal);
        Assert.Contains("--port", e.Remedy, StringComparison.Ordinal);
    }

    private static async Task<int> ChunkedAsync(HttpClient client, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/verify") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TransferEncodingChunked = true;
        using var response = await client.SendAsync(request, Stop);
        return (int)response.StatusCode;
    }

    private static async Task UntilRefusedAsync(Uri url)
    {
        while (true)
        {
            using var socket = new TcpClient();
            try
            {
                await socket.ConnectAsync(url.Host, url.Port, Stop);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private sealed class BrokenVerifier : IVerifier
    {
        public string Name => "broken";

        public string Version => "1";

        public ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken) => throw new InvalidOperationException("a bug");
    }
}
