using Ratchet.Loop;

namespace Ratchet.Tests.Loop;

public sealed class ThreadBudgetTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void No_more_permits_are_out_than_there_are(int threads)
    {
        var budget = new ThreadBudget(threads);
        int inside = 0, most = 0, done = 0;
        OnThreads(8, _ =>
        {
            for (var i = 0; i < 200; i++)
            {
                using var permit = budget.Enter();
                for (var turn = 0; turn < 3; turn++)
                {
                    var now = Interlocked.Increment(ref inside);
                    InterlockedMax(ref most, now);
                    Thread.SpinWait(20);
                    Interlocked.Decrement(ref inside);
                    if (turn == 0)
                        permit.Breathe();
                    permit.Pause();
                    permit.Resume();
                }

                Interlocked.Increment(ref done);
            }
        });

        Assert.Equal(1600, done);
        Assert.InRange(most, 1, threads);
        Assert.InRange(budget.Peak, 1, threads);
    }

    [Fact]
    public void All_permits_can_be_out_at_once()
    {
        var budget = new ThreadBudget(3);
        using var all = new Barrier(3);

        OnThreads(3, _ =>
        {
            using var permit = budget.Enter();
            Assert.True(all.SignalAndWait(Deadline));
        });

        Assert.Equal(3, budget.Peak);
    }

    [Fact]
    public void Breathing_lets_one_who_waits_go_first_and_comes_back()
    {
        var budget = new ThreadBudget(1);
        var order = new List<string>();
        using var permit = budget.Enter();
        order.Add("first");
        var other = new Thread(() =>
        {
            using var turn = budget.Enter();
            order.Add("other");
        });
        other.Start();
        Assert.True(SpinWait.SpinUntil(() => budget.Waiting == 1, Deadline));

        permit.Breathe();
        order.Add("first again");
        Assert.True(other.Join(Deadline));

        Assert.Equal(["first", "other", "first again"], order);
        Assert.Equal(1, budget.Peak);
    }

    [Fact]
    public void Breathing_alone_keeps_the_permit()
    {
        var budget = new ThreadBudget(1);
        using var permit = budget.Enter();
        for (var i = 0; i < 1000; i++)
            permit.Breathe();
        Assert.Equal(1, budget.Peak);
    }

    [Fact]
    public void Permits_go_to_those_who_wait_longest()
    {
        var budget = new ThreadBudget(1);
        var order = new List<int>();
        var threads = new List<Thread>();
        var held = budget.Enter();
        for (var i = 0; i < 5; i++)
        {
            var number = i;
            var thread = new Thread(() =>
            {
                using var turn = budget.Enter();
                order.Add(number);
            });
            thread.Start();
            Assert.True(SpinWait.SpinUntil(() => budget.Waiting == number + 1, Deadline));
            threads.Add(thread);
        }

        held.Dispose();

        Assert.All(threads, t => Assert.True(t.Join(Deadline)));
        Assert.Equal([0, 1, 2, 3, 4], order);
    }

    [Fact]
    public void A_paused_permit_is_free_for_others_and_disposing_it_gives_nothing_back_twice()
    {
        var budget = new ThreadBudget(1);
        var first = budget.Enter();
        first.Pause();
        first.Pause();
        budget.Enter().Dispose();
        first.Breathe();
        first.Dispose();
        first.Dispose();
        first.Resume();

        // One permit is free, and only one: a second thread has to wait.
        var held = budget.Enter();
        var second = new Thread(() => budget.Enter().Dispose());
        second.Start();
        Assert.True(SpinWait.SpinUntil(() => budget.Waiting == 1, Deadline));
        held.Dispose();
        Assert.True(second.Join(Deadline));
        Assert.Equal(1, budget.Peak);
    }

    [Fact]
    public void Permits_taken_together_wait_for_all_of_them_and_are_not_overtaken()
    {
        var budget = new ThreadBudget(3);
        var order = new List<string>();
        var one = budget.Enter();
        var wide = new Thread(() =>
        {
            using var all = budget.Enter(3);
            order.Add("wide");
            all.Breathe();
        });
        wide.Start();
        Assert.True(SpinWait.SpinUntil(() => budget.Waiting == 1, Deadline));

        // Two permits are free, but the one who asked for three waits longer.
        var later = new Thread(() =>
        {
            using var permit = budget.Enter();
            order.Add("later");
        });
        later.Start();
        Assert.True(SpinWait.SpinUntil(() => budget.Waiting == 2, Deadline));
        one.Dispose();

        Assert.True(wide.Join(Deadline) && later.Join(Deadline));
        Assert.Equal(["wide", "later"], order);
        Assert.Equal(3, budget.Peak);
        budget.Enter(3).Dispose();
        Assert.Throws<ArgumentOutOfRangeException>(() => budget.Enter(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => budget.Enter(0));
    }

    [Fact]
    public void A_wait_that_is_cancelled_takes_nothing_and_lets_those_behind_go_on()
    {
        var budget = new ThreadBudget(2);
        using var cancel = new CancellationTokenSource();
        var one = budget.Enter();
        var gaveUp = new Thread(() => Assert.ThrowsAny<OperationCanceledException>(() => budget.Enter(2, cancel.Token)));
        gaveUp.Start();
        Assert.True(SpinWait.SpinUntil(() => budget.Waiting == 1, Deadline));
        var behind = new Thread(() => budget.Enter().Dispose());
        behind.Start();
        Assert.True(SpinWait.SpinUntil(() => budget.Waiting == 2, Deadline));

        cancel.Cancel();

        Assert.True(gaveUp.Join(Deadline) && behind.Join(Deadline));
        Assert.Equal(0, budget.Waiting);
        Assert.ThrowsAny<OperationCanceledException>(() => budget.Enter(cancel.Token));
        one.Dispose();
        budget.Enter(2).Dispose();
    }

    [Fact]
    public void A_lease_whose_token_is_cancelled_while_it_breathes_holds_nothing()
    {
        var budget = new ThreadBudget(1);
        using var cancel = new CancellationTokenSource();
        using var lease = budget.Enter(cancel.Token);
        using var release = new ManualResetEventSlim();
        var other = new Thread(() =>
        {
            using var permit = budget.Enter();
            cancel.Cancel();
            release.Wait(Deadline);
        });
        other.Start();
        Assert.True(SpinWait.SpinUntil(() => budget.Waiting == 1, Deadline));

        Assert.ThrowsAny<OperationCanceledException>(lease.Breathe);

        lease.Dispose();
        release.Set();
        Assert.True(other.Join(Deadline));
        budget.Enter().Dispose();
        Assert.Equal(1, budget.Peak);
    }

    [Fact]
    public void Cancelling_at_any_moment_loses_no_permit()
    {
        var budget = new ThreadBudget(2);
        OnThreads(6, t =>
        {
            for (var i = 0; i < 300; i++)
            {
                using var cancel = new CancellationTokenSource();
                var canceller = i % 3 == 0 ? new Thread(cancel.Cancel) : null;
                canceller?.Start();
                try
                {
                    using var lease = budget.Enter(1 + ((t + i) % 2), cancel.Token);
                    lease.Breathe();
                }
                catch (OperationCanceledException)
                {
                    // What this test is about; the permits are counted below.
                }

                canceller?.Join();
            }
        });

        Assert.Equal(0, budget.Waiting);
        Assert.InRange(budget.Peak, 2, 2);
        budget.Enter(2).Dispose();
    }

    [Fact]
    public void Zero_stands_for_all_cores()
    {
        Assert.Equal(Environment.ProcessorCount, new ThreadBudget(0).Threads);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ThreadBudget(-1));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }

    private static void OnThreads(int count, Action<int> work)
    {
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, count).Select(i => new Thread(() =>
        {
            try
            {
                work(i);
            }
            catch (Exception e)
            {
                lock (failures)
                    failures.Add(e);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        Assert.All(threads, t => Assert.True(t.Join(Deadline), "a thread hangs"));
        Assert.Empty(failures);
    }
}
