using System.Net;
using System.Text;
using System.Text.Json;
using Ratchet.Models.Cpu;
using Ratchet.Runs;

namespace Ratchet.Service.Tests.Completions;

public sealed class CompletionTests
{
    [Fact]
    public async Task A_text_is_continued_the_same_way_for_the_same_seed_alone_and_among_others()
    {
        await using var stand = await ModelFolder.ServeAsync();
        var body = new { model = "tiny", prompt = "the quick", max_tokens = 24, seed = 7, temperature = 0.9, n = 3, return_token_ids = true };
        var alone = await stand.PostAsync("/v1/completions", body);
        var crowd = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? stand.PostAsync("/v1/completions", body) : stand.PostAsync("/v1/completions", new { prompt = $"the {i}", max_tokens = 30, temperature = i })));
        Assert.Equal(200, alone.Status);
        Assert.All(crowd, a => Assert.Equal(200, a.Status));
        Assert.All(crowd.Where((_, i) => i % 2 == 0), a => Assert.Equal(Texts(alone), Texts(a)));
        Assert.Equal(3, Texts(alone).Distinct().Count());
        var choice = alone.Json.GetProperty("choices")[0];
        var ids = choice.GetProperty("token_ids").EnumerateArray().Count();
        Assert.Equal(ids, choice.GetProperty("sampled_logprobs").EnumerateArray().Count(v => v.GetDouble() <= 0));
        var usage = alone.Json.GetProperty("usage");
        Assert.Equal(usage.GetProperty("total_tokens").GetInt32(), usage.GetProperty("prompt_tokens").GetInt32() + usage.GetProperty("completion_tokens").GetInt32());
        Assert.True(choice.GetProperty("prompt_token_ids").GetArrayLength() == usage.GetProperty("prompt_tokens").GetInt32());
    }

    [Theory]
    [InlineData("/v1/completions", """{"prompt": "the fox", "max_tokens": 60, "seed": 3, "n": 2, "logprobs": 2}""")]
    [InlineData("/v1/completions", """{"prompt": ["the fox", "漢"], "max_tokens": 40, "seed": 3, "stop": ["e", "ox"], "echo": true}""")]
    [InlineData("/v1/chat/completions", """{"messages": [{"role": "user", "content": "the fox"}], "max_tokens": 60, "seed": 5, "n": 3, "logprobs": true, "top_logprobs": 3}""")]
    [InlineData("/v1/chat/completions", """{"messages": [{"role": "user", "content": [{"type": "text", "text": "the "}, {"type": "text", "text": "fox"}]}], "max_tokens": 60, "seed": 5, "stop": "t", "temperature": 2}""")]
    public async Task A_stream_holds_the_texts_and_the_scores_of_the_whole_answer(string path, string body)
    {
        await using var stand = await ModelFolder.ServeAsync();
        var whole = await stand.PostAsync(path, body);
        var (texts, finishes, tokens, usage) = await StreamAsync(stand, path, body[..^1] + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}");
        Assert.Equal(200, whole.Status);
        Assert.Equal(Texts(whole), texts);
        Assert.Equal(whole.Json.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("finish_reason").GetString()), finishes);
        Assert.Equal(whole.Json.GetProperty("usage").GetRawText(), usage);
        if (body.Contains("logprobs", StringComparison.Ordinal))
            Assert.Equal(whole.Json.GetProperty("choices").EnumerateArray().Select(c => Scores(c).Count), tokens);
    }

    [Theory]
    [InlineData("/v1/completions", """{"prompt": "the fox", "max_tokens": 40, "seed": 3, "n": 2, "logprobs": 2, "echo": true}""")]
    [InlineData("/v1/chat/completions", """{"messages": [{"role": "user", "content": "the fox"}], "max_tokens": 80, "seed": 5, "n": 4, "stop": "t", "response_format": {"type": "json_object"}}""")]
    public async Task A_model_that_only_the_tensor_library_computes_is_served_alike(string path, string body)
    {
        await using var stand = await ModelFolder.ServeAsync(folder: ModelFolder.Mixture);
        var whole = await stand.PostAsync(path, body);
        Assert.Equal(200, whole.Status);
        var (texts, finishes, _, usage) = await StreamAsync(stand, path, body[..^1] + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}");
        Assert.Equal(Texts(whole), texts);
        Assert.Equal(whole.Json.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("finish_reason").GetString()), finishes);
        Assert.Equal(whole.Json.GetProperty("usage").GetRawText(), usage);
        var crowd = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => stand.PostAsync("/v1/completions", new { prompt = $"the {i}", max_tokens = 1 + i, temperature = i % 3, ignore_eos = true })));
        Assert.Equal(Enumerable.Range(1, 20), crowd.Select(a => a.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32()));
        Assert.Equal(HttpStatusCode.OK, (await stand.Client.GetAsync("/health", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task What_a_device_cannot_do_is_said_before_the_service_starts()
    {
        var int8 = await Assert.ThrowsAsync<RatchetException>(() => ModelFolder.ServeAsync(new ServiceOptions { WeightPrecision = WeightPrecision.Int8 }, ModelFolder.Mixture));
        Assert.Equal("This model is sampled by the tensor library, which holds no weights as int8.", int8.Message);
        var device = await Assert.ThrowsAsync<RatchetException>(() => ModelFolder.ServeAsync(new ServiceOptions { Device = "abacus" }));
        Assert.Contains("abacus", device.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_texts_are_left_out_and_end_the_text_wherever_tokens_break()
    {
        await using var stand = await ModelFolder.ServeAsync();
        var request = new { prompt = "the fox", max_tokens = 200, seed = 11, temperature = 1.0 };
        var free = Texts(await stand.PostAsync("/v1/completions", request))[0];
        var stop = free.Substring(5, 4);
        var answer = await stand.PostAsync("/v1/completions", new { request.prompt, request.max_tokens, request.seed, request.temperature, stop, logprobs = 0 });
        Assert.Equal(free[..free.IndexOf(stop, StringComparison.Ordinal)], Texts(answer)[0]);
        Assert.Equal("stop", answer.Json.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        var offsets = answer.Json.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("text_offset").EnumerateArray().Select(v => v.GetInt32()).ToList();
        Assert.All(offsets.Skip(1), o => Assert.True(o < Texts(answer)[0].Length));
    }

    [Fact]
    public async Task An_echo_with_scores_gives_the_log_probability_of_each_token_of_the_prompt()
    {
        await using var stand = await ModelFolder.ServeAsync();
        var answer = await stand.PostAsync("/v1/completions", new { prompt = "the quick brown", max_tokens = 0, echo = true, logprobs = 1 });
        Assert.Equal("the quick brown", Texts(answer)[0]);
        var scores = answer.Json.GetProperty("choices")[0].GetProperty("logprobs");
        var values = scores.GetProperty("token_logprobs").EnumerateArray().ToList();
        Assert.Equal(JsonValueKind.Null, values[0].ValueKind);
        Assert.All(values.Skip(1), v => Assert.True(v.GetDouble() < 0));
        Assert.Equal(values.Count, answer.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(0, answer.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Theory]
    [InlineData("""{"type": "json_object"}""")]
    [InlineData("""{"type": "json_schema", "json_schema": {"name": "x", "strict": true, "schema": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 8}, "flag": {"type": "boolean"}}, "required": ["name", "flag"], "additionalProperties": false}}}""")]
    public async Task Answers_are_held_to_a_form(string format)
    {
        await using var stand = await ModelFolder.ServeAsync();
        var answer = await stand.PostAsync("/v1/chat/completions", $$"""{"messages": [{"role": "user", "content": "json"}], "max_tokens": 150, "n": 12, "seed": 1, "response_format": {{format}}}""");
        Assert.Equal(200, answer.Status);
        var whole = answer.Json.GetProperty("choices").EnumerateArray().Where(c => c.GetProperty("finish_reason").GetString() == "stop").Select(c => c.GetProperty("message").GetProperty("content").GetString()!).ToList();
        Assert.NotEmpty(whole);
        foreach (var text in whole)
        {
            using var json = JsonDocument.Parse(text);
            if (format.Contains("schema", StringComparison.Ordinal))
                Assert.Equal((2, JsonValueKind.String), (json.RootElement.EnumerateObject().Count(), json.RootElement.GetProperty("name").ValueKind));
        }

        var other = await stand.PostAsync("/v1/completions", new { prompt = "x", max_tokens = 20, n = 5, grammar = "root ::= (\"the \" | \"fox\")+ \".\"", temperature = 1.0 });
        Assert.All(Texts(other), t => Assert.Matches("^(the |fox)*(t|th|the|f|fo|\\.)?$", t));
        Assert.All(Texts(await stand.PostAsync("/v1/completions", new { prompt = "x", max_tokens = 20, n = 5, regex = "[0-9]{3}" })), t => Assert.Matches("^[0-9]{3}$", t));
    }

    [Theory]
    [InlineData("{", 400, null)]
    [InlineData("[]", 400, null)]
    [InlineData("""{"prompt": "a", "prompt": "b"}""", 400, null)]
    [InlineData("{}", 400, "prompt")]
    [InlineData("""{"prompt": 3}""", 400, "prompt")]
    [InlineData("""{"prompt": []}""", 400, "prompt")]
    [InlineData("""{"prompt": [99999]}""", 400, "prompt")]
    [InlineData("""{"prompt": [[]]}""", 400, "prompt")]
    [InlineData("""{"prompt": "\ud800"}""", 400, "prompt")]
    [InlineData("""{"prompt": "a", "model": "gpt"}""", 404, "model")]
    [InlineData("""{"prompt": "a", "max_tokens": 0}""", 400, "max_tokens")]
    [InlineData("""{"prompt": "a", "max_tokens": 511}""", 400, "max_tokens")]
    [InlineData("""{"prompt": "a", "temperature": -1}""", 400, "temperature")]
    [InlineData("""{"prompt": "a", "temperature": "hot"}""", 400, "temperature")]
    [InlineData("""{"prompt": "a", "top_p": 0}""", 400, "top_p")]
    [InlineData("""{"prompt": "a", "n": 1000}""", 400, "n")]
    [InlineData("""{"prompt": "a", "stop": [1]}""", 400, "stop")]
    [InlineData("""{"prompt": "a", "stop": [""]}""", 400, "stop")]
    [InlineData("""{"prompt": "a", "logprobs": 99}""", 400, "logprobs")]
    [InlineData("""{"prompt": "a", "seed": 1.5}""", 400, "seed")]
    [InlineData("""{"prompt": "a", "stream": 1}""", 400, "stream")]
    [InlineData("""{"prompt": "a", "presence_penalty": 1}""", 400, "presence_penalty")]
    [InlineData("""{"prompt": "a", "logit_bias": {"5": 3}}""", 400, "logit_bias")]
    [InlineData("""{"prompt": "a", "best_of": 4}""", 400, "best_of")]
    [InlineData("""{"prompt": "a", "response_format": {"type": "xml"}}""", 400, "response_format")]
    [InlineData("""{"prompt": "a", "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "integer", "maximum": 3}}}}""", 400, "response_format")]
    [InlineData("""{"prompt": "a", "grammar": "root ::= root"}""", 400, "grammar")]
    [InlineData("""{"prompt": "a", "regex": "(a"}""", 400, "regex")]
    [InlineData("""{"messages": []}""", 400, "messages")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}""", 400, "messages")]
    [InlineData("""{"messages": [{"role": "bad", "content": "x"}]}""", 400, "messages")]
    [InlineData("""{"messages": [{"role": "user", "content": "x"}], "tools": [{"type": "function"}]}""", 400, "tools")]
    public async Task A_mistake_is_answered_in_the_interfaces_shape_with_the_field(string body, int status, string? parameter)
    {
        await using var stand = await ModelFolder.ServeAsync();
        var answer = await stand.PostAsync(body.Contains("messages", StringComparison.Ordinal) ? "/v1/chat/completions" : "/v1/completions", body);
        Assert.Equal(status, answer.Status);
        var error = answer.Json.GetProperty("error");
        Assert.Equal((parameter, "invalid_request_error"), (error.GetProperty("param").GetString(), error.GetProperty("type").GetString()));
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task Keys_limits_and_unknown_routes_speak_the_interfaces_language_too()
    {
        await using var stand = await ModelFolder.ServeAsync(new ServiceOptions { Keys = ["0123456789abcdef"], MaxPendingPerClient = 4, MaxBodyBytes = 2048 });
        var refused = await stand.PostAsync("/v1/completions", new { prompt = "a" });
        Assert.Equal((401, "authentication_error", "invalid_api_key"), (refused.Status, Error(refused, "type"), Error(refused, "code")));
        using var client = stand.NewClient("0123456789abcdef");
        var full = await Stand.PostAsync(client, "/v1/completions", """{"prompt": "a", "n": 5}""");
        Assert.Equal((429, "rate_limit_error"), (full.Status, Error(full, "type")));
        Assert.NotNull(full.RetryAfter);
        Assert.Equal(413, (await Stand.PostAsync(client, "/v1/completions", $$"""{"prompt": "{{new string('a', 3000)}}"}""")).Status);
        var models = await Answer.ReadAsync(await client.GetAsync("/v1/models", TestContext.Current.CancellationToken));
        Assert.Equal("tiny", models.Json.GetProperty("data")[0].GetProperty("id").GetString());
        Assert.Equal(200, (int)(await client.GetAsync("/v1/models/tiny", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(404, (int)(await client.GetAsync("/v1/models/none", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(405, (int)(await client.GetAsync("/v1/completions", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(200, (await Stand.PostAsync(client, "/v1/completions", """{"prompt": "a"}""")).Status);
        var metrics = await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Contains("ratchet_completion_sampled_tokens", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_goes_away_leaves_the_batch()
    {
        await using var stand = await ModelFolder.ServeAsync();
        var sampler = stand.Service.Checks.Models[0].Sampler;
        using var stop = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = new StringContent("""{"prompt": "a", "n": 64, "max_tokens": 500, "stream": true, "ignore_eos": true}""", Encoding.UTF8, "application/json") };
        using (var response = await stand.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token))
        {
            var stream = await response.Content.ReadAsStreamAsync(stop.Token);
            Assert.True(await stream.ReadAsync(new byte[64], stop.Token) > 0);
        }

        Assert.True(SpinWait.SpinUntil(() => sampler.Active + sampler.Waiting == 0 && stand.Service.Checks.Models[0].Queue.Pending == 0, TimeSpan.FromSeconds(20)));
        Assert.True(sampler.TokensSampled < 64 * 500, "the whole text was written for nobody");
    }

    [Fact]
    public async Task A_deadline_ends_a_text_with_a_mistake_of_the_request()
    {
        await using var stand = await ModelFolder.ServeAsync(new ServiceOptions { Deadline = TimeSpan.FromMilliseconds(1) });
        var late = await stand.PostAsync("/v1/completions", new { prompt = "a", n = 128, max_tokens = 500, ignore_eos = true });
        Assert.Equal((408, "invalid_request_error"), (late.Status, Error(late, "type")));
    }

    internal static List<string> Texts(Answer answer) =>
        [.. answer.Json.GetProperty("choices").EnumerateArray().Select(c => (c.TryGetProperty("message", out var m) ? m.GetProperty("content") : c.GetProperty("text")).GetString()!)];

    private static string? Error(Answer answer, string name) => answer.Json.GetProperty("error").GetProperty(name).GetString();

    private static List<JsonElement> Scores(JsonElement choice)
    {
        var scores = choice.GetProperty("logprobs");
        return scores.ValueKind != JsonValueKind.Object ? [] : [.. scores.GetProperty(scores.TryGetProperty("content", out _) ? "content" : "tokens").EnumerateArray()];
    }

    private static async Task<(List<string> Texts, List<string?> Finishes, List<int> Tokens, string? Usage)> StreamAsync(Stand stand, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await stand.Client.PostAsync(path, content, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var (texts, finishes, tokens) = (new SortedDictionary<int, string>(), new SortedDictionary<int, string?>(), new SortedDictionary<int, int>());
        string? usage = null;
        var done = false;
        foreach (var line in (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split('\n').Where(l => l.Length > 0))
        {
            Assert.StartsWith("data: ", line, StringComparison.Ordinal);
            Assert.False(done, "something follows the end");
            if (line == "data: [DONE]")
            {
                done = true;
                continue;
            }

            var json = JsonSerializer.Deserialize<JsonElement>(line[6..]);
            if (json.TryGetProperty("usage", out var numbers) && numbers.ValueKind == JsonValueKind.Object)
                usage = numbers.GetRawText();
            foreach (var choice in json.GetProperty("choices").EnumerateArray())
            {
                var index = choice.GetProperty("index").GetInt32();
                var text = choice.TryGetProperty("delta", out var delta) ? delta.TryGetProperty("content", out var c) ? c.GetString() : "" : choice.GetProperty("text").GetString();
                texts[index] = texts.GetValueOrDefault(index, "") + text;
                tokens[index] = tokens.GetValueOrDefault(index) + Scores(choice).Count;
                if (choice.GetProperty("finish_reason").GetString() is { } finish)
                    finishes[index] = finish;
            }
        }

        Assert.True(done, "the stream did not end");
        return ([.. texts.Values], [.. finishes.Values], [.. tokens.Values], usage);
    }
}
