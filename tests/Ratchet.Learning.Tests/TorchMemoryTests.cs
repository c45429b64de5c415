using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;

namespace Ratchet.Learning.Tests;

/// <summary>Ways to train with less memory give the same gradients. Alone, because the peak memory of the process is measured.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class AloneCollection;

[Collection<AloneCollection>]
public sealed class TorchMemoryTests
{
    [Fact]
    public void A_step_in_many_passes_has_the_gradient_of_one_pass()
    {
        var rows = Tiny.Rows(40, Tiny.Config.VocabularySize);
        using var whole = new TorchTrainer(Tiny.Weights(Tiny.Config));
        using var parts = new TorchTrainer(Tiny.Weights(Tiny.Config), options: new TorchOptions { MaxBatchTokens = 16 });

        var (a, b) = (Flat(whole.Gradient(rows)), Flat(parts.Gradient(rows)));

        Assert.InRange(Distance(a, b), 0, 1e-6);

        // The mean of the rows' own means, which a step in parts must not be: rows have different numbers of targets and weights.
        var means = new double[a.Length];
        foreach (var row in rows)
        {
            var own = Flat(whole.Gradient([row]));
            for (var i = 0; i < means.Length; i++)
                means[i] += own[i] / rows.Length;
        }

        Assert.True(a.Zip(means).Max(p => Math.Abs(p.First - p.Second)) > 1e-3);
        using var other = new TorchTrainer(Tiny.Weights(Tiny.Config), options: new TorchOptions { MaxBatchTokens = 16 });
        var (first, second) = (whole.Step(rows, 1e-3), other.Step(rows, 1e-3));
        Assert.Equal(first.Loss, second.Loss, 1e-5);
        Assert.Equal(first.GradientNorm, second.GradientNorm, 1e-5);
    }

    [Theory]
    [InlineData("whole")]
    [InlineData("untied")]
    [InlineData("dora")]
    [InlineData("dropout")]
    public void Gradient_checkpointing_gives_the_same_gradients(string variant)
    {
        var config = Tiny.Config with { Layers = 3, TiedHead = variant != "untied", QkNorm = true };
        var weights = Tiny.Weights(config);
        var rows = Tiny.Rows(12, config.VocabularySize);
        LoraTraining? lora = variant is "dora" or "dropout"
            ? new LoraTraining(LoraTrainerTests.Moved(weights, LoraTrainerTests.Options("dora") with { Dropout = variant == "dropout" ? 0.4 : 0 }), RandomStream.FromSeed(8))
            : null;
        using var plain = new TorchTrainer(weights, options: new TorchOptions { MaxBatchTokens = 40 }, lora: lora);
        using var saving = new TorchTrainer(weights, options: new TorchOptions { MaxBatchTokens = 40, GradientCheckpointing = true }, lora: lora);

        Assert.InRange(Distance(Flat(plain.Gradient(rows)), Flat(saving.Gradient(rows))), 0, 1e-6);
        for (var step = 0; step < 3; step++)
            Assert.Equal(plain.Step(rows, 1e-2).Loss, saving.Step(rows, 1e-2).Loss, 1e-5);
    }

    [Fact]
    public void Gradient_checkpointing_needs_less_memory()
    {
        Assert.SkipUnless(TorchOptions.DefaultDevice == "cpu", "The memory of a device is not measured.");
        Assert.SkipUnless(OperatingSystem.IsLinux() && CanResetPeak(), "The peak of a process's memory can be measured anew on Linux only.");
        var config = Tiny.Config with { Layers = 8, HiddenSize = 64, HeadSize = 16, FeedForwardSize = 256, VocabularySize = 16 };
        var rows = Enumerable.Range(0, 100).Select(i => Tiny.Row($"r{i}", [.. Enumerable.Range(0, 64).Select(t => (t + i) % 16)])).ToArray();
        var saving = Peak(gradientCheckpointing: true);
        var plain = Peak(gradientCheckpointing: false);

        // 6,400 tokens, 8 blocks: about 250 MB of values inside the blocks.
        Assert.True(saving < 0.6 * plain, $"{saving / 1e6:F0} MB against {plain / 1e6:F0} MB");

        long Peak(bool gradientCheckpointing)
        {
            using var trainer = new TorchTrainer(DecoderWeights.Initialize(config, RandomStream.FromSeed(1)), options: new TorchOptions { GradientCheckpointing = gradientCheckpointing });
            trainer.Step(rows[..2], 1e-3);
            GC.Collect();
            ResetPeak();
            var before = Status("VmRSS:");
            trainer.Step(rows, 1e-3);
            return Status("VmHWM:") - before;
        }
    }

    private static bool CanResetPeak()
    {
        try
        {
            ResetPeak();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void ResetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    private static long Status(string key) => 1024 * long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith(key, StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]);

    private static float[] Flat(Dictionary<string, float[]> gradient) => [.. gradient.Values.SelectMany(v => v)];

    private static double Distance(float[] a, float[] b) => a.Zip(b).Max(p => Math.Abs((double)p.First - p.Second));
}
