using Ratchet.Loop;

namespace Ratchet.Sampling.Tests;

[Collection(nameof(NativeMemoryCollection))]
public sealed class CpuSamplerBudgetTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly SamplingOptions Options = new() { MaxNewTokens = 30, StopIds = [2], MaxBatch = 8 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Workers_never_hold_more_permits_than_there_are_and_sample_the_same(int permits)
    {
        using var plain = new CpuSampler(Models.Weights(Models.Tiny));
        var budget = new ThreadBudget(permits);
        using var sampler = new CpuSampler(Models.Weights(Models.Tiny), 4, budget: budget);
        var prompts = Models.Mixed(23);
        var expected = plain.Generate(prompts, Options);

        for (var i = 0; i < 20; i++)
            Assert.Equal(expected.Select(s => string.Join(' ', s.Ids)), sampler.Generate(prompts, Options).Select(s => string.Join(' ', s.Ids)));

        Assert.InRange(budget.Peak, 1, permits);
        for (var i = 0; i < permits; i++)
            budget.Enter();
    }

    [Fact]
    public void Another_stage_gets_its_turn_between_two_steps()
    {
        // The other stage holds the only permit until the sampler waits for it, then takes three turns and ends the sampling. Without turns
        // in between it would come to that only after the last sample.
        var budget = new ThreadBudget(1);
        using var sampler = new CpuSampler(Models.Weights(Models.Tiny), 1, budget: budget);
        using var stop = new CancellationTokenSource();
        var first = budget.Enter();
        var turns = 0;
        var other = new Thread(() =>
        {
            SpinWait.SpinUntil(() => budget.Waiting == 1, Deadline);
            first.Dispose();
            for (; turns < 3; turns++)
                budget.Enter().Dispose();
            stop.Cancel();
        });
        other.Start();

        Assert.ThrowsAny<OperationCanceledException>(() => sampler.Generate(Models.Mixed(23), Options with { StopIds = [], MaxBatch = 1 }, stop.Token));

        Assert.True(other.Join(Deadline));
        Assert.Equal(3, turns);
        Assert.Equal(0, sampler.PagesInUse);
    }

    [Fact]
    public void Sampling_that_waits_for_a_permit_ends_when_it_is_cancelled()
    {
        var budget = new ThreadBudget(1);
        using var sampler = new CpuSampler(Models.Weights(Models.Tiny), 1, budget: budget);
        using var held = budget.Enter();
        using var stop = new CancellationTokenSource();
        var other = new Thread(() =>
        {
            SpinWait.SpinUntil(() => budget.Waiting == 1, Deadline);
            stop.Cancel();
        });
        other.Start();

        Assert.ThrowsAny<OperationCanceledException>(() => sampler.Generate(Models.Mixed(3), Options, stop.Token));

        Assert.True(other.Join(Deadline));
        Assert.Equal((0, 0), (budget.Waiting, sampler.PagesInUse));
    }
}
