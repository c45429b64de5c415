using Ratchet.Learning.Cpu;

namespace Ratchet.Learning.Tests.Cpu;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_item_runs_once(int threads)
    {
        using var pool = new WorkerPool(threads);
        var counts = new int[100];
        for (var round = 0; round < 200; round++)
            pool.Run(counts.Length, (item, _) => Interlocked.Increment(ref counts[item]));

        Assert.All(counts, c => Assert.Equal(200, c));
    }

    [Fact]
    public void An_item_that_throws_is_told_after_all_others_have_run_and_the_pool_goes_on()
    {
        using var pool = new WorkerPool(2);
        var done = 0;
        void Work(int item, int worker)
        {
            if (item is 3 or 7)
                throw new InvalidOperationException($"item {item}");
            Interlocked.Increment(ref done);
        }

        var e = Assert.Throws<InvalidOperationException>(() => pool.Run(10, Work));

        Assert.Equal("item 3", e.Message);
        Assert.Equal(8, done);
        pool.Run(2, Work);
        Assert.Equal(10, done);
    }

    [Fact]
    public void A_thread_that_is_held_up_does_not_hold_up_the_other_items()
    {
        using var pool = new WorkerPool(2);
        using var rest = new CountdownEvent(9);
        pool.Run(10, (item, _) =>
        {
            if (item == 0)
                Assert.True(rest.Wait(TimeSpan.FromSeconds(30)), "the other worker must take all other items");
            else
                rest.Signal();
        });

        Assert.Equal(0, rest.CurrentCount);
    }
}
