using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Lean;

namespace Ratchet.Verifiers.Tests.Lean;

public sealed class LeanServerBackendTests
{
    private static readonly LeanServerOptions Options = new() { Address = new Uri("http://lean.example:8000/"), MaxRequests = 1, Time = new HastyClock() };

    [Theory]
    [InlineData(LeanServerRoute.Check, "/api/check", """{"snippets":[{"id":"0","code":"CODE"}],"timeout":60,"debug":false,"reuse":true}""")]
    [InlineData(LeanServerRoute.Verify, "/verify", """{"codes":[{"custom_id":"0","proof":"CODE"}],"timeout":60,"disable_cache":false}""")]
    public async Task A_file_goes_by_either_route_with_the_key(LeanServerRoute route, string path, string body)
    {
        var peer = new ServerPeer((_, _, request) => ServerPeer.Ok(new { results = ServerPeer.Files(request).Select(f => Fine(f, route)) }));
        await using var verifier = await LeanVerifier.CreateAsync(new LeanServerBackend(Options with { Route = route, ApiKey = "s3cret", Mathlib = "abc" }, peer.Client));

        var verdict = await verifier.VerifyAsync(LeanData.Problem("import Mathlib\n\n" + LeanData.Statement), "  rfl", CancellationToken.None);

        Assert.IsType<Verdict.Accepted>(verdict);
        Assert.Equal("Lean 4.19.0, Mathlib abc", verifier.Toolchain.ToString());
        Assert.All(peer.Requests, r => Assert.Equal((path, "Bearer s3cret"), (r.Path, r.Authorization)));
        var sent = ServerPeer.Files(peer.Requests[1].Body)[0].Code;
        Assert.StartsWith("import Mathlib\n\ntheorem goal (n : Nat) : n + 0 = n := by\n  rfl\n", sent);
        Assert.Equal(JsonDocument.Parse(body.Replace("\"CODE\"", JsonSerializer.Serialize(sent), StringComparison.Ordinal)).RootElement.ToString(), JsonSerializer.SerializeToElement(peer.Requests[1].Body).ToString());
    }

    [Fact]
    public async Task Errors_are_placed_in_the_text_although_the_server_counts_lines_after_the_imports()
    {
        var peer = Peer(f => new { id = f.Id, time = 0.1, response = new { messages = (object[])[new { severity = "error", pos = new { line = 2, column = 8 }, endPos = new { line = 2, column = 11 }, data = "unknown identifier 'foo'" }, .. ServerPeer.EndOf(f.Code)] } });
        await using var verifier = await LeanVerifier.CreateAsync(new LeanServerBackend(Options, peer.Client));

        var verdict = await verifier.VerifyAsync(LeanData.Problem("import Mathlib\n\n\n" + LeanData.Statement), "  exact foo", CancellationToken.None);

        Assert.Equal(new Feedback(8, 11, "unknown identifier 'foo'"), Assert.IsType<Verdict.Rejected>(verdict).Feedback[0]);
    }

    [Fact]
    public async Task A_busy_server_is_waited_for_as_long_as_it_says()
    {
        var clock = new HastyClock();
        var refusals = new Queue<HttpResponseMessage>();
        var peer = new ServerPeer((_, _, body) => refusals.TryDequeue(out var refusal) ? refusal : ServerPeer.Ok(new { results = ServerPeer.Files(body).Select(f => Fine(f, LeanServerRoute.Check)) }));
        await using var verifier = await LeanVerifier.CreateAsync(new LeanServerBackend(Options with { Time = clock, RetryDelay = TimeSpan.FromSeconds(2) }, peer.Client));
        refusals.Enqueue(Busy(new RetryConditionHeaderValue(TimeSpan.FromSeconds(7))));
        refusals.Enqueue(Busy(new RetryConditionHeaderValue(clock.GetUtcNow().AddSeconds(11))));
        refusals.Enqueue(Busy(new RetryConditionHeaderValue(TimeSpan.FromHours(1))));
        refusals.Enqueue(ServerPeer.Status(HttpStatusCode.BadGateway));

        var verdict = await verifier.VerifyAsync(LeanData.Problem(), "  rfl", CancellationToken.None);

        Assert.IsType<Verdict.Accepted>(verdict);
        Assert.Equal([7, 11, 30, 16], clock.Waits.Select(w => w.TotalSeconds));
        Assert.Equal(6, peer.Count);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, 4, "The Lean server at http://lean.example:8000/ is busy and stays so (429).")]
    [InlineData(HttpStatusCode.InternalServerError, 4, "The Lean server at http://lean.example:8000/ answers 500: oh no")]
    [InlineData(HttpStatusCode.Unauthorized, 1, "The Lean server at http://lean.example:8000/ refuses the key: set the right one.")]
    [InlineData(HttpStatusCode.NotFound, 1, "The Lean server at http://lean.example:8000/ has no route /api/check: set the other route.")]
    public async Task A_server_that_refuses_is_an_outage_that_says_what_to_do(HttpStatusCode status, int requests, string message)
    {
        var down = false;
        var peer = new ServerPeer((_, _, body) => down ? ServerPeer.Status(status, "oh no") : ServerPeer.Ok(new { results = ServerPeer.Files(body).Select(f => Fine(f, LeanServerRoute.Check)) }));
        await using var verifier = await LeanVerifier.CreateAsync(new LeanServerBackend(Options with { Retries = 3 }, peer.Client));
        down = true;

        var verdict = await verifier.VerifyAsync(LeanData.Problem(), "  rfl", CancellationToken.None);

        Assert.Equal(VerdictReason.Unavailable, Assert.IsType<Verdict.Unknown>(verdict).Reason);
        Assert.Equal(message, verdict.Feedback[0].Message);
        Assert.Equal(1 + requests, peer.Count);
    }

    [Fact]
    public async Task A_server_that_is_not_there_or_not_Lean_is_named_at_the_start()
    {
        var nobody = new ServerPeer((_, _, _) => throw new HttpRequestException("Connection refused"));
        var other = Peer(f => new { id = f.Id, response = new { messages = Array.Empty<object>() } });
        var three = Peer(f => new { id = f.Id, response = new { messages = (object[])[new { severity = "info", data = "\"3.51.1\"" }] } }, identify: false);

        var missing = await RefusedAsync(nobody);
        var silent = await RefusedAsync(new ServerPeer((_, _, _) => ServerPeer.Ok(new { hello = "world" })));
        var old = await RefusedAsync(three);

        Assert.Equal(("The Lean server at http://lean.example:8000/ cannot be reached: Connection refused", "Start a Lean server, set its address (now http://lean.example:8000/) and, where it asks for one, its key."), (missing.Message, missing.Remedy));
        Assert.Equal("The Lean server's answer leaves a file out: {\"hello\":\"world\"}", silent.Message);
        Assert.Equal("http://lean.example:8000/ is Lean 3.51.1; Lean 4 is needed.", old.Message);
        Assert.Equal(0, other.Count);
    }

    [Theory]
    [InlineData("Lean process timed out", VerdictReason.TimedOut)]
    [InlineData("Lean REPL command timed out in 60 seconds", VerdictReason.TimedOut)]
    [InlineData("Lean REPL process exited unexpectedly", VerdictReason.Crashed)]
    [InlineData("Memory limit exceeded", VerdictReason.OutOfMemory)]
    [InlineData("something else", VerdictReason.Unavailable)]
    public async Task Errors_of_the_server_are_unknown_with_a_reason(string error, VerdictReason reason)
    {
        var peer = Peer(f => new { id = f.Id, time = 60.0, error });
        await using var verifier = await LeanVerifier.CreateAsync(new LeanServerBackend(Options, peer.Client));

        Assert.Equal(reason, Assert.IsType<Verdict.Unknown>(await verifier.VerifyAsync(LeanData.Problem(), "  rfl", CancellationToken.None)).Reason);
    }

    [Fact]
    public async Task What_waits_goes_along_in_one_request_and_answers_find_their_file_by_its_identifier()
    {
        using var entered = new SemaphoreSlim(0);
        using var go = new ManualResetEventSlim();
        var peer = new ServerPeer((p, _, body) =>
        {
            if (p.Count == 2)
            {
                // The first file after the question for the version: the others queue up behind it.
                entered.Release();
                go.Wait();
            }

            // Answered in the reverse order.
            return ServerPeer.Ok(new { results = ServerPeer.Files(body).Reverse().Select(f => f.Code.Contains("exact bad", StringComparison.Ordinal) ? Bad(f) : Fine(f, LeanServerRoute.Check)) });
        });
        await using var verifier = await LeanVerifier.CreateAsync(new LeanServerBackend(Options with { BatchSize = 4 }, peer.Client));

        var first = verifier.VerifyAsync(LeanData.Problem(), "  exact good0", CancellationToken.None).AsTask();
        await entered.WaitAsync();
        var others = Enumerable.Range(1, 6).Select(i => verifier.VerifyAsync(LeanData.Problem(), $"  exact {(i % 2 == 0 ? "bad" : "good")}{i}", CancellationToken.None).AsTask()).ToList();
        await Task.WhenAny(Task.WhenAll(others), UntilQueuedAsync());
        go.Set();

        Assert.IsType<Verdict.Accepted>(await first);
        var verdicts = await Task.WhenAll(others);
        Assert.Equal([true, false, true, false, true, false], verdicts.Select(v => v.IsAccepted));
        Assert.Equal(8, peer.Requests.Sum(r => ServerPeer.Files(r.Body).Count));
        Assert.All(peer.Requests, r => Assert.InRange(ServerPeer.Files(r.Body).Count, 1, 4));
        Assert.InRange(peer.Count, 4, 5);

        // Checks start on the thread pool; what they queue is seen in the requests, so nothing more is waited for than that they began.
        static async Task UntilQueuedAsync()
        {
            for (var i = 0; i < 200; i++)
                await Task.Yield();
        }
    }

    /// <summary>The recorded answers of a server for whole files: all accepted without error, or timed out.</summary>
    [Theory]
    [InlineData(LeanServerRoute.Check)]
    [InlineData(LeanServerRoute.Verify)]
    public async Task Recorded_server_answers_are_classified_as_labelled(LeanServerRoute route)
    {
        var rows = LeanData.Rows(await File.ReadAllTextAsync(LeanData.Shared("lean-workbook-proofs/checked_proofs.jsonl")))
            .Select(r => (Name: r.GetProperty("name").GetString()!, Code: Unwrapped(r.GetProperty("code")).GetString()!, Result: Unwrapped(r.GetProperty("expected")).GetProperty("results")[0])).ToList();
        var byStart = rows.ToDictionary(r => Squeezed(r.Code), r => r.Result);
        var peer = new ServerPeer((_, _, body) => ServerPeer.Ok(new { results = ServerPeer.Files(body).Select(f => Recorded(f, byStart, route)) }));
        await using var verifier = await LeanVerifier.CreateAsync(new LeanServerBackend(Options with { Route = route }, peer.Client));
        var counts = new Dictionary<string, int>();
        foreach (var (name, code, result) in rows)
        {
            var at = code.IndexOf(":= by\n", StringComparison.Ordinal);
            var verdict = await verifier.VerifyAsync(LeanData.Problem(code[..(at + 5)]), code[(at + 6)..], CancellationToken.None);

            var label = result.GetProperty("error").ValueKind == JsonValueKind.String ? "unknown TimedOut" : "accepted Proved";
            Assert.True($"{verdict.Outcome} {verdict.Reason}" == label, $"{name}: {verdict.Outcome} {verdict.Reason} {string.Join('\n', verdict.Feedback.Select(f => f.Message))}");
            counts[label] = counts.GetValueOrDefault(label) + 1;
        }

        Assert.Equal((69, 3), (counts["accepted Proved"], counts["unknown TimedOut"]));
    }

    /// <summary>A recorded answer, with what Lean would say to the questions at the end of the file.</summary>
    private static object Recorded((string Id, string Code) file, Dictionary<string, JsonElement> recorded, LeanServerRoute route)
    {
        if (file.Code.StartsWith("#eval", StringComparison.Ordinal))
            return Fine(file, route);
        var result = recorded[Squeezed(file.Code[..file.Code.IndexOf("\n#print \"ratchet", StringComparison.Ordinal)])];
        object? error = result.GetProperty("error").ValueKind == JsonValueKind.String ? result.GetProperty("error").GetString() : null;
        var messages = error is null && result.GetProperty("response").TryGetProperty("messages", out var list) ? list.EnumerateArray().Cast<object>() : [];
        var response = error is null ? new { messages = messages.Concat(ServerPeer.EndOf(file.Code, "propext", "Classical.choice", "Quot.sound")) } : null;
        return route == LeanServerRoute.Check ? new { id = file.Id, error, response } : new { custom_id = file.Id, error, response };
    }

    private static string Squeezed(string code) => string.Concat(code.Where(c => !char.IsWhiteSpace(c)));

    private static JsonElement Unwrapped(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString()!.TrimStart() is ['"' or '{', ..] text ? JsonDocument.Parse(text).RootElement : value;

    private static ServerPeer Peer(Func<(string Id, string Code), object> answer, bool identify = true) =>
        new((_, _, body) => ServerPeer.Ok(new { results = ServerPeer.Files(body).Select(f => identify && f.Code.StartsWith("#eval", StringComparison.Ordinal) ? Fine(f, LeanServerRoute.Check) : answer(f)) }));

    private static object Fine((string Id, string Code) file, LeanServerRoute route)
    {
        object[] messages = file.Code.StartsWith("#eval", StringComparison.Ordinal) ? [new { severity = "info", pos = new { line = 1, column = 0 }, data = "\"4.19.0\"" }] : [.. ServerPeer.EndOf(file.Code, "propext")];
        return route == LeanServerRoute.Check ? new { id = file.Id, time = 0.1, response = new { env = 1, messages } } : new { custom_id = file.Id, error = (string?)null, response = new { env = 1, messages, time = 0.1 } };
    }

    private static object Bad((string Id, string Code) file) =>
        new { id = file.Id, response = new { messages = (object[])[new { severity = "error", pos = new { line = 2, column = 2 }, data = "bad" }, .. ServerPeer.EndOf(file.Code)] } };

    private static HttpResponseMessage Busy(RetryConditionHeaderValue wait)
    {
        var response = ServerPeer.Status(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter = wait;
        return response;
    }

    private static async Task<RatchetException> RefusedAsync(ServerPeer peer)
    {
        await using var backend = new LeanServerBackend(Options with { Retries = 1 }, peer.Client);
        return await Assert.ThrowsAsync<RatchetException>(() => LeanVerifier.CreateAsync(backend));
    }
}
