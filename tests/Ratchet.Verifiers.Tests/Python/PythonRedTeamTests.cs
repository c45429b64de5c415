using System.Globalization;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Python;

namespace Ratchet.Verifiers.Tests.Python;

/// <summary>Hostile programs, as data: each ends with the verdict that its wall gives it, none is accepted, and nothing is left of it.</summary>
[Collection("python")]
public sealed class PythonRedTeamTests(PythonFixture python)
{
    private const string Escaped = """[{"stdin": "", "stdout": "ESCAPED"}]""";

    /// <param name="Verdicts">Outcome and reason; several where versions of Python differ.</param>
    internal sealed record Case(string Name, IReadOnlyList<string> Verdicts, string Wall, string Why, string Program, string Tests);

    [Fact]
    public async Task Every_hostile_program_is_contained_by_its_wall_and_leaves_nothing()
    {
        var verifier = python.Verifier();
        var before = Leftovers();
        var wrong = new List<string>();
        await Parallel.ForEachAsync(Read(), new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = TestContext.Current.CancellationToken }, async (hostile, token) =>
        {
            var verdict = await verifier.VerifyAsync(PythonFixture.Problem(hostile.Tests), hostile.Program, token);
            var got = $"{verdict.Outcome} {Snake(verdict.Reason)}";
            if (!hostile.Verdicts.Contains(got))
            {
                lock (wrong)
                    wrong.Add($"{hostile.Name}: {got} ({(verdict.Feedback.Count > 0 ? verdict.Feedback[0].Message : "")})");
            }
        });
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));

        // The same interpreters stand, hold no process of a program, and are right about the next.
        Assert.All(python.Sandbox().WorkerProcesses, pid => Assert.True(SpinWait.SpinUntil(() => Descendants(pid).Count == 2, TimeSpan.FromSeconds(10))));
        Assert.Equal(before, Leftovers());
        Assert.True((await verifier.VerifyAsync(PythonFixture.Problem("assert f(20) == 400"), "def f(x):\n    return x * x\n", TestContext.Current.CancellationToken)).IsAccepted);
        Assert.Equal(0, python.Sandbox().Figures.Busy);
    }

    [Fact]
    public void The_corpus_says_of_each_case_why_it_is_a_cheat_and_what_contains_it()
    {
        var cases = Read();
        Assert.True(cases.Count >= 90);
        Assert.All(cases, c => Assert.True(c.Wall.Length > 5 && c.Why.Length > 10 && c.Verdicts.All(v => v.StartsWith("rejected ", StringComparison.Ordinal) || v.StartsWith("unknown ", StringComparison.Ordinal)), c.Name));
        Assert.Equal(cases.Count, cases.Select(c => c.Name).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task What_a_program_leaves_behind_the_next_one_does_not_find()
    {
        var sandbox = python.Sandbox();
        const string Leaves = """
            import builtins, ctypes, gc, math, multiprocessing, os, sys, threading, time
            open("/tmp/left", "w").write("left")
            open("/dev/shm/left", "w").write("left")
            os.environ["LEFT"] = "left"
            os.mkdir("/tmp/folder")
            lock = multiprocessing.Semaphore(3)
            libc = ctypes.CDLL(None)
            libc.shmget(4711, 4096, 0o1666)
            libc.mq_open(b"/left", os.O_CREAT | os.O_RDWR, 0o666, None)
            if os.fork() == 0:
                os.setsid()
                time.sleep(60)
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            sys.path.insert(0, "/tmp")
            sys.setrecursionlimit(77)
            sys.modules["json"] = math
            builtins.print = builtins.len = math.sqrt = lambda *a: 13
            os.write(1, b"left\n")
            os._exit(0)
            """;
        const string Looks = """
            import ctypes, math, os, sys
            found = [name for name, there in {
                "file": os.path.exists("/tmp/left") or os.path.exists("/tmp/folder"), "shared memory": bool(os.listdir("/dev/shm")), "variable": "LEFT" in os.environ,
                "module": math.sqrt(4) != 2 or len([1]) != 1 or not hasattr(__import__("json"), "dumps"), "path": "/tmp" in sys.path, "limit": sys.getrecursionlimit() == 77,
                "segment": ctypes.CDLL(None).shmget(4711, 4096, 0) >= 0, "queue": ctypes.CDLL(None).mq_open(b"/left", os.O_RDWR) >= 0, "process": os.getpid() != 1,
            }.items() if there]
            print(found)
            """;
        for (var i = 0; i < 4; i++)
        {
            var left = await sandbox.RunAsync(new PythonProgram(Leaves), TestContext.Current.CancellationToken);
            Assert.Equal((PythonEnd.Exited, "left\n"), (left.End, left.Output));
            var found = await sandbox.RunAsync(new PythonProgram(Looks), TestContext.Current.CancellationToken);
            Assert.Equal("[]\n", found.Output);
        }
    }

    [Fact]
    public async Task A_program_finds_neither_a_folder_nor_a_variable_of_this_process()
    {
        var sandbox = python.Sandbox();
        var marker = Path.Combine(Path.GetTempPath(), $"ratchet-marker-{Environment.ProcessId}");
        await File.WriteAllTextAsync(marker, "secret", TestContext.Current.CancellationToken);
        try
        {
            var places = new[] { marker, Environment.CurrentDirectory, AppContext.BaseDirectory, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "/proc/self/exe" };
            var run = await sandbox.RunAsync(
                new PythonProgram($"import os\nprint([p for p in {System.Text.Json.JsonSerializer.Serialize(places)} if os.path.exists(p)], 'DOTNET_ROOT' in os.environ, os.environ['HOME'])"), TestContext.Current.CancellationToken);
            Assert.Equal("[] False /tmp\n", run.Output);
        }
        finally
        {
            File.Delete(marker);
        }
    }

    internal static List<Case> Read()
    {
        var cases = new List<Case>();
        foreach (var part in File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Python/red-team.txt")).Split("\n#### ").Skip(1))
        {
            var end = part.IndexOf('\n', StringComparison.Ordinal);
            var fields = part[..end].Split('|', StringSplitOptions.TrimEntries);
            var body = part[(end + 1)..].Split("--------\n");
            cases.Add(new Case(fields[0], [.. fields[1].Split(" or ").Zip(fields[2].Split(" or "), (o, r) => $"{o} {r}")], fields[3], fields[4], body[0], body.Length > 1 ? body[1] : Escaped));
        }

        return cases;
    }

    /// <summary>Processes below a process: of an idle sandbox, bubblewrap's second one and the interpreter.</summary>
    private static List<string> Descendants(int pid)
    {
        var parents = Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(n => char.IsAsciiDigit(n![0])).Select(n =>
        {
            try
            {
                var stat = File.ReadAllText($"/proc/{n}/stat");
                return (Id: n!, Parent: stat[(stat.LastIndexOf(')') + 4)..].Split(' ')[0]);
            }
            catch (IOException)
            {
                return (Id: n!, Parent: "");
            }
        }).ToLookup(p => p.Parent, p => p.Id);
        List<string> found = [], next = [pid.ToString(CultureInfo.InvariantCulture)];
        while (next.Count > 0)
        {
            next = [.. next.SelectMany(p => parents[p])];
            found.AddRange(next);
        }

        return found;
    }

    /// <summary>What stands in folders for temporary files beside the scratch folders.</summary>
    private static string[] Leftovers() =>
        [.. new[] { Path.GetTempPath(), "/tmp", "/dev/shm" }.Distinct().SelectMany(Directory.GetFileSystemEntries).Where(f => Path.GetFileName(f) is "x" or "left" or "link" or "d" or "folder" || f.EndsWith(".py", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static string Snake(VerdictReason reason) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());
}
