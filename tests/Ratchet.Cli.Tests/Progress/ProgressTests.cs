using System.Text.Json;
using Ratchet.Cli.Progress;
using Ratchet.Runs;
using Spectre.Console;

namespace Ratchet.Cli.Tests.Progress;

public sealed class ProgressTests
{
    /// <summary>A clock that stands still until it is moved.</summary>
    private sealed class StillClock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }

    [Fact]
    public void Plain_lines_tell_the_run()
    {
        using var text = new StringWriter { NewLine = "\n" };
        var progress = new PlainProgress(text, new StillClock());

        foreach (var e in ScriptedRuns.Events())
            progress.OnEvent(e);

        // The clock stands still: of the batches and steps between, only the last of each stage is told.
        Assert.Equal("""
            note: 3 problems are too long for the model and were left out
            round 0  learn     300 rows
            round 0  learn     20/20 steps  loss 1.250  rate 0.00020  81.9k tokens
            round 0  done      start model, 300 rows  pass@1 0.125 [0.075, 0.175]  pass@8 0.250 [0.150, 0.350]  after 1 min 05 s  about 1 min 05 s left
            round 1  propose   9,600 attempts
            round 1  propose   9,600/9,600 attempts  accepted 2,400  unknown 3 (crashed 1, timed_out 2)  612 proposals/s  23.5k tokens/s  15.0k checks/s
            round 1  done      solved 700/1,200, accepted 2,400/9,600, 2,300 rows  pass@1 0.375 [0.325, 0.425]  pass@8 0.750 [0.650, 0.850]  after 3 min 05 s

            """.ReplaceLineEndings("\n"), text.ToString());
    }

    [Fact]
    public void A_stage_that_takes_long_is_told_every_five_seconds()
    {
        using var text = new StringWriter { NewLine = "\n" };
        var clock = new StillClock();
        var progress = new PlainProgress(text, clock);

        foreach (var e in ScriptedRuns.Events().Where(e => e is RunEvent.Learned))
        {
            for (var second = 0; second < 10; second++)
            {
                clock.Seconds++;
                progress.OnEvent(((RunEvent.Learned)e) with { Step = ((RunEvent.Learned)e).Step with { Step = 10 } });
            }
        }

        Assert.Equal(4, text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task The_live_picture_shows_rounds_the_stage_and_the_time()
    {
        using var text = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 110;
        var clock = new StillClock();
        await using var progress = new LiveProgress(console, clock, draw: false);
        foreach (var e in ScriptedRuns.Events().SkipLast(2))
            progress.OnEvent(e);
        clock.Seconds = 5;

        console.Write(progress.Render());

        Assert.Equal("""
            note 3 problems are too long for the model and were left out

              round       solved   accepted   unknown   rows   pass@1                 pass@8
            ────────────────────────────────────────────────────────────────────────────────────────────────
              0 (start)                                  300   0.125 [0.075, 0.175]   0.250 [0.150, 0.350]

            round 1 propose      ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━   5 %
            accepted 100  unknown 3 (crashed 1, timed_out 2)  612 proposals/s  23.5k tokens/s  15.0k checks/s
            1 min 10 s, about 1 min 00 s left
            """.ReplaceLineEndings("\n"), string.Join('\n', text.ToString().Split('\n').Select(l => l.TrimEnd())).TrimEnd());
    }

    [Fact]
    public void Each_JSON_line_is_an_object_that_names_its_event()
    {
        using var text = new StringWriter { NewLine = "\n" };
        var progress = new JsonProgress(text);
        foreach (var e in ScriptedRuns.Events())
            progress.OnEvent(e);
        progress.End("completed", "runs/a", ScriptedRuns.Summary);

        var lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();

        Assert.Equal(
            ["note", "stage_started", "learned", "learned", "round_done", "stage_started", "batch_done", "batch_done", "round_done", "ended"],
            lines.Select(l => l.GetProperty("event").GetString()!));
        Assert.Equal(1.25, lines[3].GetProperty("step").GetProperty("loss").GetDouble());
        Assert.Equal(2, lines[6].GetProperty("unknown").GetProperty("timed_out").GetInt32());
        Assert.Equal(0.75, lines[8].GetProperty("summary").GetProperty("heldout").GetProperty("pass@8").GetProperty("value").GetDouble());
        Assert.Equal("completed", lines[9].GetProperty("summary").GetProperty("status").GetString());
    }
}
