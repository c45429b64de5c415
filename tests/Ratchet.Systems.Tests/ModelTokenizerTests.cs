using Ratchet.Domains.Propositional;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Tokenization;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Systems.Tests;

public sealed class ModelTokenizerTests : IDisposable
{
    private static readonly PropositionalDomain Domain = new();
    private static readonly ProblemSet Problems = Domain.Generate(new ProblemCounts(60, 20, 20), RandomStream.FromSeed(1));
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_domains_vocabulary_loads_as_the_domains_tokenizer()
    {
        Save(Domain.Tokenizer, 64);

        Assert.Same(Domain.Tokenizer, ModelTokenizer.Load(_folder.Path, Domain));
    }

    [Fact]
    public void A_byte_level_tokenizer_loads_as_itself_also_under_a_model_with_more_ids()
    {
        var trained = ModelTokenizer.Train(Domain, Problems, 300);
        Save(trained, 320);

        var loaded = Assert.IsType<PretrainedTokenizer>(ModelTokenizer.Load(_folder.Path, Domain));

        Assert.Equal(trained.Save(), loaded.Save());
        Assert.Equal((trained.BeginId, trained.EndId, trained.PadId), (loaded.BeginId, loaded.EndId, loaded.PadId));
        foreach (var text in Problems.All.Select(Domain.Prompt).Concat(Problems.References.Values))
        {
            Assert.Equal(trained.Encode(text), loaded.Encode(text));
            Assert.Equal(((ITokenizer)trained).EncodePrompt(text), loaded.EncodePrompt(text));
            Assert.Equal(text, loaded.Decode(loaded.Encode(text)));
        }
    }

    [Fact]
    public void Training_depends_on_the_seed_problems_alone_and_its_merges_shorten_them()
    {
        var trained = ModelTokenizer.Train(Domain, Problems, 300);
        var seed = Problems.In(Split.Seed);
        var other = new ProblemSet([.. seed.Reverse()], seed.ToDictionary(p => p.Id, p => Problems.References[p.Id]), new Dictionary<string, int>());

        Assert.Equal(300, trained.VocabularySize);
        Assert.Equal(trained.Save(), ModelTokenizer.Train(Domain, other, 300).Save());
        var prompts = Problems.All.Select(Domain.Prompt).ToList();
        Assert.All(prompts, p => Assert.Equal(p, trained.Decode(trained.Encode(p))));
        Assert.InRange((double)prompts.Sum(p => trained.Encode(p).Length) / prompts.Sum(p => p.Length), 0.1, 0.6);
    }

    [Theory]
    [InlineData("\"h3\"", "\"x3\"", "holds another closed vocabulary than that of the domain 'propositional'")]
    [InlineData("\"WordLevel\"", "\"Unigram\"", "is not a tokenizer that can be used")]
    [InlineData("{", "", "cannot be read")]
    public void Another_tokenizer_is_refused_with_its_name(string text, string replacement, string says)
    {
        Save(Domain.Tokenizer, 64);
        var path = _folder["tokenizer.json"];
        File.WriteAllText(path, File.ReadAllText(path).Replace(text, replacement, StringComparison.Ordinal));

        var error = Assert.Throws<RatchetException>(() => ModelTokenizer.Load(_folder.Path, Domain));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_a_tokenizer_or_with_too_large_a_one_is_refused()
    {
        Save(Domain.Tokenizer, 63);
        Assert.Equal($"The tokenizer '{_folder["tokenizer.json"]}' has 64 ids, but the model beside it has only 63.", Assert.Throws<RatchetException>(() => ModelTokenizer.Load(_folder.Path, Domain)).Message);

        File.Delete(_folder["tokenizer.json"]);
        Assert.Equal($"The model folder '{_folder.Path}' has no tokenizer.json.", Assert.Throws<RatchetException>(() => ModelTokenizer.Load(_folder.Path, Domain)).Message);
    }

    private void Save(ITokenizer tokenizer, int vocabulary)
    {
        var shape = new DecoderConfig { VocabularySize = vocabulary, HiddenSize = 8, Layers = 1, Heads = 1, KeyValueHeads = 1, HeadSize = 8, FeedForwardSize = 8, MaxPositions = 16 };
        CheckpointStore.Save(_folder.Path, "model", DecoderWeights.Initialize(shape, RandomStream.FromSeed(1)), tokenizer.Save());
    }
}
