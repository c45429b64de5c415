using Ratchet.Attempts;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;
using TorchSharp;

namespace Ratchet.Sampling.Tests;

[Collection(nameof(NativeMemoryCollection))]
public sealed class TorchSamplerTests
{
    private const double ParityNats = 1e-3;

    private static readonly SamplingOptions Options = new() { MaxNewTokens = 20, StopIds = [2], MaxBatch = 5 };

    public static TheoryData<string> Variants => ["plain", "multi-head", "qk norm", "bias", "untied", "large vocabulary"];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Samples_are_those_of_the_CPU_sampler(string variant)
    {
        var weights = Models.Weights(Variant(variant));
        var prompts = Models.Mixed(weights.Config.VocabularySize);
        using var ours = new CpuSampler(weights);
        using var sampler = new TorchSampler(weights);

        var expected = ours.Generate(prompts, Options);
        var actual = sampler.Generate(prompts, Options);

        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].Ids, actual[i].Ids);
            Assert.Equal(expected[i].Stop, actual[i].Stop);
            for (var t = 0; t < expected[i].Ids.Length; t++)
                Assert.Equal(expected[i].LogProbabilities[t], actual[i].LogProbabilities[t], ParityNats);
        }
    }

    [Theory]
    [InlineData(WeightsType.Float32, 1e-4)]
    [InlineData(WeightsType.BFloat16, 0.3)]
    public void Cached_batched_sampling_agrees_with_the_full_forward_pass(WeightsType compute, double nats)
    {
        using var sampler = new TorchSampler(Models.Weights(Models.Tiny), new TorchOptions { Compute = compute, MaxBatchTokens = 32 });
        var prompts = Models.Mixed(23);

        var samples = sampler.Generate(prompts, Options with { StopIds = [] });

        var next = 0;
        foreach (var prompt in prompts)
        {
            for (var i = 0; i < prompt.Streams.Count; i++)
            {
                var sample = samples[next++];
                var full = sampler.Score([[.. prompt.Ids, .. sample.Ids]])[0];
                for (var t = 0; t < sample.Ids.Length; t++)
                    Assert.Equal(full[prompt.Ids.Count - 1 + t], sample.LogProbabilities[t], nats);
            }
        }

        Assert.Equal(samples.Count, next);
    }

    [Fact]
    public void The_batch_size_does_not_change_what_is_drawn()
    {
        using var sampler = new TorchSampler(Models.Weights(Models.Tiny));
        var prompts = Models.Mixed(23);
        var expected = sampler.Generate(prompts, Options with { MaxBatch = 1 });

        foreach (var batch in new[] { 2, 7, 64 })
            Assert.Equal(expected.Select(s => string.Join(' ', s.Ids)), sampler.Generate(prompts, Options with { MaxBatch = batch }).Select(s => string.Join(' ', s.Ids)));
    }

    [Fact]
    public void Equal_calls_give_equal_bits()
    {
        using var sampler = new TorchSampler(Models.Weights(Models.Tiny));
        var prompts = Models.Mixed(23);

        var first = sampler.Generate(prompts, Options);
        var second = sampler.Generate(prompts, Options);

        Assert.Equal(first.SelectMany(s => s.LogProbabilities), second.SelectMany(s => s.LogProbabilities));
    }

    [Fact]
    public void A_prompt_that_fills_all_positions_gives_an_empty_sample()
    {
        using var sampler = new TorchSampler(Models.Weights(Models.Tiny));
        var prompt = new SamplePrompt(Models.Ids(Models.Tiny.MaxPositions, 23, 1), [RandomStream.FromSeed(1)]);

        var sample = Assert.Single(sampler.Generate([prompt, new SamplePrompt([1], [])], Options));

        Assert.Empty(sample.Ids);
        Assert.Equal(StopReason.Length, sample.Stop);
    }

    [Fact]
    public void Calls_and_a_cancelled_call_leave_no_tensor_behind()
    {
        using var sampler = new TorchSampler(Models.Weights(Models.Tiny));
        var prompts = Models.Mixed(23);
        sampler.Generate(prompts, Options);
        var before = torch.Tensor.TotalCount;

        for (var i = 0; i < 10; i++)
            sampler.Generate(prompts, Options);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => sampler.Generate(prompts, Options, cancelled.Token));

        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void A_thousand_steps_leave_no_tensor_behind_and_let_others_have_their_turn()
    {
        const int PerCall = 70;
        var budget = new ThreadBudget(1);
        using var sampler = new TorchSampler(Models.Weights(Models.Tiny), budget: budget);
        SamplePrompt[] prompts = [Models.Prompt([1, 2], 3, 5)];
        var endless = new SamplingOptions { MaxNewTokens = PerCall };
        sampler.Generate(prompts, endless);
        var before = torch.Tensor.TotalCount;
        using var stop = new CancellationTokenSource();
        var turns = 0;
        var neighbour = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var permit = budget.Enter();
                turns++;
            }
        });
        neighbour.Start();

        var steps = 0;
        while (steps < 1000)
            steps += sampler.Generate(prompts, endless).Max(s => s.Ids.Length) - 1;
        stop.Cancel();
        neighbour.Join();

        Assert.Equal(before, torch.Tensor.TotalCount);
        Assert.Equal(1, budget.Peak);

        // Between two tokens whoever waits has his turn: far more turns than calls.
        Assert.InRange(turns, 100, int.MaxValue);
        budget.Enter().Dispose();
    }

    [Fact]
    public void A_prompt_or_an_option_that_cannot_be_used_is_refused()
    {
        using var sampler = new TorchSampler(Models.Weights(Models.Tiny));

        Assert.StartsWith("Prompt 1 is empty", Assert.Throws<ArgumentException>(() => sampler.Generate([new SamplePrompt([1], []), new SamplePrompt([], [])], Options)).Message, StringComparison.Ordinal);
        Assert.Contains("TopP", Assert.Throws<ArgumentException>(() => sampler.Generate([], Options with { TopP = 0 })).Message, StringComparison.Ordinal);
    }

    private static DecoderConfig Variant(string name) => name switch
    {
        "multi-head" => Models.Tiny with { KeyValueHeads = Models.Tiny.Heads },
        "qk norm" => Models.Tiny with { QkNorm = true },
        "bias" => Models.Tiny with { QkvBias = true },
        "untied" => Models.Tiny with { TiedHead = false },
        "large vocabulary" => Models.Tiny with { VocabularySize = 20_000 },
        _ => Models.Tiny,
    };
}
