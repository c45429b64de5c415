namespace Ratchet.Service;

/// <summary>The time by which a request must be answered.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _time;
    private readonly long _start;

    public Deadline(TimeSpan time, TimeProvider clock)
    {
        _time = time;
        _clock = clock;
        _start = clock.GetTimestamp();
        _source = new CancellationTokenSource(time, clock);
    }

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Time that is left; not below 0.</summary>
    public TimeSpan Left
    {
        get
        {
            var left = _time - _clock.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public void Dispose() => _source.Dispose();
}
