using System.Diagnostics;

namespace Ratchet.Loop;

/// <summary>Time between the records of a session, so that the records' times add up to the session's.</summary>
internal sealed class RecordClock
{
    private long _last;

    public void Start() => _last = Stopwatch.GetTimestamp();

    /// <summary>Seconds since the start or the last call.</summary>
    public double SinceLast()
    {
        var now = Stopwatch.GetTimestamp();
        var seconds = Stopwatch.GetElapsedTime(_last, now).TotalSeconds;
        _last = now;
        return seconds;
    }
}
