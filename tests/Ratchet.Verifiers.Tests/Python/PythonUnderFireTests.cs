using Ratchet.Verifiers.Pool;
using Ratchet.Verifiers.Python;

namespace Ratchet.Verifiers.Tests.Python;

/// <summary>Small by default; with RATCHET_LONG_TESTS=1 ten thousand programs.</summary>
[Collection("python")]
public sealed class PythonUnderFireTests(PythonFixture python, ITestOutputHelper output)
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1";

    [Fact]
    public async Task Many_programs_leave_interpreters_descriptors_processes_and_folders_as_they_were()
    {
        python.Sandbox();
        var programs = Long ? 10_000 : 300;
        using var sandbox = new PythonSandbox(new PythonOptions { Threads = 2, Wall = TimeSpan.FromSeconds(20), CpuSeconds = 2, MemoryBytes = 512L << 20, Modules = ["math", "json"] });
        using var verifier = new PythonVerifier(sandbox, p => p.Statement);
        await Run(0, 40);
        var first = Figures(sandbox);
        for (var part = 1; part <= 4; part++)
        {
            await Run(part * programs / 4, programs / 4);
            output.WriteLine($"{part * programs / 4}: {Figures(sandbox)}");
        }

        var last = Figures(sandbox);
        output.WriteLine($"first {first}");
        Assert.Equal(first.Processes, last.Processes);
        Assert.InRange(last.Descriptors, 0, first.Descriptors + 100);

        // An interpreter holds nothing of a program; what its collector and page tables do is in the noise.
        Assert.InRange(last.Megabytes, 0, first.Megabytes + 8);
        Assert.Equal(2, sandbox.Figures.Starts);
        var folders = sandbox.WorkerProcesses.Select(p => File.ResolveLinkTarget($"/proc/{p}/cwd", returnFinalTarget: false)!.FullName).ToList();
        Assert.Equal(2, folders.Where(f => Path.GetFileName(f).StartsWith("ratchet-", StringComparison.Ordinal)).Distinct().Count(Directory.Exists));
        sandbox.Dispose();
        Assert.DoesNotContain(folders, Directory.Exists);

        async Task Run(int from, int count) => await Parallel.ForEachAsync(Enumerable.Range(from, count), new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = TestContext.Current.CancellationToken }, async (i, token) =>
        {
            switch (i % 4)
            {
                case 0:
                    Assert.Equal($"{i + 1}\n", (await sandbox.RunAsync(new PythonProgram($"open('/tmp/x', 'w').write('x' * 100000)\nprint({i} + 1)"), token)).Output);
                    break;
                case 1:
                    Assert.True((await verifier.VerifyAsync(PythonFixture.Problem($"assert f({i}) == {i + 1}"), "def f(x):\n    return x + 1\n", token)).IsAccepted);
                    break;
                case 2:
                    Assert.False((await verifier.VerifyAsync(PythonFixture.Problem($"assert f({i}) == {i + 1}"), "import os, threading\nif os.fork() == 0:\n    os.setsid()\n    threading.Event().wait()\ndef f(x):\n    return x\n", token)).IsAccepted);
                    break;
                default:
                    Assert.Equal(PythonEnd.Crashed, (await sandbox.RunAsync(new PythonProgram("import ctypes\nctypes.string_at(0)"), token)).End);
                    break;
            }
        });
    }

    [Fact]
    public async Task A_cancelled_program_is_ended_and_the_next_one_runs()
    {
        var sandbox = python.Sandbox();
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sandbox.RunAsync(new PythonProgram("import time\ntime.sleep(60)"), stop.Token));
        Assert.Equal("1\n", (await sandbox.RunAsync(new PythonProgram("print(1)"), TestContext.Current.CancellationToken)).Output);
    }

    [Fact]
    public async Task An_interpreter_that_is_killed_in_the_middle_costs_no_answer()
    {
        var sandbox = python.Sandbox();
        Assert.Equal("1\n", (await sandbox.RunAsync(new PythonProgram("print(1)"), TestContext.Current.CancellationToken)).Output);
        var run = sandbox.RunAsync(new PythonProgram("import time\ntime.sleep(1)\nprint(2)"), TestContext.Current.CancellationToken);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        foreach (var pid in sandbox.WorkerProcesses)
            _ = Libc.kill(pid, Libc.SIGKILL);
        Assert.Equal("2\n", (await run).Output);
    }

    private static (double Megabytes, int Processes, int Descriptors) Figures(PythonSandbox sandbox)
    {
        // The last namespaces may still be ending.
        SpinWait.SpinUntil(() => sandbox.WorkerProcesses.SelectMany(Family).Count() == 3 * sandbox.WorkerProcesses.Count, TimeSpan.FromSeconds(10));
        var family = sandbox.WorkerProcesses.SelectMany(Family).ToList();
        return (family.Sum(p => ProcessStatus.Read(p)?.ResidentBytes ?? 0) / 1e6, family.Count, Directory.GetFileSystemEntries("/proc/self/fd").Length);
    }

    private static IEnumerable<int> Family(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).SelectMany(Family).Prepend(pid);
        }
        catch (IOException)
        {
            return [];
        }
    }
}
