using System.Collections.Concurrent;
using System.Text;
using Ratchet.Loop;

namespace Ratchet.Service.Tests.Load;

/// <summary>Requests spoilt at random, down to the bytes of HTTP: whatever a client sends is answered with its own mistake, never with one of the server.</summary>
public sealed class FuzzTests
{
    private static readonly int Requests = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1" ? 20_000 : 600;

    private static readonly (string Path, string Body)[] Seeds =
    [
        ("/v1/verify", """{"with": "propositional", "statement": "A -> A", "proof": "intros h. exact h.", "timeout": 5}"""),
        ("/v1/verify", """{"items": [{"id": 1, "statement": "A \\/ B", "proof": "left. auto."}, {"statement": "True", "proof": "exact I."}]}"""),
        ("/api/check", """{"snippets": [{"id": "a", "code": "Theorem t : A -> A. Proof. intros h. exact h. Qed."}], "timeout": 30, "infotree": "full"}"""),
        ("/verify", """{"codes": [{"custom_id": 3, "proof": "Theorem t : forall A : Prop, A -> A. Proof. intros A. intros h. exact h. Qed."}], "disable_cache": false}"""),
        ("/mcp", """{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "verify_proof", "arguments": {"statement": "A -> A", "proof": "intros h. exact h."}}}"""),
        ("/mcp", """{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}}"""),
        ("/health", ""),
        ("/metrics", ""),
    ];

    private static readonly byte[][] Pieces =
    [
        .. new[] { "{", "}", "[", "]", "\"", ",", ":", "null", "-1", "1e999", "\\ud800", "\\u0000", "\r\n", "\r\n\r\n", "%2e%2e/", "/", "?", " ", "Content-Length: 7\r\n", "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n", "forall", "(*", "\\/ ", "Qed.", "GET", "99999999999999999999" }
            .Select(Encoding.ASCII.GetBytes),
        [0xFF], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0],
    ];

    [Fact]
    public async Task A_spoilt_request_is_never_a_fault_of_the_server()
    {
        await using var stand = await Stand.StartAsync(new ServiceOptions { MaxBodyBytes = 4096 });
        var url = new Uri(stand.Service.Url);
        var stream = RandomStream.FromSeed(4).Derive("fuzz");
        var statuses = new ConcurrentDictionary<int, int>();
        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = TestContext.Current.CancellationToken }, async (i, stop) =>
        {
            var (request, onlyBody) = Spoil(stream.Derive(i));
            var status = await RawHttp.SendAsync(url, request, onlyBody ? TimeSpan.FromSeconds(60) : TimeSpan.FromMilliseconds(500), stop);
            statuses.AddOrUpdate(status, 1, (_, n) => n + 1);

            // HTTP itself (RFC 9110) answers a version or a transfer coding that it does not know by these two.
            var allowed = !onlyBody && status is 501 or 505;
            Assert.True(status < 500 || allowed, $"request {i} got {status}:\n{Encoding.Latin1.GetString(request)}");
            Assert.True(status != 0 || !onlyBody, $"request {i} got no answer:\n{Encoding.Latin1.GetString(request)}");
        });

        // The fuzzing reaches both sides of the door, and the service is whole after it.
        Assert.Superset(new HashSet<int> { 200, 400, 404, 405 }, statuses.Keys.ToHashSet());
        Assert.Equal("accepted", (await stand.PostAsync("/v1/verify", Seeds[0].Body)).Json.GetProperty("outcome").GetString());

        // A check whose client went away may be at its end still.
        Assert.True(SpinWait.SpinUntil(() => Held() == (0, 0, 0L), TimeSpan.FromSeconds(60)), $"held: {Held()}");

        (int Pending, int Busy, long Bodies) Held() => (stand.Service.Checks.Desks[0].Queue.Pending, stand.Service.Checks.Desks[0].Queue.Busy, stand.Service.Checks.Bodies.Held);
    }

    /// <summary>A request with one to four spoilt places; and whether only its body is spoilt, so that HTTP demands an answer.</summary>
    private static (byte[] Request, bool OnlyBody) Spoil(RandomStream stream)
    {
        var (path, text) = Seeds[stream.NextInt(Seeds.Length)];
        var body = Encoding.UTF8.GetBytes(text).ToList();
        var onlyBody = stream.NextInt(3) > 0;
        if (onlyBody)
        {
            Spoil(body, ref stream);
            var head = RawHttp.Post(path, "", length: body.Count);
            return ([.. head, .. body], true);
        }

        var whole = RawHttp.Post(path, text).ToList();
        Spoil(whole, ref stream);
        return ([.. whole], false);
    }

    private static void Spoil(List<byte> bytes, ref RandomStream stream)
    {
        for (var n = 1 + stream.NextInt(4); n > 0; n--)
        {
            var at = stream.NextInt(bytes.Count + 1);
            var length = Math.Min(1 + stream.NextInt(12), bytes.Count - at);
            switch (stream.NextInt(4))
            {
                case 0:
                    bytes.RemoveRange(at, length);
                    break;
                case 1:
                    bytes.InsertRange(at, Pieces[stream.NextInt(Pieces.Length)]);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                default:
                    if (at < bytes.Count)
                        bytes[at] = (byte)stream.NextInt(256);
                    break;
            }
        }
    }
}
