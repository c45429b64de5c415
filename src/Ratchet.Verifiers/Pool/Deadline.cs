using System.Diagnostics;

namespace Ratchet.Verifiers.Pool;

/// <summary>The moment at which a wait ends, and the token that ends it sooner.</summary>
internal readonly struct Deadline
{
    private readonly long _end;

    private Deadline(long end, CancellationToken token)
    {
        _end = end;
        Token = token;
    }

    /// <summary>Ends the wait sooner, with <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Token { get; }

    /// <summary>Time left, zero where it has passed.</summary>
    public TimeSpan Left => TimeSpan.FromSeconds(Math.Max(0, (double)(_end - Stopwatch.GetTimestamp()) / Stopwatch.Frequency));

    /// <summary>Whether the moment has passed.</summary>
    public bool Passed => Stopwatch.GetTimestamp() >= _end;

    /// <summary>A deadline so long from now.</summary>
    public static Deadline After(TimeSpan time, CancellationToken token = default) =>
        new(Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency), token);

    /// <summary>The sooner of this deadline and one so long from now, with the same token.</summary>
    public Deadline Within(TimeSpan time)
    {
        var other = After(time, Token);
        return other._end < _end ? other : this;
    }
}
