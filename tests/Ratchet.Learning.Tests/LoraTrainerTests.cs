using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Adapters;
using Ratchet.Models.Torch;
using Ratchet.Runs;

namespace Ratchet.Learning.Tests;

[Collection("torch")]
public sealed class LoraTrainerTests
{
    public static TheoryData<string> Variants => ["lora", "dora", "rslora", "some"];

    [Theory]
    [MemberData(nameof(Variants))]
    public void The_gradient_is_the_slope_of_the_loss(string variant)
    {
        var rows = Tiny.Rows(4, Tiny.Config.VocabularySize);
        var weights = Tiny.Weights(Tiny.Config);
        var adapter = Moved(weights, Options(variant));
        using var trainer = Trainer(weights, adapter, new TorchOptions { MaxBatchTokens = 20 });
        var gradient = trainer.Gradient(rows);

        Assert.Equal(adapter.Shapes().Select(s => s.Name), gradient.Keys);
        foreach (var (name, values) in gradient)
        {
            // DoRA counts the length of a changed row as a constant (section 4.3), so the slope of the two factors is another one there.
            if (adapter.Options.Dora && !name.EndsWith("magnitude_vector", StringComparison.Ordinal))
                continue;
            var i = Enumerable.Range(0, values.Length).MaxBy(k => Math.Abs(values[k]));
            const float Step = 4e-3f;
            var slope = (LossAt(weights, adapter, name, i, Step, rows) - LossAt(weights, adapter, name, i, -Step, rows)) / (2 * Step);
            Assert.True(Math.Abs(slope - values[i]) < 2e-3 + (0.02 * Math.Abs(slope)), $"{name}[{i}]: slope {slope}, gradient {values[i]}");
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Merged_weights_score_as_model_and_adapter_do(string variant)
    {
        var rows = Tiny.Rows(6, Tiny.Config.VocabularySize);
        var weights = Tiny.Weights(Tiny.Config with { QkvBias = true });
        using var trainer = Trainer(weights, LoraAdapter.Initialize(weights, Options(variant), RandomStream.FromSeed(3)));
        using var plain = new TorchTrainer(weights);
        IReadOnlyList<int>[] sequences = [.. rows.Select(r => r.Ids)];
        AssertClose(plain.Score(sequences), trainer.Score(sequences), 1e-5);

        for (var step = 0; step < 20; step++)
            trainer.Step(rows, 1e-2);

        using var merged = new TorchTrainer(trainer.Export());
        Assert.True(Distance(plain.Score(sequences), trainer.Score(sequences)) > 0.1);
        AssertClose(merged.Score(sequences), trainer.Score(sequences), 1e-4);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_few_rows_are_learned_by_heart_and_the_weights_stay_as_they_are(string variant)
    {
        var rows = Tiny.Rows(4, Tiny.Config.VocabularySize, longest: 8).Select(r => r with { Weight = 1 }).ToArray();
        var weights = Tiny.Weights(Tiny.Config);
        var bits = Tiny.Bits(weights);
        using var trainer = Trainer(weights, LoraAdapter.Initialize(weights, Options(variant), RandomStream.FromSeed(3)), adamW: new AdamWOptions { WeightDecay = 0 });
        var before = trainer.Loss(rows);

        for (var step = 0; step < 200; step++)
            trainer.Step(rows, 2e-2);

        Assert.InRange(trainer.Loss(rows), 0, 0.5 * before);
        Assert.Equal(bits, Tiny.Bits(weights));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void A_training_continued_from_saved_state_ends_at_the_same_bits(double dropout)
    {
        var weights = Tiny.Weights(Tiny.Config);
        var start = LoraAdapter.Initialize(weights, Options("dora") with { Dropout = dropout }, RandomStream.FromSeed(3));
        using var whole = Trainer(weights, start);
        using var first = Trainer(weights, start);
        for (var step = 0; step < 6; step++)
            whole.Step(Tiny.Rows(5, Tiny.Config.VocabularySize, (ulong)step), 1e-2);
        for (var step = 0; step < 3; step++)
            first.Step(Tiny.Rows(5, Tiny.Config.VocabularySize, (ulong)step), 1e-2);

        using var second = Trainer(weights, first.ExportAdapter()!);
        second.Import(first.ExportOptimizer());
        for (var step = 3; step < 6; step++)
            second.Step(Tiny.Rows(5, Tiny.Config.VocabularySize, (ulong)step), 1e-2);

        Assert.Equal(Bits(whole.ExportAdapter()!), Bits(second.ExportAdapter()!));
    }

    [Fact]
    public void Dropout_changes_training_and_no_score()
    {
        var rows = Tiny.Rows(5, Tiny.Config.VocabularySize);
        var weights = Tiny.Weights(Tiny.Config);
        var adapter = Moved(weights, Options("lora"));
        using var plain = Trainer(weights, adapter);
        using var dropping = Trainer(weights, new LoraAdapter(adapter.Options with { Dropout = 0.5 }, adapter.Modules, adapter.Shapes().ToDictionary(s => s.Name, s => adapter[s.Name])));

        Assert.Equal(plain.Loss(rows), dropping.Loss(rows));
        Assert.True(Math.Abs(plain.Step(rows, 1e-3).Loss - dropping.Step(rows, 1e-3).Loss) > 1e-3);
    }

    [Fact]
    public void An_adapter_beside_bfloat16_weights_learns_in_float32()
    {
        var rows = Tiny.Rows(4, Tiny.Config.VocabularySize, longest: 8).Select(r => r with { Weight = 1 }).ToArray();
        var weights = Tiny.Weights(Tiny.Config);
        using var trainer = Trainer(weights, LoraAdapter.Initialize(weights, Options("lora"), RandomStream.FromSeed(3)), new TorchOptions { Compute = WeightsType.BFloat16 });
        var before = trainer.Loss(rows);

        for (var step = 0; step < 150; step++)
            trainer.Step(rows, 2e-2);

        Assert.InRange(trainer.Loss(rows), 0, 0.5 * before);
        Assert.Contains(trainer.ExportAdapter()![trainer.ExportAdapter()!.Modules[0].Up], v => BitConverter.SingleToInt32Bits(v) << 16 != 0);
    }

    [Fact]
    public void A_target_that_names_nothing_is_refused_with_those_that_there_are()
    {
        var weights = Tiny.Weights(Tiny.Config);

        var error = Assert.Throws<RatchetException>(() => LoraAdapter.Initialize(weights, new LoraOptions { Targets = ["q_proj", "wq"] }, RandomStream.FromSeed(1)));

        Assert.Contains("'wq'", error.Message, StringComparison.Ordinal);
        Assert.Contains("q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("rank must be at least 1", Assert.Throws<RatchetException>(() => LoraAdapter.Initialize(weights, new LoraOptions { Rank = 0 }, RandomStream.FromSeed(1))).Message, StringComparison.Ordinal);
    }

    internal static LoraOptions Options(string variant) => variant switch
    {
        "dora" => new LoraOptions { Rank = 3, Alpha = 6, Dora = true },
        "rslora" => new LoraOptions { Rank = 4, Alpha = 4, RankStabilized = true },
        "some" => new LoraOptions { Rank = 4, Alpha = 8, Targets = ["k_proj", "self_attn.o_proj", "up_proj", "down_proj"] },
        _ => new LoraOptions { Rank = 2, Alpha = 4 },
    };

    /// <summary>An adapter away from its start, where the second factor is zero.</summary>
    internal static LoraAdapter Moved(DecoderWeights weights, LoraOptions options)
    {
        var adapter = LoraAdapter.Initialize(weights, options, RandomStream.FromSeed(3));
        var stream = RandomStream.FromSeed(4);
        foreach (var (name, _) in adapter.Shapes())
        {
            for (var i = 0; i < adapter[name].Length; i++)
                adapter[name][i] += (float)(0.2 * stream.NextNormal());
        }

        return adapter;
    }

    internal static int[] Bits(LoraAdapter adapter) => [.. adapter.Shapes().SelectMany(s => adapter[s.Name]).Select(BitConverter.SingleToInt32Bits)];

    private static TorchTrainer Trainer(DecoderWeights weights, LoraAdapter adapter, TorchOptions? options = null, AdamWOptions? adamW = null) =>
        new(weights, adamW, options, lora: new LoraTraining(adapter, RandomStream.FromSeed(9)));

    private static double LossAt(DecoderWeights weights, LoraAdapter adapter, string name, int index, float change, Ratchet.Examples.Example[] rows)
    {
        var moved = new LoraAdapter(adapter.Options, adapter.Modules, adapter.Shapes().ToDictionary(s => s.Name, s => (float[])adapter[s.Name].Clone()));
        moved[name][index] += change;
        using var trainer = Trainer(weights, moved);
        return trainer.Loss(rows);
    }

    private static double Distance(IReadOnlyList<float[]> a, IReadOnlyList<float[]> b) => a.Zip(b).SelectMany(p => p.First.Zip(p.Second)).Max(p => Math.Abs((double)p.First - p.Second));

    private static void AssertClose(IReadOnlyList<float[]> expected, IReadOnlyList<float[]> actual, double tolerance) => Assert.InRange(Distance(expected, actual), 0, tolerance);
}
