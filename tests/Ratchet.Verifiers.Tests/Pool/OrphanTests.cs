using System.Diagnostics;
using System.Runtime.Versioning;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Pool;

[SupportedOSPlatform("linux")]
public sealed class OrphanTests
{
    private const string FileVariable = "RATCHET_TEST_ORPHANS";
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public void A_process_that_is_killed_takes_its_children_and_theirs_with_it_and_the_next_one_clears_up()
    {
        using var folder = new ScratchFolder();
        var file = Path.Combine(folder.Path, "pids");
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        foreach (var argument in (string[])["-explicit", "only", "-method", $"{typeof(OrphanTests).FullName}.{nameof(Holds_a_child_until_it_is_killed)}"])
            start.ArgumentList.Add(argument);
        start.Environment[FileVariable] = file;
        using var process = Process.Start(start)!;
        try
        {
            Assert.True(SpinWait.SpinUntil(() => File.Exists(file) && File.ReadAllText(file).EndsWith('\n'), Long));
            var (scratch, pids) = File.ReadAllText(file).Trim().Split(' ') is [var first, .. var rest] ? (first, rest) : ("", []);
            Assert.Equal(3, pids.Length);
            Assert.True(Directory.Exists(scratch));
            Assert.All(pids, pid => Assert.True(IsAlive(pid)));

            process.Kill();
            Assert.True(process.WaitForExit(Long));
            Assert.All(pids, pid => Assert.True(SpinWait.SpinUntil(() => !IsAlive(pid), Long)));

            ScratchFolder.Sweep();
            Assert.False(Directory.Exists(scratch));
            Assert.True(Directory.Exists(folder.Path));
        }
        finally
        {
            process.Kill();
        }
    }

    /// <summary>Not a test of its own: the program that the test above starts and kills.</summary>
    [Fact(Explicit = true)]
    public void Holds_a_child_until_it_is_killed()
    {
        using var child = ScriptWorker.StartChild(new ProcessLimits());
        child.ReadThrough("ready\n"u8, Deadline.After(Long));
        var grandchild = ScriptWorker.Ask(child, "bear", Deadline.After(Long));
        File.WriteAllText(Environment.GetEnvironmentVariable(FileVariable)!, $"{child.Scratch.Path} {child.Id} {grandchild} {OrphanGuard.ProcessId}\n");
        ScriptWorker.Ask(child, "hang", Deadline.After(2 * Long));
    }

    private static bool IsAlive(string pid) => ScriptWorker.Exists(pid) && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
}
