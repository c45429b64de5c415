using Ratchet.Systems.EchoChamber;

namespace Ratchet.Systems.Tests.EchoChamber;

public sealed class LogGridTests
{
    [Fact]
    public void Evaluations_are_log_spaced_with_ends_of_passes_middle_and_end()
    {
        var grid = new LogGrid(200, 5, 60);

        // 10^-2.1 to 1 of 200 in five points: 1.6, 5.3, 17.8, 59.7, 200.
        Assert.Equal([0, 2, 5, 18, 60, 100, 120, 180, 200], grid.Points);
        Assert.Equal([0, 100, 200], grid.Points.Where(grid.IsMilestone));
        Assert.False(grid.Contains(3));
    }

    [Theory]
    [InlineData(1, 0, 50)]
    [InlineData(1, 15, 0.25)]
    [InlineData(3, 1, 1)]
    public void Short_trainings_have_a_beginning_and_an_end(int updates, int points, double pass)
    {
        var grid = new LogGrid(updates, points, pass);

        Assert.Equal((0, updates), (grid.Points.First(), grid.Points.Last()));
        Assert.All(grid.Points, p => Assert.InRange(p, 0, updates));
    }
}
