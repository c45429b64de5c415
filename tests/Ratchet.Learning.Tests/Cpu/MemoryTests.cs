using Ratchet.Examples;
using Ratchet.Learning.Cpu;

namespace Ratchet.Learning.Tests.Cpu;

/// <summary>Alone, because the counters are those of the whole process; on one thread, because chance decides which of two sees the longest chunk first.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryCollection;

[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    [Fact]
    public void A_thousand_steps_hold_no_more_memory_than_ten_and_disposal_gives_all_back()
    {
        var before = NativeBuffer.LiveBytes;
        var config = Tiny.Config with { Layers = 1 };
        using (var trainer = new CpuTrainer(Tiny.Weights(config), options: new CpuTrainerOptions { Threads = 1 }))
        {
            Example[][] batches = [.. Enumerable.Range(0, 8).Select(i => Tiny.Rows(6, 11, seed: (ulong)i))];
            void Steps(int count)
            {
                for (var i = 0; i < count; i++)
                    trainer.Step(batches[i % 8], 1e-3);
            }

            Steps(100);
            var native = NativeBuffer.LiveBytes;
            var managed = GC.GetTotalMemory(forceFullCollection: true);
            Steps(1000);
            Assert.Equal(native, NativeBuffer.LiveBytes);
            Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - managed, long.MinValue, 200_000);
        }

        Assert.Equal(before, NativeBuffer.LiveBytes);
    }
}
