namespace Ratchet.Sampling.Tests;

public sealed class CpuBatchSamplerTests
{
    [Fact]
    public async Task Many_callers_with_settings_of_their_own_each_get_what_they_would_get_alone()
    {
        var weights = Models.Weights(Models.Tiny);
        using var alone = new CpuSampler(weights);
        await using var shared = new CpuBatchSampler(weights, threads: 2, maxBatch: 5);
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(async () =>
        {
            var prompt = Models.Prompt(Models.Ids(1 + (i % 40), 23, (ulong)i), 1 + (i % 4), (ulong)i);
            var options = new SamplingOptions { Temperature = i % 3 * 0.6, TopK = i % 5, TopP = i % 2 == 0 ? 1 : 0.9, MaxNewTokens = 1 + (i % 30), StopIds = i % 7 == 0 ? [] : [2], Draft = i % 4, ModelScores = i % 2 == 0 ? i % 6 : null };
            var (samples, _) = await shared.GenerateAsync(prompt, options);
            var expected = alone.Generate([prompt], options);
            Assert.Equal(expected.Select(s => string.Join(' ', s.Ids)), samples.Select(s => string.Join(' ', s.Ids)));
            Assert.Equal(expected.SelectMany(s => s.LogProbabilities), samples.SelectMany(s => s.LogProbabilities));
            Assert.Equal(expected.SelectMany(s => s.ModelScores).Select(s => s.LogProbability), samples.SelectMany(s => s.ModelScores).Select(s => s.LogProbability));
        })));
        Assert.Equal((0, 0, 0), (shared.Active, shared.Waiting, shared.PagesInUse));
    }

    [Fact]
    public async Task A_call_that_is_cancelled_leaves_the_batch_and_the_others_stay()
    {
        await using var sampler = new CpuBatchSampler(Models.Weights(Models.Tiny with { MaxPositions = 100_000 }), maxBatch: 4);
        using var stop = new CancellationTokenSource();
        var endless = sampler.GenerateAsync(Models.Prompt([1, 2], 4, 1), new SamplingOptions { MaxNewTokens = 99_000 }, cancellationToken: stop.Token);
        SpinWait.SpinUntil(() => sampler.TokensSampled > 100, TimeSpan.FromSeconds(30));
        var other = sampler.GenerateAsync(Models.Prompt([1, 3], 2, 1), new SamplingOptions { MaxNewTokens = 20 });
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless);
        Assert.Equal([20, 20], (await other).Samples.Select(s => s.Ids.Length));
        Assert.Equal((0, 0), (sampler.Active, sampler.PagesInUse));
    }

    [Fact]
    public async Task Scores_of_a_prompt_and_its_samples_are_those_of_the_full_forward_pass()
    {
        var weights = Models.Weights(Models.Tiny);
        using var alone = new CpuSampler(weights);
        await using var sampler = new CpuBatchSampler(weights);
        var prompt = Models.Prompt(Models.Ids(70, 23, 3), 1, 3);
        var (samples, scores) = await sampler.GenerateAsync(prompt, new SamplingOptions { Temperature = 0.5, TopK = 4, MaxNewTokens = 6, ModelScores = 3 }, scorePrompt: true);
        var full = alone.Score([[.. prompt.Ids, .. samples[0].Ids]])[0];
        float[] given = [.. scores.Select(s => s.LogProbability), .. samples[0].ModelScores.Select(s => s.LogProbability)];
        Assert.Equal(full, given);
        Assert.All(samples[0].ModelScores, s => Assert.True(s.Top.Count == 3 && s.Top[0].LogProbability >= s.Top[1].LogProbability));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task The_memory_for_keys_and_values_stays_within_its_limit_and_everybody_has_a_turn(int threads)
    {
        // 16 positions in 2 layers, keys and values of 2 heads of 10, float32.
        const int Page = 16 * 2 * 2 * 2 * 10 * sizeof(float);
        var weights = Models.Weights(Models.Tiny);
        using var alone = new CpuSampler(weights);
        await using var sampler = new CpuBatchSampler(weights, threads, maxBatch: 64, cacheBytes: 12 * Page);
        var prompts = Enumerable.Range(0, 40).Select(i => Models.Prompt(Models.Ids(1 + (i % 33), 23, (ulong)i), i % 4, (ulong)i)).ToList();
        var options = new SamplingOptions { MaxNewTokens = 40, StopIds = [2] };
        var answers = await Task.WhenAll(prompts.Select(p => sampler.GenerateAsync(p, options, scorePrompt: p.Ids.Count % 2 == 1)));
        Assert.Equal(alone.Generate(prompts, options).Select(s => string.Join(' ', s.Ids)), answers.SelectMany(a => a.Samples).Select(s => string.Join(' ', s.Ids)));
        Assert.InRange(sampler.PeakPages, 6, 12);
        Assert.Equal((0, 0, 0), (sampler.Active, sampler.Waiting, sampler.PagesInUse));

        await using var small = new CpuBatchSampler(weights, threads, maxBatch: 64, cacheBytes: 1);
        var (samples, _) = await small.GenerateAsync(Models.Prompt([1, 2, 3], 3, 1), new SamplingOptions { MaxNewTokens = 40 });
        Assert.Equal([40, 40, 40], samples.Select(s => s.Ids.Length));

        // Page 1 of 3 holds the prompt, and is copied.
        Assert.Equal(4, small.PeakPages);
    }

    [Fact]
    public async Task A_failure_of_one_call_is_its_own_and_a_stopped_sampler_fails_what_is_left()
    {
        var sampler = new CpuBatchSampler(Models.Weights(Models.Tiny with { MaxPositions = 100_000 }));
        await Assert.ThrowsAsync<NotSupportedException>(() => sampler.GenerateAsync(Models.Prompt([1], 3, 1), new SamplingOptions(), new Faulty()));
        Assert.Equal(5, (await sampler.GenerateAsync(Models.Prompt([1], 1, 1), new SamplingOptions { MaxNewTokens = 5 })).Samples[0].Ids.Length);
        var endless = sampler.GenerateAsync(Models.Prompt([1, 2], 1, 1), new SamplingOptions { MaxNewTokens = 99_000 });
        await sampler.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => endless);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => sampler.GenerateAsync(Models.Prompt([1], 1, 1), new SamplingOptions()));
    }

    private sealed class Faulty : ISampleObserver
    {
        public bool OnToken(int sample, int id, float logProbability, TokenScore? score) => throw new NotSupportedException();

        public void OnEnd(int sample, Sample result)
        {
        }
    }
}
