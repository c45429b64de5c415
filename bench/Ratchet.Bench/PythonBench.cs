using System.Diagnostics;
using Ratchet.Problems;
using Ratchet.Verifiers.Pool;
using Ratchet.Verifiers.Python;

namespace Ratchet.Bench;

/// <summary>Programs a second in the sandbox beside one fresh <c>python3 -c</c> a program, their median latency, and what a start costs.</summary>
internal static class PythonBench
{
    private const int Fresh = 20;
    private const int Warm = 200;

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--repeats", "--threads", "--programs");
        var repeats = SideBySide.Number(SideBySide.Option(args, "--repeats", "5"));
        var threads = SideBySide.Number(SideBySide.Option(args, "--threads", "1"));
        var programs = SideBySide.Option(args, "--programs", "") is { Length: > 0 } asked ? SideBySide.Number(asked) : 0;
        var options = new PythonOptions { Threads = threads };
        var start = Stopwatch.GetTimestamp();
        using var sandbox = new PythonSandbox(options);
        var cold = Stopwatch.GetElapsedTime(start);
        Console.WriteLine("## Python programs a second");
        Console.WriteLine();
        SideBySide.PrintFacts("python", args);
        Console.WriteLine($"- Python {sandbox.Version}, loaded: {string.Join(", ", sandbox.Modules)}. {threads} at a time. Making a sandbox, one interpreter and one program tried in it: {cold.TotalMilliseconds:F0} ms.");
        Console.WriteLine($"- Each figure: median of {repeats} rounds (least to most), the contenders taken in turn. Fresh: python3 -I -c, {Fresh} a round, no walls and no limits. Warm: {Warm} a round, a forked interpreter behind all walls. With asserts: a program and a checker, each behind walls of its own.");
        Console.WriteLine();
        Console.WriteLine("| program | fresh python3 | warm, walled | to fresh | median latency, ms | 99 of 100 | with asserts | to fresh |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        using var verifier = new PythonVerifier(sandbox, p => p.Statement);
        Row(sandbox, verifier, threads, repeats, "def f(x): return x + 1", "print", "import sys");
        Row(sandbox, verifier, threads, repeats, "def f(x): return sum(i * i for i in range(2000)) and x + 1", "2,000 squares", "import sys");
        Row(sandbox, verifier, threads, repeats, "def f(x): return x + 1", "print, five modules", "import json, re, decimal, statistics, datetime");
        if (programs > 0)
            Flat(sandbox, verifier, programs);
    }

    private static void Row(PythonSandbox sandbox, PythonVerifier verifier, int threads, int repeats, string function, string name, string imports)
    {
        var latencies = new List<double>();
        var (code, next) = ($"{imports}\n{function}\n", 0);
        RunWarm(4);
        latencies.Clear();
        var rates = SideBySide.Interleave([() => Rate(Fresh, () => RunFresh(Fresh)), () => Rate(Warm, () => RunWarm(Warm)), () => Rate(Warm, () => RunAsserts(Warm))], repeats);
        latencies.Sort();
        Console.WriteLine($"| {name} | {Show(rates[0])} | {Show(rates[1])} | {rates[1].Median / rates[0].Median:F1} | {latencies[latencies.Count / 2]:F1} | {latencies[latencies.Count * 99 / 100]:F1} | {Show(rates[2])} | {rates[2].Median / rates[0].Median:F1} |");

        void RunFresh(int count) => Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            var number = Interlocked.Increment(ref next);
            using var process = Process.Start(new ProcessStartInfo("/usr/bin/python3") { ArgumentList = { "-I", "-c", $"{code}print(f({number}))" }, RedirectStandardOutput = true })!;
            Require(process.StandardOutput.ReadToEnd() == $"{number + 1}\n");
            process.WaitForExit();
        });

        void RunWarm(int count) => Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            var (number, start) = (Interlocked.Increment(ref next), Stopwatch.GetTimestamp());
            var run = sandbox.RunAsync(new PythonProgram($"{code}print(f({number}))"), default).GetAwaiter().GetResult();
            Require(run.Output == $"{number + 1}\n");
            lock (latencies)
                latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        });

        void RunAsserts(int count) => Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            var number = Interlocked.Increment(ref next);
            Require(verifier.VerifyAsync(Problem($"assert f({number}) == {number + 1}"), code, default).AsTask().GetAwaiter().GetResult().IsAccepted);
        });

        static string Show(SideBySide.Spread spread) => $"{spread.Median:F0} ({spread.Least:F0} to {spread.Most:F0})";
    }

    /// <summary>Many programs on the same interpreters: what they and this process hold along the way.</summary>
    private static void Flat(PythonSandbox sandbox, PythonVerifier verifier, int programs)
    {
        Console.WriteLine();
        Console.WriteLine($"{programs} programs, half of them with asserts:");
        Console.WriteLine();
        Console.WriteLine("| after | interpreters, MB | this process, descriptors | scratch folders | processes of the sandboxes | started |");
        Console.WriteLine("|---|---|---|---|---|---|");
        for (var done = 0; done <= programs; done += programs / 5)
        {
            // The last supervisor and its namespaces are just ending.
            Thread.Sleep(500);
            var pids = sandbox.WorkerProcesses;
            var family = pids.SelectMany(Family).ToList();
            Console.WriteLine(
                $"| {done} | {family.Sum(p => ProcessStatus.Read(p)?.ResidentBytes ?? 0) / 1e6:F1} | {Directory.GetFileSystemEntries("/proc/self/fd").Length} | {Directory.GetDirectories(Path.GetTempPath(), $"ratchet-*-{Environment.ProcessId}-*").Length} | {family.Count} | {sandbox.Figures.Starts} |");
            Parallel.For(done, done == programs ? done : done + (programs / 5), new ParallelOptions { MaxDegreeOfParallelism = sandbox.Options.Threads }, i =>
            {
                if (i % 2 == 0)
                    Require(sandbox.RunAsync(new PythonProgram($"open('/tmp/x', 'w').write('x' * 1000)\nprint({i} + 1)"), default).GetAwaiter().GetResult().Output == $"{i + 1}\n");
                else
                    Require(verifier.VerifyAsync(Problem($"assert f({i}) == {i + 1}"), "def f(x): return x + 1", default).AsTask().GetAwaiter().GetResult().IsAccepted);
            });
        }
    }

    private static IEnumerable<int> Family(int pid)
    {
        var children = File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse);
        return children.SelectMany(Family).Prepend(pid);
    }

    private static double Rate(int count, Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static Problem Problem(string tests) => new() { Id = "p", Domain = "python", Statement = tests, CanonicalHash = tests, Split = Split.Heldout };

    private static void Require(bool right)
    {
        if (!right)
            throw new InvalidOperationException("A program came out wrong.");
    }
}
