using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;
using Ratchet.Runs;
using TorchSharp;

namespace Ratchet.Learning.Tests;

[Collection("torch")]
public sealed class TorchTrainerTests
{
    public static TheoryData<string> Variants => ["grouped", "bias", "qk-norm", "untied"];

    [Theory]
    [MemberData(nameof(Variants))]
    public void The_gradient_is_the_slope_of_the_loss(string variant)
    {
        var config = Variant(variant);
        var rows = Tiny.Rows(4, config.VocabularySize);
        var weights = Tiny.Weights(config);
        using var trainer = new TorchTrainer(weights, options: new TorchOptions { MaxBatchTokens = 20 });
        var gradient = trainer.Gradient(rows);

        foreach (var (name, _) in config.WeightShapes())
        {
            // The steepest element of each tensor, so that the slope stands well above float32's noise.
            var i = Enumerable.Range(0, gradient[name].Length).MaxBy(k => Math.Abs(gradient[name][k]));
            const float Step = 4e-3f;
            var slope = (LossAt(weights, name, i, Step, rows) - LossAt(weights, name, i, -Step, rows)) / (2 * Step);
            Assert.True(Math.Abs(slope - gradient[name][i]) < 2e-3 + (0.02 * Math.Abs(slope)), $"{name}[{i}]: slope {slope}, gradient {gradient[name][i]}");
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Gradients_and_steps_are_those_of_the_CPU_trainer(string variant)
    {
        var config = Variant(variant);
        var weights = Tiny.Weights(config);
        using var torchTrainer = new TorchTrainer(weights, options: new TorchOptions { MaxBatchTokens = 40 });
        using var cpuTrainer = new CpuTrainer(weights);
        AssertClose(cpuTrainer.Gradient(Tiny.Rows(6, config.VocabularySize)), torchTrainer.Gradient(Tiny.Rows(6, config.VocabularySize)), 2e-5);

        for (var step = 0; step < 10; step++)
        {
            var rows = Tiny.Rows(6, config.VocabularySize, (ulong)step);
            var expected = cpuTrainer.Step(rows, 1e-3);
            var actual = torchTrainer.Step(rows, 1e-3);
            Assert.Equal(expected.Tokens, actual.Tokens);
            Assert.Equal(expected.Loss, actual.Loss, 1e-4 * Math.Max(1, expected.Loss));
            Assert.Equal(expected.GradientNorm, actual.GradientNorm, 1e-3 * Math.Max(1, expected.GradientNorm));
        }

        var (a, b) = (cpuTrainer.Export(), torchTrainer.Export());
        AssertClose(config.WeightShapes().ToDictionary(s => s.Name, s => a[s.Name]), config.WeightShapes().ToDictionary(s => s.Name, s => b[s.Name]), 1e-3);
        var moments = torchTrainer.ExportOptimizer();
        Assert.Equal(10, moments.Steps);
        AssertClose(cpuTrainer.ExportOptimizer().SecondMoment, moments.SecondMoment, 1e-4);
    }

    [Theory]
    [InlineData(WeightsType.Float32, 0.02)]
    [InlineData(WeightsType.BFloat16, 0.1)]
    public void A_few_rows_are_learned_by_heart(WeightsType compute, double finalLoss)
    {
        var rows = Tiny.Rows(4, Tiny.Config.VocabularySize, longest: 8).Select(r => r with { Weight = 1 }).ToArray();
        using var trainer = new TorchTrainer(Tiny.Weights(Tiny.Config), new AdamWOptions { WeightDecay = 0 }, new TorchOptions { Compute = compute });
        var before = trainer.Loss(rows);

        for (var step = 0; step < 150; step++)
            trainer.Step(rows, 1e-2);

        Assert.True(before > 2, $"started at {before}");
        Assert.InRange(trainer.Loss(rows), 0, finalLoss);
    }

    [Fact]
    public void Bfloat16_gradients_point_where_float32_ones_do()
    {
        var rows = Tiny.Rows(6, Tiny.Config.VocabularySize);
        using var full = new TorchTrainer(Tiny.Weights(Tiny.Config));
        using var half = new TorchTrainer(Tiny.Weights(Tiny.Config), options: new TorchOptions { Compute = WeightsType.BFloat16 });

        var a = full.Gradient(rows).Values.SelectMany(v => v).ToArray();
        var b = half.Gradient(rows).Values.SelectMany(v => v).ToArray();

        double dot = 0, aa = 0, bb = 0;
        for (var i = 0; i < a.Length; i++)
            (dot, aa, bb) = (dot + ((double)a[i] * b[i]), aa + ((double)a[i] * a[i]), bb + ((double)b[i] * b[i]));
        Assert.InRange(dot / Math.Sqrt(aa * bb), 0.99, 1);
    }

    [Fact]
    public void A_training_continued_from_saved_state_ends_at_the_same_bits()
    {
        var weights = Tiny.Weights(Tiny.Config);
        using var whole = new TorchTrainer(weights);
        using var first = new TorchTrainer(weights);
        for (var step = 0; step < 6; step++)
            whole.Step(Tiny.Rows(5, Tiny.Config.VocabularySize, (ulong)step), 1e-2);
        for (var step = 0; step < 3; step++)
            first.Step(Tiny.Rows(5, Tiny.Config.VocabularySize, (ulong)step), 1e-2);

        using var second = new TorchTrainer(first.Export());
        second.Import(first.ExportOptimizer());
        for (var step = 3; step < 6; step++)
            second.Step(Tiny.Rows(5, Tiny.Config.VocabularySize, (ulong)step), 1e-2);

        Assert.Equal(Tiny.Bits(whole.Export()), Tiny.Bits(second.Export()));
    }

    [Fact]
    public void Scores_are_the_loss_of_single_targets()
    {
        using var trainer = new TorchTrainer(Tiny.Weights(Tiny.Config));
        var row = Tiny.Row("a", [1, 5, 3, 9]);

        var scores = trainer.Score([row.Ids])[0];

        Assert.Equal(3, scores.Length);
        Assert.Equal(-scores.Average(), trainer.Loss([row]), 1e-5);
    }

    [Fact]
    public void A_thousand_steps_leave_no_tensor_behind_and_give_their_permits_back()
    {
        var rows = Tiny.Rows(6, Tiny.Config.VocabularySize);
        var budget = new ThreadBudget(2);
        using var trainer = new TorchTrainer(Tiny.Weights(Tiny.Config), options: new TorchOptions { MaxBatchTokens = 40 }, budget: budget);
        trainer.Step(rows, 1e-3);
        var before = torch.Tensor.TotalCount;

        for (var step = 0; step < 1000; step++)
            trainer.Step(rows, 1e-3);

        Assert.Equal(before, torch.Tensor.TotalCount);
        Assert.Equal(TorchNative.Threads, budget.Peak);
        budget.Enter(2).Dispose();
    }

    /// <summary>A scalar that the library is given must outlive the call: one that is collected meanwhile is freed under its hands.</summary>
    [Fact]
    public void A_collector_that_runs_all_the_time_takes_nothing_that_a_step_needs()
    {
        var rows = Tiny.Rows(6, Tiny.Config.VocabularySize);
        using var alone = new TorchTrainer(Tiny.Weights(Tiny.Config));
        using var disturbed = new TorchTrainer(Tiny.Weights(Tiny.Config));
        for (var step = 0; step < 100; step++)
            alone.Step(rows, 1e-3);
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            for (var step = 0; step < 100; step++)
                disturbed.Step(rows, 1e-3);
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }

        Assert.Equal(Tiny.Bits(alone.Export()), Tiny.Bits(disturbed.Export()));
    }

    [Fact]
    public void A_loss_that_is_not_finite_changes_nothing()
    {
        var weights = Tiny.Weights(Tiny.Config);
        weights["model.norm.weight"][0] = float.NaN;
        using var trainer = new TorchTrainer(weights);

        Assert.Contains("not a finite number at optimizer step 1", Assert.Throws<RatchetException>(() => trainer.Step(Tiny.Rows(2, Tiny.Config.VocabularySize), 1e-3)).Message, StringComparison.Ordinal);

        Assert.Equal(Tiny.Bits(weights), Tiny.Bits(trainer.Export()));
        Assert.Equal(0, trainer.ExportOptimizer().Steps);
    }

    [Fact]
    public void Rows_and_settings_that_cannot_be_used_are_refused()
    {
        using var trainer = new TorchTrainer(Tiny.Weights(Tiny.Config));

        Assert.Contains("'a'", Assert.Throws<RatchetException>(() => trainer.Step([Tiny.Row("a", [1, 99])], 1e-3)).Message, StringComparison.Ordinal);
        Assert.Contains("weight above 0", Assert.Throws<RatchetException>(() => trainer.Step([Tiny.Row("a", [1, 2], weight: 0)], 1e-3)).Message, StringComparison.Ordinal);
        Assert.Contains("Beta1", Assert.Throws<RatchetException>(() => new TorchTrainer(Tiny.Weights(Tiny.Config), new AdamWOptions { Beta1 = 1 })).Message, StringComparison.Ordinal);
        Assert.Contains("moments of", Assert.Throws<RatchetException>(() => trainer.Import(new OptimizerState(1, new Dictionary<string, float[]>(), new Dictionary<string, float[]>()))).Message, StringComparison.Ordinal);
    }

    private static DecoderConfig Variant(string name) => name switch
    {
        "bias" => Tiny.Config with { QkvBias = true },
        "qk-norm" => Tiny.Config with { QkNorm = true },
        "untied" => Tiny.Config with { TiedHead = false, KeyValueHeads = 4 },
        _ => Tiny.Config,
    };

    private static double LossAt(DecoderWeights weights, string name, int index, float change, Ratchet.Examples.Example[] rows)
    {
        var moved = new DecoderWeights(weights.Config, weights.Config.WeightShapes().ToDictionary(s => s.Name, s => (float[])weights[s.Name].Clone()));
        moved[name][index] += change;
        using var trainer = new TorchTrainer(moved);
        return trainer.Loss(rows);
    }

    private static void AssertClose(IReadOnlyDictionary<string, float[]> expected, IReadOnlyDictionary<string, float[]> actual, double tolerance)
    {
        foreach (var (name, values) in expected)
        {
            for (var i = 0; i < values.Length; i++)
                Assert.True(Math.Abs(values[i] - actual[name][i]) <= tolerance * Math.Max(1, Math.Abs(values[i])), $"{name}[{i}]: expected {values[i]}, was {actual[name][i]}");
        }
    }
}
