using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using Ratchet.Runs;

namespace Ratchet.Sampling.Endpoints;

/// <summary>
/// Asks a server that speaks the OpenAI interface. Repeats what may succeed another time, with the same idempotency key, so that a server that keeps those charges once.
/// </summary>
/// <remarks>Safe from many threads.</remarks>
public sealed class EndpointClient : ICompletionModel, IDisposable
{
    private readonly EndpointOptions _options;
    private readonly HttpClient _http;
    private readonly TimeProvider _clock;
    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;
    private readonly Lock _pace = new();
    private readonly string? _key;
    private DateTimeOffset _next;
    private long _sendings;

    /// <summary>Makes a client.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="handler">Sends the requests; null for the network.</param>
    /// <param name="clock">Clock; null for the system's.</param>
    /// <exception cref="RatchetException">The address is wrong, or the variable of the key is not set.</exception>
    public EndpointClient(EndpointOptions options, HttpMessageHandler? handler = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _ = options.Address;
        _clock = clock ?? TimeProvider.System;
        if (options.ApiKeyVariable is { } variable)
        {
            _key = Environment.GetEnvironmentVariable(variable);
            if (string.IsNullOrEmpty(_key))
                throw new RatchetException($"The key of the endpoint is looked for in the environment variable {variable}, which is not set.", $"Set it: export {variable}=...") { ExitCode = 2 };
        }

        _http = handler is null ? new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) : new HttpClient(handler, disposeHandler: false);
        _http.Timeout = Timeout.InfiniteTimeSpan;
        _pipeline = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = _clock }
            .AddTimeout(options.Deadline)
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                ShouldHandle = static o => ValueTask.FromResult(o.Outcome.Exception is HttpRequestException or IOException or TimeoutRejectedException
                    || (o.Outcome.Result is { } response && MayHelp(response.StatusCode))),
                MaxRetryAttempts = Math.Max(options.Retries, 1),
                BackoffType = DelayBackoffType.Exponential,
                Delay = options.RetryDelay,
                UseJitter = true,
                DelayGenerator = o => ValueTask.FromResult(RetryAfter(o.Outcome.Result)),
                OnRetry = static o =>
                {
                    o.Outcome.Result?.Dispose();
                    return default;
                },
            })
            .AddTimeout(options.Timeout)
            .Build();
        if (options.Retries == 0)
            _pipeline = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = _clock }.AddTimeout(options.Timeout).Build();
    }

    /// <summary>Requests sent so far, repetitions included.</summary>
    public long Sendings => Interlocked.Read(ref _sendings);

    /// <inheritdoc/>
    public async Task<CompletionReply> CompleteAsync(CompletionCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        var body = Body(call).ToJsonString();
        var key = call.Key();
        try
        {
            using var response = await _pipeline.ExecuteAsync(async token => await SendAsync(body, key, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? Read(text, call) : throw Refused(response.StatusCode, text);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutRejectedException)
        {
            throw new RatchetException($"The endpoint {_options.Address} did not answer: {e.Message}", "See that it runs and can be reached. What was answered before is kept where replies are recorded.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static bool MayHelp(HttpStatusCode status) => status is HttpStatusCode.RequestTimeout or HttpStatusCode.Conflict or HttpStatusCode.TooManyRequests || (int)status >= 500;

    private TimeSpan? RetryAfter(HttpResponseMessage? response) => response?.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _clock.GetUtcNow() is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };

    private async Task<HttpResponseMessage> SendAsync(string body, string key, CancellationToken cancellationToken)
    {
        await PaceAsync(cancellationToken).ConfigureAwait(false);
        Interlocked.Increment(ref _sendings);
        using var request = new HttpRequestMessage(HttpMethod.Post, _options.Address) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", key);
        request.Headers.Add("X-Request-Id", key);
        if (_key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _key);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for this sending's place in the minute.</summary>
    private async Task PaceAsync(CancellationToken cancellationToken)
    {
        if (_options.RequestsPerMinute <= 0)
            return;
        TimeSpan wait;
        lock (_pace)
        {
            var now = _clock.GetUtcNow();
            var mine = _next > now ? _next : now;
            _next = mine + TimeSpan.FromMinutes(1 / _options.RequestsPerMinute);
            wait = mine - now;
        }

        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, _clock, cancellationToken).ConfigureAwait(false);
    }

    private JsonObject Body(CompletionCall call)
    {
        var body = new JsonObject { ["model"] = call.Model };
        if (_options.Api == EndpointApi.Chat)
            body["messages"] = new JsonArray([.. (call.Messages ?? throw new ArgumentException("A conversation is needed.", nameof(call))).Select(m => new JsonObject { ["role"] = m.Role, ["content"] = m.Content })]);
        else
            body["prompt"] = call.Prompt ?? throw new ArgumentException("A text is needed.", nameof(call));
        body["n"] = call.Count;
        body["max_tokens"] = call.MaxTokens;
        body["temperature"] = call.Temperature;
        body["top_p"] = call.TopP;
        if (_options.SendSeed)
            body["seed"] = call.Seed;
        if (call.Stops.Count > 0)
            body["stop"] = new JsonArray([.. call.Stops.Select(s => JsonValue.Create(s))]);
        if (call.LogProbabilities)
        {
            body["logprobs"] = _options.Api == EndpointApi.Chat ? true : 0;
            body["return_token_ids"] = true;
        }

        if (call.LogitBias.Count > 0)
            body["logit_bias"] = new JsonObject(call.LogitBias.OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => KeyValuePair.Create<string, JsonNode?>(b.Key, b.Value)));
        if (call.TopLogProbabilities > 0)
        {
            body["logprobs"] = _options.Api == EndpointApi.Chat ? true : call.TopLogProbabilities;
            if (_options.Api == EndpointApi.Chat)
                body["top_logprobs"] = call.TopLogProbabilities;
        }

        return body;
    }

    private RatchetException Refused(HttpStatusCode status, string text)
    {
        var said = "";
        try
        {
            var json = JsonNode.Parse(text);
            said = (string?)(json?["error"] is JsonObject error ? error["message"] : json?["detail"] ?? json?["message"]) ?? "";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            said = text;
        }

        // A server may repeat the key that it did not like.
        if (_key is not null)
            said = said.Replace(_key, "***", StringComparison.Ordinal);
        said = said.Length > 300 ? said[..300] + "..." : said;
        return new RatchetException($"The endpoint {_options.Address} answered {(int)status}: {said}", (int)status switch
        {
            401 or 403 => _options.ApiKeyVariable is { } variable ? $"See that {variable} holds a valid key." : "Name the environment variable with the key (api_key_env).",
            404 => "See that the address and the model's name are right.",
            429 => "Wait, or lower the rate or the number of calls at one time.",
            >= 500 => "Try again later: what was answered before is kept where replies are recorded.",
            _ => "Correct the settings that it names.",
        });
    }

    private CompletionReply Read(string text, CompletionCall call)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var root = json.RootElement;
            var choices = root.GetProperty("choices").EnumerateArray().OrderBy(c => c.TryGetProperty("index", out var i) ? i.GetInt32() : 0).Select(c => Choice(c, call)).ToList();
            var usage = root.TryGetProperty("usage", out var given) && given.ValueKind == JsonValueKind.Object ? given : (JsonElement?)null;
            return new CompletionReply { Choices = choices, InputTokens = Count(usage, "prompt_tokens"), OutputTokens = Count(usage, "completion_tokens") };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new RatchetException($"The endpoint {_options.Address} answered something that is no completion: {e.Message}", "See that the address is that of an OpenAI-style server.", e);
        }
    }

    private static CompletionChoice Choice(JsonElement choice, CompletionCall call)
    {
        var chat = choice.TryGetProperty("message", out var message);
        var content = chat ? (message.TryGetProperty("content", out var said) ? said : default) : choice.GetProperty("text");
        var ids = Numbers(choice, "token_ids", e => e.GetInt32());
        var drawn = Numbers(choice, "sampled_logprobs", e => e.GetSingle());
        var shown = Shown(choice);

        // What a server shows are its model's own; they are those of the draw only where nothing was changed about the distribution.
        var plain = call is { Temperature: 1, TopP: 1 };
        return new CompletionChoice
        {
            Text = content.ValueKind == JsonValueKind.String ? content.GetString()! : "",
            Finish = choice.TryGetProperty("finish_reason", out var finish) && finish.ValueKind == JsonValueKind.String ? finish.GetString() : null,
            PromptIds = Numbers(choice, "prompt_token_ids", e => e.GetInt32()),
            TokenIds = ids,
            LogProbabilities = ids.Count > 0 && drawn.Count == ids.Count ? drawn : ids.Count == 0 || plain ? shown : [],
            FirstToken = call.TopLogProbabilities > 0 ? First(choice) : new SortedDictionary<string, float>(StringComparer.Ordinal),
        };
    }

    /// <summary>The most likely first tokens, in the form of conversations or of plain texts.</summary>
    private static SortedDictionary<string, float> First(JsonElement choice)
    {
        var top = new SortedDictionary<string, float>(StringComparer.Ordinal);
        if (!choice.TryGetProperty("logprobs", out var scores) || scores.ValueKind != JsonValueKind.Object)
            return top;
        if (scores.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Array && content.GetArrayLength() > 0)
        {
            foreach (var token in content[0].GetProperty("top_logprobs").EnumerateArray())
                top.TryAdd(token.GetProperty("token").GetString() ?? "", token.GetProperty("logprob").GetSingle());
        }
        else if (scores.TryGetProperty("top_logprobs", out var places) && places.ValueKind == JsonValueKind.Array && places.GetArrayLength() > 0 && places[0].ValueKind == JsonValueKind.Object)
        {
            foreach (var token in places[0].EnumerateObject())
                top.TryAdd(token.Name, token.Value.GetSingle());
        }

        return top;
    }

    private static List<float> Shown(JsonElement choice)
    {
        if (!choice.TryGetProperty("logprobs", out var scores) || scores.ValueKind != JsonValueKind.Object)
            return [];
        if (scores.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Array)
            return [.. content.EnumerateArray().Select(t => t.GetProperty("logprob").GetSingle())];
        return Numbers(scores, "token_logprobs", e => e.ValueKind == JsonValueKind.Number ? e.GetSingle() : 0);
    }

    private static List<T> Numbers<T>(JsonElement element, string name, Func<JsonElement, T> read) =>
        element.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(read)] : [];

    private static long? Count(JsonElement? usage, string name) => usage is { } u && u.TryGetProperty(name, out var n) && n.ValueKind == JsonValueKind.Number ? n.GetInt64() : null;
}
