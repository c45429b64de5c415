using CsCheck;
using Ratchet.Loop;

namespace Ratchet.Sampling.Tests;

public sealed class TokenSamplerTests
{
    private static readonly Gen<(float[] Logits, double Temperature, int TopK, double TopP)> GenCase = Gen.Select(
        Gen.Float[-6, 6].Select(v => MathF.Round(v, 1)).Array[1, 70], // rounded: ties happen
        Gen.Int[0, 3].Select(i => new[] { 0.3, 0.7, 1.0, 1.8 }[i]),
        Gen.OneOf(Gen.Const(0), Gen.Int[1, 80]),
        Gen.OneOf(Gen.Const(1.0), Gen.Double[0.05, 1.0]));

    [Fact]
    public void Every_token_is_the_slow_references_token_for_the_same_number_with_its_log_probability()
    {
        GenCase.Sample(x =>
        {
            var expected = Distribution(x.Logits, x.Temperature, x.TopK, x.TopP);
            var sampler = new TokenSampler(x.Logits.Length);
            var rule = new DrawRule(new SamplingOptions { Temperature = x.Temperature, TopK = x.TopK, TopP = x.TopP }, x.Logits.Length);
            var stream = RandomStream.FromSeed(1);
            for (var i = 0; i < 40; i++)
            {
                var id = sampler.Draw(rule, x.Logits, ref stream, [], out var logProbability);
                Assert.True(expected[id] > 0, $"id {id} is outside the kept set");
                Assert.True(Math.Abs(Math.Log(expected[id]) - logProbability) < 2e-5, $"id {id}: expected {Math.Log(expected[id])}, actual {logProbability}");
            }

            Assert.Equal(40UL, stream.Position);
        }, iter: 400, seed: "0000000000001");
    }

    [Theory]
    [InlineData(1.0, 0, 1.0)]
    [InlineData(0.7, 0, 0.9)]
    [InlineData(1.3, 7, 1.0)]
    [InlineData(1.0, 12, 0.8)]
    public void Frequencies_of_many_draws_fit_the_distribution(double temperature, int topK, double topP)
    {
        const int Draws = 200_000;
        var master = RandomStream.FromSeed(11);
        var logits = Enumerable.Range(0, 40).Select(_ => (float)(1.5 * master.NextNormal())).ToArray();
        var expected = Distribution(logits, temperature, topK, topP);
        var sampler = new TokenSampler(40);
        var rule = new DrawRule(new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP }, 40);
        var counts = new int[40];
        var stream = RandomStream.FromSeed(12);
        for (var i = 0; i < Draws; i++)
            counts[sampler.Draw(rule, logits, ref stream, [], out _)]++;

        // Pearson's statistic: mean = degrees of freedom, deviation = sqrt(2 · degrees); five deviations above the mean.
        var kept = Enumerable.Range(0, 40).Where(i => expected[i] > 0).ToArray();
        var statistic = kept.Sum(i => Math.Pow(counts[i] - (Draws * expected[i]), 2) / (Draws * expected[i]));
        var freedom = kept.Length - 1;
        Assert.True(statistic < freedom + (5 * Math.Sqrt(2.0 * freedom)), $"chi square {statistic} with {freedom} degrees of freedom");
        Assert.Equal(Draws, kept.Sum(i => counts[i]));
    }

    [Fact]
    public void Temperature_zero_takes_the_lowest_of_equal_ids_and_one_number_of_the_stream()
    {
        var sampler = new TokenSampler(5);
        var stream = RandomStream.FromSeed(1);
        Assert.Equal(1, sampler.Draw(new DrawRule(new SamplingOptions { Temperature = 0 }, 5), [0f, 3f, 3f, -1f, 3f], ref stream, [], out var logProbability));
        Assert.Equal(0f, logProbability);
        Assert.Equal(1UL, stream.Position);
    }

    [Fact]
    public void Ids_that_are_not_allowed_are_never_drawn_and_the_rest_share_what_is_left()
    {
        GenCase.Sample(x =>
        {
            var stream = RandomStream.FromSeed(3);
            var allowed = new ulong[(x.Logits.Length + 63) / 64];
            for (var i = 0; i < x.Logits.Length; i++)
                allowed[i >> 6] |= (ulong)(stream.NextInt(2) | (i == 0 ? 1 : 0)) << (i & 63);
            bool IsAllowed(int i) => (allowed[i >> 6] >> (i & 63) & 1) != 0;
            var kept = Enumerable.Range(0, x.Logits.Length).Where(IsAllowed).ToArray();
            var among = Distribution([.. kept.Select(i => x.Logits[i])], x.Temperature, x.TopK, x.TopP);
            var sampler = new TokenSampler(x.Logits.Length);
            var rule = new DrawRule(new SamplingOptions { Temperature = x.Temperature, TopK = x.TopK, TopP = x.TopP }, x.Logits.Length);
            for (var i = 0; i < 40; i++)
            {
                var id = sampler.Draw(rule, x.Logits, ref stream, allowed, out var logProbability);
                Assert.True(IsAllowed(id));
                Assert.True(Math.Abs(Math.Log(among[Array.IndexOf(kept, id)]) - logProbability) < 2e-5);
            }
        }, iter: 300, seed: "0000000000001");
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Logits_that_are_no_numbers_are_refused(float bad)
    {
        var sampler = new TokenSampler(3);
        var stream = RandomStream.FromSeed(1);
        Assert.Throws<InvalidOperationException>(() => sampler.Draw(new DrawRule(new SamplingOptions(), 3), [0f, bad, 1f], ref stream, [], out _));
    }

    private static double[] Distribution(float[] logits, double temperature, int topK, double topP)
    {
        var scaled = logits.Select(l => (double)(l * (float)(1 / temperature))).ToArray();
        var order = Enumerable.Range(0, logits.Length).OrderByDescending(i => scaled[i]).ThenBy(i => i).ToArray();
        if (topK > 0)
            order = [.. order.Take(topK)];
        var largest = scaled.Max();
        var total = order.Sum(i => Math.Exp(scaled[i] - largest));
        var kept = new List<int>();
        var reached = 0.0;
        foreach (var i in order)
        {
            if (kept.Count > 0 && topP < 1 && reached >= topP * total)
                break;
            kept.Add(i);
            reached += Math.Exp(scaled[i] - largest);
        }

        var result = new double[logits.Length];
        foreach (var i in kept)
            result[i] = Math.Exp(scaled[i] - largest) / reached;
        return result;
    }
}
