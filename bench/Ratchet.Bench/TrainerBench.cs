using System.Diagnostics;
using Ratchet.Examples;
using Ratchet.Learning;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Kernels;

namespace Ratchet.Bench;

/// <summary>
/// Training throughput of <see cref="CpuTrainer"/> at about 1, 10 and 30 million parameters, on one thread and on two, as a share of the matrix-product
/// ceiling measured in the same process between the runs. Options: <c>--seconds 8</c> a measurement, <c>--sizes 1,10,30</c>, <c>--threads 1,2</c>.
/// </summary>
/// <remarks>
/// Work is counted as 6 · parameters that take part in products · tokens, plus causal attention's 6 · layers · heads · d · n for each token of
/// a row of n (half of the full square). A row's last token is only a target, and work that the trainer leaves out because
/// nothing reads it counts as done, as it does for a plain implementation.
/// </remarks>
public static class TrainerBench
{
    private const int TokensPerStep = 4096;

    /// <summary>Runs the benchmark.</summary>
    public static void Run(string[] args)
    {
        var seconds = double.Parse(Option(args, "--seconds", "8"));
        var sizes = Option(args, "--sizes", "1,10,30").Split(',');
        var threads = Option(args, "--threads", "1,2").Split(',').Select(int.Parse).ToArray();
        Console.WriteLine("size  parameters  threads  targets  step ms  tokens/s   GFLOP/s  ceiling  share");
        foreach (var size in sizes)
        {
            var config = Shape(size);
            var weights = DecoderWeights.Initialize(config, RandomStream.FromSeed(1));
            foreach (var count in threads)
            {
                foreach (var targetsOnly in new[] { false, true })
                    Measure(size, weights, count, targetsOnly, seconds);
            }
        }
    }

    /// <summary>The shape of a size: 1, 10 or 30 million parameters.</summary>
    internal static DecoderConfig Shape(string size) => size switch
    {
        "1" => new DecoderConfig { VocabularySize = 64, HiddenSize = 128, Layers = 5, Heads = 8, KeyValueHeads = 4, HeadSize = 16, FeedForwardSize = 352, MaxPositions = 256, QkNorm = true },
        "10" => new DecoderConfig { VocabularySize = 1024, HiddenSize = 320, Layers = 8, Heads = 10, KeyValueHeads = 5, HeadSize = 32, FeedForwardSize = 896, MaxPositions = 256 },
        "30" => new DecoderConfig { VocabularySize = 2048, HiddenSize = 512, Layers = 10, Heads = 8, KeyValueHeads = 4, HeadSize = 64, FeedForwardSize = 1408, MaxPositions = 256 },
        "100" => new DecoderConfig { VocabularySize = 24_000, HiddenSize = 768, Layers = 12, Heads = 12, KeyValueHeads = 4, HeadSize = 64, FeedForwardSize = 2304, MaxPositions = 256 },
        _ => throw new ArgumentException($"There is no size '{size}'; sizes are 1, 10, 30 and 100.", nameof(size)),
    };

    /// <summary>Rows of 40 to 80 tokens, <paramref name="wanted"/> in all; with <paramref name="targetsOnly"/> the first half of each is context.</summary>
    internal static Example[] Rows(DecoderConfig config, bool targetsOnly, int wanted = TokensPerStep)
    {
        var stream = RandomStream.FromSeed(2);
        var rows = new List<Example>();
        for (var tokens = 0; tokens < wanted;)
        {
            var ids = new int[Math.Max(2, Math.Min(40 + stream.NextInt(41), wanted - tokens))];
            for (var i = 0; i < ids.Length; i++)
                ids[i] = stream.NextInt(config.VocabularySize);
            tokens += ids.Length;
            rows.Add(new Example { Id = $"row{rows.Count}", Ids = ids, TargetStart = targetsOnly ? ids.Length / 2 : 1, ProblemId = "p", AttemptIds = [] });
        }

        return [.. rows];
    }

    /// <summary>Floating-point operations of one step on rows.</summary>
    internal static double Work(DecoderConfig config, IReadOnlyList<Example> rows)
    {
        var parameters = config.ParameterCount - (config.TiedHead ? 0 : (long)config.VocabularySize * config.HiddenSize);
        var attention = 6.0 * config.Layers * config.Heads * config.HeadSize;
        return rows.Sum(r => (6.0 * parameters * r.Ids.Count) + (attention * r.Ids.Count * r.Ids.Count));
    }

    /// <summary>Matrix-product ceiling in GFLOP/s: [512, 512] · [512, 512] on each of some threads at once, the best of several tries.</summary>
    internal static unsafe double Ceiling(int threads)
    {
        const int n = 512, repeats = 20;
        var best = 0.0;
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var clock = Stopwatch.StartNew();
            var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
            {
                var a = (float*)System.Runtime.InteropServices.NativeMemory.AlignedAlloc(3 * n * n * sizeof(float), 64);
                new Span<float>(a, 3 * n * n).Clear();
                for (var i = 0; i < repeats; i++)
                    Gemm.Multiply(a, n, 1, a + (n * n), a + (2 * n * n), n, n, n, n, accumulate: false);
                System.Runtime.InteropServices.NativeMemory.AlignedFree(a);
            })).ToList();
            workers.ForEach(w => w.Start());
            workers.ForEach(w => w.Join());
            best = Math.Max(best, 2.0 * n * n * n * repeats * threads / clock.Elapsed.TotalSeconds / 1e9);
        }

        return best;
    }

    private static void Measure(string size, DecoderWeights weights, int threads, bool targetsOnly, double seconds)
    {
        var config = weights.Config;
        var rows = Rows(config, targetsOnly);
        using var trainer = new CpuTrainer(weights, options: new CpuTrainerOptions { Threads = threads });
        for (var i = 0; i < 3; i++)
            trainer.Step(rows, 1e-4);
        var ceiling = Ceiling(threads);
        var times = new List<double>();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < seconds || times.Count < 3)
        {
            var start = Stopwatch.GetTimestamp();
            trainer.Step(rows, 1e-4);
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        ceiling = Math.Max(ceiling, Ceiling(threads));
        times.Sort();
        var median = times[times.Count / 2];
        var tokens = rows.Sum(r => r.Ids.Count);
        var speed = Work(config, rows) / median / 1e9;
        Console.WriteLine($"{size,3}M  {config.ParameterCount,10}  {threads,7}  {(targetsOnly ? "half" : "all"),7}  {1000 * median,7:F1}  {tokens / median,8:F0}  {speed,8:F1}  {ceiling,7:F1}  {speed / ceiling,5:P0}");
    }

    private static string Option(string[] args, string name, string fallback)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : fallback;
    }
}
