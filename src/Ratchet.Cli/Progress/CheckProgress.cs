namespace Ratchet.Cli.Progress;

/// <summary>Progress of many checks: one line that is written over on a terminal, a line every few seconds elsewhere, nothing for work that is done at once.</summary>
internal sealed class CheckProgress(TextWriter writer, bool interactive, TimeProvider clock) : IDisposable
{
    private readonly long _start = clock.GetTimestamp();
    private long _last = clock.GetTimestamp();
    private bool _drawn;

    private TimeSpan Interval => interactive ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(5);

    /// <summary>Takes how far the work is.</summary>
    public void Report(int done, int all, int accepted, int unknown)
    {
        if (clock.GetElapsedTime(_last) < Interval)
            return;
        _last = clock.GetTimestamp();
        var rate = done / clock.GetElapsedTime(_start).TotalSeconds;
        var text = $"{ProgressText.Count(done)}/{ProgressText.Count(all)} checked  accepted {ProgressText.Count(accepted)}{(unknown == 0 ? "" : $"  unknown {ProgressText.Count(unknown)}")}  {rate:#,0.#}/s  about {ProgressText.Time((all - done) / rate)} left";
        writer.Write(interactive ? $"\r{text}\x1b[K" : text + writer.NewLine);
        writer.Flush();
        _drawn = true;
    }

    /// <summary>Wipes the line, so that results begin on a clean one.</summary>
    public void Dispose()
    {
        if (_drawn && interactive)
            writer.Write("\r\x1b[K");
    }
}
