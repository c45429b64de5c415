using System.Diagnostics;
using System.Globalization;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Cpu;
using Ratchet.Models.Safetensors;
using Ratchet.Models.Torch;
using Ratchet.Runs;
using Ratchet.Sampling;

namespace Ratchet.Bench;

/// <summary>Time to load a checkpoint beside the time that <c>cat</c> takes for its file, both from a warm page cache; and what it takes until a sampler can draw.</summary>
internal static class LoadBench
{
    /// <summary>Verb of a process that makes one sampler.</summary>
    public const string OnceVerb = "load-once";

    private static readonly string[] Samplers = ["own float32", "own bfloat16", "own int8", "torch float32", "torch bfloat16"];

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--megabytes", "--repeats", "--type");
        var megabytes = SideBySide.Number(SideBySide.Option(args, "--megabytes", "1000"));
        var repeats = SideBySide.Number(SideBySide.Option(args, "--repeats", "5"));
        var type = SideBySide.Option(args, "--type", "float32") switch
        {
            "float32" => TensorType.Float32,
            "bfloat16" => TensorType.BFloat16,
            var other => throw new ArgumentException($"'{other}' is not float32 or bfloat16."),
        };
        var folder = Directory.CreateTempSubdirectory("ratchet-load-").FullName;
        try
        {
            var config = Write(folder, megabytes, type);
            var file = Path.Combine(folder, CheckpointStore.WeightsFile);
            var bytes = new FileInfo(file).Length;
            Console.WriteLine("## Loading");
            Console.WriteLine();
            SideBySide.PrintFacts("load", args);
            Console.WriteLine($"- A checkpoint of {bytes / 1e6:F0} MB, {config.ParameterCount / 1e6:F0} million parameters in {config.WeightShapes().Count} tensors, {type.Name()}. Page cache warm: each reads the file once before it counts.");
            Console.WriteLine($"- Each figure: median of {repeats} repeats (least to most), taken in turn. `cat` writes to /dev/null. Opening hashes the file (SHA-256) and loads nothing.");
            Console.WriteLine();
            var rates = SideBySide.Interleave([() => Rate(Cat), () => Rate(() => CheckpointStore.LoadWeights(folder)), () => Rate(() => CheckpointStore.Open(folder))], repeats);
            Console.WriteLine("| | MB/s | seconds | time to cat |");
            Console.WriteLine("|---|---|---|---|");
            string[] names = ["cat", "CheckpointStore.LoadWeights", "CheckpointStore.Open"];
            for (var i = 0; i < rates.Length; i++)
                Console.WriteLine($"| {names[i]} | {rates[i].Median:F0} ({rates[i].Least:F0} to {rates[i].Most:F0}) | {bytes / 1e6 / rates[i].Median:F2} | {rates[0].Median / rates[i].Median:F2} |");

            Console.WriteLine();
            Console.WriteLine("A sampler from a checkpoint, each in a process of its own: time until it has drawn a token, and the process's peak resident memory.");
            Console.WriteLine();
            Console.WriteLine("| sampler | seconds | time to cat | peak memory, MB | to the file |");
            Console.WriteLine("|---|---|---|---|---|");
            var cat = bytes / 1e6 / rates[0].Median;
            foreach (var sampler in Samplers)
            {
                var runs = Enumerable.Range(0, repeats).Select(_ => Once(folder, sampler)).ToList();
                var seconds = runs.Select(r => r.Seconds).Order().ToList();
                var peak = runs.Max(r => r.PeakBytes);
                Console.WriteLine($"| {sampler} | {seconds[repeats / 2]:F2} ({seconds[0]:F2} to {seconds[^1]:F2}) | {seconds[repeats / 2] / cat:F1} | {peak / 1e6:F0} | {peak / (double)bytes:F2} |");
            }

            double Rate(Action work)
            {
                // What the repeat before left is taken away outside of the measurement.
                GC.Collect();
                GC.WaitForPendingFinalizers();
                var clock = Stopwatch.StartNew();
                work();
                return bytes / 1e6 / clock.Elapsed.TotalSeconds;
            }

            void Cat()
            {
                using var cat = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "cat \"$1\" > /dev/null", "sh", file]))!;
                cat.WaitForExit();
                if (cat.ExitCode != 0)
                    throw new InvalidOperationException("cat failed.");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Makes one sampler, draws one token, and prints the seconds and the peak resident memory of this process.</summary>
    public static void RunOnce(string[] args)
    {
        var (folder, sampler) = (args[0], args[1]);
        var clock = Stopwatch.StartNew();
        using var made = Make(folder, sampler);
        made.Generate([new SamplePrompt([1], [RandomStream.FromSeed(1)])], new SamplingOptions { MaxNewTokens = 1 });
        var seconds = clock.Elapsed.TotalSeconds;
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds} {process.PeakWorkingSet64}"));
    }

    private static ISampler Make(string folder, string sampler)
    {
        TorchNative.Threads = Environment.ProcessorCount;
        return CheckpointStore.ReadWeights<ISampler>(folder, weights => sampler switch
        {
            "own float32" => new CpuSampler(weights, Environment.ProcessorCount),
            "own bfloat16" => new CpuSampler(weights, Environment.ProcessorCount, WeightPrecision.BFloat16),
            "own int8" => new CpuSampler(weights, Environment.ProcessorCount, WeightPrecision.Int8),
            "torch float32" => new TorchSampler(weights),
            _ => new TorchSampler(weights, new TorchOptions { Compute = WeightsType.BFloat16 }),
        });
    }

    private static (double Seconds, long PeakBytes) Once(string folder, string sampler)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [OnceVerb, folder, sampler]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var fields = output.Trim().Split(' ');
        return process.ExitCode == 0 && fields.Length == 2
            ? (double.Parse(fields[0], CultureInfo.InvariantCulture), long.Parse(fields[1], CultureInfo.InvariantCulture))
            : throw new RatchetException($"The sampler '{sampler}' could not be made: {output}");
    }

    /// <summary>A model of the wanted size: blocks of 1,024 wide, as many as fill it.</summary>
    private static DecoderConfig Write(string folder, int megabytes, TensorType type)
    {
        var config = new DecoderConfig { VocabularySize = 32_000, HiddenSize = 1024, Layers = 1, Heads = 16, KeyValueHeads = 8, HeadSize = 64, FeedForwardSize = 2816, MaxPositions = 2048 };
        var block = (config with { Layers = 2 }).ParameterCount - config.ParameterCount;
        var wanted = megabytes * 1_000_000L / type.Size();
        config = config with { Layers = (int)Math.Max(1, (wanted - config.ParameterCount) / block) };
        var stream = RandomStream.FromSeed(1);
        var random = new float[1 << 16];
        for (var i = 0; i < random.Length; i++)
            random[i] = (float)(0.02 * stream.NextNormal());
        var tensors = config.WeightShapes().Select(s =>
        {
            var data = new float[s.Shape.Aggregate(1, (a, b) => a * b)];
            for (var i = 0; i < data.Length; i += random.Length)
                random.AsSpan(0, Math.Min(random.Length, data.Length - i)).CopyTo(data.AsSpan(i));
            return (s.Name, (IReadOnlyList<int>)s.Shape, data);
        }).ToList();
        SafetensorsWriter.Write(Path.Combine(folder, CheckpointStore.WeightsFile), tensors, type);
        File.WriteAllText(Path.Combine(folder, CheckpointStore.ConfigFile), HuggingFaceConfig.Write(config));
        return config;
    }
}
