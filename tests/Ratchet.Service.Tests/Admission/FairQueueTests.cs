using CsCheck;
using Ratchet.Service.Admission;

namespace Ratchet.Service.Tests.Admission;

public sealed class FairQueueTests
{
    [Fact]
    public async Task Slots_go_around_the_clients_and_not_to_whoever_came_with_most()
    {
        var queue = new FairQueue(slots: 1, perClient: 10, total: 20);
        using var greedy = queue.TryReserve("greedy", 4)!;
        using var modest = queue.TryReserve("modest", 1)!;
        await greedy.TakeSlotAsync(default);
        var order = new List<string>();
        Task[] waiting = [Note(greedy, "greedy 1"), Note(greedy, "greedy 2"), Note(greedy, "greedy 3"), Note(modest, "modest 1")];

        greedy.FreeSlot();
        await Task.WhenAll(waiting);

        Assert.Equal(["greedy 1", "modest 1", "greedy 2", "greedy 3"], order);
        Assert.Equal(0, queue.Busy);

        async Task Note(FairQueue.Reservation room, string name)
        {
            await room.TakeSlotAsync(default);
            order.Add(name);
            room.FreeSlot();
        }
    }

    [Fact]
    public void A_client_cannot_have_more_pending_than_its_share_nor_all_more_than_the_bound()
    {
        var queue = new FairQueue(slots: 1, perClient: 3, total: 5);
        using var first = queue.TryReserve("a", 3);
        Assert.NotNull(first);
        Assert.Null(queue.TryReserve("a", 1));
        using var second = queue.TryReserve("b", 2);
        Assert.NotNull(second);
        Assert.Null(queue.TryReserve("c", 1));

        first.Dispose();
        using var third = queue.TryReserve("c", 3);
        Assert.NotNull(third);
        Assert.Equal(5, queue.Pending);
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_no_slot_taken_and_its_turn_to_the_next()
    {
        var queue = new FairQueue(slots: 1, perClient: 9, total: 9);
        using var room = queue.TryReserve("a", 3)!;
        await room.TakeSlotAsync(default);
        using var cancel = new CancellationTokenSource();
        var given = room.TakeSlotAsync(cancel.Token);
        var next = room.TakeSlotAsync(default);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        Assert.False(next.IsCompleted);
        room.FreeSlot();
        await next;
        room.FreeSlot();

        Assert.Equal(0, queue.Busy);
    }

    [Fact]
    public void Nothing_is_left_of_clients_that_are_served()
    {
        var queue = new FairQueue(slots: 1, perClient: 9, total: 9);
        for (var i = 0; i < 1000; i++)
            queue.TryReserve($"client {i}", 1)!.Dispose();
        Assert.Equal((0, 0), (queue.Pending, queue.Clients));
    }

    [Fact]
    public void Under_random_use_slots_are_never_given_twice_and_never_lost() =>
        Gen.Select(Gen.Int[1, 4], Gen.Select(Gen.Int[0, 3], Gen.Bool).Array[1, 40]).SampleAsync(
            async (slots, calls) =>
            {
                var queue = new FairQueue(slots, calls.Length, calls.Length);
                var (inside, most) = (0, 0);
                var gate = new Lock();
                await Task.WhenAll(calls.Select(c => Task.Run(() => CallAsync(c.Item1, c.Item2))));
                Assert.InRange(most, 0, slots);
                Assert.Equal((0, 0, 0), (queue.Busy, queue.Pending, queue.Clients));

                async Task CallAsync(int client, bool cancelled)
                {
                    using var room = queue.TryReserve($"{client}", 1)!;
                    using var cancel = new CancellationTokenSource();
                    var turn = room.TakeSlotAsync(cancel.Token);
                    if (cancelled)
                        await cancel.CancelAsync();
                    try
                    {
                        await turn;
                    }
                    catch (OperationCanceledException)
                    {
                        return;
                    }

                    lock (gate)
                        most = Math.Max(most, ++inside);
                    await Task.Yield();
                    lock (gate)
                        inside--;
                    room.FreeSlot();
                }
            },
            iter: 200);
}
