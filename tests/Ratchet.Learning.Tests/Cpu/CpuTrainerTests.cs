using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Cpu;
using Ratchet.Runs;

namespace Ratchet.Learning.Tests.Cpu;

public sealed class CpuTrainerTests
{
    [Fact]
    public void Thread_count_changes_no_bit()
    {
        var rows = Tiny.Rows(30, 11);
        int[] Train(int threads)
        {
            using var trainer = new CpuTrainer(Tiny.Weights(Tiny.Config), options: new CpuTrainerOptions { Threads = threads, Shards = 5, ChunkTokens = 25 });
            for (var i = 0; i < 6; i++)
                trainer.Step(rows, 1e-2);
            return Tiny.Bits(trainer.Export());
        }

        var one = Train(1);

        Assert.Equal(one, Train(2));
        Assert.Equal(one, Train(3));
        Assert.Equal(one, Train(8));
    }

    [Fact]
    public void Shards_and_chunks_change_gradients_by_rounding_only()
    {
        var rows = Tiny.Rows(30, 11);
        Dictionary<string, float[]> Gradient(int shards, int chunk)
        {
            using var trainer = new CpuTrainer(Tiny.Weights(Tiny.Config), options: new CpuTrainerOptions { Shards = shards, ChunkTokens = chunk });
            return trainer.Gradient(rows);
        }

        var whole = Gradient(1, 1000);
        foreach (var (shards, chunk) in new[] { (4, 1000), (1, 1), (7, 30), (64, 512) })
        {
            foreach (var (name, values) in Gradient(shards, chunk))
            {
                var scale = whole[name].Max(MathF.Abs);
                for (var i = 0; i < values.Length; i++)
                    Assert.True(MathF.Abs(whole[name][i] - values[i]) <= 1e-5f * scale, $"{shards} shards, chunks of {chunk}: {name}[{i}] {whole[name][i]} and {values[i]}");
            }
        }
    }

    [Fact]
    public void A_score_does_not_depend_on_the_sequences_beside_it()
    {
        IReadOnlyList<int>[] sequences = [.. Tiny.Rows(12, 11, longest: 60).Select(r => r.Ids)];
        using var trainer = new CpuTrainer(Tiny.Weights(Tiny.Config), options: new CpuTrainerOptions { Threads = 2, ChunkTokens = 64 });

        var together = trainer.Score(sequences);

        for (var i = 0; i < sequences.Length; i++)
            Assert.Equal(trainer.Score([sequences[i]])[0], together[i]);
        Assert.Empty(trainer.Score([[4]])[0]);
    }

    [Fact]
    public void The_trainer_scores_as_the_sampling_decoder_does()
    {
        var config = Tiny.Config with { QkNorm = true, QkvBias = true, HiddenSize = 64, HeadSize = 32, FeedForwardSize = 96 };
        var weights = Tiny.Weights(config);
        IReadOnlyList<int>[] sequences = [.. Tiny.Rows(8, 11, longest: 90).Select(r => r.Ids)];
        using var trainer = new CpuTrainer(weights);
        using var decoder = new CpuDecoder(weights);

        var scores = trainer.Score(sequences);

        for (var i = 0; i < sequences.Length; i++)
        {
            var expected = decoder.Score(sequences[i]);
            for (var k = 0; k < expected.Length; k++)
                Assert.Equal(expected[k], scores[i][k], 2e-5f);
        }
    }

    [Fact]
    public void A_row_of_weight_two_counts_as_the_row_twice_and_of_weight_zero_not_at_all()
    {
        var rows = Tiny.Rows(4, 11).Select(r => r with { Weight = 1 }).ToArray();
        using var trainer = new CpuTrainer(Tiny.Weights(Tiny.Config), options: new CpuTrainerOptions { Shards = 1 });

        var doubled = trainer.Gradient([rows[0] with { Weight = 2 }, rows[1], rows[2] with { Weight = 0 }]);
        var repeated = trainer.Gradient([rows[0], rows[0], rows[1]]);

        foreach (var (name, values) in repeated)
        {
            var scale = values.Max(MathF.Abs);
            for (var i = 0; i < values.Length; i++)
                Assert.True(MathF.Abs(values[i] - doubled[name][i]) <= 1e-5f * scale, $"{name}[{i}] {values[i]} and {doubled[name][i]}");
        }

        Assert.Equal(trainer.Loss([rows[0], rows[0], rows[1]]), trainer.Loss([rows[0] with { Weight = 2 }, rows[1], rows[2] with { Weight = 0 }]), 1e-6);
    }

    [Fact]
    public void A_step_is_AdamW_as_its_authors_write_it()
    {
        var options = new AdamWOptions { Beta1 = 0.8, Beta2 = 0.9, Epsilon = 1e-6, WeightDecay = 0.3, ClipNorm = 0.05 };
        var weights = Tiny.Weights(Tiny.Config);
        using var trainer = new CpuTrainer(weights, options);
        string[] names = ["model.embed_tokens.weight", "model.layers.1.mlp.up_proj.weight", "model.layers.0.input_layernorm.weight"];
        var expected = names.ToDictionary(n => n, n => weights[n].Select(x => (double)x).ToArray());
        var first = names.ToDictionary(n => n, n => new double[weights[n].Length]);
        var second = names.ToDictionary(n => n, n => new double[weights[n].Length]);
        for (var t = 1; t <= 3; t++)
        {
            var rows = Tiny.Rows(5, 11, seed: (ulong)t);
            var gradient = trainer.Gradient(rows);
            var result = trainer.Step(rows, 0.02);
            Assert.Equal(Math.Sqrt(gradient.Values.Sum(v => v.Sum(g => (double)g * g))), result.GradientNorm, 1e-5);
            Assert.True(result.GradientNorm > 0.05, "the gradient must be clipped here");
            foreach (var name in names)
            {
                var decay = weights.Config.WeightShapes().Single(s => s.Name == name).Shape.Length == 2 ? 0.3 : 0;
                for (var i = 0; i < expected[name].Length; i++)
                {
                    var g = gradient[name][i] * 0.05 / result.GradientNorm;
                    first[name][i] = (0.8 * first[name][i]) + (0.2 * g);
                    second[name][i] = (0.9 * second[name][i]) + (0.1 * g * g);
                    var update = first[name][i] / (1 - Math.Pow(0.8, t)) / (Math.Sqrt(second[name][i] / (1 - Math.Pow(0.9, t))) + 1e-6);
                    expected[name][i] -= 0.02 * (update + (decay * expected[name][i]));
                }
            }
        }

        var actual = trainer.Export();
        foreach (var name in names)
        {
            for (var i = 0; i < expected[name].Length; i++)
                Assert.True(Math.Abs(expected[name][i] - actual[name][i]) < 1e-5, $"{name}[{i}] expected {expected[name][i]}, actual {actual[name][i]}");
        }
    }

    [Fact]
    public void Weights_and_optimizer_taken_out_and_put_back_go_on_to_the_same_bits()
    {
        var rows = Tiny.Rows(10, 11);
        using var whole = new CpuTrainer(Tiny.Weights(Tiny.Config));
        for (var i = 0; i < 3; i++)
            whole.Step(rows, 1e-2);
        using var second = new CpuTrainer(whole.Export());
        second.Import(whole.ExportOptimizer());
        for (var i = 0; i < 3; i++)
        {
            whole.Step(rows, 1e-2);
            second.Step(rows, 1e-2);
        }

        Assert.Equal(Tiny.Bits(whole.Export()), Tiny.Bits(second.Export()));
        Assert.Equal(6, second.ExportOptimizer().Steps);
    }

    [Fact]
    public void All_mistakes_in_options_are_told_at_once()
    {
        var e = Assert.Throws<RatchetException>(() => new CpuTrainer(Tiny.Weights(Tiny.Config), new AdamWOptions { Beta1 = 1, ClipNorm = -1 }, new CpuTrainerOptions { Threads = 0, Shards = -2 }));

        Assert.Equal(
            "The trainer's options are invalid: Threads must be at least 1, not 0. Shards must be at least 1, not -2. Beta1 must be at least 0 and below 1, not 1. ClipNorm must be 0 (no clipping) or more, not -1.",
            e.Message);
    }

    [Fact]
    public void A_step_without_weight_is_refused_and_changes_nothing()
    {
        using var trainer = new CpuTrainer(Tiny.Weights(Tiny.Config));
        var before = Tiny.Bits(trainer.Export());

        var e = Assert.Throws<RatchetException>(() => trainer.Step([Tiny.Row("a", [1, 2, 3], 1, 0f)], 1e-3));

        Assert.Equal("A training step has no row with a weight above 0, so its loss is undefined.", e.Message);
        Assert.Equal(before, Tiny.Bits(trainer.Export()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_tiny_model_learns_to_reverse_and_cannot_learn_shuffled_targets(ulong seed)
    {
        var learned = Reverse(seed, shuffled: false);
        var control = Reverse(seed, shuffled: true);

        Assert.InRange(learned.Start, 2.0, 2.8);
        Assert.InRange(learned.End, 0.0, 0.25);
        Assert.InRange(control.End, 1.3, 3.0);
    }

    /// <summary>Held-out loss before and after 300 steps on "four symbols, mark, the same backwards".</summary>
    private static (double Start, double End) Reverse(ulong seed, bool shuffled)
    {
        var config = Tiny.Config with { HiddenSize = 32, HeadSize = 8, FeedForwardSize = 64 };
        var stream = RandomStream.FromSeed(seed).Derive("rows");
        Example Make(int index)
        {
            var symbols = new int[4];
            for (var i = 0; i < 4; i++)
                symbols[i] = 3 + stream.NextInt(8);
            var answer = symbols.Reverse().ToArray();
            if (shuffled)
            {
                for (var i = 0; i < 4; i++)
                    answer[i] = 3 + stream.NextInt(8);
            }

            return Tiny.Row($"r{index}", [1, .. symbols, 0, .. answer, 2], 6);
        }

        Example[] heldout = [.. Enumerable.Range(0, 100).Select(Make)];
        using var trainer = new CpuTrainer(DecoderWeights.Initialize(config, RandomStream.FromSeed(seed), 0.08), new AdamWOptions { WeightDecay = 0.01 });
        var start = trainer.Loss(heldout);
        for (var step = 0; step < 300; step++)
            trainer.Step([.. Enumerable.Range(0, 64).Select(Make)], 4e-3);
        return (start, trainer.Loss(heldout));
    }
}
