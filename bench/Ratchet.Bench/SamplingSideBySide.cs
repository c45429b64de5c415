using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Cpu;
using Ratchet.Models.Torch;
using Ratchet.Sampling;

namespace Ratchet.Bench;

/// <summary>Sampling throughput of the own sampler, the tensor-library sampler and plain eager code on the same prompts.</summary>
internal static class SamplingSideBySide
{
    private const int NewTokens = 100;

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--batches", "--threads", "--repeats", "--sizes", "--prompt", "--share", "--weights");
        var batches = SideBySide.Numbers(args, "--batches", "1,32");
        var threads = SideBySide.Numbers(args, "--threads", "1,2");
        var repeats = SideBySide.Number(SideBySide.Option(args, "--repeats", "5"));
        var prompt = SideBySide.Number(SideBySide.Option(args, "--prompt", "40"));
        var share = SideBySide.Number(SideBySide.Option(args, "--share", "1"));
        var sizes = SideBySide.Option(args, "--sizes", "1").Split(',').Select(s => (Name: s, Shape: TrainerBench.Shape(s) with { MaxPositions = 512 })).ToArray();
        var precisions = SideBySide.Option(args, "--weights", "float32").Split(',').Select(w => Enum.TryParse<WeightPrecision>(w, ignoreCase: true, out var p) ? p : throw new ArgumentException($"'{w}' is no type of weights; these are {string.Join(", ", Enum.GetNames<WeightPrecision>()).ToLowerInvariant()}.")).ToArray();
        Console.WriteLine("## Sampling");
        Console.WriteLine();
        SideBySide.PrintFacts("sampling", args);
        foreach (var (name, c) in sizes)
            Console.WriteLine($"- {name}M: {c.ParameterCount} parameters, vocabulary {c.VocabularySize}, hidden {c.HiddenSize}, {c.Layers} layers, {c.Heads} heads ({c.KeyValueHeads} for keys and values) of {c.HeadSize}, feed-forward {c.FeedForwardSize}; float32 but where the own sampler's row says otherwise.");
        Console.WriteLine($"- {prompt} prompt tokens, all prompts different, {share} sample{(share == 1 ? "" : "s")} each, {NewTokens} tokens drawn at temperature 1 without an end; time includes the prompt, tokens are the drawn ones. Each figure: median of {repeats} repeats (least to most) of at least 0.25 s, the three taken in turn.");
        Console.WriteLine("- On two threads twice as many sequences: the own sampler runs a worker a thread with the batch each, the others take them all together and use the threads inside an operation.");
        Console.WriteLine("- Prompts are of equal length, which is the best case for plain eager: nothing is padded and no sequence idles after its end. It computes logits at every prompt position and no log-probabilities; the other two return those.");
        if (share > 1)
            Console.WriteLine("- The first two evaluate a prompt once for all its samples; plain eager evaluates it for each, as its kind of code does.");
        Console.WriteLine();
        Console.WriteLine("| size | threads | batch | sequences | sampler | tokens/s | to plain |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var (name, shape) in sizes)
        {
            var weights = DecoderWeights.Initialize(shape, RandomStream.FromSeed(1), 0.05);
            foreach (var count in threads)
            {
                foreach (var batch in batches)
                    Measure(name, weights, count, batch, repeats, prompt, share, precisions);
            }
        }
    }

    private static void Measure(string size, DecoderWeights weights, int threads, int batch, int repeats, int promptTokens, int share, WeightPrecision[] precisions)
    {
        TorchNative.Threads = threads;
        var sequences = batch * threads;
        var master = RandomStream.FromSeed(2);
        var ids = Enumerable.Range(0, sequences).Select(p =>
        {
            var stream = master.Derive(p / share);
            return (IReadOnlyList<int>)[.. Enumerable.Range(0, promptTokens).Select(_ => stream.NextInt(weights.Config.VocabularySize))];
        }).ToArray();
        var own = precisions.Select(p => new CpuSampler(weights, threads, p)).ToArray();
        using var torchSampler = new TorchSampler(weights);
        using var plain = new PlainEager(weights);
        var tokens = sequences * NewTokens;
        var rates = SideBySide.Interleave(
            [
                .. own.Select(o => (Func<double>)(() => SideBySide.Rate(() => Draw(o, batch), tokens, 0.25))),
                () => SideBySide.Rate(() => Draw(torchSampler, sequences), tokens, 0.25),
                () => SideBySide.Rate(() => Expect(plain.Sample(ids, NewTokens).Sum(s => s.Length)), tokens, 0.25),
            ],
            repeats);
        foreach (var sampler in own)
            sampler.Dispose();
        for (var i = 0; i < rates.Length; i++)
        {
            var name = i < own.Length ? SideBySide.Names[0] + (precisions[i] == WeightPrecision.Float32 ? "" : $", {precisions[i].ToString().ToLowerInvariant()}") : SideBySide.Names[i - own.Length + 1];
            Console.WriteLine($"| {size}M | {threads} | {batch} | {sequences} | {name} | {rates[i].Median:F0} ({rates[i].Least:F0} to {rates[i].Most:F0}) | {rates[i].Median / rates[^1].Median:F2} |");
        }

        void Draw(ISampler sampler, int together)
        {
            var prompts = ids.Select((p, i) => (Ids: p, Stream: master.Derive("sample").Derive(i))).Chunk(share).Select(c => new SamplePrompt(c[0].Ids, [.. c.Select(s => s.Stream)])).ToArray();
            Expect(sampler.Generate(prompts, new SamplingOptions { MaxNewTokens = NewTokens, MaxBatch = together }).Sum(s => s.Ids.Length));
        }

        void Expect(int drawn)
        {
            if (drawn != tokens)
                throw new InvalidOperationException($"{drawn} tokens were drawn, not {tokens}.");
        }
    }
}
