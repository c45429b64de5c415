using System.Numerics;
using CsCheck;
using Ratchet.Evaluation;

namespace Ratchet.Tests.Evaluation;

public sealed class PassAtKTests
{
    [Theory]
    [InlineData(1, 0, 1, 0.0)]
    [InlineData(1, 1, 1, 1.0)]
    [InlineData(4, 1, 1, 0.25)]
    [InlineData(4, 1, 2, 0.5)]
    [InlineData(4, 2, 2, 1 - (1.0 / 6))]
    [InlineData(5, 2, 3, 1 - (1.0 / 10))]
    [InlineData(8, 8, 8, 1.0)]
    [InlineData(8, 1, 8, 1.0)]
    [InlineData(10, 3, 5, 1 - (21.0 / 252))]
    public void Known_values(int n, int c, int k, double expected) => Assert.Equal(expected, PassAtK.Estimate(n, c, k), 12);

    [Fact]
    public void It_is_the_share_of_all_subsets_that_hold_a_success()
    {
        for (var n = 1; n <= 10; n++)
        {
            for (var c = 0; c <= n; c++)
            {
                for (var k = 1; k <= n; k++)
                {
                    var subsets = Enumerable.Range(0, 1 << n).Where(s => BitOperations.PopCount((uint)s) == k).ToList();
                    var hits = subsets.Count(s => (s & ((1 << c) - 1)) != 0);
                    Assert.Equal((double)hits / subsets.Count, PassAtK.Estimate(n, c, k), 12);
                }
            }
        }
    }

    [Fact]
    public void It_agrees_with_exact_binomials_for_large_n() =>
        Gen.Select(Gen.Int[1, 2000], Gen.Double[0, 1], Gen.Double[0, 1]).Sample((n, share, part) =>
        {
            var c = (int)(share * n);
            var k = Math.Max(1, (int)(part * n));
            var exact = 1 - ((double)(Binomial(n - c, k) * BigInteger.Pow(10, 18) / Binomial(n, k)) / 1e18);
            return Math.Abs(exact - PassAtK.Estimate(n, c, k)) < 1e-9;
        }, iter: 200);

    [Fact]
    public void It_rises_with_successes_and_with_attempts_and_stays_in_the_unit_interval() =>
        Gen.Select(Gen.Int[2, 500], Gen.Double[0, 1], Gen.Double[0, 1]).Sample((n, share, part) =>
        {
            var c = (int)(share * (n - 1));
            var k = Math.Clamp((int)(part * n), 1, n - 1);
            var value = PassAtK.Estimate(n, c, k);
            return value is >= 0 and <= 1
                && PassAtK.Estimate(n, c + 1, k) >= value - 1e-12
                && PassAtK.Estimate(n, c, k + 1) >= value - 1e-12;
        });

    [Fact]
    public void At_one_it_is_the_plain_share() =>
        Gen.Int[1, 1000].SelectMany(n => Gen.Int[0, n], (n, c) => (n, c)).Sample(x =>
            Math.Abs(PassAtK.Estimate(x.n, x.c, 1) - ((double)x.c / x.n)) < 1e-12);

    [Fact]
    public void Fewer_attempts_than_k_have_no_estimate() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PassAtK.Estimate(7, 3, 8));

    private static BigInteger Binomial(int n, int k)
    {
        if (k < 0 || k > n)
            return 0;
        BigInteger value = 1;
        for (var i = 1; i <= k; i++)
            value = value * (n - k + i) / i;
        return value;
    }
}
