using Ratchet.Learning;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;
using Ratchet.Sampling;
using TorchSharp;

namespace Ratchet.Bench;

/// <summary>Training and sampling on a device other than the CPU: the tensor-library path in both types of computation beside plain eager code in float32.</summary>
internal static class DeviceBench
{
    private const int NewTokens = 48;
    private const int PromptTokens = 40;
    private static readonly string[] Names = ["tensor library, ours, float32", "tensor library, ours, bfloat16", "plain eager, float32"];

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--device", "--sizes", "--tokens", "--batches", "--repeats");
        var device = SideBySide.Option(args, "--device", "cuda");
        var sizes = SideBySide.Option(args, "--sizes", "10,100").Split(',').Select(s => (Name: s, Shape: TrainerBench.Shape(s))).ToArray();
        var tokens = SideBySide.Number(SideBySide.Option(args, "--tokens", "8192"));
        var batches = SideBySide.Numbers(args, "--batches", "1,32,256");
        var repeats = SideBySide.Number(SideBySide.Option(args, "--repeats", "5"));
        Console.WriteLine($"## On {device}");
        Console.WriteLine();
        SideBySide.PrintFacts("device", args);
        Console.WriteLine($"- Each figure: median of {repeats} tries (least to most), the three taken in turn. Training: steps of rows of 40 to 80 random tokens, {tokens} a step. Sampling: {NewTokens} tokens after prompts of {PromptTokens}.");
        Console.WriteLine();
        Console.WriteLine("| size | parameters | what | | tokens/s | to plain |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var (name, shape) in sizes)
        {
            var weights = DecoderWeights.Initialize(shape, RandomStream.FromSeed(1));
            Train(name, weights, device, tokens, repeats);
            foreach (var batch in batches)
                Sample(name, weights, device, batch, repeats);
        }
    }

    private static TorchOptions Options(string device, WeightsType compute) => new() { Device = device, Compute = compute, MaxBatchTokens = 1 << 16 };

    private static void Train(string name, DecoderWeights weights, string device, int tokens, int repeats)
    {
        const double LearningRate = 1e-4;
        var rows = TrainerBench.Rows(weights.Config, targetsOnly: false, tokens);
        using var single = new TorchTrainer(weights, options: Options(device, WeightsType.Float32));
        using var half = new TorchTrainer(weights, options: Options(device, WeightsType.BFloat16));
        using var plain = new PlainEager(weights, device);
        var steps = new Func<double>[] { () => single.Step(rows, LearningRate).Loss, () => half.Step(rows, LearningRate).Loss, () => plain.Step(rows, LearningRate) };
        var first = steps.Select(step => step()).ToArray();
        if (Math.Abs(first[0] - first[2]) > 1e-3 || Math.Abs(first[1] - first[2]) > 0.05)
            throw new InvalidOperationException($"The three do not compute the same loss: {string.Join(", ", first)}.");
        Print(name, weights, "training", SideBySide.Interleave([.. steps.Select(step => (Func<double>)(() => Rate(() => step(), tokens)))], repeats));
    }

    private static void Sample(string name, DecoderWeights weights, string device, int batch, int repeats)
    {
        var master = RandomStream.FromSeed(2);
        var ids = Enumerable.Range(0, batch).Select(p =>
        {
            var stream = master.Derive(p);
            return (IReadOnlyList<int>)[.. Enumerable.Range(0, PromptTokens).Select(_ => stream.NextInt(weights.Config.VocabularySize))];
        }).ToArray();
        using var single = new TorchSampler(weights, Options(device, WeightsType.Float32));
        using var half = new TorchSampler(weights, Options(device, WeightsType.BFloat16));
        using var plain = new PlainEager(weights, device);
        Print(name, weights, $"sampling, batch {batch}", SideBySide.Interleave(
            [() => Rate(() => Draw(single), batch * NewTokens), () => Rate(() => Draw(half), batch * NewTokens), () => Rate(() => plain.Sample(ids, NewTokens), batch * NewTokens)], repeats));

        void Draw(TorchSampler sampler) =>
            sampler.Generate([.. ids.Select((p, i) => new SamplePrompt(p, [master.Derive("sample").Derive(i)]))], new SamplingOptions { MaxNewTokens = NewTokens, MaxBatch = batch });
    }

    private static double Rate(Action work, double units) => SideBySide.Rate(
        () =>
        {
            work();
            if (torch.cuda_is_available())
                torch.cuda.synchronize();
        },
        units,
        0.3);

    private static void Print(string name, DecoderWeights weights, string what, SideBySide.Spread[] rates)
    {
        for (var i = 0; i < rates.Length; i++)
            Console.WriteLine($"| {name}M | {weights.Config.ParameterCount} | {what} | {Names[i]} | {rates[i].Median:F0} ({rates[i].Least:F0} to {rates[i].Most:F0}) | {rates[i].Median / rates[2].Median:F2} |");
    }
}
