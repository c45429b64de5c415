using Ratchet.Journal;
using Ratchet.Runs;
using Ratchet.Tests.Loop;

namespace Ratchet.Tests.Runs;

public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("propose")]
    [InlineData("evaluate")]
    public async Task A_disk_that_fills_up_stops_the_run_with_a_message_and_loses_nothing(string stage)
    {
        using var disk = MountedDisk.TryMount(_folder["disk"], 2 << 20);
        Assert.SkipWhen(disk is null, "Mounting a small disk takes the rights of root.");
        var alone = new FakeRun(_folder["alone"]);
        await alone.RunAsync(new FakeStages());
        var run = new FakeRun(_folder["disk/run"]);
        var filler = "";
        run.OnEach = e =>
        {
            if (filler.Length == 0 && e is RunEvent.BatchDone { Round: 2 } b && b.Stage == stage)
                filler = disk.Fill();
        };

        var error = await Assert.ThrowsAsync<RatchetException>(() => run.RunAsync(new FakeStages()));

        Assert.EndsWith("the disk is full.", error.Message, StringComparison.Ordinal);
        Assert.Contains("ratchet resume", error.Remedy);
        File.Delete(filler);
        Assert.Equal(2, run.Read(j => j.Rounds().Count));
        await run.RunAsync(new FakeStages());
        Assert.Equal(alone.Read(j => j.IdentityHash()), run.Read(j => j.IdentityHash()));
    }

    [Fact]
    public void A_full_disk_is_named_when_a_run_is_made_or_its_summary_written()
    {
        using var disk = MountedDisk.TryMount(_folder["disk"], 1 << 20);
        Assert.SkipWhen(disk is null, "Mounting a small disk takes the rights of root.");
        using var folder = RunFolder.Create(_folder["disk/run"], "name: tiny\n");
        folder.WriteSummary(RunSummaryTests.Summary);
        var before = File.ReadAllText(folder.SummaryPath);
        disk.Fill();

        Assert.Equal($"'{folder.SummaryPath}' cannot be written: the disk is full.", Assert.Throws<RatchetException>(() => folder.WriteSummary(RunSummaryTests.Summary)).Message);
        Assert.EndsWith("the disk is full.", Assert.Throws<RatchetException>(() => RunFolder.Create(_folder["disk/other"], "name: tiny\n")).Message, StringComparison.Ordinal);
        Assert.EndsWith("the disk is full.", Assert.Throws<RatchetException>(() => RunJournal.Open(folder.JournalPath)).Message, StringComparison.Ordinal);

        Assert.Equal(before, File.ReadAllText(folder.SummaryPath));
    }

    [Fact]
    public void A_read_only_file_system_is_named()
    {
        using var disk = MountedDisk.TryMount(_folder["disk"], 1 << 20);
        Assert.SkipWhen(disk is null, "Mounting a small disk takes the rights of root.");
        using (var folder = RunFolder.Create(_folder["disk/run"], "name: tiny\n"))
        using (var journal = RunJournal.Open(folder.JournalPath))
            journal.AddMeta("seed", "7");

        disk.MakeReadOnly();

        foreach (var attempt in (Action[])[() => RunFolder.Create(_folder["disk/new"], "name: tiny\n"), () => RunFolder.Open(_folder["disk/run"])])
        {
            var error = Assert.Throws<RatchetException>(attempt);
            Assert.EndsWith("cannot be written: the file system is read-only.", error.Message, StringComparison.Ordinal);
            Assert.Contains("--out", error.Remedy);
        }

        // What is finished can still be read there.
        using var read = RunJournal.OpenReadOnly(_folder["disk/run/journal.db"]);
        Assert.Equal("7", read.Meta("seed"));
    }
}
