using Ratchet.Domains.Arithmetic;
using Ratchet.Learning.Pretraining;
using Ratchet.Loop;

namespace Ratchet.Systems.EchoChamber;

/// <summary>Writes the sources of a mixture as shards: problems with solutions, a source a format, and two of background. A source's text does not depend on the weights of the mixture, only its length does.</summary>
internal sealed class MixtureCorpus(EchoChamberWorld world)
{
    private const string Facts = "facts";
    private const string Sentences = "sentences";

    /// <summary>Windows of an optimizer step.</summary>
    public int WindowsPerStep => world.Recipe.Pretrain.BatchTokens / world.Recipe.Model.MaxPositions;

    /// <summary>Windows of the budget, in whole steps.</summary>
    public long Windows => world.Recipe.Pretrain.Tokens / ((long)WindowsPerStep * world.Recipe.Model.MaxPositions) * WindowsPerStep;

    /// <summary>Drawn problems that were left out because the run trains or evaluates on their like.</summary>
    public int Removed { get; private set; }

    /// <summary>Writes the sources that have weight, each as long as the mixture needs it.</summary>
    /// <param name="folder">Folder; each source gets one of its name.</param>
    public void Write(string folder)
    {
        var sources = Weights().Where(s => s.Weight > 0).ToList();
        var sum = sources.Sum(s => s.Weight);
        var counts = TokenMixture.Counts([.. sources.Select(s => s.Weight / sum)], Windows);
        var taken = world.Problems.All.Select(p => p.CanonicalHash).ToHashSet(StringComparer.Ordinal);
        Directory.CreateDirectory(folder);
        for (var i = 0; i < sources.Count; i++)
        {
            var path = Path.Combine(folder, sources[i].Name);
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            using var writer = new TokenShardWriter(path, world.Tokenizer.VocabularySize);
            var needed = (Math.Max(counts[i], 1) * (world.Recipe.Model.MaxPositions - 1)) + 1;
            var stream = world.Root.Derive("corpus").Derive(sources[i].Name);
            for (long document = 0; writer.Ids < needed; document++)
            {
                if (Ids(sources[i].Name, stream.Derive(document), taken) is { } ids)
                    writer.Add(ids);
                else
                    Removed++;
            }

            writer.Finish();
        }
    }

    /// <summary>Opens what <see cref="Write"/> wrote. The caller disposes the shards.</summary>
    public IReadOnlyList<MixtureSource> Open(string folder) => [.. Weights().Where(s => s.Weight > 0).Select(s => new MixtureSource(s.Name, TokenShards.Open(Path.Combine(folder, s.Name)), s.Weight))];

    /// <summary>Names and shares of all sources.</summary>
    private IEnumerable<(string Name, double Weight)> Weights()
    {
        var m = world.Recipe.Mixture;
        double[] formats = [m.Function, m.Tagged, m.Prose];
        foreach (var format in Enum.GetValues<ArithmeticFormat>())
            yield return (ArithmeticReading.LabelOf(format), (1 - m.Background) * formats[(int)format] / formats.Sum());
        yield return (Facts, m.Background * m.Facts);
        yield return (Sentences, m.Background * (1 - m.Facts));
    }

    /// <summary>A document with its marks; null for a problem whose like the run trains or evaluates on.</summary>
    private int[]? Ids(string source, RandomStream stream, HashSet<string> taken)
    {
        var tokenizer = world.Tokenizer;
        if (source is Facts or Sentences)
            return [tokenizer.BeginId, .. tokenizer.Encode(ArithmeticDomain.Background(source == Facts, stream)), tokenizer.EndId];
        var steps = world.Recipe.Mixture.Steps;
        var format = Enum.GetValues<ArithmeticFormat>().Single(f => ArithmeticReading.LabelOf(f) == source);
        var document = world.Domain.Document(format, steps[stream.Derive("steps").NextInt(steps.Count)], stream);
        return taken.Contains(document.Hash) ? null : [.. tokenizer.EncodePrompt(document.Statement), .. tokenizer.Encode(document.Solution), tokenizer.EndId];
    }
}
