using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Ratchet.Models.Torch;
using TorchSharp;

namespace Ratchet.Bench;

/// <summary>What the side-by-side measurements share: interleaved repeats, ceilings, options, facts of the machine.</summary>
internal static class SideBySide
{
    public static readonly string[] Names = ["own kernels", "tensor library, ours", "plain eager"];

    /// <summary>Median, least and largest of repeats.</summary>
    public readonly record struct Spread(double Median, double Least, double Most);

    /// <summary>Rates of several contenders, taken in turn (A B C A B C ...), so that a busy spell of the machine meets all of them.</summary>
    /// <param name="contenders">Each does some work and returns units a second.</param>
    /// <param name="repeats">Rounds that count; one round before them does not.</param>
    public static Spread[] Interleave(IReadOnlyList<Func<double>> contenders, int repeats)
    {
        var rates = contenders.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round <= repeats; round++)
        {
            for (var c = 0; c < contenders.Count; c++)
            {
                var rate = contenders[c]();
                if (round > 0)
                    rates[c].Add(rate);
            }
        }

        return [.. rates.Select(r => new Spread(Median(r), r.Min(), r.Max()))];
    }

    /// <summary>Units a second of work that is repeated until it has taken a while.</summary>
    public static double Rate(Action work, double units, double atLeastSeconds)
    {
        var calls = 0;
        var clock = Stopwatch.StartNew();
        do
        {
            work();
            calls++;
        }
        while (clock.Elapsed.TotalSeconds < atLeastSeconds);
        return units * calls / clock.Elapsed.TotalSeconds;
    }

    /// <summary>The tensor library's matrix-product ceiling in GFLOP/s at its present number of threads: the best over shapes and tries.</summary>
    public static double LibraryCeiling()
    {
        (long M, long K, long N)[] shapes = [(512, 512, 512), (1024, 1024, 1024), (2048, 512, 1024), (2048, 320, 896)];
        using var noGrad = torch.inference_mode();
        var best = 0.0;
        foreach (var (m, k, n) in shapes)
        {
            using var scope = torch.NewDisposeScope();
            var a = torch.randn(m, k);
            var b = torch.randn(k, n);
            for (var attempt = 0; attempt < 5; attempt++)
            {
                var rate = Rate(
                    () =>
                    {
                        using var product = torch.matmul(a, b);
                    },
                    2e-9 * m * k * n,
                    0.03);
                best = Math.Max(best, rate);
            }
        }

        return best;
    }

    public static string Option(string[] args, string name, string fallback)
    {
        var at = Array.IndexOf(args, name);
        if (at < 0)
            return fallback;
        return at + 1 < args.Length ? args[at + 1] : throw new ArgumentException($"The option {name} needs a value.");
    }

    public static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
        ? value
        : throw new ArgumentException($"'{text}' is not a positive number.");

    public static int[] Numbers(string[] args, string name, string fallback) => [.. Option(args, name, fallback).Split(',').Select(Number)];

    /// <summary>Refuses an option that the verb does not have.</summary>
    public static void Check(string[] args, params string[] known)
    {
        for (var i = 0; i < args.Length; i += 2)
        {
            if (!known.Contains(args[i]))
                throw new ArgumentException($"The option '{args[i]}' is unknown.");
        }
    }

    /// <summary>Prints what is needed to repeat the measurement.</summary>
    public static void PrintFacts(string verb, string[] args)
    {
        TorchNative.EnsureLoaded();
        var model = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            : null;
        var vectors = System.Runtime.Intrinsics.X86.Avx512F.IsSupported ? "AVX-512" : System.Runtime.Intrinsics.X86.Avx2.IsSupported ? "AVX2" : "no AVX2";
        Console.WriteLine($"- Machine: {model ?? RuntimeInformation.ProcessArchitecture.ToString()}, {Environment.ProcessorCount} cores, {vectors}; {RuntimeInformation.OSDescription}");
        Console.WriteLine($"- Software: {RuntimeInformation.FrameworkDescription}, TorchSharp {typeof(torch).Assembly.GetName().Version}, libtorch {torch.__version__}");
        Console.WriteLine($"- Commit {Git("rev-parse --short HEAD") ?? "unknown"}{(string.IsNullOrEmpty(Git("status --porcelain --untracked-files=no")) ? "" : " with changes")}, {DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC");
        Console.WriteLine($"- Command: `Ratchet.Bench {string.Join(' ', [verb, .. args])}`");
    }

    public static double Median(List<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string? Git(string arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No git on this machine.
            return null;
        }
    }
}
