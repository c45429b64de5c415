using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Ratchet.Loop;
using Ratchet.Service.Tests.Load;

namespace Ratchet.Service.Tests.Completions;

public sealed class CompletionLoadTests(ITestOutputHelper output)
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1";

    private static readonly string[] Bodies =
    [
        """{"model": "tiny", "prompt": "the fox", "max_tokens": 8, "n": 2, "temperature": 0.5, "top_p": 0.9, "top_k": 5, "seed": 3, "stop": ["x"], "logprobs": 2, "echo": true, "stream": false}""",
        """{"messages": [{"role": "user", "content": "the fox"}], "max_tokens": 8, "logprobs": true, "top_logprobs": 2, "stream": true, "stream_options": {"include_usage": true}}""",
        """{"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}], "max_tokens": 8, "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}}}""",
        """{"prompt": [[5, 6, 7], "the"], "max_tokens": 4, "grammar": "root ::= [a-z]+ \".\"", "regex": null, "return_token_ids": true}""",
    ];

    private static readonly string[] Pieces = ["{", "}", "[", "]", "\"", ",", ":", "null", "-1", "1e999", "\\ud800", "\\u0000", "true", "99999999999999999999", "[[", "root ::= root", "(", "\"n\": 5,", "{\"type\":", "$ref", "#", "\u00ff"];

    [Theory]
    [InlineData("own kernels")]
    [InlineData("tensor library")]
    public async Task A_spoilt_request_is_never_a_fault_of_the_server(string engine)
    {
        await using var stand = await ModelFolder.ServeAsync(new ServiceOptions { MaxBodyBytes = 8192, Deadline = TimeSpan.FromSeconds(20) }, ModelFolder.For(engine));
        var stream = RandomStream.FromSeed(8).Derive("fuzz");
        var statuses = new ConcurrentDictionary<int, int>();
        await Parallel.ForAsync(0, Long ? 20_000 : 500, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = TestContext.Current.CancellationToken }, async (i, stop) =>
        {
            var own = stream.Derive(i);
            var body = new StringBuilder(Bodies[own.NextInt(Bodies.Length)]);
            var chat = body.ToString().Contains("messages", StringComparison.Ordinal);
            for (var n = 1 + own.NextInt(3); n > 0; n--)
            {
                var at = own.NextInt(body.Length);
                if (own.NextInt(2) == 0)
                    body.Insert(at, Pieces[own.NextInt(Pieces.Length)]);
                else
                    body.Remove(at, Math.Min(1 + own.NextInt(8), body.Length - at));
            }

            using var content = new StringContent(body.ToString(), Encoding.UTF8, "application/json");
            using var response = await stand.Client.PostAsync(chat ? "/v1/chat/completions" : "/v1/completions", content, stop);
            var text = await response.Content.ReadAsStringAsync(stop);
            statuses.AddOrUpdate((int)response.StatusCode, 1, (_, n) => n + 1);
            Assert.True((int)response.StatusCode < 500, $"{(int)response.StatusCode} for {body}: {text}");
            if ((int)response.StatusCode >= 400)
                Assert.Equal(JsonValueKind.String, JsonSerializer.Deserialize<JsonElement>(text).GetProperty("error").GetProperty("message").ValueKind);
        });
        Assert.Superset(new HashSet<int> { 200, 400 }, statuses.Keys.ToHashSet());
        var model = stand.Service.Checks.Models[0];
        Assert.True(SpinWait.SpinUntil(() => (model.Sampler.Active, model.Queue.Pending, stand.Service.Checks.Bodies.Held) == (0, 0, 0L), TimeSpan.FromSeconds(10)));
        Assert.Equal(200, (await stand.PostAsync("/v1/completions", Bodies[0])).Status);
    }

    [Theory]
    [InlineData("own kernels")]
    [InlineData("tensor library")]
    public async Task Sixty_four_clients_share_the_batch_and_none_is_lost_while_the_memory_stays_flat(string engine)
    {
        var time = Long ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(3);
        await using var host = await LoadHost.StartAsync(ModelFolder.For(engine));
        using var client = new HttpClient { BaseAddress = host.Url, Timeout = TimeSpan.FromSeconds(120) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", LoadHost.Keys()[0]);
        var wrong = new ConcurrentQueue<string>();
        var live = new List<double>();
        long requests = 0, tokens = 0, gone = 0;
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll([SampleAsync(), .. Enumerable.Range(0, 64).Select(ClientAsync)]);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var atRest = await host.LiveMebibytesAsync();
        var quarter = live.Count / 4;
        output.WriteLine($"{requests:#,0} requests of 64 clients in {seconds:0} s ({requests / seconds:0} a second), {tokens / seconds:#,0} tokens a second, {gone:#,0} clients gone before the end, {wrong.Count} lost or wrong");
        output.WriteLine($"alive in the service: second quarter {live.Skip(quarter).Take(quarter).DefaultIfEmpty(0).Average():0.0} MiB, last quarter {live.TakeLast(quarter).DefaultIfEmpty(0).Average():0.0} MiB, at rest {atRest:0.0} MiB; resident {host.ResidentMebibytes:0} MiB");
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Take(10)));
        Assert.True(requests + gone >= 64, $"{requests} requests and {gone} clients gone");
        Assert.InRange(atRest, 0, 60);
        if (Long)
            Assert.InRange(live.TakeLast(quarter).Average(), 0, (live.Skip(quarter).Take(quarter).Average() * 1.1) + 8);
        Assert.Equal(0, await host.StopAsync());

        async Task ClientAsync(int number)
        {
            var stream = RandomStream.FromSeed(64).Derive(number);
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                var (n, most, streamed, leaves) = (1 + stream.NextInt(3), 10 + stream.NextInt(60), stream.NextInt(2) == 0, stream.NextInt(10) == 0);
                using var content = new StringContent($$"""{"messages": [{"role": "user", "content": "the fox {{number}}"}], "n": {{n}}, "max_tokens": {{most}}, "seed": {{stream.NextInt(1000)}}, "temperature": {{stream.NextInt(2)}}, "stream": {{(streamed ? "true" : "false")}}, "ignore_eos": true}""", Encoding.UTF8, "application/json");
                try
                {
                    using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = content };
                    using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                    if (leaves)
                    {
                        Interlocked.Increment(ref gone);
                        continue;
                    }

                    var text = await response.Content.ReadAsStringAsync();
                    Interlocked.Increment(ref requests);
                    Interlocked.Add(ref tokens, n * most);
                    var whole = (int)response.StatusCode == 200 && (streamed
                        ? text.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal) && text.Split("\"finish_reason\":\"length\"").Length == n + 1
                        : JsonSerializer.Deserialize<JsonElement>(text).GetProperty("usage").GetProperty("completion_tokens").GetInt32() == n * most);
                    if (!whole)
                        wrong.Enqueue($"{(int)response.StatusCode}: {text[..Math.Min(300, text.Length)]}");
                }
                catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException or JsonException)
                {
                    wrong.Enqueue(e.Message);
                }
            }
        }

        async Task SampleAsync()
        {
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                live.Add(await host.LiveMebibytesAsync());
                await Task.Delay(Long ? 2000 : 500);
            }
        }
    }
}
