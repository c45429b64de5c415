using Ratchet.Learning.Tests.Cpu;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;
using Ratchet.Runs;

namespace Ratchet.Learning.Tests;

/// <summary>Mixtures and chains of experts in both trainers, held against a scalar reference that knows no sorting.</summary>
[Collection("torch")]
public sealed class MixtureTests
{
    private const double Tolerance = 3e-4;

    private static readonly ExpertMixture Mixture = new() { Experts = 5, ExpertsPerToken = 2, ExpertSize = 7, SharedExperts = 1, BalanceWeight = 0.05 };

    private static readonly Dictionary<string, DecoderConfig> Configs = new()
    {
        ["mixture"] = With(Mixture),
        ["mixture, normalised, nothing shared"] = With(Mixture with { NormalizeWeights = true, SharedExperts = 0 }),
        ["mixture behind a dense layer"] = With(Mixture with { FirstDenseLayers = 1, WeightScale = 2.5 }),
        ["mixture, all experts chosen"] = With(Mixture with { ExpertsPerToken = 5 }),
        ["mixture as in the released code"] = With(Mixture with { Residual = MixtureResidual.Repo }),
        ["chain, norm a round"] = With(Mixture with { Rounds = 2 }),
        ["chain of three, one expert a round"] = With(Mixture with { Rounds = 3, ExpertsPerToken = 1, SharedExperts = 2 }),
        ["chain as in the released code"] = With(Mixture with { Rounds = 2, Residual = MixtureResidual.Repo }),
        ["chain, one router"] = With(Mixture with { Rounds = 2, Residual = MixtureResidual.Repo, SharedRouter = true }),
        ["chain, outer residual"] = With(Mixture with { Rounds = 2, Residual = MixtureResidual.Outer }),
        ["chain, both residuals"] = With(Mixture with { Rounds = 2, Residual = MixtureResidual.Both, NormalizeWeights = true }),
    };

    public static TheoryData<string> Names => [.. Configs.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_are_the_central_differences_of_a_slow_double_reference(string name)
    {
        var config = Configs[name];
        var weights = Tiny.Weights(config);
        var rows = Tiny.Rows(3, config.VocabularySize, longest: 6);
        var reference = new ReferenceDecoder(weights);
        using var own = new CpuTrainer(weights, options: new CpuTrainerOptions { Shards = 2, ChunkTokens = 6 });
        using var torch = new TorchTrainer(weights, options: new TorchOptions { MaxBatchTokens = 16 });

        var gradients = new[] { own.Gradient(rows), torch.Gradient(rows) };

        var loss = reference.Loss(rows);
        var balance = reference.Balance(rows);
        Assert.True(balance > 0);
        foreach (var (actual, actualBalance) in new[] { own.Losses(rows), torch.Losses(rows) })
            Assert.Equal((loss, balance), (actual, actualBalance), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-5 && Math.Abs(a.Item2 - b.Item2) < 1e-6);
        foreach (var (tensor, _) in config.WeightShapes())
        {
            // Some of each expert's weights; the whole of every router and norm.
            var length = gradients[0][tensor].Length;
            var stride = tensor.Contains("proj", StringComparison.Ordinal) || tensor.Contains("embed", StringComparison.Ordinal) ? Math.Max(1, length / 5) : 1;
            var scale = Math.Max(0.01, gradients[0][tensor].Max(MathF.Abs));
            for (var i = 0; i < length; i += stride)
            {
                var expected = reference.Derivative(rows, tensor, i);
                foreach (var gradient in gradients)
                    Assert.True(Math.Abs(expected - gradient[tensor][i]) <= Tolerance * scale, $"{name}: {tensor}[{i}] expected {expected}, actual {gradient[tensor][i]}, scale {scale}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Scores_are_those_of_a_loop_over_tokens_and_experts_whatever_the_rows_beside(string name)
    {
        var config = Configs[name];
        var weights = Tiny.Weights(config);
        var rows = Tiny.Rows(7, config.VocabularySize, longest: 40);
        var reference = new ReferenceDecoder(weights);
        using var own = new CpuTrainer(weights);
        using var torch = new TorchTrainer(weights);

        var ids = rows.Select(r => r.Ids).ToList();
        var together = own.Score(ids);
        var library = torch.Score(ids);

        for (var r = 0; r < ids.Count; r++)
        {
            Assert.Equal(own.Score([ids[r]])[0].Select(BitConverter.SingleToInt32Bits), together[r].Select(BitConverter.SingleToInt32Bits));
            var expected = reference.Score(ids[r]);
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], together[r][i], 3e-5);
                Assert.Equal(expected[i], library[r][i], 1e-4);
            }
        }
    }

    [Fact]
    public void With_one_round_a_residual_around_the_chain_is_the_standard_block()
    {
        var weights = Tiny.Weights(Configs["mixture"]);
        var rows = Tiny.Rows(5, weights.Config.VocabularySize);
        var ends = new[] { MixtureResidual.PreNorm, MixtureResidual.Outer }.Select(residual =>
        {
            var config = weights.Config with { Mixture = Mixture with { Rounds = 1, Residual = residual } };
            using var trainer = new CpuTrainer(new DecoderWeights(config, config.WeightShapes().ToDictionary(s => s.Name, s => weights[s.Name])));
            return trainer.Gradient(rows);
        }).ToList();

        // Sums in another order.
        foreach (var (name, values) in ends[0])
            Assert.All(values.Zip(ends[1][name]), v => Assert.Equal(v.First, v.Second, 1e-5 * Math.Max(1, values.Max(MathF.Abs))));
    }

    [Fact]
    public void Results_are_the_same_bits_for_any_number_of_threads_and_after_a_resume()
    {
        var config = Configs["chain as in the released code"];
        var weights = Tiny.Weights(config);
        using var one = new CpuTrainer(weights);
        using var three = new CpuTrainer(weights, options: new CpuTrainerOptions { Threads = 3 });
        using var whole = new TorchTrainer(weights);
        for (var step = 0; step < 4; step++)
        {
            foreach (var trainer in new IDecoderTrainer[] { one, three, whole })
                trainer.Step(Tiny.Rows(6, config.VocabularySize, (ulong)step), 1e-2);
        }

        using var first = new TorchTrainer(weights);
        for (var step = 0; step < 2; step++)
            first.Step(Tiny.Rows(6, config.VocabularySize, (ulong)step), 1e-2);
        using var second = new TorchTrainer(first.Export());
        second.Import(first.ExportOptimizer());
        for (var step = 2; step < 4; step++)
            second.Step(Tiny.Rows(6, config.VocabularySize, (ulong)step), 1e-2);

        Assert.Equal(Tiny.Bits(one.Export()), Tiny.Bits(three.Export()));
        Assert.Equal(Tiny.Bits(whole.Export()), Tiny.Bits(second.Export()));
    }

    [Fact]
    public void The_balance_loss_of_even_routing_is_its_weight_times_layers_and_rounds()
    {
        // Routers of zeros: all scores are 1/5, so P is even, and Σ f_i · P_i = Σ f_i / 5 = 1 whoever is chosen.
        var config = Configs["chain, norm a round"];
        var weights = Tiny.Weights(config);
        foreach (var (name, _) in config.WeightShapes().Where(s => s.Name.Contains("mlp.gate.", StringComparison.Ordinal)))
            Array.Clear(weights[name]);
        var rows = Tiny.Rows(4, config.VocabularySize);
        using var own = new CpuTrainer(weights);
        using var torch = new TorchTrainer(weights);

        var step = own.Step(rows, 0);

        Assert.Equal(0.05 * 2 * 2, step.BalanceLoss, 1e-6);
        Assert.Equal(0.05 * 2 * 2, torch.Step(rows, 0).BalanceLoss, 1e-6);
        Assert.Equal(own.Loss(rows), step.Loss, 1e-6);
    }

    [Fact]
    public void The_balance_loss_by_hand()
    {
        // One layer, two tokens in one row, two experts, one chosen; the router sees only the first number of a norm of 2: scores are sigmoids.
        var config = new DecoderConfig
        {
            VocabularySize = 3, HiddenSize = 2, Layers = 1, Heads = 1, KeyValueHeads = 1, HeadSize = 2, FeedForwardSize = 2, MaxPositions = 4, NormEpsilon = 0,
            Mixture = new ExpertMixture { Experts = 2, ExpertsPerToken = 1, ExpertSize = 2, BalanceWeight = 0.5 },
        };
        var tensors = config.WeightShapes().ToDictionary(s => s.Name, s => new float[s.Shape.Aggregate(1, (a, b) => a * b)]);
        float[] embedding = [1, 0, 3, 4, 5, 5];
        embedding.CopyTo(tensors["model.embed_tokens.weight"], 0);
        foreach (var name in tensors.Keys.Where(n => n.Contains("norm", StringComparison.Ordinal)))
            Array.Fill(tensors[name], 1f);
        tensors["model.layers.0.mlp.gate.weight"][0] = 1;
        using var trainer = new CpuTrainer(new DecoderWeights(config, tensors));

        // Norms: (1, 0) / sqrt(1/2) = (1.41421, 0) and (3, 4) / sqrt(25/2) = (0.84853, 1.13137). Scores of expert 0: 0.804430 and 0.700243. Both go to
        // it: f = (2, 0), P_0 = 0.752336, and 0.5 · 2 · 0.752336 = 0.752336.
        Assert.Equal(0.752336, trainer.Step([Tiny.Row("r", [0, 1, 2])], 0).BalanceLoss, 1e-5);
    }

    [Fact]
    public void A_chain_of_two_rounds_by_hand()
    {
        // Attention gives nothing (its output matrix is 0). Residual as in the released code: out = n + m_1 + m_2. Three experts, one a round. Every expert has
        // gate (1, 0), up (0, 1) and down (u, v), so that it adds silu(h_0) · h_1 · (u, v).
        var config = new DecoderConfig
        {
            VocabularySize = 2, HiddenSize = 2, Layers = 1, Heads = 1, KeyValueHeads = 1, HeadSize = 2, FeedForwardSize = 1, MaxPositions = 4, NormEpsilon = 0, TiedHead = false,
            Mixture = new ExpertMixture { Experts = 3, ExpertsPerToken = 1, ExpertSize = 1, Rounds = 2, Residual = MixtureResidual.Repo },
        };
        var tensors = config.WeightShapes().ToDictionary(s => s.Name, s => new float[s.Shape.Aggregate(1, (a, b) => a * b)]);
        void Set(string name, params float[] values) => values.CopyTo(tensors[name], 0);
        foreach (var name in tensors.Keys.Where(n => n.Contains("norm", StringComparison.Ordinal)))
            Array.Fill(tensors[name], 1f);
        Set("model.embed_tokens.weight", 3, 4, 0, 1);
        for (var e = 0; e < 3; e++)
        {
            Set($"model.layers.0.mlp.experts.{e}.gate_proj.weight", 1, 0);
            Set($"model.layers.0.mlp.experts.{e}.up_proj.weight", 0, 1);
        }

        Set("model.layers.0.mlp.experts.0.down_proj.weight", 2, 0);
        Set("model.layers.0.mlp.experts.1.down_proj.weight", 0, -1);
        Set("model.layers.0.mlp.experts.2.down_proj.weight", 5, 5);
        Set("model.layers.0.mlp.gate.0.weight", 1, 0, 0, 0, 0, 0);
        Set("model.layers.0.mlp.gate.1.weight", 0, 0, 1, 0, 0, 0);
        Set("lm_head.weight", 1, 0, 0, 1);

        // n = (3, 4) / sqrt(25 / 2).
        double a = 3 / Math.Sqrt(12.5), b = 4 / Math.Sqrt(12.5);

        // Round 1: logits (a, 0, 0), so expert 0 with weight e^a / (e^a + 2).
        a += Math.Exp(a) / (Math.Exp(a) + 2) * (a / (1 + Math.Exp(-a)) * b) * 2;

        // Round 2: logits (0, a, 0), so expert 1, which lowers the second number.
        b -= Math.Exp(a) / (Math.Exp(a) + 2) * (a / (1 + Math.Exp(-a)) * b);

        // The last norm, and the log-probability of id 1 under logits (x, y).
        var root = Math.Sqrt(((a * a) + (b * b)) / 2);
        var expected = -Math.Log(1 + Math.Exp((a - b) / root));
        using var own = new CpuTrainer(new DecoderWeights(config, tensors));
        using var torch = new TorchTrainer(new DecoderWeights(config, tensors));
        Assert.Equal(expected, own.Score([[0, 1]])[0][0], 1e-5);
        Assert.Equal(expected, torch.Score([[0, 1]])[0][0], 1e-5);
        Assert.Equal([0], own.Trace([[0]]).Choices(0, 0));
        Assert.Equal([1], own.Trace([[0]]).Choices(0, 1));
    }

    [Theory]
    [InlineData("chain as in the released code")]
    [InlineData("mixture behind a dense layer")]
    public void Both_trainers_trace_the_same_routes(string name)
    {
        var config = Configs[name];
        var weights = Tiny.Weights(config);
        var ids = Tiny.Rows(4, config.VocabularySize).Select(r => r.Ids).ToList();
        using var own = new CpuTrainer(weights);
        using var torch = new TorchTrainer(weights);

        var (a, b) = (own.Trace(ids), torch.Trace(ids));

        var mixture = config.Mixture!;
        Assert.Equal(Enumerable.Range(mixture.FirstDenseLayers, config.Layers - mixture.FirstDenseLayers), a.Layers);
        Assert.Equal(a.Layers, b.Layers);
        foreach (var layer in a.Layers)
        {
            for (var t = 0; t < mixture.Rounds; t++)
            {
                Assert.Equal(ids.Sum(i => i.Count) * mixture.ExpertsPerToken, a.Choices(layer, t).Count);
                Assert.Equal(a.Choices(layer, t), b.Choices(layer, t));
                Assert.All(a.Weights(layer, t).Zip(b.Weights(layer, t)), w => Assert.Equal(w.First, w.Second, 1e-5));
            }
        }

        Assert.Contains("mixture", Assert.Throws<InvalidOperationException>(() => { using var dense = new CpuTrainer(Tiny.Weights(Tiny.Config)); dense.Trace(ids); }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_learns_a_few_rows_by_heart()
    {
        var config = Configs["chain, norm a round"];
        var rows = Tiny.Rows(4, config.VocabularySize, longest: 8).Select(r => r with { Weight = 1 }).ToArray();
        using var trainer = new CpuTrainer(DecoderWeights.Initialize(config, RandomStream.FromSeed(3)), new AdamWOptions { WeightDecay = 0 });

        for (var step = 0; step < 200; step++)
            trainer.Step(rows, 1e-2);

        Assert.InRange(trainer.Loss(rows), 0, 0.03);
    }

    [Fact]
    public void Experts_in_groups_are_left_to_the_tensor_library()
    {
        var config = With(Mixture with { Experts = 6, Groups = 3, GroupsPerToken = 2 });
        Assert.False(config.TrainsOnOwnKernels);
        Assert.True(Configs["mixture"].TrainsOnOwnKernels);
        Assert.False(Configs["mixture"].RunsOnOwnKernels);
        Assert.Contains("in groups", Assert.Throws<RatchetException>(() => new CpuTrainer(Tiny.Weights(config))).Message, StringComparison.Ordinal);
    }

    private static DecoderConfig With(ExpertMixture mixture) => Tiny.Config with { Mixture = mixture };
}
