using Ratchet.Evaluation;
using Ratchet.Loop;

namespace Ratchet.Tests.Evaluation;

public sealed class PairedDifferenceTests
{
    [Fact]
    public void The_interval_of_five_pairs_is_students()
    {
        // Mean 3, deviation sqrt(2.5), t 2.7764 with 4 degrees of freedom: 3 ± 2.7764 · 1.58114 / 2.23607.
        var difference = PairedDifference.Of([1, 2, 3, 4, 5]);

        Assert.Equal((3.0, 5, 5, true), (difference.Mean, difference.Pairs, difference.Above, difference.IsBeyondNoise));
        Assert.Equal(3 - 1.9632, difference.Low!.Value, 1e-4);
        Assert.Equal(3 + 1.9632, difference.High!.Value, 1e-4);
    }

    [Fact]
    public void Differences_on_both_sides_of_zero_are_noise_and_one_pair_tells_nothing()
    {
        Assert.False(PairedDifference.Of([-1, 1.5, 0.2]).IsBeyondNoise);
        var one = PairedDifference.Of([0.5]);
        Assert.Equal((null, null, false), (one.Low, one.High, one.IsBeyondNoise));
        Assert.Throws<ArgumentOutOfRangeException>(() => PairedDifference.Of([]));
    }

    [Fact]
    public void An_interval_of_normal_noise_covers_its_mean_nineteen_times_of_twenty()
    {
        var stream = RandomStream.FromSeed(5);
        var covered = 0;
        for (var i = 0; i < 4000; i++)
        {
            var sample = new double[4];
            for (var k = 0; k < 4; k++)
                sample[k] = stream.NextNormal();
            covered += PairedDifference.Of(sample) is { Low: < 0, High: > 0 } ? 1 : 0;
        }

        Assert.InRange(covered / 4000.0, 0.938, 0.962);
    }
}
