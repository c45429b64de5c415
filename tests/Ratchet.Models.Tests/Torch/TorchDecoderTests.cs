using Ratchet.Models.Torch;
using Ratchet.Runs;
using TorchSharp;

namespace Ratchet.Models.Tests.Torch;

[Collection("torch")]
public sealed class TorchDecoderTests
{
    private const double Float32Tolerance = 1e-4;
    private const double BFloat16Tolerance = 0.1;

    public static TheoryData<string> VariantNames => [.. TinyModels.Variants.Keys];

    [Theory]
    [MemberData(nameof(VariantNames))]
    public void Logits_are_those_of_the_definition(string variant)
    {
        var weights = TinyModels.Weights(TinyModels.Variants[variant]);
        var ids = TinyModels.Sequences(weights.Config, 9)[0];
        using var decoder = new TorchDecoder(weights);

        var actual = decoder.AllLogits(ids);

        var expected = ReferenceDecoder.Logits(weights, ids).SelectMany(l => l).ToArray();
        AssertClose(expected, actual, Float32Tolerance);
    }

    [Theory]
    [MemberData(nameof(VariantNames))]
    public void Scores_of_rows_of_different_lengths_are_those_of_each_row_alone(string variant)
    {
        var weights = TinyModels.Weights(TinyModels.Variants[variant]);
        var sequences = TinyModels.Sequences(weights.Config, 5, 1, 32, 2, 17, 17);
        using var decoder = new TorchDecoder(weights, new TorchOptions { MaxBatchTokens = 40 });

        var scores = decoder.Score(sequences);

        for (var i = 0; i < sequences.Count; i++)
            AssertClose(ReferenceDecoder.Score(weights, sequences[i]), scores[i], Float32Tolerance);
    }

    [Theory]
    [MemberData(nameof(VariantNames))]
    public void Bfloat16_stays_near_the_definition(string variant)
    {
        var weights = TinyModels.Weights(TinyModels.Variants[variant]);
        var sequence = TinyModels.Sequences(weights.Config, 16)[0];
        using var decoder = new TorchDecoder(weights, new TorchOptions { Compute = WeightsType.BFloat16 });

        var scores = decoder.Score([sequence])[0];

        AssertClose(ReferenceDecoder.Score(weights, sequence), scores, BFloat16Tolerance);
    }

    [Theory]
    [MemberData(nameof(VariantNames))]
    public void Cached_steps_give_the_logits_of_the_full_pass(string variant)
    {
        var weights = TinyModels.Weights(TinyModels.Variants[variant]);
        var sequences = TinyModels.Sequences(weights.Config, 12, 9, 12);
        using var decoder = new TorchDecoder(weights);
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();

        // Room for what is needed and no more, so that it grows all the way; prompts of different lengths enter different slots.
        using var cache = new TorchKeyValueCache(decoder, 3, 1);
        int[] prompts = [3, 1, 7];
        for (var s = 0; s < 3; s++)
        {
            var capture = new List<torch.Tensor>();
            decoder.Forward(TorchBatch.Create([sequences[s]], _ => prompts[s], decoder.Device), capture: capture);
            cache.Reserve(s + 1, Math.Max(3, prompts[s]), 12);
            cache.Enter(s, torch.stack(capture));
        }

        for (var step = 0; step < 5; step++)
        {
            var ids = sequences.Select((q, s) => (long)q[prompts[s] + step]).ToArray();
            cache.Reserve(3, 8 + step, 12);
            Assert.Equal(3 * (8 + step), cache.Positions);
            var logits = TorchBuffers.ToArray(cache.Step(ids, prompts.Select(p => (long)p + step).ToArray()));
            for (var s = 0; s < 3; s++)
            {
                var vocabulary = weights.Config.VocabularySize;
                AssertClose(ReferenceDecoder.Logits(weights, sequences[s].AsSpan(0, prompts[s] + step + 1).ToArray())[^1], logits.AsSpan(s * vocabulary, vocabulary).ToArray(), Float32Tolerance);
            }
        }
    }

    [Theory]
    [InlineData("window")]
    [InlineData("latent")]
    [InlineData("latent and mixture")]
    [InlineData("qk-norm and mixture")]
    [InlineData("chain")]
    [InlineData("chain, released")]
    public void Cached_steps_give_the_logits_of_the_full_pass_where_only_the_library_computes(string variant)
    {
        // The full pass itself is held against the NumPy reference.
        var weights = TinyModels.Weights(TinyModels.TorchVariants[variant]);
        var sequences = TinyModels.Sequences(weights.Config, 12, 9);
        using var decoder = new TorchDecoder(weights);
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using var cache = new TorchKeyValueCache(decoder, 2);
        for (var s = 0; s < 2; s++)
        {
            var capture = new List<torch.Tensor>();
            decoder.Forward(TorchBatch.Create([sequences[s]], _ => 5 - s, decoder.Device), capture: capture);
            cache.Reserve(s + 1, 12, 12);
            cache.Enter(s, torch.stack(capture));
        }

        for (var step = 0; step < 5; step++)
        {
            var logits = TorchBuffers.ToArray(cache.Step([sequences[0][5 + step], sequences[1][4 + step]], [5 + step, 4 + step]));

            var size = weights.Config.VocabularySize;
            AssertClose([.. decoder.AllLogits(sequences[0][..(6 + step)])[^size..].Select(l => (double)l)], logits[..size], Float32Tolerance);
            AssertClose([.. decoder.AllLogits(sequences[1][..(5 + step)])[^size..].Select(l => (double)l)], logits[size..], Float32Tolerance);
        }
    }

    [Theory]
    [InlineData("latent and mixture")]
    [InlineData("qk-norm and mixture")]
    [InlineData("mixture")]
    [InlineData("chain")]
    [InlineData("latent chain")]
    public void Scores_and_weights_of_a_mixture_do_not_depend_on_the_rows_beside_it(string variant)
    {
        var weights = TinyModels.Weights(TinyModels.TorchVariants[variant]);
        var sequences = TinyModels.Sequences(weights.Config, 5, 2, 32, 17);
        using var decoder = new TorchDecoder(weights);

        var together = decoder.Score(sequences);

        for (var i = 0; i < sequences.Count; i++)
            AssertClose([.. decoder.Score([sequences[i]])[0].Select(l => (double)l)], together[i], Float32Tolerance);
        var exported = decoder.Export();
        Assert.All(weights.Config.WeightShapes(), s => Assert.Equal(weights[s.Name], exported[s.Name]));
        Assert.Equal(weights.Config.WeightShapes().Sum(s => s.Shape.Aggregate(1L, (a, b) => a * b)), weights.Config.ParameterCount);
    }

    [Fact]
    public void A_cache_grows_by_doubling_within_its_limits_and_gives_back_what_stands_in_the_way()
    {
        using var decoder = new TorchDecoder(TinyModels.Weights(TinyModels.Plain));
        using var cache = new TorchKeyValueCache(decoder, 8, 1000);

        Assert.Equal(74, Reserve(1, 10, 100));
        Assert.Equal(2 * 74, Reserve(2, 60, 100));
        Assert.Equal(4 * 74, Reserve(3, 60, 100));
        Assert.Equal(8 * 100, Reserve(5, 100, 100));

        // 8 slots of 200 are over the limit, and there are two sequences.
        Assert.Equal(2 * 200, Reserve(2, 120, 500));
        Assert.Equal(2 * 400, Reserve(2, 201, 500));

        // One alone may need more than the limit; then short ones come, which its length would leave no room for.
        Assert.Equal(1500, Reserve(1, 1500, 1500));
        Assert.Equal(2 * 20, Reserve(2, 20, 20));
        cache.Clear();
        Assert.Equal(0, cache.Positions);

        long Reserve(int sequences, int length, int longest)
        {
            cache.Reserve(sequences, length, longest);
            return cache.Positions;
        }
    }

    [Fact]
    public void A_sequence_that_moves_to_another_slot_goes_on_unchanged()
    {
        var weights = TinyModels.Weights(TinyModels.Variants["grouped"]);
        var sequence = TinyModels.Sequences(weights.Config, 8)[0];
        using var decoder = new TorchDecoder(weights);
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using var cache = new TorchKeyValueCache(decoder, 2);
        cache.Reserve(2, 8, 32);
        var capture = new List<torch.Tensor>();
        decoder.Forward(TorchBatch.Create([sequence], _ => 7, decoder.Device), capture: capture);
        cache.Enter(1, torch.stack(capture));

        cache.Move(1, 0, 7);

        AssertClose(ReferenceDecoder.Logits(weights, sequence)[^1], TorchBuffers.ToArray(cache.Step([sequence[7]], [7])), Float32Tolerance);
    }

    [Theory]
    [MemberData(nameof(VariantNames))]
    public void Weights_come_back_bit_by_bit(string variant)
    {
        var weights = TinyModels.Weights(TinyModels.Variants[variant]);
        using var decoder = new TorchDecoder(TinyModels.Weights(weights.Config, 99));

        decoder.Load(weights);

        var exported = decoder.Export();
        foreach (var (name, _) in weights.Config.WeightShapes())
            Assert.Equal(weights[name], exported[name]);
    }

    [Fact]
    public void Nothing_stays_alive_after_a_decoder()
    {
        var weights = TinyModels.Weights(TinyModels.Variants["qk-norm"]);
        var sequences = TinyModels.Sequences(weights.Config, 5, 9);
        Use();
        var before = torch.Tensor.TotalCount;

        for (var i = 0; i < 20; i++)
            Use();

        Assert.Equal(before, torch.Tensor.TotalCount);

        void Use()
        {
            using var decoder = new TorchDecoder(weights);
            decoder.Score(sequences);
            decoder.Export();
            using var cache = new TorchKeyValueCache(decoder, 2);
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            for (var p = 0; p < 6; p++)
            {
                cache.Reserve(2, p + 1, p + 1);
                cache.Step([1, 2], [p, p]);
            }
        }
    }

    [Fact]
    public void A_sequence_that_the_model_cannot_take_is_refused()
    {
        using var decoder = new TorchDecoder(TinyModels.Weights(TinyModels.Plain));

        Assert.Contains("Sequence 1 is empty", Assert.Throws<ArgumentException>(() => decoder.Score([[1], []])).Message, StringComparison.Ordinal);
        Assert.Contains("the id 23", Assert.Throws<ArgumentException>(() => decoder.Score([[1, 23]])).Message, StringComparison.Ordinal);
        Assert.Contains("33 ids", Assert.Throws<ArgumentException>(() => decoder.Score([new int[33]])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_cannot_be_used_are_all_named()
    {
        var error = Assert.Throws<RatchetException>(() => new TorchDecoder(TinyModels.Weights(TinyModels.Plain), new TorchOptions { Compute = WeightsType.Float16, MaxBatchTokens = 1 }));

        Assert.Equal("The tensor library's settings cannot be used: Compute must be Float32 or BFloat16, not Float16. MaxBatchTokens must be at least 16, not 1.", error.Message);
    }

    private static void AssertClose(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])), $"At {i}: expected {expected[i]}, was {actual[i]}.");
    }
}
