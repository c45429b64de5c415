using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using Ratchet.Loop;

namespace Ratchet.Service.Tests.Load;

/// <summary>A client that sends one request after the other, good, hostile and malformed ones in turn, and knows what each must be answered.</summary>
internal sealed class LoadClient : IDisposable
{
    private const string Code = "Theorem t : A /\\\\ B -> B /\\\\ A. Proof. intros [h g]. split. exact g. exact h. Qed.";
    private const string WrongCode = "Theorem t : A -> B. Proof. intros h. exact h. Qed.";
    private const string Good = """{"statement": "A /\\ B -> B /\\ A", "proof": "intros [h g]. split. exact g. exact h."}""";
    private static readonly string Deep = new('[', 100_000);

    private readonly Uri _url;
    private readonly string _key;
    private readonly HttpClient _http;
    private readonly (string Kind, Func<CancellationToken, Task<string?>> Send)[] _kinds;
    private RandomStream _stream;
    private int? _next;

    /// <summary>Makes a client.</summary>
    /// <param name="url">Address of the service.</param>
    /// <param name="key">Its key.</param>
    /// <param name="stream">Draws its requests.</param>
    /// <param name="first">Which kind comes first, in a circle, so that many clients together send every kind.</param>
    public LoadClient(Uri url, string key, RandomStream stream, int first)
    {
        _next = first;
        _url = url;
        _key = key;
        _stream = stream;
        _http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(120) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        _kinds =
        [
            ("good: one proof", GoodAsync),
            ("good: one proof", GoodAsync),
            ("good: a batch in Kimina's form", BatchAsync),
            ("good: the older form", OlderAsync),
            ("good: wrong proof rejected", WrongAsync),
            ("good: an agent's tool call", AgentAsync),
            ("hostile: a proof of 400,000 letters", token => VerdictAsync(Item("A -> A", new string('x', 400_000)), "unknown", token)),
            ("hostile: 12,000 steps", token => VerdictAsync(Item("A -> A", string.Concat(Enumerable.Repeat("intros. ", 12_000))), "unknown", token)),
            ("hostile: a formula nested 100,000 deep", token => StatusAsync("/v1/verify", Item(new string('(', 100_000), "x"), 400, token)),
            ("hostile: brackets nested 100,000 deep", token => StatusAsync("/api/check", $$"""{"snippets": {{Deep}}""", 400, token)),
            ("hostile: 300,000 empty snippets", token => StatusAsync("/api/check", $$"""{"snippets": [{{string.Join(',', Enumerable.Repeat("{}", 300_000))}}]}""", 400, token)),
            ("hostile: a body of 3 MiB", token => StatusAsync("/v1/verify", new string(' ', 3 << 20), 413, token)),
            ("hostile: a wrong key", token => RawAsync(RawHttp.Post("/v1/verify", Good, "not-a-key-at-all-0"), 401, token)),
            ("hostile: gone before the answer", token => GoneAsync(RawHttp.Post("/v1/verify", Good, _key), token)),
            ("hostile: half a body and gone", token => GoneAsync(RawHttp.Post("/v1/verify", Good, _key, Good.Length + 10), token)),
            ("malformed: cut JSON", token => StatusAsync("/v1/verify", Good[..(10 + _stream.NextInt(Good.Length - 20))], 400, token)),
            ("malformed: wrong types", token => StatusAsync("/verify", """{"codes": [{"custom_id": [], "proof": 7}]}""", 400, token)),
            ("malformed: no HTTP", token => RawAsync(Encoding.ASCII.GetBytes("GIVE ME ALL\r\n\r\n"), 400, token)),
            ("malformed: no such route", token => StatusAsync("/api/nothing", Good, 404, token)),
        ];
    }

    /// <summary>Sends one request, after the first drawn at random; says what kind it was, and what was wrong with its answer or null.</summary>
    public async Task<(string Kind, string? Wrong)> SendAsync(CancellationToken cancellationToken)
    {
        var (kind, send) = _kinds[(_next ?? _stream.NextInt(_kinds.Length)) % _kinds.Length];
        _next = null;
        try
        {
            return (kind, await send(cancellationToken));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or TaskCanceledException or TimeoutException or McpException)
        {
            return (kind, $"lost: {e.GetType().Name}: {e.Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    private static string Item(string statement, string proof) => JsonSerializer.Serialize(new { statement, proof });

    private Task<string?> GoodAsync(CancellationToken token) => VerdictAsync(Good, "accepted", token);

    private Task<string?> WrongAsync(CancellationToken token) => VerdictAsync(Item("A -> B", "intros h. exact h."), "rejected", token);

    private async Task<string?> VerdictAsync(string body, string outcome, CancellationToken token)
    {
        var answer = await PostAsync("/v1/verify", body, token);
        if (answer.Status != 200)
            return $"status {answer.Status}";
        var got = JsonSerializer.Deserialize<JsonElement>(answer.Body).GetProperty("outcome").GetString();
        return got == outcome ? null : $"{got} and not {outcome}: {answer.Body[..Math.Min(300, answer.Body.Length)]}";
    }

    private async Task<string?> BatchAsync(CancellationToken token)
    {
        var snippets = string.Join(',', Enumerable.Range(0, 20).Select(i => $$"""{"id": "{{i}}", "code": "{{(i % 2 == 0 ? Code : WrongCode)}}"}"""));
        var answer = await PostAsync("/api/check", $$"""{"snippets": [{{snippets}}], "timeout": 30}""", token);
        if (answer.Status != 200)
            return $"status {answer.Status}";
        var results = JsonSerializer.Deserialize<JsonElement>(answer.Body).GetProperty("results").EnumerateArray().ToList();
        var right = results.Count == 20 && results.Select((r, i) => r.GetProperty("id").GetString() == $"{i}" && r.GetProperty("response").TryGetProperty("messages", out _) == (i % 2 == 1)).All(x => x);
        return right ? null : $"a wrong answer: {answer.Body[..Math.Min(300, answer.Body.Length)]}";
    }

    private async Task<string?> OlderAsync(CancellationToken token)
    {
        var answer = await PostAsync("/verify", $$"""{"codes": [{"custom_id": "c", "proof": "{{Code}}"}]}""", token);
        return answer.Status == 200 && answer.Body.StartsWith("""{"results":[{"custom_id":"c","error":null,"response":{"env":0,"time":""", StringComparison.Ordinal) ? null : $"status {answer.Status}: {answer.Body}";
    }

    private async Task<string?> AgentAsync(CancellationToken token)
    {
        var options = new HttpClientTransportOptions
        {
            Endpoint = new Uri(_url, "/mcp"), TransportMode = HttpTransportMode.StreamableHttp, AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = $"Bearer {_key}" },
        };

        // A version of the protocol that begins with a handshake; newer ones are tried by the client with a time limit of its own, which a busy machine may miss.
        var version = new McpClientOptions { ProtocolVersion = "2025-06-18", InitializationTimeout = TimeSpan.FromSeconds(120) };
        await using var agent = await McpClient.CreateAsync(new HttpClientTransport(options, _http, ownsHttpClient: false), version, cancellationToken: token);
        var result = await agent.CallToolAsync("verify_proof", new Dictionary<string, object?> { ["statement"] = "A -> A", ["proof"] = "intros h. exact h." }, cancellationToken: token);
        var outcome = result.StructuredContent?.GetProperty("outcome").GetString();
        return outcome == "accepted" ? null : $"the agent got {outcome ?? "an error"}";
    }

    /// <summary>Sends a request and closes the connection at once.</summary>
    private async Task<string?> GoneAsync(byte[] request, CancellationToken token)
    {
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(_url.Host, _url.Port, token);
        await socket.GetStream().WriteAsync(request, token);
        return null;
    }

    private async Task<string?> StatusAsync(string path, string body, int status, CancellationToken token)
    {
        var answer = await PostAsync(path, body, token);
        return answer.Status == status ? null : $"status {answer.Status} and not {status}";
    }

    private async Task<string?> RawAsync(byte[] bytes, int status, CancellationToken token)
    {
        var got = await RawHttp.SendAsync(_url, bytes, TimeSpan.FromSeconds(60), token);
        return got == status ? null : $"status {got} and not {status}";
    }

    private async Task<(int Status, string Body)> PostAsync(string path, string body, CancellationToken token)
    {
        // The server may refuse a long body before it has all of it; asked first, the client does not send it.
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.ExpectContinue = body.Length > 1 << 20;
        using var response = await _http.SendAsync(request, token);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(token));
    }
}
