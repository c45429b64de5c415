using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.Versioning;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Pool;

[SupportedOSPlatform("linux")]
public sealed class WorkerPoolTests
{
    private static readonly PoolOptions One = new() { MaxBusy = 1 };

    [Fact]
    public void The_default_sizes_are_these() =>
        Assert.Equal(
            (0, 4096, 120.0, 3000, 500_000_000L, 1800.0, 5.0),
            (One.MaxWorkers, One.MaxQueuedPerClient, One.ItemLimit.TotalSeconds, One.RecycleAfterUses, One.RecycleOverBytes, One.RecycleAfterCpuSeconds, One.Turn.TotalSeconds));

    [Fact]
    public async Task A_worker_stays_warm_for_its_key()
    {
        using var pool = ScriptWorker.Pool(One);
        Assert.Equal("1", await Ask(pool, "count", key: "a"));
        Assert.Equal("1", await Ask(pool, "count", key: "b"));
        Assert.Equal("2", await Ask(pool, "count", key: "a"));
        var figures = pool.Figures();
        Assert.Equal((2, 0, 0, 3L, 2L), (figures.Workers, figures.Busy, figures.Queued, figures.Checks, figures.Starts));
    }

    [Fact]
    public async Task The_worker_used_longest_ago_makes_room()
    {
        using var pool = ScriptWorker.Pool(new PoolOptions { MaxBusy = 1, MaxWorkers = 2 });
        foreach (var key in (string[])["a", "b", "a", "c"])
            await Ask(pool, "count", key);
        Assert.Equal("3", await Ask(pool, "count", "a"));
        Assert.Equal("1", await Ask(pool, "count", "b"));
        Assert.Equal(2, pool.Figures().Ends[WorkerEnd.Evicted]);
    }

    [Fact]
    public async Task No_more_workers_are_busy_than_allowed_and_all_items_are_answered()
    {
        using var pool = ScriptWorker.Pool(new PoolOptions { MaxBusy = 2 });
        var most = 0;
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => pool.RunAsync("me", $"k{i % 3}", (w, d) =>
        {
            lock (pool)
                most = Math.Max(most, pool.Figures().Busy);
            return w.Ask($"echo {i}", d);
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), answers);
        Assert.Equal(2, most);
        Assert.InRange(pool.Figures().Workers, 1, 4);
    }

    [Fact]
    public async Task A_crash_is_tried_again_on_a_fresh_worker()
    {
        using var folder = new ScratchFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_111_111);
        using var pool = ScriptWorker.Pool(One);
        Assert.Equal("again", await Ask(pool, $"once {folder.Path}/mark"));
        Assert.Equal((2L, 1L), (pool.Figures().Starts, pool.Figures().Ends[WorkerEnd.Crashed]));
    }

    [Theory]
    [InlineData("crash", VerdictReason.Crashed, "The process is gone: it ended with exit code 7. It was tried twice, the second time on a fresh process; the first time: The process is gone: it ended with exit code 7.")]
    [InlineData("deaf", VerdictReason.Crashed, "The process closed its pipe. It was tried twice, the second time on a fresh process; the first time: The process closed its pipe.")]
    public async Task A_second_death_is_the_items_own(string verb, VerdictReason reason, string message)
    {
        using var pool = ScriptWorker.Pool(One);
        var e = await Assert.ThrowsAsync<ChildFailureException>(() => Ask(pool, verb));
        Assert.Equal((reason, message), (e.Reason, e.Message));
        Assert.Equal("fine", await Ask(pool, "echo fine"));
        Assert.Equal((3L, 2L), (pool.Figures().Starts, pool.Figures().Ends[WorkerEnd.Crashed]));
    }

    [Theory]
    [InlineData("hang", VerdictReason.TimedOut, WorkerEnd.TimedOut)]
    [InlineData("stubborn", VerdictReason.TimedOut, WorkerEnd.TimedOut)]
    [InlineData("flood", VerdictReason.ResourceLimit, WorkerEnd.Misbehaved)]
    public async Task A_limit_that_was_hit_is_not_tried_again(string verb, VerdictReason reason, WorkerEnd end)
    {
        using var pool = ScriptWorker.Pool(One with { ItemLimit = TimeSpan.FromSeconds(1) });
        var e = await Assert.ThrowsAsync<ChildFailureException>(() => Ask(pool, verb));
        Assert.Equal(reason, e.Reason);
        Assert.Equal((1L, 1L), (pool.Figures().Starts, pool.Figures().Ends[end]));
        Assert.Equal("fine", await Ask(pool, "echo fine"));
    }

    [Fact]
    public async Task A_hang_at_start_and_a_death_at_start_say_so()
    {
        using var pool = new WorkerPool<ScriptWorker>("script", One, TimeSpan.FromSeconds(0.5), (key, deadline) => new ScriptWorker(key, deadline));
        var silent = await Assert.ThrowsAsync<ChildFailureException>(() => Ask(pool, "echo x", "silent"));
        Assert.Equal((ChildFailure.Start, VerdictReason.Unavailable), (silent.Failure, silent.Reason));
        Assert.StartsWith("The script process does not come up. The process gave no answer in time.", silent.Message, StringComparison.Ordinal);
        var dead = await Assert.ThrowsAsync<ChildFailureException>(() => Ask(pool, "echo x", "dead"));
        Assert.StartsWith("The script process does not come up. The process is gone: it ended with exit code 3. It said: broken", dead.Message, StringComparison.Ordinal);
        Assert.Equal(4, pool.Figures().Ends[WorkerEnd.StartFailed]);
    }

    [Fact]
    public async Task What_is_not_installed_is_said_once_with_the_remedy()
    {
        using var pool = new WorkerPool<ScriptWorker>("script", One, TimeSpan.FromSeconds(5), (_, _) => throw new RatchetException("There is no script.", "Install the package script."));
        var e = await Assert.ThrowsAsync<ChildFailureException>(() => Ask(pool, "echo x"));
        Assert.Equal((ChildFailure.NotInstalled, VerdictReason.Unavailable, "There is no script. Install the package script."), (e.Failure, e.Reason, e.Message));
        Assert.Equal(1, pool.Figures().Starts);
    }

    [Fact]
    public async Task Workers_are_replaced_after_their_uses_and_over_their_memory()
    {
        using var pool = ScriptWorker.Pool(One with { RecycleAfterUses = 2 });
        Assert.Equal(["1", "2", "1"], [await Ask(pool, "count"), await Ask(pool, "count"), await Ask(pool, "count")]);
        Assert.Equal(1, pool.Figures().Ends[WorkerEnd.Uses]);
        using var small = ScriptWorker.Pool(One with { RecycleOverBytes = 1000 });
        Assert.Equal(["1", "1"], [await Ask(small, "count"), await Ask(small, "count")]);
        Assert.Equal(2, small.Figures().Ends[WorkerEnd.Memory]);
    }

    [Fact]
    public async Task An_idle_worker_that_was_killed_costs_no_request()
    {
        using var pool = ScriptWorker.Pool(One);
        var pid = await Ask(pool, "pid");
        using (var process = Process.GetProcessById(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture)))
            process.Kill();
        Assert.True(SpinWait.SpinUntil(() => !ScriptWorker.Exists(pid) || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal), TimeSpan.FromSeconds(30)));
        Assert.Equal("1", await Ask(pool, "count"));
    }

    [Fact]
    public async Task Clients_take_turns_and_a_flood_of_one_does_not_delay_another()
    {
        using var pool = ScriptWorker.Pool(One);
        using var gate = new ManualResetEventSlim();
        var order = new ConcurrentQueue<string>();
        var first = pool.RunAsync("greedy", "k", (_, _) => Note("first", gate), TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => pool.Figures().OldestPhase == "running", TimeSpan.FromSeconds(30)));
        var greedy = Enumerable.Range(0, 20).Select(_ => pool.RunAsync("greedy", "k", (_, _) => Note("greedy"), TestContext.Current.CancellationToken)).ToArray();
        var modest = Enumerable.Range(0, 2).Select(_ => pool.RunAsync("modest", "k", (_, _) => Note("modest"), TestContext.Current.CancellationToken)).ToArray();
        gate.Set();
        await Task.WhenAll([first, .. greedy, .. modest]);
        Assert.Equal(["first", "greedy", "modest", "greedy", "modest", "greedy"], order.Take(6));

        string Note(string name, ManualResetEventSlim? wait = null)
        {
            wait?.Wait();
            order.Enqueue(name);
            return name;
        }
    }

    [Fact]
    public async Task A_full_queue_of_a_client_holds_its_next_request_outside()
    {
        using var pool = ScriptWorker.Pool(One with { MaxQueuedPerClient = 3 });
        using var gate = new ManualResetEventSlim();
        var mine = Enumerable.Range(0, 10).Select(i => pool.RunAsync("me", "k", (_, _) => Wait(gate, i), TestContext.Current.CancellationToken)).ToArray();
        Assert.True(SpinWait.SpinUntil(() => pool.Figures() is { Busy: 1 }, TimeSpan.FromSeconds(30)));
        Assert.Equal(2, pool.Figures().Queued);
        gate.Set();
        Assert.Equal(Enumerable.Range(0, 10), await Task.WhenAll(mine));

        static int Wait(ManualResetEventSlim gate, int value)
        {
            gate.Wait();
            return value;
        }
    }

    [Fact]
    public async Task Cancelled_requests_leave_the_queue_and_a_running_one_ends()
    {
        using var pool = ScriptWorker.Pool(One);
        using var source = new CancellationTokenSource();
        var running = pool.RunAsync("me", "k", (w, d) => w.Ask("hang", d), source.Token);
        Assert.True(SpinWait.SpinUntil(() => pool.Figures().OldestPhase == "running", TimeSpan.FromSeconds(30)));
        var queued = pool.RunAsync("me", "k", (w, d) => w.Ask("echo x", d), source.Token);
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        Assert.Equal("fine", await Ask(pool, "echo fine"));
        Assert.Equal((0, 1L), (pool.Figures().Queued, pool.Figures().Ends[WorkerEnd.Cancelled]));
    }

    [Fact]
    public async Task Closing_the_pool_cancels_what_runs_and_ends_only_its_own_processes()
    {
        var pool = ScriptWorker.Pool(new PoolOptions { MaxBusy = 2 });
        using var other = ScriptWorker.StartChild(new ProcessLimits());
        var pid = await Ask(pool, "pid", "idle");
        var running = pool.RunAsync("me", "k", (w, d) => w.Ask("hang", d), TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => pool.Figures().OldestPhase == "running", TimeSpan.FromSeconds(30)));
        pool.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Ask(pool, "echo x"));
        Assert.False(ScriptWorker.Exists(pid));
        Assert.True(other.IsRunning);
        Assert.Equal(0, pool.Figures().Workers);
    }

    [Fact]
    public async Task A_mistake_of_an_adapter_ends_its_request_alone()
    {
        using var pool = ScriptWorker.Pool(One);
        await Assert.ThrowsAsync<FormatException>(() => pool.RunAsync<int>("me", "k", (_, _) => throw new FormatException(), TestContext.Current.CancellationToken));
        Assert.Equal("fine", await Ask(pool, "echo fine"));
    }

    private static Task<string> Ask(WorkerPool<ScriptWorker> pool, string line, string key = "k") =>
        pool.RunAsync("me", key, (w, d) => w.Ask(line, d), TestContext.Current.CancellationToken);
}
