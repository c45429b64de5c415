using Ratchet.Examples;
using Ratchet.Learning.Objectives;
using Ratchet.Learning.Tests.Cpu;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Adapters;
using Ratchet.Models.Torch;
using Ratchet.Runs;

namespace Ratchet.Learning.Tests.Objectives;

[Collection("torch")]
public sealed class ObjectiveGradientTests
{
    private static readonly string[] s_tensors =
    [
        "model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "model.layers.0.mlp.down_proj.weight", "model.layers.1.self_attn.v_proj.weight", "model.layers.1.input_layernorm.weight", "model.norm.weight",
    ];

    public static TheoryData<string> Cases => [.. ObjectiveCase.Names];

    /// <summary>Ways to put the same rows through the model.</summary>
    private static readonly (string Name, Func<DecoderWeights, IDecoderTrainer> Open)[] s_modes =
    [
        ("own, packed", w => new CpuTrainer(w)),
        ("own, three threads", w => new CpuTrainer(w, options: new CpuTrainerOptions { Threads = 3, Shards = 3 })),
        ("own, accumulated and computed again", w => new CpuTrainer(w, options: new CpuTrainerOptions { Shards = 2, ChunkTokens = 12 }) { KeptBytes = 0 }),
        ("own, row by row", w => new CpuTrainer(w, options: new CpuTrainerOptions { Shards = 1, ChunkTokens = 1 })),
        ("torch, padded", w => new TorchTrainer(w)),
        ("torch, accumulated", w => new TorchTrainer(w, options: new TorchOptions { MaxBatchTokens = 20 })),
        ("torch, blocks computed again", w => new TorchTrainer(w, options: new TorchOptions { GradientCheckpointing = true })),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_the_slopes_of_a_slow_reference_in_every_batching_mode(string name)
    {
        var c = ObjectiveCase.Make(name);
        var reference = new ReferenceDecoder(c.Weights);
        var packed = Gradient(s_modes[0].Open, c);
        foreach (var tensor in s_tensors)
        {
            // The steepest element, where the slope stands well above the rounding of single precision.
            var i = Steepest(packed[tensor]);
            var slope = ReferenceNumbers.Slope(c, reference, tensor, i);
            Assert.True(Math.Abs(slope - packed[tensor][i]) <= 3e-4 + (2e-3 * Math.Abs(slope)), $"{name}: {tensor}[{i}] slope {slope}, gradient {packed[tensor][i]}");
        }

        // Not only equal but there: a term that fell out of the graph would be zero everywhere alike.
        Assert.True(Norm(packed) > 0.01, $"{name}: the gradient's norm is {Norm(packed)}");
        foreach (var (mode, open) in s_modes.Skip(1))
            AssertClose(packed, Gradient(open, c), $"{name}, {mode}");
        AssertClose(packed, OneByOne(c), $"{name}, one by one");
    }

    [Fact]
    public void Likelihood_as_an_objective_takes_the_step_of_supervised_training()
    {
        var c = ObjectiveCase.Make("likelihood");
        using var plain = new CpuTrainer(c.Weights);
        using var objective = new CpuTrainer(c.Weights);
        var expected = plain.Step(c.Rows, 1e-2);
        var actual = objective.Step(c.Rows, c.Objective, 1e-2);
        Assert.Equal(expected.Loss, actual.Loss, 1e-6);
        Assert.Equal(expected.GradientNorm, actual.GradientNorm, 1e-5);
        Assert.Equal(expected.Tokens, actual.Tokens);
        Assert.Equal(plain.Loss(c.Rows), objective.Loss(c.Rows), 1e-5);
    }

    [Theory]
    [InlineData("mixture", false)]
    [InlineData("mixture", true)]
    [InlineData("adapter", true)]
    public void Likelihood_as_an_objective_is_supervised_training_for_mixtures_and_adapters_too(string kind, bool torch)
    {
        var config = kind == "mixture" ? Tiny.Config with { Mixture = new ExpertMixture { Experts = 4, ExpertsPerToken = 2, ExpertSize = 8, BalanceWeight = 0.3 } } : Tiny.Config;
        var weights = Tiny.Weights(config);
        var rows = Tiny.Rows(6, config.VocabularySize);
        var lora = kind == "adapter" ? new LoraTraining(LoraAdapter.Initialize(weights, new LoraOptions { Dropout = 0.2 }, RandomStream.FromSeed(1)), RandomStream.FromSeed(2)) : null;
        IDecoderTrainer Open() => torch ? new TorchTrainer(weights, lora: lora) : new CpuTrainer(weights, options: new CpuTrainerOptions { Shards = 2, ChunkTokens = 20 });
        using var plain = Open();
        using var objective = Open();
        for (var step = 0; step < 2; step++)
        {
            var (expected, actual) = (plain.Step(rows, 1e-2), objective.Step(rows, new WeightedLikelihood(), 1e-2));
            Assert.Equal(expected.Loss, actual.Loss, 1e-5);
            Assert.Equal(expected.BalanceLoss, actual.BalanceLoss, 1e-5);
            Assert.Equal(expected.GradientNorm, actual.GradientNorm, 1e-4 * expected.GradientNorm);
            Assert.True(kind != "mixture" || actual.BalanceLoss > 0);
        }
    }

    [Theory]
    [InlineData("grpo k3")]
    [InlineData("dpo")]
    public void Threads_and_kept_activations_change_no_bit_and_the_order_of_rows_only_last_digits(string name)
    {
        var c = ObjectiveCase.Make(name);
        var expected = Tiny.Bits(After(c, new CpuTrainerOptions(), 256L << 20));
        Assert.Equal(expected, Tiny.Bits(After(c, new CpuTrainerOptions { Threads = 3 }, 256L << 20)));
        Assert.Equal(expected, Tiny.Bits(After(c, new CpuTrainerOptions { Threads = 2 }, 0)));

        // Rows of frozen slopes in reverse order.
        var batch = Evaluate(c);
        var forward = Gradient(s_modes[0].Open, c.Weights, c.Rows, new Frozen(batch.LogProbabilityGradients, c.Objective.Temperature));
        var backward = Gradient(s_modes[0].Open, c.Weights, [.. c.Rows.Reverse()], new Frozen([.. batch.LogProbabilityGradients.Reverse()], c.Objective.Temperature));
        AssertClose(forward, backward, name);
    }

    [Fact]
    public void Numbers_are_those_of_the_reference_on_both_engines()
    {
        var c = ObjectiveCase.Make("quark");
        const TokenQuantities All = TokenQuantities.LogProbability | TokenQuantities.Entropy | TokenQuantities.Divergence;
        var expected = ReferenceNumbers.Batch(new ReferenceDecoder(c.Weights), c.Weights.Config, c.Rows, All, 0.8, c.Objective.References);
        foreach (var (mode, open) in s_modes)
        {
            using var trainer = open(c.Weights);
            var actual = trainer.Forward(c.Rows, All, 0.8, c.Objective.References);
            foreach (var (e, a) in new[] { (expected.LogProbabilities, actual.LogProbabilities), (expected.Entropies, actual.Entropies), (expected.Divergences, actual.Divergences) })
            {
                for (var r = 0; r < e.Length; r++)
                {
                    for (var i = 0; i < e[r].Length; i++)
                        Assert.True(Math.Abs(e[r][i] - a[r][i]) < 2e-5, $"{mode}: row {r} place {i} expected {e[r][i]}, actual {a[r][i]}");
                }
            }

            var distributions = trainer.Distributions(c.Rows, 0.8);
            for (var r = 0; r < c.Rows.Length; r++)
            {
                for (var i = 0; i < expected.LogProbabilities[r].Length; i++)
                {
                    if (expected.IsTarget(r, i))
                        Assert.Equal(expected.LogProbabilities[r][i], distributions[r][(i * 11) + c.Rows[r].Ids[c.Rows[r].TargetStart + i]], 2e-5);
                }
            }
        }
    }

    [Fact]
    public void A_scalar_head_gives_the_references_values_and_has_no_log_probabilities()
    {
        var c = ObjectiveCase.Make("critic");
        var expected = ReferenceNumbers.Batch(new ReferenceDecoder(c.Weights), c.Weights.Config, c.Rows, TokenQuantities.Value, 1, null);
        foreach (var (mode, open) in s_modes)
        {
            using var trainer = open(c.Weights);
            var actual = trainer.Forward(c.Rows, TokenQuantities.Value);
            for (var r = 0; r < c.Rows.Length; r++)
            {
                for (var i = 0; i < expected.Values[r].Length; i++)
                    Assert.True(Math.Abs(expected.Values[r][i] - actual.Values[r][i]) < 2e-5, $"{mode}: row {r} place {i} expected {expected.Values[r][i]}, actual {actual.Values[r][i]}");
            }

            Assert.Contains("scalar head", Assert.Throws<RatchetException>(() => trainer.Forward(c.Rows, TokenQuantities.LogProbability)).Message);
            Assert.Contains("scalar head", Assert.Throws<RatchetException>(() => trainer.Step(c.Rows, 1e-3)).Message);
        }
    }

    private static DecoderWeights After(ObjectiveCase c, CpuTrainerOptions options, long kept)
    {
        using var trainer = new CpuTrainer(c.Weights, options: options with { ChunkTokens = 12 }) { KeptBytes = kept };
        trainer.Step(c.Rows, c.Objective, 1e-2);
        trainer.Step(c.Rows, c.Objective, 1e-2);
        return trainer.Export();
    }

    private static TokenBatch Evaluate(ObjectiveCase c)
    {
        using var trainer = new CpuTrainer(c.Weights);
        var batch = trainer.Forward(c.Rows, c.Objective.Quantities, c.Objective.Temperature, c.Objective.References);
        c.Objective.Evaluate(batch);
        return batch;
    }

    /// <summary>The gradient as a sum over rows, each alone in the model, with the slopes that the objective gives the whole batch.</summary>
    private static Dictionary<string, float[]> OneByOne(ObjectiveCase c)
    {
        var batch = Evaluate(c);
        var sum = new Dictionary<string, float[]>();
        for (var r = 0; r < c.Rows.Length; r++)
        {
            var frozen = new Frozen(
                One(batch.LogProbabilityGradients, r), c.Objective.Temperature, One(batch.EntropyGradients, r), One(batch.DivergenceGradients, r), One(batch.ValueGradients, r),
                c.Objective.References is { } references ? [references[r]] : null, c.Objective.Quantities);
            foreach (var (name, values) in Gradient(s_modes[0].Open, c.Weights, [c.Rows[r]], frozen))
                sum[name] = sum.TryGetValue(name, out var before) ? [.. before.Zip(values, (a, b) => a + b)] : values;
        }

        return sum;

        static float[][] One(float[][] all, int row) => all.Length == 0 ? [] : [all[row]];
    }

    private static Dictionary<string, float[]> Gradient(Func<DecoderWeights, IDecoderTrainer> open, ObjectiveCase c) => Gradient(open, c.Weights, c.Rows, c.Objective);

    private static Dictionary<string, float[]> Gradient(Func<DecoderWeights, IDecoderTrainer> open, DecoderWeights weights, Example[] rows, ITokenObjective objective)
    {
        using var trainer = open(weights);
        return trainer is TorchTrainer torch ? torch.Gradient(rows, objective) : ((CpuTrainer)trainer).Gradient(rows, objective);
    }

    private static int Steepest(float[] values) => Enumerable.Range(0, values.Length).MaxBy(k => Math.Abs(values[k]));

    private static double Norm(Dictionary<string, float[]> gradient) => Math.Sqrt(gradient.Values.Sum(v => v.Sum(x => (double)x * x)));

    private static void AssertClose(Dictionary<string, float[]> expected, Dictionary<string, float[]> actual, string what)
    {
        foreach (var (name, values) in expected)
        {
            var scale = Math.Max(1e-3, values.Max(MathF.Abs));
            for (var i = 0; i < values.Length; i++)
                Assert.True(Math.Abs(values[i] - actual[name][i]) <= 5e-5 * scale, $"{what}: {name}[{i}] expected {values[i]}, actual {actual[name][i]}, scale {scale}");
        }
    }

    /// <summary>A linear objective with given slopes.</summary>
    private sealed class Frozen(float[][] chosen, double temperature, float[][]? entropy = null, float[][]? divergence = null, float[][]? value = null, float[][]? references = null, TokenQuantities? quantities = null) : ITokenObjective
    {
        public TokenQuantities Quantities => quantities ?? TokenQuantities.LogProbability;

        public double Temperature => temperature;

        public IReadOnlyList<float[]>? References => references;

        public double Evaluate(TokenBatch batch)
        {
            Copy(chosen, batch.LogProbabilityGradients);
            Copy(entropy ?? [], batch.EntropyGradients);
            Copy(divergence ?? [], batch.DivergenceGradients);
            Copy(value ?? [], batch.ValueGradients);
            return 0;

            static void Copy(float[][] from, float[][] to)
            {
                for (var r = 0; r < Math.Min(from.Length, to.Length); r++)
                    from[r].CopyTo(to[r], 0);
            }
        }
    }
}
