using Ratchet.Runs;

namespace Ratchet.Cli.Progress;

/// <summary>How long a run will still take: the rounds that are left, each as long as the last one was.</summary>
internal sealed class Eta
{
    private double _before;
    private double _lastRound;
    private int _left = -1;

    /// <summary>Takes the end of a round.</summary>
    public void RoundDone(RunEvent.RoundDone e)
    {
        _lastRound = e.WallSeconds - _before;
        _before = e.WallSeconds;
        _left = e.Rounds - e.Summary.Round;
    }

    /// <summary>Seconds left after the last round's end, or null before the first.</summary>
    public double? Seconds => _left < 0 ? null : _left * _lastRound;
}
