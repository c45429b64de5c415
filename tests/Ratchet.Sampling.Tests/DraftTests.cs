
namespace Ratchet.Sampling.Tests;

public sealed class DraftTests
{
    [Theory]
    [InlineData(0.0, 0, 1.0)]
    [InlineData(0.4, 0, 1.0)]
    [InlineData(1.0, 5, 1.0)]
    [InlineData(1.2, 0, 0.8)]
    public void Drafted_samples_are_those_of_plain_decoding_bit_by_bit(double temperature, int topK, double topP)
    {
        // A small alphabet and peaked distributions: texts repeat themselves, so that drafts stand and fall.
        var weights = Models.Weights(Models.Tiny with { VocabularySize = 11, MaxPositions = 160 });
        var prompts = Models.Mixed(11);
        var options = new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP, MaxNewTokens = 100, StopIds = [2], StopSequences = [[3, 4, 3]], MaxBatch = 8 };
        using var plain = new CpuSampler(weights);
        var expected = plain.Generate(prompts, options);
        foreach (var (draft, workers, batch) in new[] { (1, 1, 1), (4, 2, 8), (7, 3, 3), (64, 1, 64) })
        {
            using var sampler = new CpuSampler(weights, workers);
            var actual = sampler.Generate(prompts, options with { Draft = draft, MaxBatch = batch });
            Assert.Equal(expected.Select(s => string.Join(' ', s.Ids)), actual.Select(s => string.Join(' ', s.Ids)));
            Assert.Equal(expected.SelectMany(s => s.LogProbabilities), actual.SelectMany(s => s.LogProbabilities));
            Assert.Equal(expected.Select(s => s.Stop), actual.Select(s => s.Stop));
            Assert.True(sampler.Drafted.Made > 0 && sampler.Drafted.Stood > 0 && sampler.Drafted.Stood <= sampler.Drafted.Made, $"{sampler.Drafted}");
            Assert.Equal(0, sampler.PagesInUse);
        }
    }

    [Fact]
    public void A_draft_is_what_followed_the_latest_earlier_place_of_the_longest_ending()
    {
        var draft = new int[3];
        Assert.Equal(3, PromptLookup.Draft([1, 2, 3, 4, 5, 9, 2, 3, 4], draft));
        Assert.Equal([5, 9, 2], draft);
        Assert.Equal(2, PromptLookup.Draft([7, 8, 7, 8], draft.AsSpan(0, 2)));
        Assert.Equal([7, 8], draft[..2]);
        Assert.Equal(0, PromptLookup.Draft([1, 2, 3], draft));
        Assert.Equal(0, PromptLookup.Draft([1], draft));
    }
}
