using Ratchet.Learning;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;

namespace Ratchet.Bench;

/// <summary>Training throughput of the own trainer, the tensor-library trainer and plain eager code on the same rows, as shares of two ceilings.</summary>
internal static class TrainingSideBySide
{
    private const double LearningRate = 1e-4;

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--sizes", "--threads", "--repeats", "--tokens");
        var sizes = SideBySide.Option(args, "--sizes", "1,10").Split(',').Select(s => (Name: s, Shape: TrainerBench.Shape(s))).ToArray();
        var threads = SideBySide.Numbers(args, "--threads", "1,2");
        var repeats = SideBySide.Number(SideBySide.Option(args, "--repeats", "5"));
        var tokens = SideBySide.Number(SideBySide.Option(args, "--tokens", "2048"));
        Console.WriteLine("## Training");
        Console.WriteLine();
        SideBySide.PrintFacts("training", args);
        Console.WriteLine($"- Each figure: median of {repeats} optimizer steps (least to most), the three taken in turn; rows of 40 to 80 random tokens, about {tokens} a step, every token after the first a target. All three start from the same weights and the benchmark stops where their first losses differ.");
        Console.WriteLine("- Tokens are those of the rows, padding not counted. Plain eager pads rows to the longest and computes logits at every position; the other two do neither. 30M is left out by default for its time.");
        Console.WriteLine("- GFLOP/s = 6 · parameters in products · tokens / time, attention not counted. Ceilings: best matrix product at that number of threads, before and after each group, of libtorch (four shapes) and of the own kernels (512 cubed on each thread).");
        Console.WriteLine();
        Console.WriteLine("| size | parameters | threads | trainer | tokens/s | to plain | GFLOP/s | of libtorch's ceiling | of own ceiling |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var (name, shape) in sizes)
        {
            foreach (var count in threads)
                Measure(name, shape, count, repeats, tokens);
        }
    }

    private static void Measure(string name, DecoderConfig config, int threads, int repeats, int tokensWanted)
    {
        TorchNative.Threads = threads;
        var weights = DecoderWeights.Initialize(config, RandomStream.FromSeed(1));
        var all = TrainerBench.Rows(config, targetsOnly: false);
        var rows = all.Take(Math.Max(1, all.Length * tokensWanted / all.Sum(r => r.Ids.Count))).ToArray();
        var tokens = rows.Sum(r => r.Ids.Count);
        using var own = new CpuTrainer(weights, options: new CpuTrainerOptions { Threads = threads });
        using var torchTrainer = new TorchTrainer(weights);
        using var plain = new PlainEager(weights);
        var first = new double[3];
        var contenders = new Func<double>[]
        {
            () => Time(0, () => own.Step(rows, LearningRate).Loss),
            () => Time(1, () => torchTrainer.Step(rows, LearningRate).Loss),
            () => Time(2, () => plain.Step(rows, LearningRate)),
        };

        var library = SideBySide.LibraryCeiling();
        var kernels = TrainerBench.Ceiling(threads);
        var rates = SideBySide.Interleave(contenders, repeats);
        if (first.Max() - first.Min() > 1e-3)
            throw new InvalidOperationException($"The three do not compute the same loss: {string.Join(", ", first)}.");
        library = Math.Max(library, SideBySide.LibraryCeiling());
        kernels = Math.Max(kernels, TrainerBench.Ceiling(threads));
        var work = 6e-9 * (config.ParameterCount - (config.TiedHead ? 0 : (long)config.VocabularySize * config.HiddenSize));
        for (var i = 0; i < rates.Length; i++)
        {
            var speed = rates[i].Median * work;
            Console.WriteLine($"| {name}M | {config.ParameterCount} | {threads} | {SideBySide.Names[i]} | {rates[i].Median:F0} ({rates[i].Least:F0} to {rates[i].Most:F0}) | {rates[i].Median / rates[2].Median:F2} | {speed:F1} | {speed / library:P0} of {library:F1} | {speed / kernels:P0} of {kernels:F1} |");
        }

        double Time(int index, Func<double> step) => SideBySide.Rate(
            () =>
            {
                var loss = step();
                if (first[index] == 0)
                    first[index] = loss;
            },
            tokens,
            0);
    }
}
