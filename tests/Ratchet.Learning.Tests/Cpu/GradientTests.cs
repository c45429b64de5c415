using Ratchet.Examples;
using Ratchet.Models;

namespace Ratchet.Learning.Tests.Cpu;

public sealed class GradientTests
{
    private const double Tolerance = 2e-4;

    public static TheoryData<string, DecoderConfig> Shapes => new()
    {
        { "grouped queries, tied head", Tiny.Config },
        { "one key head for all queries", Tiny.Config with { KeyValueHeads = 1 } },
        { "a key head for each query head", Tiny.Config with { KeyValueHeads = 4 } },
        { "untied head", Tiny.Config with { TiedHead = false } },
        { "QK-norm", Tiny.Config with { QkNorm = true } },
        { "biases", Tiny.Config with { QkvBias = true } },
        { "all of it, one block, heads wider than a panel", Tiny.Config with { Layers = 1, QkNorm = true, QkvBias = true, TiedHead = false, HeadSize = 40, Heads = 2, KeyValueHeads = 1 } },
        { "sizes that are whole vectors", Tiny.Config with { VocabularySize = 32, HiddenSize = 32, HeadSize = 16, FeedForwardSize = 64, Layers = 1 } },
    };

    [Theory]
    [MemberData(nameof(Shapes), DisableDiscoveryEnumeration = true)]
    public void Gradients_are_the_central_differences_of_a_slow_double_reference(string name, DecoderConfig config)
    {
        var weights = Tiny.Weights(config);
        var rows = Tiny.Rows(3, config.VocabularySize, longest: 7);
        var reference = new ReferenceDecoder(weights);
        using var trainer = new CpuTrainer(weights);

        var gradient = trainer.Gradient(rows);

        foreach (var (tensor, shape) in config.WeightShapes())
        {
            var actual = gradient[tensor];
            Assert.Equal(shape.Aggregate(1, (a, b) => a * b), actual.Length);
            var scale = Math.Max(0.01, actual.Max(MathF.Abs));
            var stride = Math.Max(1, actual.Length / 41);
            for (var i = 0; i < actual.Length; i += stride)
            {
                var expected = reference.Derivative(rows, tensor, i);
                Assert.True(Math.Abs(expected - actual[i]) <= Tolerance * scale, $"{name}: {tensor}[{i}] expected {expected}, actual {actual[i]}, scale {scale}");
            }
        }
    }

    [Fact]
    public void Rows_longer_than_a_block_of_queries_have_the_same_gradients_as_the_reference()
    {
        var config = Tiny.Config with { Layers = 1, Heads = 2, KeyValueHeads = 1 };
        var weights = Tiny.Weights(config);
        Example[] rows = [Tiny.Row("long", [.. Enumerable.Range(0, 75).Select(i => (i * i) % 11)], 40), Tiny.Row("short", [3, 1, 4])];
        var reference = new ReferenceDecoder(weights);
        using var trainer = new CpuTrainer(weights);

        var gradient = trainer.Gradient(rows);

        foreach (var tensor in new[] { "model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.k_proj.weight", "model.layers.0.self_attn.v_proj.weight", "model.layers.0.input_layernorm.weight" })
        {
            var scale = gradient[tensor].Max(MathF.Abs);
            for (var i = 0; i < gradient[tensor].Length; i += Math.Max(1, gradient[tensor].Length / 12))
            {
                var expected = reference.Derivative(rows, tensor, i);
                Assert.True(Math.Abs(expected - gradient[tensor][i]) <= Tolerance * scale, $"{tensor}[{i}] expected {expected}, actual {gradient[tensor][i]}, scale {scale}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes), DisableDiscoveryEnumeration = true)]
    public void Loss_and_scores_are_those_of_the_reference(string name, DecoderConfig config)
    {
        var weights = Tiny.Weights(config);
        var rows = Tiny.Rows(6, config.VocabularySize, longest: 40);
        var reference = new ReferenceDecoder(weights);
        using var trainer = new CpuTrainer(weights);

        Assert.Equal(reference.Loss(rows), trainer.Loss(rows), 1e-5);
        var scores = trainer.Score([.. rows.Select(r => r.Ids)]);
        for (var r = 0; r < rows.Length; r++)
        {
            var expected = reference.Score(rows[r].Ids);
            Assert.Equal(expected.Length, scores[r].Length);
            for (var i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(expected[i] - scores[r][i]) < 2e-5, $"{name}: row {r} place {i} expected {expected[i]}, actual {scores[r][i]}");
        }
    }

    [Fact]
    public void The_gradient_of_a_batch_is_the_weighted_mean_of_gradients_row_by_row()
    {
        var rows = Tiny.Rows(9, Tiny.Config.VocabularySize);
        using var trainer = new CpuTrainer(Tiny.Weights(Tiny.Config), options: new CpuTrainerOptions { Shards = 3, ChunkTokens = 20 });
        var total = rows.Sum(r => (double)r.Weight * (r.Ids.Count - r.TargetStart));
        var expected = new Dictionary<string, double[]>();
        foreach (var row in rows)
        {
            foreach (var (name, values) in trainer.Gradient([row]))
            {
                var share = row.Weight * (row.Ids.Count - row.TargetStart) / total;
                if (!expected.TryGetValue(name, out var sum))
                    expected.Add(name, sum = new double[values.Length]);
                for (var i = 0; i < sum.Length; i++)
                    sum[i] += share * values[i];
            }
        }

        var actual = trainer.Gradient(rows);

        foreach (var (name, values) in expected)
        {
            var scale = values.Max(Math.Abs);
            for (var i = 0; i < values.Length; i++)
                Assert.True(Math.Abs(values[i] - actual[name][i]) <= 1e-5 * scale, $"{name}[{i}] expected {values[i]}, actual {actual[name][i]}");
        }
    }
}
