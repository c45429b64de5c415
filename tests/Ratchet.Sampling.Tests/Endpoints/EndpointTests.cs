using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Ratchet.Attempts;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Sampling.Endpoints;

namespace Ratchet.Sampling.Tests.Endpoints;

public sealed class EndpointTests : IDisposable
{
    private static readonly EndpointOptions Options = new() { Url = new Uri("http://model.test:9/v1"), RetryDelay = TimeSpan.FromMilliseconds(1), Retries = 4 };

    private static readonly CompletionCall Call = new() { Model = "m", Messages = [new("user", "2 + 2?")], Seed = 7, MaxTokens = 20 };

    private readonly string _folder = Directory.CreateTempSubdirectory("ratchet-endpoint-tests").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_call_is_sent_in_the_form_of_the_interface_and_its_reply_read()
    {
        var server = new Server(_ => Server.Chat(["four", "4"], finish: "length"));
        using var client = new EndpointClient(Options, server);
        var reply = await client.CompleteAsync(Call with { Count = 2, Stops = ["\n"], Temperature = 0.5, LogProbabilities = true }, default);
        Assert.Equal([("four", "length"), ("4", "length")], reply.Choices.Select(c => (c.Text, c.Finish!)));
        Assert.Equal((11L, 6L), (reply.InputTokens!.Value, reply.OutputTokens!.Value));
        var (address, body, _) = Assert.Single(server.Requests);
        Assert.Equal("http://model.test:9/v1/chat/completions", address);
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"model":"m","messages":[{"role":"user","content":"2 + 2?"}],"n":2,"max_tokens":20,"temperature":0.5,"top_p":1,"seed":7,"stop":["\n"],"logprobs":true,"return_token_ids":true}"""), body), body.ToJsonString());
    }

    [Fact]
    public async Task Plain_texts_carry_ids_and_the_log_probabilities_of_the_draw_where_the_server_tells_both()
    {
        var server = new Server(_ => Server.Json("""
            {"choices": [{"index": 0, "text": "ab", "finish_reason": "stop", "prompt_token_ids": [1, 5], "token_ids": [6, 7, 2], "sampled_logprobs": [-0.5, -1, -0.25], "logprobs": {"token_logprobs": [-0.7, -1.5], "tokens": ["a", "b"]}},
                         {"index": 1, "text": "c", "finish_reason": "stop", "logprobs": {"token_logprobs": [null, -1.5], "tokens": ["a", "b"]}}], "usage": {"prompt_tokens": 2, "completion_tokens": 5}}
            """));
        using var client = new EndpointClient(Options with { Api = EndpointApi.Completions, Url = new Uri("http://model.test:9") }, server);
        var reply = await client.CompleteAsync(Call with { Messages = null, Prompt = "2 + 2 =", LogProbabilities = true }, default);
        Assert.Equal("http://model.test:9/v1/completions", server.Requests.Single().Address);
        Assert.Equal([6, 7, 2], reply.Choices[0].TokenIds);
        Assert.Equal([-0.5f, -1, -0.25f], reply.Choices[0].LogProbabilities);
        Assert.Equal([1, 5], reply.Choices[0].PromptIds);
        Assert.Equal([0, -1.5f], reply.Choices[1].LogProbabilities);
        Assert.Empty(reply.Choices[1].TokenIds);
    }

    [Fact]
    public async Task What_may_succeed_another_time_is_repeated_with_the_same_key()
    {
        var tries = 0;
        var server = new Server(_ => ++tries switch
        {
            1 => Server.Status(HttpStatusCode.TooManyRequests, after: 0),
            2 => Server.Status(HttpStatusCode.BadGateway),
            3 => throw new HttpRequestException("connection refused"),
            _ => Server.Chat(["ok"]),
        });
        using var client = new EndpointClient(Options, server);
        Assert.Equal("ok", (await client.CompleteAsync(Call, default)).Choices[0].Text);
        Assert.Equal(4, client.Sendings);
        Assert.Equal(Call.Key(), Assert.Single(server.Requests.Select(r => r.Key).Distinct()));
        Assert.NotEqual(Call.Key(), (Call with { Seed = 8 }).Key());
        Assert.NotEqual((Call with { Stops = ["ab", "c"] }).Key(), (Call with { Stops = ["a", "bc"] }).Key());
    }

    [Theory]
    [InlineData(401, "The endpoint http://model.test:9/v1/chat/completions answered 401: no such key", 1)]
    [InlineData(400, "answered 400: no such key", 1)]
    [InlineData(503, "answered 503: no such key", 5)]
    public async Task What_cannot_succeed_is_told_with_the_servers_words(int status, string message, int sendings)
    {
        using var client = new EndpointClient(Options, new Server(_ => Server.Status((HttpStatusCode)status, """{"error": {"message": "no such key"}}""")));
        var error = await Assert.ThrowsAsync<RatchetException>(() => client.CompleteAsync(Call, default));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(sendings, client.Sendings);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("{}")]
    [InlineData("""{"choices": [{"index": 0}]}""")]
    public async Task An_answer_that_is_no_completion_is_told(string body)
    {
        using var client = new EndpointClient(Options, new Server(_ => Server.Json(body)));
        Assert.Contains("no completion", (await Assert.ThrowsAsync<RatchetException>(() => client.CompleteAsync(Call, default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up_at_the_deadline_and_a_stopped_run_at_once()
    {
        using var client = new EndpointClient(Options with { Timeout = TimeSpan.FromMilliseconds(40), Deadline = TimeSpan.FromMilliseconds(300) }, new Server(_ => throw new TimeoutException()) { Silent = true });
        Assert.Contains("did not answer", (await Assert.ThrowsAsync<RatchetException>(() => client.CompleteAsync(Call, default))).Message, StringComparison.Ordinal);
        using var patient = new EndpointClient(Options, new Server(_ => throw new TimeoutException()) { Silent = true });
        using var stop = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => patient.CompleteAsync(Call, stop.Token));
    }

    [Fact]
    public async Task The_key_comes_from_the_environment_and_is_shown_to_the_server_only()
    {
        const string Variable = "RATCHET_TEST_ENDPOINT_KEY", Key = "sk-very-secret";
        Assert.Contains(Variable, Assert.Throws<RatchetException>(() => new EndpointClient(Options with { ApiKeyVariable = "RATCHET_TEST_UNSET" + Variable })).Message, StringComparison.Ordinal);
        Environment.SetEnvironmentVariable(Variable, Key);
        string? shown = null;
        using var client = new EndpointClient(Options with { ApiKeyVariable = Variable }, new Server(r =>
        {
            shown = r.Headers.Authorization?.ToString();
            return Server.Status(HttpStatusCode.Unauthorized, $$$"""{"error": {"message": "Incorrect API key: {{{Key}}}"}}""");
        }));
        var error = await Assert.ThrowsAsync<RatchetException>(() => client.CompleteAsync(Call, default));
        Assert.Equal("Bearer " + Key, shown);
        Assert.DoesNotContain(Key, error.ToString(), StringComparison.Ordinal);
        Assert.Contains("***", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recorded_replies_are_not_asked_for_again_not_even_after_a_kill_in_the_middle_of_a_line()
    {
        var path = Path.Combine(_folder, "replies.jsonl");
        var asked = 0;
        var inner = new Scripted(c => new CompletionReply { Choices = [new CompletionChoice { Text = $"{c.Seed}", TokenIds = [1, 2], LogProbabilities = [-0.1f, -2e-7f] }], InputTokens = 10, OutputTokens = ++asked });
        using (var first = new RecordedModel(inner, path))
        {
            await first.CompleteAsync(Call, default);
            await first.CompleteAsync(Call with { Seed = 8 }, default);
            await first.CompleteAsync(Call, default);
            Assert.Equal(new EndpointSpending(2, 1, 20, 3, 0), first.Spending);
        }

        await File.AppendAllTextAsync(path, "{\"key\":\"cut off");
        using (var second = new RecordedModel(inner, path, new EndpointPrices { InputPerMillion = 1e6, OutputPerMillion = 2e6 }))
        {
            var replayed = (await second.CompleteAsync(Call with { Seed = 8 }, default)).Choices[0];
            Assert.Equal("8", replayed.Text);
            Assert.Equal([-0.1f, -2e-7f], replayed.LogProbabilities);
            await second.CompleteAsync(Call with { Seed = 9 }, default);
            Assert.Equal(new EndpointSpending(3, 1, 30, 6, 42), second.Spending);
        }

        Assert.Equal(3, asked);
        using var offline = new RecordedModel(inner: null, path);
        Assert.Equal("9", (await offline.CompleteAsync(Call with { Seed = 9 }, default)).Choices[0].Text);
        Assert.Contains("no recorded reply", (await Assert.ThrowsAsync<RatchetException>(() => offline.CompleteAsync(Call with { Seed = 10 }, default))).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("2 + 2", await File.ReadAllTextAsync(path), StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, "no json\n");
        Assert.Throws<RatchetException>(() => new RecordedModel(inner, path));
    }

    [Fact]
    public async Task A_budget_is_never_passed_whatever_is_in_work_and_all_that_was_paid_is_kept()
    {
        var path = Path.Combine(_folder, "paid.jsonl");
        var prices = new EndpointPrices { InputPerMillion = 1000, OutputPerMillion = 5000, Budget = 1 };
        var inner = new Scripted(c => new CompletionReply { Choices = [new CompletionChoice { Text = "x" }], InputTokens = 6, OutputTokens = c.MaxTokens });
        using (var model = new RecordedModel(inner, path, prices))
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
            {
                try
                {
                    await model.CompleteAsync(Call with { Seed = i }, default);
                    return "paid";
                }
                catch (RatchetException e)
                {
                    return e.Message;
                }
            }));
            Assert.InRange(model.Spending.Cost, 0.5, 1);
            Assert.Contains("paid", results);
            Assert.Contains(results, r => r.StartsWith("The budget of 1 does not allow another call", StringComparison.Ordinal));
            Assert.Equal(results.Count(r => r == "paid"), model.Spending.Calls);
        }

        using var higher = new RecordedModel(inner, path, prices with { Budget = 2 });
        var before = higher.Spending.Calls;
        await higher.CompleteAsync(Call with { Seed = 1000 }, default);
        Assert.Equal(before + 1, higher.Spending.Calls);
        using var silent = new RecordedModel(new Scripted(_ => new CompletionReply { Choices = [] }), null, prices);
        Assert.Contains("does not say how many tokens", (await Assert.ThrowsAsync<RatchetException>(() => silent.CompleteAsync(Call, default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attempts_come_in_order_with_seeds_of_their_own_and_are_off_policy_without_ids()
    {
        var calls = new ConcurrentBag<CompletionCall>();
        var model = new Scripted(c =>
        {
            calls.Add(c);

            // A server that gives one text less than asked for is asked again.
            return new CompletionReply { Choices = [.. Enumerable.Range(0, Math.Max(1, c.Count - 1)).Select(i => new CompletionChoice { Text = $"Think.\n```coq\n{c.Messages![1].Content} {c.Seed}-{i}\n```\n", Finish = "stop" })] };
        });
        var template = new PromptTemplate { Messages = [new("system", "s"), new("user", "<{statement}|{prompt}>")], Answer = AnswerPart.CodeBlock };
        var proposer = new EndpointProposer(model, new EndpointSampling { Model = "m", ChoicesPerCall = 3, Concurrency = 4 }, template, p => "prompt of " + p.Id);
        var request = Request(new ProposalItem(Problem("a", "{prompt}"), 5), new ProposalItem(Problem("b", "B"), 2, 7));
        var attempts = await proposer.ProposeAsync(request, default);
        Assert.Equal(["r1/train/a/0", "r1/train/a/1", "r1/train/a/2", "r1/train/a/3", "r1/train/a/4", "r1/train/b/7", "r1/train/b/8"], attempts.Select(a => a.Id.ToString()));
        Assert.All(attempts, a => Assert.True(a.IsOffPolicy && a.Policy == "endpoint:m" && a.Stop == StopReason.EndToken));
        Assert.Equal(7, attempts.Select(a => a.Text).Distinct().Count());
        Assert.All(attempts.Take(5), a => Assert.StartsWith("<{prompt}|prompt of a> ", a.Text, StringComparison.Ordinal));
        Assert.Equal(calls.Count, calls.Select(c => c.Seed).Distinct().Count());
        Assert.Equal(attempts.Select(a => a.Text), (await proposer.ProposeAsync(request, default)).Select(a => a.Text));
        await proposer.ProposeAsync(request with { Phase = Phase.Greedy }, default);
        Assert.Contains(calls, c => c.Temperature == 0);

        var refused = Assert.Throws<RatchetException>(() => OnPolicy.Require(attempts, "round-1", "policy gradients"));
        Assert.Equal("7 of 7 attempts cannot be used for policy gradients: the policy 'round-1' did not sample them (endpoint:m).", refused.Message);
    }

    [Fact]
    public async Task Texts_get_the_local_models_ids_to_be_learned_from_and_the_endpoints_where_it_tells_them()
    {
        var model = new Scripted(_ => new CompletionReply { Choices = [new CompletionChoice { Text = "ba", PromptIds = [9], TokenIds = [8, 8], LogProbabilities = [-1, -2] }, new CompletionChoice { Text = "?!", TokenIds = [7] }] });
        var sampling = new EndpointSampling { Model = "m", ChoicesPerCall = 2 };
        var item = Request(new ProposalItem(Problem("p", "ab"), 2));
        var local = await new EndpointProposer(model, sampling, new PromptTemplate(), p => p.Statement, new Letters()).ProposeAsync(item, default);
        Assert.Equal([1, 3, 4], local[0].PromptIds);
        Assert.Equal([4, 3, 2], local[0].TokenIds);
        Assert.Empty(local[0].LogProbabilities);
        Assert.Empty(local[1].TokenIds);
        Assert.All(local, a => Assert.True(a.IsOffPolicy));

        var remote = await new EndpointProposer(model, sampling, new PromptTemplate(), p => p.Statement).ProposeAsync(item, default);
        Assert.Equal((false, true), (remote[0].IsOffPolicy, remote[1].IsOffPolicy));
        Assert.Equal([8, 8], remote[0].TokenIds);
        OnPolicy.Require([remote[0]], "endpoint:m", "a test");
    }

    [Fact]
    public void Templates_are_read_from_files_and_mistakes_told()
    {
        var path = Path.Combine(_folder, "template.json");
        File.WriteAllText(path, """{"messages": [{"role": "user", "content": "Prove {statement}"}], "answer": "code_block"}""");
        var template = PromptTemplate.Read(path);
        Assert.Equal((AnswerPart.CodeBlock, "Prove {statement}", "{prompt}"), (template.Answer, template.Messages[0].Content, template.Text));
        Assert.Equal("x\ny", template.Extract("no\n```\nfirst\n```\nthen\n```lean\nx\ny\n```"));
        Assert.Equal("plain", template.Extract(" plain\n"));
        foreach (var wrong in new[] { "[]", """{"massages": []}""", """{"messages": [{"role": "user"}]}""" })
        {
            File.WriteAllText(path, wrong);
            Assert.Throws<RatchetException>(() => PromptTemplate.Read(path));
        }
    }

    [Fact]
    public async Task A_chat_client_of_the_framework_can_be_the_model()
    {
        using var client = new EchoClient();
        var reply = await new ChatClientModel(client).CompleteAsync(Call with { Count = 2 }, default);
        Assert.Equal(["user: 2 + 2? 7", "user: 2 + 2? 8"], reply.Choices.Select(c => c.Text));
        Assert.Equal((6L, 8L), (reply.InputTokens, reply.OutputTokens));
    }

    private static Problem Problem(string id, string statement) => new() { Id = id, Domain = "letters", Statement = statement, CanonicalHash = id, Split = Split.Train };

    private static ProposalRequest Request(params ProposalItem[] items) => new() { Round = 1, Phase = Phase.Train, Items = items, Stream = RandomStream.FromSeed(5) };

    private sealed class Scripted(Func<CompletionCall, CompletionReply> answer) : ICompletionModel
    {
        public async Task<CompletionReply> CompleteAsync(CompletionCall call, CancellationToken cancellationToken)
        {
            await Task.Yield();
            lock (this)
                return answer(call);
        }
    }

    private sealed class EchoClient : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => Task.FromResult(
            new ChatResponse(new ChatMessage(ChatRole.Assistant, $"{messages.Single().Role}: {messages.Single().Text} {options!.Seed}")) { Usage = new UsageDetails { InputTokenCount = 3, OutputTokenCount = 4 } });

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}

/// <summary>A server in memory.</summary>
internal sealed class Server(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
{
    public ConcurrentQueue<(string Address, JsonNode Body, string Key)> Requests { get; } = new();

    /// <summary>Never answers.</summary>
    public bool Silent { get; init; }

    public static HttpResponseMessage Json(string body) => new(HttpStatusCode.OK) { Content = new StringContent(body) };

    public static HttpResponseMessage Status(HttpStatusCode status, string body = "", int? after = null)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(body) };
        if (after is { } seconds)
            response.Headers.RetryAfter = new(TimeSpan.FromSeconds(seconds));
        return response;
    }

    public static HttpResponseMessage Chat(string[] texts, string finish = "stop") => Json(new JsonObject
    {
        ["choices"] = new JsonArray([.. texts.Select((t, i) => new JsonObject { ["index"] = i, ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = t }, ["finish_reason"] = finish })]),
        ["usage"] = new JsonObject { ["prompt_tokens"] = 11, ["completion_tokens"] = 6 },
    }.ToJsonString());

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Silent)
            await Task.Delay(Timeout.Infinite, cancellationToken);
        Requests.Enqueue((request.RequestUri!.ToString(), JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!, request.Headers.GetValues("Idempotency-Key").Single()));
        return answer(request);
    }
}
