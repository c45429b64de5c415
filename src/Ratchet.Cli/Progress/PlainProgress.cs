using Ratchet.Runs;

namespace Ratchet.Cli.Progress;

/// <summary>Lines for logs and pipes: the start of each stage, its state every few seconds, the result of each round.</summary>
internal sealed class PlainProgress(TextWriter writer, TimeProvider clock) : IRunProgress
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private readonly Eta _eta = new();
    private long _last = clock.GetTimestamp();

    public void OnEvent(RunEvent e)
    {
        var line = e switch
        {
            RunEvent.StageStarted s => Start(s),
            RunEvent.BatchDone b when b.Done == b.Total || Due() => $"round {b.Round}  {b.Stage,-8}  {ProgressText.Count(b.Done)}/{ProgressText.Count(b.Total)} attempts  accepted {ProgressText.Count(b.Accepted)}{ProgressText.Unknown(b.Unknown)}  {ProgressText.Speeds(b)}",
            RunEvent.Learned l when l.Step.Step == l.Step.Steps || Due() => $"round {l.Round}  learn     {ProgressText.Learned(l.Step)}",
            RunEvent.RoundDone r => Done(r),
            RunEvent.Note n => $"note: {n.Message}",
            _ => null,
        };
        if (line is null)
            return;
        writer.WriteLine(line);
        writer.Flush();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private string Start(RunEvent.StageStarted s)
    {
        _last = clock.GetTimestamp();
        return $"round {s.Round}  {s.Stage,-8}  {ProgressText.Count(s.Items)} {(s.Stage == "learn" ? "rows" : "attempts")}";
    }

    private bool Due()
    {
        if (clock.GetElapsedTime(_last) < Interval)
            return false;
        _last = clock.GetTimestamp();
        return true;
    }

    private string Done(RunEvent.RoundDone r)
    {
        _eta.RoundDone(r);
        var t = r.Summary.Train;
        var train = r.Summary.Round == 0 ? $"start model, {ProgressText.Count(r.Summary.Examples)} rows"
            : $"solved {ProgressText.Count(t.Solved)}/{ProgressText.Count(t.Problems)}, accepted {ProgressText.Count(t.Accepted)}/{ProgressText.Count(t.Attempts)}, {ProgressText.Count(r.Summary.Examples)} rows";
        var left = _eta.Seconds is > 0 and var s ? $"  about {ProgressText.Time(s)} left" : "";
        return $"round {r.Summary.Round}  done      {train}  {ProgressText.PassAtK(r.Summary.Heldout)}  after {ProgressText.Time(r.WallSeconds)}{left}";
    }
}
