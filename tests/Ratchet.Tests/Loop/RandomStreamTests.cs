using CsCheck;
using Ratchet.Loop;

namespace Ratchet.Tests.Loop;

public sealed class RandomStreamTests
{
    [Fact]
    public void Values_are_those_of_SplitMix64()
    {
        // Published test values of SplitMix64 for the seed 1234567.
        var stream = new RandomStream(1234567);

        Assert.Equal([6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL], Take(ref stream, 3));
    }

    [Fact]
    public void Seeds_and_derivations_keep_their_values_for_ever()
    {
        var root = RandomStream.FromSeed(1);

        Assert.Equal(18147614243578990368UL, root.Key);
        Assert.Equal(14938137103206171080UL, root.Derive("learn").Key);
        Assert.Equal(11471481321367326368UL, root.Derive(3).Key);
        Assert.Equal(11042946581118056606UL, root.NextUInt64());
    }

    [Fact]
    public void A_derived_stream_does_not_depend_on_the_position_of_its_parent() => Gen.Int[0, 50].Sample(draws =>
    {
        var parent = RandomStream.FromSeed(5);
        var expected = (parent.Derive("a"), parent.Derive(9));
        Take(ref parent, draws);
        return expected == (parent.Derive("a"), parent.Derive(9));
    });

    [Fact]
    public void Names_and_indices_give_different_streams()
    {
        var root = RandomStream.FromSeed(1);
        var keys = new HashSet<ulong> { root.Key };
        for (var i = -5000; i < 5000; i++)
        {
            Assert.True(keys.Add(root.Derive(i).Key), $"index {i}");
            Assert.True(keys.Add(root.Derive($"p{i}").Key), $"name p{i}");
            Assert.True(keys.Add(root.Derive("x").Derive(i).Key), $"x then {i}");
        }

        Assert.NotEqual(root.Derive("a").Derive("b").Key, root.Derive("b").Derive("a").Key);
        Assert.NotEqual(root.Derive("ab").Key, root.Derive("a").Derive("b").Key);
    }

    [Fact]
    public void Streams_of_neighbours_are_uncorrelated()
    {
        // The correlation of n independent pairs has a standard deviation of 1 / sqrt(n): five of them is a bound no fair draw passes.
        const int N = 20_000;
        var root = RandomStream.FromSeed(3);
        double sum = 0;
        for (var i = 0; i < N; i++)
        {
            var (left, right) = (root.Derive(i), root.Derive(i + 1));
            sum += (left.NextDouble() - 0.5) * (right.NextDouble() - 0.5) * 12;
        }

        Assert.InRange(sum / N, -5 / Math.Sqrt(N), 5 / Math.Sqrt(N));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    public void Whole_numbers_are_uniform(int range)
    {
        const int N = 100_000;
        var stream = RandomStream.FromSeed(11);
        var counts = new int[range];
        for (var i = 0; i < N; i++)
            counts[stream.NextInt(range)]++;
        var expected = (double)N / range;
        var chi = counts.Sum(c => (c - expected) * (c - expected) / expected);

        // Mean of chi squared: range - 1; standard deviation: sqrt(2 (range - 1)).
        Assert.InRange(chi, 0, range - 1 + (5 * Math.Sqrt(2 * (range - 1))));
    }

    [Fact]
    public void Doubles_lie_in_their_interval_and_normals_have_mean_0_and_variance_1()
    {
        const int N = 50_000;
        var stream = RandomStream.FromSeed(13);
        double sum = 0, squares = 0, uniform = 0;
        for (var i = 0; i < N; i++)
        {
            var u = stream.NextDouble();
            Assert.True(u is >= 0 and < 1);
            uniform += u;
            var z = stream.NextNormal();
            sum += z;
            squares += z * z;
        }

        Assert.InRange(uniform / N, 0.49, 0.51);
        Assert.InRange(sum / N, -0.025, 0.025);
        Assert.InRange(squares / N, 0.96, 1.04);
    }

    [Fact]
    public void A_shuffle_keeps_the_items_and_puts_each_anywhere()
    {
        var stream = RandomStream.FromSeed(17);
        var first = new int[5];
        for (var i = 0; i < 10_000; i++)
        {
            var items = Enumerable.Range(0, 5).ToArray();
            stream.Shuffle(items.AsSpan());
            Assert.Equal([0, 1, 2, 3, 4], items.Order());
            first[items[0]]++;
        }

        Assert.All(first, c => Assert.InRange(c, 1800, 2200));
    }

    [Fact]
    public void A_copy_goes_on_from_the_same_position()
    {
        var stream = RandomStream.FromSeed(1);
        Take(ref stream, 3);
        var copy = stream;

        Assert.Equal(Take(ref stream, 4), Take(ref copy, 4));
        Assert.Equal(7UL, copy.Position);
        Assert.Throws<ArgumentOutOfRangeException>(() => copy.NextInt(0));
    }

    private static ulong[] Take(ref RandomStream stream, int count)
    {
        var values = new ulong[count];
        for (var i = 0; i < count; i++)
            values[i] = stream.NextUInt64();
        return values;
    }
}
