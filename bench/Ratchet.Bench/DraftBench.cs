using System.Globalization;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Problems;
using Ratchet.Sampling;
using Ratchet.Systems;

namespace Ratchet.Bench;

/// <summary>Prompt lookup decoding beside plain decoding: the same tokens, in how much time.</summary>
internal static class DraftBench
{
    private static readonly int[] Drafts = [2, 4, 8];

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--repeats", "--threads", "--model", "--tokens", "--sizes");
        var sizes = SideBySide.Option(args, "--sizes", "1M,12M,40M").Split(',');
        var repeats = SideBySide.Number(SideBySide.Option(args, "--repeats", "3"));
        var threads = SideBySide.Number(SideBySide.Option(args, "--threads", "1"));
        var tokens = SideBySide.Number(SideBySide.Option(args, "--tokens", "160"));
        var model = SideBySide.Option(args, "--model", "");
        SideBySide.PrintFacts("drafts", args);
        Console.WriteLine();
        Console.WriteLine("| Model, texts | Batch | Plain tokens/s | " + string.Join(" | ", Drafts.Select(d => $"Draft {d}, ratio (drafted tokens that stood)")) + " |");
        Console.WriteLine("|---|---|---|" + string.Concat(Drafts.Select(_ => "---|")));
        if (model.Length > 0)
        {
            var checkpoint = PolicyProbe.Find(model);
            var domain = DomainCatalog.Create("propositional");
            var tokenizer = ModelTokenizer.Load(checkpoint.Folder, domain);
            var problems = domain.Generate(new ProblemCounts(1, 1, 64), RandomStream.FromSeed(1)).In(Split.Heldout).Select(p => (int[])[tokenizer.BeginId, .. tokenizer.Encode(domain.Prompt(p))]).ToList();
            foreach (var batch in new[] { 1, 32 })
                Line($"given model, proofs at temperature 0.8", CheckpointStore.LoadWeights(checkpoint.Folder), problems, batch, 0.8, threads, repeats, tokens, [tokenizer.EndId]);
            return;
        }

        foreach (var (name, config) in new[] { ("1M", Config(64, 128, 5, 352)), ("12M", Config(2048, 384, 6, 1024)), ("40M", Config(4096, 640, 8, 1792)) })
        {
            if (!sizes.Contains(name))
                continue;
            var weights = DecoderWeights.Initialize(config, RandomStream.FromSeed(1), 0.05);
            var stream = RandomStream.FromSeed(2);
            foreach (var (texts, temperature) in new[] { ("most likely text, which repeats itself", 0.0), ("temperature 1, which does not", 1.0) })
            {
                foreach (var batch in new[] { 1, 8 })
                {
                    var prompts = Enumerable.Range(0, batch).Select(_ => Enumerable.Range(0, 40).Select(_ => stream.NextInt(config.VocabularySize)).ToArray()).ToList();
                    Line($"{name}, {texts}", weights, prompts, batch, temperature, threads, repeats, tokens, []);
                }
            }
        }
    }

    private static DecoderConfig Config(int vocabulary, int hidden, int layers, int inner) => new()
    {
        VocabularySize = vocabulary, HiddenSize = hidden, Layers = layers, Heads = hidden / 32, KeyValueHeads = hidden / 64, HeadSize = 32, FeedForwardSize = inner, MaxPositions = 512, QkNorm = true,
    };

    private static void Line(string name, DecoderWeights weights, List<int[]> prompts, int batch, double temperature, int threads, int repeats, int tokens, int[] stops)
    {
        using var sampler = new CpuSampler(weights, threads);
        var stood = new Dictionary<int, double>();
        var requests = prompts.Select((p, i) => new SamplePrompt(p, [RandomStream.FromSeed(3).Derive(i)])).ToList();
        string? expected = null;
        double Rate(int draft)
        {
            var options = new SamplingOptions { Temperature = temperature, MaxNewTokens = tokens, MaxBatch = batch, StopIds = stops, Draft = draft };
            var before = sampler.Drafted;
            var count = 0;
            var rate = SideBySide.Rate(() =>
            {
                var samples = sampler.Generate(requests, options);
                count = samples.Sum(s => s.Ids.Length);
                var text = string.Join(' ', samples.SelectMany(s => s.Ids));
                if ((expected ??= text) != text)
                    throw new ArgumentException("A drafted text is another than the plain one.");
            }, 1, 0.5);
            stood[draft] = (double)(sampler.Drafted.Stood - before.Stood) / Math.Max(1, sampler.Drafted.Made - before.Made);
            return rate * count;
        }

        var rates = SideBySide.Interleave([() => Rate(0), .. Drafts.Select<int, Func<double>>(d => () => Rate(d))], repeats);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {batch} | {rates[0].Median:#,0} | {string.Join(" | ", Drafts.Select((d, i) => string.Create(CultureInfo.InvariantCulture, $"{rates[i + 1].Median / rates[0].Median:0.00} ({stood[d]:P0})")))} |"));
    }
}
