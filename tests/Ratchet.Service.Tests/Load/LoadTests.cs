using System.Collections.Concurrent;
using System.Diagnostics;
using Ratchet.Loop;

namespace Ratchet.Service.Tests.Load;

public sealed class LoadTests(ITestOutputHelper output)
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1";
    private static readonly TimeSpan Time = Long ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(4);

    [Fact]
    public async Task Sixty_four_clients_with_good_hostile_and_malformed_requests_lose_nothing_and_leave_the_memory_flat()
    {
        await using var host = await LoadHost.StartAsync();
        var root = RandomStream.FromSeed(64).Derive("load");
        var clients = LoadHost.Keys().Select((key, i) => new LoadClient(host.Url, key, root.Derive(i), i)).ToList();
        var counts = new ConcurrentDictionary<string, int>();
        var wrong = new ConcurrentQueue<string>();
        var memory = new List<(double Resident, double Live)>();
        var start = Stopwatch.GetTimestamp();

        await Task.WhenAll([SampleAsync(), .. clients.Select(RunAsync)]);

        clients.ForEach(c => c.Dispose());
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var quarter = memory.Count / 4;
        var (early, late) = (memory.Skip(quarter).Take(quarter).Average(m => m.Live), memory.TakeLast(quarter).Average(m => m.Live));
        var atRest = await host.LiveMebibytesAsync();
        output.WriteLine($"{counts.Values.Sum():#,0} requests of 64 clients in {seconds:0} s, {counts.Values.Sum() / seconds:0} a second, {wrong.Count} with a wrong answer or none");
        foreach (var (kind, count) in counts.OrderBy(c => c.Key, StringComparer.Ordinal))
            output.WriteLine($"{count,9:#,0}  {kind}");
        output.WriteLine($"alive in the service: second quarter {early:0.0} MiB, last quarter {late:0.0} MiB, after the last request {atRest:0.0} MiB; resident: last {memory[^1].Resident:0} MiB, most {memory.Max(m => m.Resident):0} MiB");
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Take(10)));
        Assert.Equal(18, counts.Count);
        Assert.InRange(memory.Max(m => m.Resident), 0, 700);

        // What is alive swings with the bodies that are there at the moment (64 clients, up to 1 MiB each); a leak would only rise.
        Assert.InRange(atRest, 0, 40);
        if (Long)
            Assert.InRange(late, 0, (early * 1.1) + 16);
        Assert.Equal(0, await host.StopAsync());

        async Task RunAsync(LoadClient client)
        {
            do
            {
                var (kind, mistake) = await client.SendAsync(TestContext.Current.CancellationToken);
                counts.AddOrUpdate(kind, 1, (_, n) => n + 1);
                if (mistake is not null)
                    wrong.Enqueue($"{kind}: {mistake}");
            }
            while (Stopwatch.GetElapsedTime(start) < Time);
        }

        async Task SampleAsync()
        {
            using var timer = new PeriodicTimer(Time / 40);
            do
                memory.Add((host.ResidentMebibytes, await host.LiveMebibytesAsync()));
            while ((Stopwatch.GetElapsedTime(start) < Time || memory.Count < 8) && await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken));
        }
    }
}
