using Ratchet.Attempts;
using Ratchet.Models;
using Ratchet.Models.Torch;
using Ratchet.Sampling.Constraints;
using TorchSharp;

namespace Ratchet.Sampling.Tests;

[Collection(nameof(NativeMemoryCollection))]
public sealed class TorchBatchSamplerTests
{
    private const double ParityNats = 1e-3;

    public static TheoryData<string> Variants => ["plain", "window", "latent attention", "mixture", "chain of experts"];

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Many_callers_with_settings_of_their_own_each_get_what_they_would_get_alone(string variant)
    {
        var weights = Models.Weights(Variant(variant));
        using var alone = new TorchSampler(weights);
        await using var shared = new TorchBatchSampler(weights, maxBatch: 5);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () =>
        {
            var prompt = Models.Prompt(Models.Ids(1 + (i % 40), 23, (ulong)i), 1 + (i % 4), (ulong)i);
            var options = new SamplingOptions { Temperature = i % 3 * 0.6, TopK = i % 5, TopP = i % 2 == 0 ? 1 : 0.9, MaxNewTokens = 1 + (i % 30), StopIds = i % 7 == 0 ? [] : [2], ModelScores = i % 2 == 0 ? i % 6 : null };
            var (samples, _) = await shared.GenerateAsync(prompt, options);
            var expected = alone.Generate([prompt], options);
            Assert.Equal(expected.Select(s => string.Join(' ', s.Ids)), samples.Select(s => string.Join(' ', s.Ids)));
            Assert.Equal(expected.Select(s => s.Stop), samples.Select(s => s.Stop));
            AssertClose(expected.SelectMany(s => s.LogProbabilities), samples.SelectMany(s => s.LogProbabilities));
            AssertClose(expected.SelectMany(s => s.ModelScores).Select(s => s.LogProbability), samples.SelectMany(s => s.ModelScores).Select(s => s.LogProbability));
        })));
        Assert.Equal((0, 0), (shared.Active, shared.Waiting));
        Assert.True(shared.IsAlive);
    }

    [Fact]
    public async Task Scores_of_a_prompt_and_its_samples_are_those_of_the_full_forward_pass()
    {
        var weights = Models.Weights(Models.Tiny);
        using var alone = new TorchSampler(weights);
        await using var sampler = new TorchBatchSampler(weights);
        var prompt = Models.Prompt(Models.Ids(70, 23, 3), 1, 3);
        var (samples, scores) = await sampler.GenerateAsync(prompt, new SamplingOptions { Temperature = 0.5, TopK = 4, MaxNewTokens = 6, ModelScores = 3 }, scorePrompt: true);
        AssertClose(alone.Score([[.. prompt.Ids, .. samples[0].Ids]])[0], [.. scores.Select(s => s.LogProbability), .. samples[0].ModelScores.Select(s => s.LogProbability)]);

        var (none, echoed) = await sampler.GenerateAsync(new SamplePrompt(prompt.Ids, []), new SamplingOptions { ModelScores = 2 }, scorePrompt: true);
        Assert.Empty(none);
        AssertClose(scores.Select(s => s.LogProbability), echoed.Select(s => s.LogProbability));
        Assert.All(echoed, s => Assert.Equal(2, s.Top.Count));
    }

    [Fact]
    public async Task Texts_are_held_to_a_language_beside_others_that_are_free()
    {
        var letters = new Letters();
        var constraint = GrammarConstraint.Compile(Grammar.FromRegex("(ab|cd)+e"), TokenVocabulary.Of(letters, 23));
        await using var sampler = new TorchBatchSampler(Models.Weights(Models.Tiny));
        var free = sampler.GenerateAsync(Models.Prompt([1, 3], 3, 1), new SamplingOptions { MaxNewTokens = 30 });
        var (held, _) = await sampler.GenerateAsync(Models.Prompt([1, 2], 12, 1), new SamplingOptions { MaxNewTokens = 60, Constraint = constraint, StopIds = [letters.EndId] });
        Assert.All(held.Where(s => s.Stop == StopReason.EndToken), s => Assert.Matches("^(ab|cd)+e$", letters.Decode(s.Ids)));
        Assert.Contains(held, s => s.Stop == StopReason.EndToken);
        Assert.All((await free).Samples, s => Assert.Equal(30, s.Ids.Length));
    }

    [Fact]
    public async Task A_call_that_is_cancelled_leaves_the_batch_and_the_others_stay()
    {
        await using var sampler = new TorchBatchSampler(Models.Weights(Models.Tiny with { MaxPositions = 100_000 }), maxBatch: 4);
        using var stop = new CancellationTokenSource();
        var endless = sampler.GenerateAsync(Models.Prompt([1, 2], 6, 1), new SamplingOptions { MaxNewTokens = 99_000 }, cancellationToken: stop.Token);
        SpinWait.SpinUntil(() => sampler.TokensSampled > 100, TimeSpan.FromSeconds(30));
        var other = sampler.GenerateAsync(Models.Prompt([1, 3], 2, 1), new SamplingOptions { MaxNewTokens = 20 });
        Assert.Equal((4, 4), (sampler.Active, sampler.Waiting));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless);
        Assert.Equal([20, 20], (await other).Samples.Select(s => s.Ids.Length));
        Assert.Equal((0, 0), (sampler.Active, sampler.Waiting));
    }

    [Fact]
    public async Task The_memory_for_keys_and_values_stays_within_its_limit_and_everybody_has_a_turn()
    {
        // 2 layers, keys and values of 2 heads of 10, float32: 320 bytes a position; so there are 100 positions.
        const int Position = 2 * 2 * 2 * 10 * sizeof(float);
        await using var sampler = new TorchBatchSampler(Models.Weights(Models.Tiny), maxBatch: 64, cacheBytes: 100 * Position);
        var calls = Enumerable.Range(0, 30).Select(i => sampler.GenerateAsync(Models.Prompt(Models.Ids(1 + (i % 9), 23, (ulong)i), 3, (ulong)i), new SamplingOptions { MaxNewTokens = 1 + (i % 25) }));
        var answers = await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(0, 30).SelectMany(i => Enumerable.Repeat(1 + (i % 25), 3)), answers.SelectMany(a => a.Samples).Select(s => s.Ids.Length));
        Assert.InRange(sampler.PeakCacheBytes, 1, 100 * Position);

        await using var small = new TorchBatchSampler(Models.Weights(Models.Tiny), maxBatch: 64, cacheBytes: 10 * Position);
        var (samples, _) = await small.GenerateAsync(Models.Prompt([1, 2, 3], 3, 1), new SamplingOptions { MaxNewTokens = 40 });
        Assert.Equal([40, 40, 40], samples.Select(s => s.Ids.Length));
        Assert.InRange(small.PeakCacheBytes, 10 * Position, 80 * Position);
    }

    [Fact]
    public async Task A_failure_of_one_call_is_its_own_and_a_stopped_sampler_fails_what_is_left()
    {
        var sampler = new TorchBatchSampler(Models.Weights(Models.Tiny with { MaxPositions = 100_000 }));
        await Assert.ThrowsAsync<NotSupportedException>(() => sampler.GenerateAsync(Models.Prompt([1], 3, 1), new SamplingOptions(), new Faulty()));
        await Assert.ThrowsAsync<ArgumentException>(() => sampler.GenerateAsync(Models.Prompt([23], 1, 1), new SamplingOptions()));
        Assert.Equal(5, (await sampler.GenerateAsync(Models.Prompt([1], 1, 1), new SamplingOptions { MaxNewTokens = 5 })).Samples[0].Ids.Length);
        var endless = sampler.GenerateAsync(Models.Prompt([1, 2], 1, 1), new SamplingOptions { MaxNewTokens = 99_000 });
        await sampler.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => endless);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => sampler.GenerateAsync(Models.Prompt([1], 1, 1), new SamplingOptions()));
    }

    [Fact]
    public async Task Nothing_stays_alive_between_calls_nor_after_the_sampler()
    {
        var before = torch.Tensor.TotalCount;
        await using (var sampler = new TorchBatchSampler(Models.Weights(Models.Tiny), new TorchOptions { Compute = WeightsType.BFloat16 }, maxBatch: 3))
        {
            await Use(sampler);
            var idle = torch.Tensor.TotalCount;
            for (var i = 0; i < 20; i++)
                await Use(sampler);
            Assert.True(SpinWait.SpinUntil(() => torch.Tensor.TotalCount == idle, TimeSpan.FromSeconds(10)), $"{torch.Tensor.TotalCount} tensors, at first {idle}");
        }

        Assert.Equal(before, torch.Tensor.TotalCount);

        // The cache is given back a moment after the last answer.
        static async Task Use(TorchBatchSampler sampler)
        {
            var live = torch.Tensor.TotalCount;
            await Task.WhenAll(Models.Mixed(23).Select(p => sampler.GenerateAsync(p, new SamplingOptions { MaxNewTokens = 12, StopIds = [2] })));
            SpinWait.SpinUntil(() => torch.Tensor.TotalCount <= live, TimeSpan.FromSeconds(1));
        }
    }

    private static DecoderConfig Variant(string name) => name switch
    {
        "window" => Models.Tiny with { SlidingWindow = 5 },
        "latent attention" => Models.Tiny with { KeyValueHeads = 4, LatentAttention = new LatentAttention { KeyValueRank = 7, PlainHeadSize = 6, RotaryHeadSize = 4, ValueHeadSize = 5 } },
        "mixture" => Models.Tiny with { Mixture = new ExpertMixture { Experts = 5, ExpertsPerToken = 2, ExpertSize = 9, SharedExperts = 1 } },
        "chain of experts" => Models.Tiny with { Mixture = new ExpertMixture { Experts = 5, ExpertsPerToken = 2, ExpertSize = 9, Rounds = 2 } },
        _ => Models.Tiny,
    };

    private static void AssertClose(IEnumerable<float> expected, IEnumerable<float> actual)
    {
        var (a, b) = (expected.ToList(), actual.ToList());
        Assert.Equal(a.Count, b.Count);
        for (var i = 0; i < a.Count; i++)
            Assert.Equal(a[i], b[i], ParityNats);
    }

    private sealed class Faulty : ISampleObserver
    {
        public bool OnToken(int sample, int id, float logProbability, TokenScore? score) => throw new NotSupportedException();

        public void OnEnd(int sample, Sample result)
        {
        }
    }
}
