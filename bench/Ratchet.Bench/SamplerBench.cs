using System.Diagnostics;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Cpu;
using Ratchet.Sampling;

/// <summary>Tokens per second of the CPU sampler on a model of about one million parameters, by batch size.</summary>
internal static class SamplerBench
{
    public static void Run(string[] args)
    {
        var threads = args.Length > 0 ? int.Parse(args[0]) : 1;
        var precision = args.Contains("bf16") ? WeightPrecision.BFloat16 : WeightPrecision.Float32;
        var config = new DecoderConfig
        {
            VocabularySize = 64, HiddenSize = 128, Layers = 5, Heads = 8, KeyValueHeads = 4, HeadSize = 16, FeedForwardSize = 352, MaxPositions = 256, QkNorm = true,
        };
        using var sampler = new CpuSampler(DecoderWeights.Initialize(config, RandomStream.FromSeed(1), 0.05), threads, precision);
        Console.WriteLine($"{config.ParameterCount} parameters, {threads} worker(s), {precision}; prompt 40 tokens, 100 sampled");
        foreach (var batch in new[] { 1, 8, 32, 64, 128 })
        {
            double best = 0, bestCpu = 0;
            for (var repeat = 0; repeat < 5; repeat++)
            {
                var master = RandomStream.FromSeed((ulong)repeat);
                var samples = batch * threads * (batch == 1 ? 40 : 256 / batch * 2);
                var prompts = Enumerable.Range(0, Math.Max(samples / 8, 1)).Select(p =>
                {
                    var stream = master.Derive(p);
                    var ids = Enumerable.Range(0, 40).Select(_ => stream.NextInt(64)).ToArray();
                    return new SamplePrompt(ids, [.. Enumerable.Range(0, 8).Select(i => master.Derive("s").Derive((p * 8) + i))]);
                }).ToList();
                var options = new SamplingOptions { MaxNewTokens = 100, MaxBatch = batch };
                var before = Process.GetCurrentProcess().TotalProcessorTime;
                var clock = Stopwatch.StartNew();
                var tokens = sampler.Generate(prompts, options).Sum(s => s.Ids.Length);
                best = Math.Max(best, tokens / clock.Elapsed.TotalSeconds);
                bestCpu = Math.Max(bestCpu, tokens / (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds);
            }

            Console.WriteLine($"batch {batch,3}: {best,9:F0} tokens/s, {bestCpu,9:F0} tokens per second of processor time");
        }
    }
}
