using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;
using Ratchet.Sampling;

namespace Ratchet.Bench;

/// <summary>Sampling throughput of the own sampler, the tensor-library sampler and plain eager code on the same prompts.</summary>
internal static class SamplingSideBySide
{
    private const int PromptTokens = 40;
    private const int NewTokens = 100;

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--batches", "--threads", "--repeats");
        var batches = SideBySide.Numbers(args, "--batches", "1,32");
        var threads = SideBySide.Numbers(args, "--threads", "1,2");
        var repeats = SideBySide.Number(SideBySide.Option(args, "--repeats", "5"));
        var config = new DecoderConfig
        {
            VocabularySize = 64, HiddenSize = 128, Layers = 5, Heads = 8, KeyValueHeads = 4, HeadSize = 16, FeedForwardSize = 352, MaxPositions = 256, QkNorm = true,
        };
        var weights = DecoderWeights.Initialize(config, RandomStream.FromSeed(1), 0.05);
        Console.WriteLine("## Sampling");
        Console.WriteLine();
        SideBySide.PrintFacts("sampling", args);
        Console.WriteLine($"- {config.ParameterCount} parameters, vocabulary 64, hidden 128, 5 layers, 8 heads (4 for keys and values) of 16, feed-forward 352; float32.");
        Console.WriteLine($"- {PromptTokens} prompt tokens, all prompts different, one sample each, {NewTokens} tokens drawn at temperature 1 without an end; time includes the prompt, tokens are the drawn ones. Each figure: median of {repeats} repeats (least to most) of at least 0.25 s, the three taken in turn.");
        Console.WriteLine("- On two threads twice as many sequences: the own sampler runs a worker a thread with the batch each, the others take them all together and use the threads inside an operation.");
        Console.WriteLine("- Prompts are of equal length, which is the best case for plain eager: nothing is padded and no sequence idles after its end. It computes logits at every prompt position and no log-probabilities; the other two return those.");
        Console.WriteLine();
        Console.WriteLine("| threads | batch | sequences | sampler | tokens/s | to plain |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var count in threads)
        {
            foreach (var batch in batches)
                Measure(weights, count, batch, repeats);
        }
    }

    private static void Measure(DecoderWeights weights, int threads, int batch, int repeats)
    {
        TorchNative.Threads = threads;
        var sequences = batch * threads;
        var master = RandomStream.FromSeed(2);
        var ids = Enumerable.Range(0, sequences).Select(p =>
        {
            var stream = master.Derive(p);
            return (IReadOnlyList<int>)[.. Enumerable.Range(0, PromptTokens).Select(_ => stream.NextInt(weights.Config.VocabularySize))];
        }).ToArray();
        using var own = new CpuSampler(weights, threads);
        using var torchSampler = new TorchSampler(weights);
        using var plain = new PlainEager(weights);
        var tokens = sequences * NewTokens;
        var rates = SideBySide.Interleave(
            [
                () => SideBySide.Rate(() => Draw(own, batch), tokens, 0.25),
                () => SideBySide.Rate(() => Draw(torchSampler, sequences), tokens, 0.25),
                () => SideBySide.Rate(() => Expect(plain.Sample(ids, NewTokens).Sum(s => s.Length)), tokens, 0.25),
            ],
            repeats);
        for (var i = 0; i < rates.Length; i++)
            Console.WriteLine($"| {threads} | {batch} | {sequences} | {SideBySide.Names[i]} | {rates[i].Median:F0} ({rates[i].Least:F0} to {rates[i].Most:F0}) | {rates[i].Median / rates[2].Median:F2} |");

        void Draw(ISampler sampler, int together)
        {
            var prompts = ids.Select((p, i) => new SamplePrompt(p, [master.Derive("sample").Derive(i)])).ToArray();
            Expect(sampler.Generate(prompts, new SamplingOptions { MaxNewTokens = NewTokens, MaxBatch = together }).Sum(s => s.Ids.Length));
        }

        void Expect(int drawn)
        {
            if (drawn != tokens)
                throw new InvalidOperationException($"{drawn} tokens were drawn, not {tokens}.");
        }
    }
}
