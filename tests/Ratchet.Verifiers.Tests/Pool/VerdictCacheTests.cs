using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Pool;

public sealed class VerdictCacheTests
{
    private static readonly Verdict Good = new Verdict.Accepted { Reason = VerdictReason.Proved, Verifier = "v", VerifierVersion = "1" };
    private static readonly Verdict Outage = new Verdict.Unknown { Reason = VerdictReason.TimedOut, Verifier = "v", VerifierVersion = "1" };

    [Fact]
    public async Task A_known_verdict_is_given_without_a_check()
    {
        var cache = new VerdictCache();
        var checks = 0;
        for (var i = 0; i < 3; i++)
            Assert.Same(Good, await cache.GetAsync("a", _ => Answer(Good), CancellationToken.None));
        Assert.Equal((1, 2L), (checks, cache.Hits));

        Task<Verdict> Answer(Verdict verdict)
        {
            checks++;
            return Task.FromResult(verdict);
        }
    }

    [Fact]
    public async Task An_outage_is_asked_again()
    {
        var cache = new VerdictCache();
        Assert.Same(Outage, await cache.GetAsync("a", _ => Task.FromResult(Outage), CancellationToken.None));
        Assert.Same(Good, await cache.GetAsync("a", _ => Task.FromResult(Good), CancellationToken.None));
    }

    [Fact]
    public async Task Equal_requests_at_one_time_share_a_check()
    {
        var cache = new VerdictCache();
        var source = new TaskCompletionSource<Verdict>();
        var checks = 0;
        var all = Enumerable.Range(0, 10).Select(_ => cache.GetAsync("a", _ =>
        {
            Interlocked.Increment(ref checks);
            return source.Task;
        }, CancellationToken.None)).ToArray();
        source.SetResult(Good);
        Assert.All(await Task.WhenAll(all), v => Assert.Same(Good, v));
        Assert.Equal(1, checks);
    }

    [Fact]
    public async Task A_check_goes_on_while_anybody_waits_and_is_called_off_when_nobody_does()
    {
        var cache = new VerdictCache();
        var started = new TaskCompletionSource<CancellationToken>();
        var result = new TaskCompletionSource<Verdict>();
        using var one = new CancellationTokenSource();
        using var two = new CancellationTokenSource();
        var first = cache.GetAsync("a", Check, one.Token);
        var second = cache.GetAsync("a", Check, two.Token);
        var token = await started.Task;

        one.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(token.IsCancellationRequested);
        two.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.True(token.IsCancellationRequested);

        Assert.Same(Good, await cache.GetAsync("a", _ => Task.FromResult(Good), CancellationToken.None));

        Task<Verdict> Check(CancellationToken t)
        {
            started.SetResult(t);
            return result.Task;
        }
    }

    [Fact]
    public async Task The_verdict_used_longest_ago_makes_room()
    {
        var cache = new VerdictCache(2);
        var checks = new List<string>();
        foreach (var key in (string[])["a", "b", "a", "c", "a", "b"])
        {
            await cache.GetAsync(key, _ =>
            {
                checks.Add(key);
                return Task.FromResult(Good);
            }, CancellationToken.None);
        }

        Assert.Equal(["a", "b", "c", "b"], checks);
    }
}
