using System.Diagnostics;
using Ratchet.Loop;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Pool;

public sealed class PoolUnderFireTests
{
    /// <summary>Short by default, ten minutes with RATCHET_LONG_TESTS=1.</summary>
    private static readonly TimeSpan Time = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1" ? TimeSpan.FromMinutes(10) : TimeSpan.FromSeconds(4);

    [Fact]
    public async Task While_random_children_are_killed_every_item_ends_and_no_answer_is_wrong()
    {
        using var pool = ScriptWorker.Pool(new PoolOptions { MaxBusy = 4, MaxWorkers = 6, ItemLimit = TimeSpan.FromSeconds(20) });
        using var stop = new CancellationTokenSource();
        var children = new List<int>();
        var shots = 0;
        var hunter = Task.Run(async () =>
        {
            var stream = new RandomStream(7);
            while (!stop.IsCancellationRequested)
            {
                await Task.Delay(stream.NextInt(300), CancellationToken.None);
                lock (children)
                {
                    if (children.Count == 0)
                        continue;
                    shots += Libc.kill(children[stream.NextInt(children.Count)], Libc.SIGKILL) == 0 ? 1 : 0;
                }
            }
        });

        var begin = Stopwatch.GetTimestamp();
        long right = 0, crashed = 0;
        await Task.WhenAll(Enumerable.Range(0, 12).Select(client => Task.Run(async () =>
        {
            for (var i = 0; Stopwatch.GetElapsedTime(begin) < Time; i++)
            {
                try
                {
                    var text = $"{client}-{i}";
                    Assert.Equal(text, await pool.RunAsync($"c{client}", $"k{client % 3}", (worker, deadline) => Ask(worker, text, deadline), CancellationToken.None));
                    Interlocked.Increment(ref right);
                }
                catch (ChildFailureException e)
                {
                    Assert.Equal(VerdictReason.Crashed, e.Reason == VerdictReason.Unavailable ? VerdictReason.Crashed : e.Reason);
                    Interlocked.Increment(ref crashed);
                }
            }
        })));
        await stop.CancelAsync();
        await hunter;

        var figures = pool.Figures();
        Assert.Equal((right + crashed, 0, 0), (figures.Checks, figures.Busy, figures.Queued));
        Assert.True(shots > 5 && right > 20, $"{shots} shots, {right} right answers, {crashed} crashes");
        Assert.True(crashed < right / 2, $"{right} right answers, {crashed} crashes");

        string Ask(ScriptWorker worker, string text, Deadline deadline)
        {
            lock (children)
                children.Add(worker.ProcessId);
            try
            {
                worker.Ask("parts", deadline);
                return worker.Ask($"echo {text}", deadline);
            }
            finally
            {
                lock (children)
                    children.Remove(worker.ProcessId);
            }
        }
    }
}
