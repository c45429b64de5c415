using Ratchet.Runs;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ratchet.Cli.Progress;

/// <summary>A table of rounds with a bar for the stage that is going on, redrawn in place.</summary>
internal sealed class LiveProgress : IRunProgress
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(125);
    private readonly Lock _lock = new();
    private readonly IAnsiConsole _console;
    private readonly TimeProvider _clock;
    private readonly List<RoundSummary> _rounds = [];
    private readonly List<string> _notes = [];
    private readonly Eta _eta = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _drawing;
    private double _doneAt;
    private long _doneStamp;
    private RunEvent? _now;

    public LiveProgress(TextWriter writer, TimeProvider clock)
        : this(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) }), clock, draw: true)
    {
    }

    internal LiveProgress(IAnsiConsole console, TimeProvider clock, bool draw)
    {
        _console = console;
        _clock = clock;
        _doneStamp = clock.GetTimestamp();
        _drawing = draw ? Task.Run(DrawAsync) : Task.CompletedTask;
    }

    public void OnEvent(RunEvent e)
    {
        lock (_lock)
        {
            switch (e)
            {
                case RunEvent.RoundDone r:
                    _rounds.Add(r.Summary);
                    _eta.RoundDone(r);
                    _doneAt = r.WallSeconds;
                    _doneStamp = _clock.GetTimestamp();
                    _now = null;
                    break;
                case RunEvent.Note n:
                    _notes.Add(n.Message);
                    break;
                default:
                    _now = e;
                    break;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _drawing;
        _end.Dispose();
    }

    /// <summary>The picture of this moment.</summary>
    internal IRenderable Render()
    {
        lock (_lock)
        {
            var parts = new List<IRenderable>();
            parts.AddRange(_notes.Select(n => new Markup($"[yellow]note[/] {n.EscapeMarkup()}")));
            if (_rounds.Count > 0)
                parts.Add(Table());
            if (_now is not null)
                parts.Add(Stage(_now));
            var elapsed = _doneAt + _clock.GetElapsedTime(_doneStamp).TotalSeconds;
            var left = _eta.Seconds is { } s ? Math.Max(0, s - _clock.GetElapsedTime(_doneStamp).TotalSeconds) : (double?)null;
            parts.Add(new Markup($"[grey]{ProgressText.Time(elapsed)}{(left is > 0 ? $", about {ProgressText.Time(left.Value)} left" : "")}[/]"));
            return new Rows(parts);
        }
    }

    private Table Table()
    {
        var ks = _rounds.SelectMany(r => r.Heldout.PassAtK.Keys).Distinct().Order().ToList();
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("round").AddColumn(new TableColumn("solved").RightAligned()).AddColumn(new TableColumn("accepted").RightAligned())
            .AddColumn(new TableColumn("unknown").RightAligned()).AddColumn(new TableColumn("rows").RightAligned());
        foreach (var k in ks)
            table.AddColumn($"pass@{k}");
        foreach (var r in _rounds)
        {
            var t = r.Train;
            string[] cells =
            [
                r.Round == 0 ? "0 (start)" : r.Round.ToString(),
                r.Round == 0 ? "" : $"{ProgressText.Count(t.Solved)}/{ProgressText.Count(t.Problems)}",
                r.Round == 0 ? "" : $"{ProgressText.Count(t.Accepted)}/{ProgressText.Count(t.Attempts)}",
                r.Round == 0 ? "" : ProgressText.Count(t.Unknown),
                ProgressText.Count(r.Examples),
                .. ks.Select(k => r.Heldout.PassAtK.TryGetValue(k, out var e) ? ProgressText.Estimate(e) : ""),
            ];
            table.AddRow([.. cells.Select(c => new Text(c))]);
        }

        return table;
    }

    private static Rows Stage(RunEvent e) => e switch
    {
        RunEvent.StageStarted s => Bar($"round {s.Round} {s.Stage}", 0, Math.Max(1, s.Items), ""),
        RunEvent.BatchDone b => Bar($"round {b.Round} {b.Stage}", b.Done, b.Total, $"accepted {ProgressText.Count(b.Accepted)}{ProgressText.Unknown(b.Unknown)}  {ProgressText.Speeds(b)}"),
        RunEvent.Learned l => Bar($"round {l.Round} learn", l.Step.Step, l.Step.Steps, ProgressText.Learned(l.Step)),
        _ => new Rows(),
    };

    private static Rows Bar(string label, int done, int total, string detail)
    {
        const int Width = 40;
        var filled = total == 0 ? Width : (int)((long)Width * Math.Min(done, total) / total);
        var percent = total == 0 ? 100 : 100L * Math.Min(done, total) / total;
        return new Rows(
            new Markup($"{label.EscapeMarkup(),-20} [green]{new string('━', filled)}[/][grey]{new string('━', Width - filled)}[/] {percent,3} %"),
            new Text(detail));
    }

    private Task DrawAsync() => _console.Live(Render()).AutoClear(false).Overflow(VerticalOverflow.Ellipsis).StartAsync(async live =>
    {
        while (!_end.IsCancellationRequested)
        {
            live.UpdateTarget(Render());
            await Task.Delay(Refresh, _clock, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        lock (_lock)
            _now = null;
        live.UpdateTarget(Render());
    });
}
