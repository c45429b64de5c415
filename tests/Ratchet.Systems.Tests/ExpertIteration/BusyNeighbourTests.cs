using System.Diagnostics;
using Ratchet.Examples;
using Ratchet.Learning;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Sampling;

namespace Ratchet.Systems.Tests.ExpertIteration;

public sealed class BusyNeighbourTests(ITestOutputHelper output)
{
    private static readonly DecoderConfig Config = new()
    {
        VocabularySize = 64, HiddenSize = 128, Layers = 4, Heads = 4, KeyValueHeads = 2, HeadSize = 32, FeedForwardSize = 352, MaxPositions = 160, RopeTheta = 10_000, BeginId = 1, EndId = 2, PadId = 0,
    };

    [Fact]
    public void A_busy_process_on_one_core_costs_sampler_and_trainer_no_more_than_its_share()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1", "Compares speeds; set RATCHET_LONG_TESTS=1 to run it.");
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.ProcessorCount > 1, "A process is pinned to one of several cores.");
        var budget = new ThreadBudget(0);
        var weights = DecoderWeights.Initialize(Config, RandomStream.FromSeed(1));
        using var sampler = new CpuSampler(weights, budget.Threads, budget: budget);
        using var trainer = new CpuTrainer(weights, null, new CpuTrainerOptions { Threads = budget.Threads }, budget);
        var stream = RandomStream.FromSeed(2);
        SamplePrompt[] prompts = [.. Enumerable.Range(0, 32).Select(i => new SamplePrompt([1, 3 + i], [.. Enumerable.Range(0, 4).Select(s => stream.Derive(i).Derive(s))]))];
        Example[] rows = [.. Enumerable.Range(0, 40).Select(i => new Example { Id = $"{i}", ProblemId = "p", AttemptIds = [], TargetStart = 1, Ids = [.. Enumerable.Range(0, 100).Select(_ => stream.NextInt(64))] })];
        var work = new (string Name, Action Run)[]
        {
            ("sampler", () => sampler.Generate(prompts, new SamplingOptions { MaxNewTokens = 60 })),
            ("trainer", () => trainer.Step(rows, 1e-4)),
        };
        foreach (var (name, run) in work)
        {
            run();
            var (alone, beside) = (new List<double>(), new List<double>());
            for (var i = 0; i < 7; i++)
            {
                alone.Add(Seconds(run));
                using var neighbour = Process.Start(new ProcessStartInfo("taskset", ["-c", "0", "sh", "-c", "while :; do :; done"]))!;
                try
                {
                    beside.Add(Seconds(run));
                }
                finally
                {
                    neighbour.Kill(entireProcessTree: true);
                    neighbour.WaitForExit();
                }
            }

            // A core that is half taken leaves (cores - 1/2) of cores; waiting at barriers would cost a factor of ten and more.
            var ratio = beside.Order().ElementAt(3) / alone.Order().ElementAt(3);
            output.WriteLine($"{name}: {ratio:0.00} times the time beside a busy process ({alone.Order().ElementAt(3):0.000} s and {beside.Order().ElementAt(3):0.000} s, medians of 7)");
            Assert.True(ratio < 3, $"{name}: {ratio:0.00} times the time");
        }
    }

    private static double Seconds(Action run)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < 3; i++)
            run();
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }
}
