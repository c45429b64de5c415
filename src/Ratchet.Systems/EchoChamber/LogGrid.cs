namespace Ratchet.Systems.EchoChamber;

/// <summary>Updates after which a policy is evaluated: log-spaced ones as in the paper (from 10^-2.1 of the training on), ends of passes, and the middle.</summary>
internal sealed class LogGrid
{
    private const double Smallest = -2.1;

    private readonly SortedSet<int> _points;

    /// <summary>Makes the grid of a training.</summary>
    /// <param name="updates">Updates in all, at least 1.</param>
    /// <param name="points">Log-spaced points; those that fall on the same update count once.</param>
    /// <param name="pass">Updates of a pass over the training problems.</param>
    public LogGrid(int updates, int points, double pass)
    {
        Updates = updates;
        Middle = updates / 2;
        _points = [0, Middle, updates];
        for (var i = 0; i < points; i++)
            _points.Add(Math.Clamp((int)Math.Round(Math.Pow(10, points == 1 ? 0 : Smallest - (Smallest * i / (points - 1))) * updates), 0, updates));
        for (var end = pass; Math.Round(end) <= updates && pass >= 1; end += pass)
            _points.Add((int)Math.Round(end));
    }

    public int Updates { get; }

    public int Middle { get; }

    public IReadOnlyCollection<int> Points => _points;

    public bool Contains(int update) => _points.Contains(update);

    /// <summary>Whether an update is one of those with more samples: beginning, middle and end.</summary>
    public bool IsMilestone(int update) => update == 0 || update == Middle || update == Updates;
}
