using Ratchet.Attempts;
using Ratchet.Models;
using Ratchet.Models.Cpu;

namespace Ratchet.Sampling.Tests;

[Collection(nameof(NativeMemoryCollection))]
public sealed class CpuSamplerTests
{
    private static readonly SamplingOptions Options = new() { MaxNewTokens = 30, StopIds = [2], MaxBatch = 8 };

    public static TheoryData<string> Variants => ["plain", "multi-head", "one key head", "qk norm", "bias", "untied", "everything", "wide"];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Score_agrees_with_a_double_precision_decoder_written_from_the_equations(string variant)
    {
        var weights = Models.Weights(Variant(variant));
        using var sampler = new CpuSampler(weights);
        var ids = Models.Ids(40, weights.Config.VocabularySize, 3);

        var actual = sampler.Score([ids])[0];

        var expected = new ReferenceDecoder(weights).LogProbabilities(ids);
        Assert.Equal(39, actual.Length);
        Assert.True(expected.Max() - expected.Min() > 1, "the reference's distribution is too flat to show a mistake");
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) < 2e-5 * Math.Max(1, Math.Abs(expected[i])), $"place {i}: expected {expected[i]}, actual {actual[i]}");
    }

    [Theory]
    [InlineData(WeightPrecision.BFloat16)]
    [InlineData(WeightPrecision.Int8)]
    public void Rounded_weights_give_nearly_the_same_log_probabilities(WeightPrecision precision)
    {
        var weights = Models.Weights(Models.Tiny);
        using var sampler = new CpuSampler(weights, 1, precision);
        var ids = Models.Ids(40, 23, 3);
        var expected = new ReferenceDecoder(weights).LogProbabilities(ids);
        var actual = sampler.Score([ids])[0];
        Assert.True(expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max() is > 1e-5 and < 0.3);
    }

    [Theory]
    [InlineData(WeightPrecision.Float32, 1)]
    [InlineData(WeightPrecision.Float32, 3)]
    [InlineData(WeightPrecision.BFloat16, 2)]
    [InlineData(WeightPrecision.Int8, 2)]
    public void Sequences_that_begin_alike_are_scored_together_with_the_bits_of_each_alone(WeightPrecision precision, int threads)
    {
        var config = Variant("everything") with { MaxPositions = 220 };
        using var sampler = new CpuSampler(Models.Weights(config), threads, precision);
        var random = new Random(5);
        int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(config.VocabularySize))];
        for (var round = 0; round < 12; round++)
        {
            var sequences = new List<IReadOnlyList<int>>();
            while (sequences.Count < 40)
            {
                // Candidates for one prompt, among them equal ones, ones of a single id more, and ones longer than a pass; and strangers between them.
                var prompt = Ids(random.Next(1, config.MaxPositions - 1));
                for (var i = random.Next(1, 30); i > 0; i--)
                    sequences.Add([.. prompt.Take(random.Next(8) == 0 ? random.Next(1, prompt.Length + 1) : prompt.Length), .. Ids(random.Next(0, Math.Min(random.Next(4) == 0 ? 110 : 6, config.MaxPositions - prompt.Length) + 1))]);
            }

            var together = sampler.Score(sequences);

            for (var i = 0; i < sequences.Count; i++)
                Assert.Equal(sampler.Score([sequences[i]])[0], together[i]);
            Assert.Equal(0, sampler.PagesInUse);
        }
    }

    [Theory]
    [InlineData(WeightPrecision.Float32)]
    [InlineData(WeightPrecision.BFloat16)]
    [InlineData(WeightPrecision.Int8)]
    public void Cached_batched_sampling_gives_the_bits_of_the_full_forward_pass(WeightPrecision precision)
    {
        using var sampler = new CpuSampler(Models.Weights(Variant("everything")), 2, precision);
        var prompts = Models.Mixed(23);
        var samples = sampler.Generate(prompts, Options with { StopIds = [] });
        var next = 0;
        foreach (var prompt in prompts)
        {
            for (var i = 0; i < prompt.Streams.Count; i++)
            {
                var sample = samples[next++];
                var full = sampler.Score([[.. prompt.Ids, .. sample.Ids]])[0];
                Assert.Equal(full[(prompt.Ids.Count - 1)..], sample.LogProbabilities);
            }
        }

        Assert.Equal(samples.Count, next);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Other_weights_in_place_are_sampled_as_by_a_sampler_made_from_them(string variant)
    {
        var (first, second) = (Models.Weights(Variant(variant)), Models.Weights(Variant(variant), 9));
        foreach (var precision in (WeightPrecision[])[WeightPrecision.Float32, WeightPrecision.BFloat16])
        {
            using var loaded = new CpuSampler(first, precision: precision);
            using var made = new CpuSampler(second, precision: precision);
            IReadOnlyList<SamplePrompt> prompts = [new SamplePrompt([1, 2, 3], [Ratchet.Loop.RandomStream.FromSeed(1), Ratchet.Loop.RandomStream.FromSeed(2)])];
            loaded.Generate(prompts, new SamplingOptions { MaxNewTokens = 9 });
            loaded.Load(second);
            var (a, b) = (loaded.Generate(prompts, new SamplingOptions { MaxNewTokens = 9 }), made.Generate(prompts, new SamplingOptions { MaxNewTokens = 9 }));
            Assert.Equal(b.Select(s => s.LogProbabilities), a.Select(s => s.LogProbabilities));
            Assert.Throws<ArgumentException>(() => loaded.Load(Models.Weights(Variant(variant) with { MaxPositions = 7 })));
        }
    }

    [Fact]
    public void Worker_count_and_batch_size_change_no_bit()
    {
        var weights = Models.Weights(Models.Tiny);
        var prompts = Models.Mixed(23);
        using var one = new CpuSampler(weights);
        var expected = one.Generate(prompts, Options with { MaxBatch = 1 });
        foreach (var workers in new[] { 1, 2, 3 })
        {
            foreach (var batch in new[] { 1, 2, 7, 64 })
            {
                using var sampler = new CpuSampler(weights, workers);
                AssertEqual(expected, sampler.Generate(prompts, Options with { MaxBatch = batch }));
                Assert.Equal(0, sampler.PagesInUse);
            }
        }
    }

    [Fact]
    public void Samples_that_share_a_prompt_are_those_of_the_prompt_given_once_for_each()
    {
        using var sampler = new CpuSampler(Models.Weights(Models.Tiny), 2);
        var shared = Models.Prompt(Models.Ids(37, 23, 1), 12, 5);
        var apart = shared.Streams.Select(s => new SamplePrompt(shared.Ids, [s])).ToArray();
        AssertEqual(sampler.Generate([shared], Options), sampler.Generate(apart, Options));
    }

    [Fact]
    public void Temperature_zero_takes_the_most_likely_id_at_each_place()
    {
        var weights = Models.Weights(Models.Tiny);
        using var sampler = new CpuSampler(weights);
        var prompt = Models.Prompt([1, 5, 9], 1, 1);
        var sample = sampler.Generate([prompt], Options with { Temperature = 0, MaxNewTokens = 12, StopIds = [] })[0];
        List<int> ids = [.. prompt.Ids];
        var reference = new ReferenceDecoder(weights);
        for (var i = 0; i < 12; i++)
        {
            var logits = reference.Logits(ids)[^1];
            ids.Add(Array.IndexOf(logits, logits.Max()));
        }

        Assert.Equal(ids[3..], sample.Ids);
        Assert.All(sample.LogProbabilities, p => Assert.Equal(0f, p));
        Assert.Equal(StopReason.Length, sample.Stop);
    }

    [Fact]
    public void Sequences_end_at_stop_ids_stop_sequences_the_limit_and_the_last_position()
    {
        using var sampler = new CpuSampler(Models.Weights(Models.Tiny));
        var prompt = Models.Prompt([1, 4], 40, 2);
        var free = sampler.Generate([prompt], Options with { StopIds = [] });
        var pair = free[0].Ids[3..5];

        var stopped = sampler.Generate([prompt], Options with { StopIds = [6], StopSequences = [pair] });

        for (var i = 0; i < 40; i++)
        {
            var id = Array.IndexOf(free[i].Ids, 6);
            var sequence = Enumerable.Range(1, 29).FirstOrDefault(t => free[i].Ids[t - 1] == pair[0] && free[i].Ids[t] == pair[1], -1);
            var (length, reason) = (id, sequence) switch
            {
                (-1, -1) => (30, StopReason.Length),
                (_, -1) => (id + 1, StopReason.EndToken),
                (-1, _) => (sequence + 1, StopReason.StopString),
                _ => id <= sequence ? (id + 1, StopReason.EndToken) : (sequence + 1, StopReason.StopString),
            };
            Assert.Equal(free[i].Ids[..length], stopped[i].Ids);
            Assert.Equal(reason, stopped[i].Stop);
        }

        Assert.Contains(stopped, s => s.Stop == StopReason.EndToken);
        Assert.Equal(StopReason.StopString, stopped[0].Stop == StopReason.EndToken ? StopReason.StopString : stopped[0].Stop);
        var longPrompt = Models.Prompt(Models.Ids(75, 23, 1), 2, 1);
        Assert.All(sampler.Generate([longPrompt], Options with { StopIds = [] }), s => Assert.Equal((5, StopReason.Length), (s.Ids.Length, s.Stop)));
        var full = Models.Prompt(Models.Ids(80, 23, 1), 1, 1);
        Assert.Equal((0, StopReason.Length), (sampler.Generate([full], Options)[0].Ids.Length, sampler.Generate([full], Options)[0].Stop));
    }

    [Fact]
    public void Bad_prompts_and_options_are_named()
    {
        using var sampler = new CpuSampler(Models.Weights(Models.Tiny));
        string Refusal(int[] ids, SamplingOptions? options = null)
            => Assert.Throws<ArgumentException>(() => sampler.Generate([Models.Prompt([1], 1, 1), Models.Prompt(ids, 1, 1)], options ?? Options)).Message;

        Assert.StartsWith("Prompt 1: The sequence is empty: it needs at least one id.", Refusal([]), StringComparison.Ordinal);
        Assert.StartsWith("Prompt 1: Id 23 at place 2 is outside the vocabulary of 23 ids.", Refusal([1, 2, 23]), StringComparison.Ordinal);
        Assert.StartsWith("Prompt 1: The sequence has 81 ids; the model has 80 positions.", Refusal(new int[81]), StringComparison.Ordinal);
        Assert.StartsWith(
            "Temperature must be at least 0, not -1. TopP must be in (0, 1], not 0. TopK must be at least 0, not -2. MaxNewTokens must be at least 1, not 0. MaxBatch must be at least 1, not 0. StopIds holds 99, which is outside the vocabulary of 23 ids. StopSequences holds an empty sequence.",
            Refusal([1], new SamplingOptions { Temperature = -1, TopP = 0, TopK = -2, MaxNewTokens = 0, MaxBatch = 0, StopIds = [99], StopSequences = [[]] }),
            StringComparison.Ordinal);
        Assert.Empty(sampler.Generate([], Options));
        Assert.Empty(sampler.Generate([Models.Prompt([1], 0, 1)], Options));
    }

    [Fact]
    public void A_model_with_broken_weights_is_a_failure_and_not_a_sample()
    {
        var weights = Models.Weights(Models.Tiny);
        weights["model.norm.weight"][3] = float.NaN;
        using var sampler = new CpuSampler(weights, 2);
        Assert.Throws<InvalidOperationException>(() => sampler.Generate(Models.Mixed(23), Options));
        Assert.Equal(0, sampler.PagesInUse);
    }

    [Fact]
    public void Cancellation_stops_all_workers_and_gives_all_pages_back()
    {
        using var sampler = new CpuSampler(Models.Weights(Models.Tiny with { MaxPositions = 4096 }), 2);
        var prompts = Enumerable.Range(0, 200).Select(i => Models.Prompt([1, 2, 3], 8, (ulong)i)).ToArray();
        using var source = new CancellationTokenSource();
        var call = Task.Run(() => sampler.Generate(prompts, Options with { MaxNewTokens = 4000, StopIds = [] }, source.Token));
        SpinWait.SpinUntil(() => sampler.PagesInUse > 0, TimeSpan.FromSeconds(30));
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => call.GetAwaiter().GetResult());
        Assert.Equal(0, sampler.PagesInUse);
        Assert.Equal(30, sampler.Generate([Models.Prompt([1], 1, 1)], Options with { StopIds = [] })[0].Ids.Length);
    }

    [Fact]
    public void Dispose_frees_all_native_memory_and_steady_use_takes_no_more()
    {
        var weights = Models.Weights(Models.Tiny);
        var before = NativeBytes.Live;
        var sampler = new CpuSampler(weights, 2);
        var prompts = Models.Mixed(23);
        sampler.Generate(prompts, Options);
        sampler.Score([prompts[4].Ids]);
        var used = NativeBytes.Live;
        Assert.True(used > before);
        for (var i = 0; i < 20; i++)
            sampler.Generate(prompts, Options);
        Assert.Equal(used, NativeBytes.Live);
        sampler.Dispose();
        sampler.Dispose();
        Assert.Equal(before, NativeBytes.Live);
        Assert.Throws<ObjectDisposedException>(() => sampler.Generate(prompts, Options));
    }

    private static DecoderConfig Variant(string name) => name switch
    {
        "plain" => Models.Tiny,
        "multi-head" => Models.Tiny with { KeyValueHeads = 4 },
        "one key head" => Models.Tiny with { KeyValueHeads = 1 },
        "qk norm" => Models.Tiny with { QkNorm = true },
        "bias" => Models.Tiny with { QkvBias = true },
        "untied" => Models.Tiny with { TiedHead = false, RopeTheta = 500 },
        "everything" => Models.Tiny with { QkNorm = true, QkvBias = true, TiedHead = false },
        _ => Models.Tiny with { VocabularySize = 64, HiddenSize = 64, HeadSize = 32, FeedForwardSize = 96 },
    };

    private static void AssertEqual(IReadOnlyList<Sample> expected, IReadOnlyList<Sample> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].Ids, actual[i].Ids);
            Assert.Equal(expected[i].LogProbabilities, actual[i].LogProbabilities);
            Assert.Equal(expected[i].Stop, actual[i].Stop);
        }
    }
}

/// <summary>Tests that count native memory or make much of it run one after the other.</summary>
[CollectionDefinition(nameof(NativeMemoryCollection), DisableParallelization = true)]
public sealed class NativeMemoryCollection;
