using CsCheck;
using Ratchet.Recipes;

namespace Ratchet.Tests.Recipes;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("sampels", "samples")]
    [InlineData("Samples", "samples")]
    [InlineData("learning-rate", "learning_rate")]
    [InlineData("k", null)]
    [InlineData("xyz", null)]
    public void The_nearest_name_is_found_when_it_is_near(string name, string? expected) =>
        Assert.Equal(expected, NearestName.Find(name, ["samples", "learning_rate", "top_p", "seed"]));

    [Fact]
    public void One_swap_counts_once() => Assert.Equal(1, NearestName.Distance("frist", "first"));

    [Fact]
    public void The_distance_is_symmetric_and_zero_only_for_equals() =>
        Gen.Select(Gen.String[Gen.Char["abc"], 0, 6], Gen.String[Gen.Char["abc"], 0, 6]).Sample((a, b) =>
            NearestName.Distance(a, b) == NearestName.Distance(b, a) && (NearestName.Distance(a, b) == 0) == (a == b));
}
