using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Pool;

[SupportedOSPlatform("linux")]
public sealed class ChildProcessTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    [Fact]
    public void The_default_limits_are_these()
    {
        var limits = new ProcessLimits();
        Assert.Equal((30, 60), (limits.Wall.TotalSeconds, limits.StartUp.TotalSeconds));
        Assert.Equal((3600L, 2L << 30, 1 << 20, 64L << 20, 256, 16), (limits.CpuSeconds, limits.MemoryBytes, limits.OutputBytes, limits.FileBytes, limits.OpenFiles, limits.ChildProcesses));
    }

    [Fact]
    public void Answers_are_read_up_to_the_mark_and_the_rest_stays()
    {
        using var child = Ready();
        child.BeginRequest();
        child.Write("echo one\necho two\n"u8, After(Long));
        Assert.Equal("one\n.\n", Encoding.UTF8.GetString(child.ReadThrough(".\n"u8, After(Long))));
        Assert.Equal("two\n.\n", Encoding.UTF8.GetString(child.ReadThrough(".\n"u8, After(Long))));
    }

    [Fact]
    public void An_answer_in_pieces_and_one_larger_than_any_buffer_arrive_whole()
    {
        using var child = Ready();
        Assert.Equal("one\ntwo", Ask(child, "parts"));
        var text = string.Concat(Enumerable.Range(0, 60_000).Select(i => (char)('a' + (i % 26))));
        Assert.Equal(text, Ask(child, "echo " + text));
    }

    [Fact]
    public void A_write_larger_than_the_pipes_does_not_block_on_a_child_that_answers_meanwhile()
    {
        using var child = Ready();
        child.BeginRequest();
        child.Write(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("echo 0123456789\n", 20_000))), After(Long));
        for (var i = 0; i < 20_000; i++)
            Assert.Equal(13, child.ReadThrough(".\n"u8, After(Long)).Length);
    }

    [Fact]
    public void A_chatty_standard_error_blocks_nobody_and_its_end_is_kept()
    {
        using var child = Ready();
        Assert.Equal("quiet", Ask(child, "chatter"));
        Assert.EndsWith("warning 19999", child.ErrorText, StringComparison.Ordinal);
        Assert.InRange(child.ErrorText.Length, 1000, 4096);
    }

    [Fact]
    public void The_child_stands_in_its_scratch_folder_with_a_small_environment_of_its_own()
    {
        var child = Ready();
        var lines = Ask(child, "where").Split('\n');
        var folder = child.Scratch.Path;
        Assert.Equal(folder, lines[0]);
        Assert.Equal(["HOME=" + folder, "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "PWD=" + folder, "TMPDIR=" + folder], lines[1..].Where(l => !l.StartsWith("_=", StringComparison.Ordinal)).Where(l => !l.StartsWith("OLDPWD", StringComparison.Ordinal)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        child.Dispose();
        Assert.False(Directory.Exists(folder));
    }

    [Theory]
    [InlineData("echo x > made")]
    [InlineData("echo x > kept")]
    [InlineData("rm kept")]
    [InlineData("mkdir folder")]
    [InlineData("mv kept moved")]
    [InlineData("ln -s kept link")]
    public void A_sealed_child_changes_no_file_even_in_its_own_folder(string command)
    {
        Assert.SkipUnless(Landlock.Version > 0, "This kernel has no Landlock.");
        Assert.NotEqual(["kept: "], FilesAfter(command, seal: false));
        Assert.Equal(["kept: "], FilesAfter(command, seal: true));
    }

    [Fact]
    public void A_sealed_child_reaches_no_server()
    {
        Assert.SkipUnless(Landlock.Version >= 4, "This kernel's Landlock does not hold TCP.");
        Assert.SkipUnless(File.Exists("/bin/bash"), "Needs bash, whose redirections open connections.");
        using var server = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        server.Start();
        var script = $"(exec 3<>/dev/tcp/127.0.0.1/{((System.Net.IPEndPoint)server.LocalEndpoint).Port}) 2>/dev/null && echo reached || echo refused";
        string Said(bool seal)
        {
            using var child = ChildProcess.Start(new ChildProcessOptions { Program = "/bin/bash", Arguments = ["-c", script], Sealed = seal });
            return Encoding.UTF8.GetString(child.ReadThrough("\n"u8, After(Long))).Trim();
        }

        Assert.Equal(("reached", "refused"), (Said(false), Said(true)));
    }

    /// <summary>Names and contents in the folder of a child that has run a command there, beside an empty file that was there before.</summary>
    private static string[] FilesAfter(string command, bool seal)
    {
        using var child = ChildProcess.Start(new ChildProcessOptions { Program = "/bin/sh", Arguments = ["-c", $"read go; {command}; echo done"], Sealed = seal });
        var kept = Path.Combine(child.Scratch.Path, "kept");
        File.WriteAllText(kept, "");
        File.SetUnixFileMode(kept, (UnixFileMode)0b110_110_110);
        child.Write("go\n"u8, After(Long));
        Assert.Equal("done\n", Encoding.UTF8.GetString(child.ReadThrough("\n"u8, After(Long))));
        return [.. Directory.GetFileSystemEntries(child.Scratch.Path).Order(StringComparer.Ordinal).Select(f => $"{Path.GetFileName(f)}: {(Directory.Exists(f) ? "folder" : File.ReadAllText(f).Trim())}")];
    }

    [Fact]
    public void A_child_has_no_file_open_but_its_pipes()
    {
        using var inheritable = new FileStream("/dev/null", FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Inheritable);
        using var child = Ready();
        var open = Directory.EnumerateFileSystemEntries($"/proc/{child.Id}/fd").Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(["0", "1", "2"], open.Where(f => f!.Length == 1).Take(3));
        Assert.DoesNotContain(open, f => new FileInfo($"/proc/{child.Id}/fd/{f}").LinkTarget == "/dev/null");
    }

    [Fact]
    public void A_child_of_root_is_an_ordinary_user_unless_told_otherwise()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can give a child another user.");
        using var child = Ready();
        Assert.InRange(int.Parse(Ask(child, "user"), CultureInfo.InvariantCulture), 64_000, 64_999);
        using var kept = ScriptWorker.StartChild(new ProcessLimits(), dropRoot: false);
        kept.ReadThrough("ready\n"u8, After(Long));
        Assert.Equal("0", Ask(kept, "user"));
    }

    [Theory]
    [InlineData("crash", "The process is gone: it ended with exit code 7.", VerdictReason.Crashed)]
    [InlineData("signal", "The process is gone: signal 11 ended it.", VerdictReason.Crashed)]
    public void A_child_that_dies_says_how(string verb, string message, VerdictReason reason)
    {
        using var child = Ready();
        var e = Assert.Throws<ChildFailureException>(() => Ask(child, verb));
        Assert.Equal((ChildFailure.Exited, reason, message, true), (e.Failure, e.Reason, e.Message, e.WorthRetrying));
    }

    [Fact]
    public void The_last_words_of_a_child_are_kept_where_a_write_is_the_first_to_find_it_gone()
    {
        using var child = ChildProcess.Start(new ChildProcessOptions { Program = "/bin/sh", Arguments = ["-c", "echo no library >&2; exit 1"] });
        Assert.True(SpinWait.SpinUntil(() => !child.IsRunning, Long));
        var e = Assert.Throws<ChildFailureException>(() => child.Write("hello\n"u8, After(Long)));
        Assert.Equal("The process is gone: it ended with exit code 1. It said: no library", e.Message);
    }

    [Fact]
    public void A_kill_from_outside_is_seen_as_a_death()
    {
        using var child = Ready();
        Process.GetProcessById(child.Id).Kill();
        var e = Assert.Throws<ChildFailureException>(() => Ask(child, "echo x"));
        Assert.Equal(ChildFailure.Exited, e.Failure);
        Assert.Equal("The process is gone: it was killed from outside (signal 9).", e.Message);
    }

    [Theory]
    [InlineData("hang")]
    [InlineData("stubborn")]
    public void A_child_that_hangs_is_left_at_the_deadline_and_can_be_ended(string verb)
    {
        var child = Ready();
        var e = Assert.Throws<ChildFailureException>(() => ScriptWorker.Ask(child, verb, After(Short)));
        Assert.Equal((ChildFailure.TimedOut, VerdictReason.TimedOut, false), (e.Failure, e.Reason, e.WorthRetrying));
        child.Dispose();
        Assert.Null(ProcessStatus.Read(child.Id));
    }

    [Fact]
    public void A_cancelled_wait_ends()
    {
        using var child = Ready();
        using var source = new CancellationTokenSource(Short);
        Assert.ThrowsAny<OperationCanceledException>(() => ScriptWorker.Ask(child, "hang", Deadline.After(Long, source.Token)));
    }

    [Fact]
    public void A_closed_pipe_is_told_from_a_death()
    {
        using var child = Ready();
        var e = Assert.Throws<ChildFailureException>(() => Ask(child, "deaf"));
        Assert.Equal((ChildFailure.PipeClosed, "The process closed its pipe."), (e.Failure, e.Message));
    }

    [Fact]
    public void A_flood_is_cut_at_the_limit()
    {
        using var child = Ready(new ProcessLimits { OutputBytes = 100_000 });
        var e = Assert.Throws<ChildFailureException>(() => Ask(child, "flood"));
        Assert.Equal((ChildFailure.OutputLimit, VerdictReason.ResourceLimit, "The process wrote more than 100000 bytes."), (e.Failure, e.Reason, e.Message));
    }

    [Fact]
    public void What_a_child_started_ends_with_it()
    {
        var child = Ready();
        var grandchild = Ask(child, "bear");
        Assert.True(ScriptWorker.Exists(grandchild));
        child.Dispose();
        Assert.True(Gone(grandchild));
    }

    [Fact]
    public void What_a_child_left_running_ends_when_the_child_has_ended()
    {
        using var child = Ready();
        var grandchild = Ask(child, "bear");
        child.CloseInput();
        Assert.Equal(new ChildExit(0, 0, false, false), child.WaitForExit(After(Long)) with { MemoryKiller = false });
        Assert.True(Gone(grandchild));
    }

    [Fact]
    public void Memory_over_the_limit_is_refused_to_the_child_alone()
    {
        using var child = Ready(new ProcessLimits { MemoryBytes = 200L << 20 });
        var e = Assert.Throws<ChildFailureException>(() => Ask(child, "eat"));
        Assert.Equal((ChildFailure.Exited, VerdictReason.Crashed), (e.Failure, e.Reason));
        Assert.Contains("memory", e.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Processor_time_over_the_limit_ends_the_child()
    {
        using var child = Ready(new ProcessLimits { CpuSeconds = 1 });
        var e = Assert.Throws<ChildFailureException>(() => Ask(child, "burn"));
        Assert.Equal(ChildFailure.Exited, e.Failure);
        Assert.Contains(e.Message, (string[])["The process is gone: it used up its processor time (signal 24).", "The process is gone: it was killed from outside (signal 9)."]);
    }

    [Fact]
    public void A_file_over_the_limit_is_not_written()
    {
        using var child = Ready(new ProcessLimits { FileBytes = 1 << 20 });
        Assert.Equal("code 153", Ask(child, "file"));
        Assert.Equal(1 << 20, new FileInfo(Path.Combine(child.Scratch.Path, "big")).Length);
    }

    [Fact]
    public void A_fork_bomb_stays_small_and_ends_with_its_group()
    {
        Assert.SkipUnless(Environment.UserName == "root", "The limit on processes is exact only where the child has a user of its own.");
        using var child = Ready(new ProcessLimits { ChildProcesses = 8 });
        Assert.Throws<ChildFailureException>(() => ScriptWorker.Ask(child, "bomb", After(Short)));
        Assert.InRange(InGroup(child.Id), 0, 9);
        child.Dispose();
        Assert.True(SpinWait.SpinUntil(() => InGroup(child.Id) == 0, Long));
    }

    [Fact]
    public void A_missing_program_is_named() =>
        Assert.Equal("There is no program /nowhere/prover.", Assert.Throws<RatchetException>(() => ChildProcess.Start(new ChildProcessOptions { Program = "/nowhere/prover" })).Message);

    [Fact]
    public void A_hundred_children_leave_no_file_process_or_folder_behind()
    {
        Ready().Dispose();
        var files = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        var children = new List<(int Pid, string Folder)>();
        for (var i = 0; i < 100; i++)
        {
            using var child = ScriptWorker.StartChild(new ProcessLimits(), i % 2 == 0 ? "silent" : "dead");
            children.Add((child.Id, child.Scratch.Path));
        }

        Assert.All(children, c => Assert.Null(ProcessStatus.Read(c.Pid)));
        Assert.All(children, c => Assert.False(Directory.Exists(c.Folder)));

        // Other tests run beside this one and have a few files open of their own; a leak would be 300.
        Assert.InRange(Directory.GetFileSystemEntries("/proc/self/fd").Length, 0, files + 100);
    }

    [Fact]
    public void A_folder_that_a_killed_process_left_is_told_from_one_in_use()
    {
        using var mine = new ScratchFolder();
        using var second = new ScratchFolder();
        Assert.NotEqual(mine.Path, second.Path);
        Assert.True(Directory.Exists(mine.Path));
        Assert.Contains($"-{Environment.ProcessId}-", mine.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupt_reaches_the_child()
    {
        using var child = Ready();
        child.BeginRequest();
        child.Interrupt();
        Assert.Equal(Libc.SIGINT, child.WaitForExit(After(Long)).Signal);
    }

    private static ChildProcess Ready(ProcessLimits? limits = null)
    {
        var child = ScriptWorker.StartChild(limits ?? new ProcessLimits());
        child.ReadThrough("ready\n"u8, After(Long));
        return child;
    }

    private static string Ask(ChildProcess child, string line) => ScriptWorker.Ask(child, line, After(Long));

    private static Deadline After(TimeSpan time) => Deadline.After(time);

    /// <summary>The kernel takes a moment to end a process, and whoever adopts it a moment to collect it.</summary>
    private static bool Gone(string pid) => SpinWait.SpinUntil(() => !ScriptWorker.Exists(pid) || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal), Long);

    private static int InGroup(int group)
    {
        var count = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(f => char.IsAsciiDigit(Path.GetFileName(f)[0])))
        {
            try
            {
                var text = File.ReadAllText(Path.Combine(folder, "stat"));
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                if (fields[0] != "Z" && fields[2] == group.ToString(CultureInfo.InvariantCulture))
                    count++;
            }
            catch (IOException)
            {
                // It ended between the listing and the reading.
            }
        }

        return count;
    }
}
