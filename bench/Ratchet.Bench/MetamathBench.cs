using System.Diagnostics;
using System.Globalization;
using Ratchet.Domains.Metamath;
using Ratchet.Domains.Metamath.Verification;
using Ratchet.Runs;

namespace Ratchet.Bench;

/// <summary>
/// Reads and verifies a Metamath database side by side with the metamath program, each time in a process of its own from start to exit, and
/// measures single proofs against the loaded database.
/// </summary>
internal static class MetamathBench
{
    /// <summary>The name under which the benchmark starts itself for one cold run.</summary>
    public const string OnceVerb = "metamath-once";

    private const int ShortProof = 200;

    /// <summary>Seconds from start to exit, processor seconds, seconds of reading and of verifying where the process says so, and peak resident memory.</summary>
    private readonly record struct Cold(double Seconds, double Processor, double Read, double Verify, long PeakBytes);

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--database", "--repeats");
        var path = SideBySide.Option(args, "--database", "/usr/share/metamath/databases/set.mm");
        var repeats = SideBySide.Number(SideBySide.Option(args, "--repeats", "3"));
        if (!File.Exists(path))
            throw new RatchetException($"The database {path} is not there.", "Install the package metamath-databases, or give --database.");
        Console.WriteLine("## Metamath: read and verify a whole database");
        Console.WriteLine();
        SideBySide.PrintFacts("metamath", args);
        var size = new FileInfo(path).Length;
        var database = MetamathDatabase.Load(path);
        var report = database.VerifyAll();
        Console.WriteLine($"- Database: {Path.GetFileName(path)}, {size / 1e6:F1} MB, {report.Theorems} proofs, {report.Steps} steps; {report.Proved} proved");
        Console.WriteLine($"- Each figure: median of {repeats} runs (least to most), the contenders taken in turn, each run a fresh process from its start to its exit. \"One core\": the process is bound to it by taskset.");
        Console.WriteLine();
        Compare(path, repeats);
        Single(database, repeats);
    }

    /// <summary>One cold run: prints seconds of reading, of verifying, and the number of proofs that are right.</summary>
    public static void RunOnce(string[] args)
    {
        var clock = Stopwatch.StartNew();
        var database = MetamathDatabase.Load(args[0]);
        var read = clock.Elapsed.TotalSeconds;
        var report = database.VerifyAll(SideBySide.Number(args[1]));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{read} {clock.Elapsed.TotalSeconds - read} {report.Proved} {report.Theorems}"));
    }

    private static void Compare(string path, int repeats)
    {
        var contenders = new List<(string Name, string Cores, Func<Cold> Run)>
        {
            ("Ratchet", "1", () => Own(path, 1)),
            ("Ratchet", "2", () => Own(path, 2)),
        };
        if (IsInstalled())
            contenders.Add(("metamath program", "1", () => Program(path)));
        var runs = contenders.Select(_ => new List<Cold>()).ToArray();
        for (var round = 0; round <= repeats; round++)
        {
            for (var c = 0; c < contenders.Count; c++)
            {
                var cold = contenders[c].Run();

                // The first round warms the file cache.
                if (round > 0)
                    runs[c].Add(cold);
            }
        }

        var program = contenders.Count == 3;
        var baseline = program ? SideBySide.Median([.. runs[2].Select(r => r.Seconds)]) : double.NaN;
        var processorBaseline = program ? SideBySide.Median([.. runs[2].Select(r => r.Processor)]) : double.NaN;
        Console.WriteLine("| verifier | cores | start to exit, s | faster than the program | processor time, s | less than the program | read, s | verify, s | peak memory, MB |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        for (var c = 0; c < contenders.Count; c++)
        {
            var all = runs[c].Select(r => r.Seconds).ToList();
            var own = contenders[c].Name == "Ratchet";
            var parts = own ? $"{SideBySide.Median([.. runs[c].Select(r => r.Read)]):F2} | {SideBySide.Median([.. runs[c].Select(r => r.Verify)]):F2}" : "- | -";
            var processor = SideBySide.Median([.. runs[c].Select(r => r.Processor)]);
            var times = program ? $"{baseline / SideBySide.Median(all):F1} times" : "not installed";
            var processorTimes = program ? $"{processorBaseline / processor:F1} times" : "not installed";
            Console.WriteLine($"| {contenders[c].Name} | {contenders[c].Cores} | {SideBySide.Median(all):F2} ({all.Min():F2} to {all.Max():F2}) | {times} | {processor:F2} | {processorTimes} | {parts} | {SideBySide.Median([.. runs[c].Select(r => r.PeakBytes / 1e6)]):F0} |");
        }

        Console.WriteLine();
    }

    private static void Single(MetamathDatabase database, int repeats)
    {
        var proofs = new List<(MetamathTheorem Theorem, string Proof)>();
        for (var i = 0; i < database.Count; i++)
        {
            if (database[i].Kind == MetamathStatementKind.Theorem)
                proofs.Add((new MetamathTheorem(database, i), NamedLabels.ProofText(database, i)));
        }

        Console.WriteLine("One proof against the loaded database, one thread, microseconds; every proof of the database once a round, best round:");
        Console.WriteLine();
        Console.WriteLine("| proofs | number | median | 90 % below | 99 % below | mean |");
        Console.WriteLine("|---|---|---|---|---|---|");
        Row($"at most {ShortProof} characters", [.. proofs.Where(p => p.Proof.Length <= ShortProof)]);
        Row("all", proofs);

        void Row(string name, List<(MetamathTheorem Theorem, string Proof)> items)
        {
            var best = new double[items.Count];
            Array.Fill(best, double.MaxValue);
            for (var round = 0; round <= repeats; round++)
            {
                for (var i = 0; i < items.Count; i++)
                {
                    var start = Stopwatch.GetTimestamp();
                    if (!database.Verify(items[i].Theorem, items[i].Proof).IsProved)
                        throw new RatchetException($"{items[i].Theorem.Label} is not proved.");
                    best[i] = Math.Min(best[i], Stopwatch.GetElapsedTime(start).TotalMicroseconds);
                }
            }

            Array.Sort(best);
            Console.WriteLine($"| {name} | {best.Length} | {best[best.Length / 2]:F1} | {best[best.Length * 9 / 10]:F1} | {best[best.Length * 99 / 100]:F1} | {best.Average():F1} |");
        }
    }

    private static Cold Own(string path, int threads)
    {
        var (cold, output) = Time(threads == 1, Environment.ProcessPath!, OnceVerb, path, threads.ToString(CultureInfo.InvariantCulture));
        var fields = output.Trim().Split(' ');
        if (fields.Length != 4 || fields[2] != fields[3])
            throw new RatchetException($"The database was not verified: {output}");
        return cold with { Read = double.Parse(fields[0], CultureInfo.InvariantCulture), Verify = double.Parse(fields[1], CultureInfo.InvariantCulture) };
    }

    private static Cold Program(string path)
    {
        var (cold, output) = Time(true, "metamath", $"read \"{path}\"", "verify proof *", "exit");
        return output.Contains("All proofs in the database were verified", StringComparison.Ordinal)
            ? cold
            : throw new RatchetException($"The metamath program did not verify the database: {output}");
    }

    private static (Cold Cold, string Output) Time(bool oneCore, string program, params string[] arguments)
    {
        var start = oneCore ? new ProcessStartInfo("taskset", ["-c", "0", program, .. arguments]) : new ProcessStartInfo(program, arguments);
        start.RedirectStandardOutput = true;
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start) ?? throw new RatchetException($"{program} cannot be started.");
        var output = process.StandardOutput.ReadToEndAsync();
        var (peak, processor) = (0L, 0.0);

        // taskset becomes the program itself, so the process that is watched is the right one. Both figures only grow, so the last look tells.
        while (!process.WaitForExit(20))
        {
            process.Refresh();
            try
            {
                peak = Math.Max(peak, process.PeakWorkingSet64);
                processor = process.TotalProcessorTime.TotalSeconds;
            }
            catch (InvalidOperationException)
            {
                // It ended since the last look.
            }
        }

        return (new Cold(clock.Elapsed.TotalSeconds, processor, 0, 0, peak), output.Result);
    }

    private static bool IsInstalled() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(f => f.Length > 0 && File.Exists(Path.Combine(f, "metamath")));
}
