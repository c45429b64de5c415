using System.Globalization;
using Ratchet.Runs;

namespace Ratchet.Cli.Progress;

/// <summary>Numbers and results of a run in words, the same for every kind of display.</summary>
internal static class ProgressText
{
    /// <summary>1,234 or 12.3k.</summary>
    public static string Count(double value) => value switch
    {
        >= 9_999_500 => (value / 1e6).ToString("0", CultureInfo.InvariantCulture) + "M",
        >= 999_500 => (value / 1e6).ToString("0.0", CultureInfo.InvariantCulture) + "M",
        >= 9_999.5 => (value / 1e3).ToString("0.0", CultureInfo.InvariantCulture) + "k",
        _ => value.ToString("#,0", CultureInfo.InvariantCulture),
    };

    /// <summary>42 s, 3 min 05 s, 2 h 10 min.</summary>
    public static string Time(double seconds)
    {
        var whole = (long)Math.Round(Math.Max(0, seconds));
        return whole switch
        {
            < 60 => $"{whole} s",
            < 3600 => $"{whole / 60} min {whole % 60:00} s",
            _ => $"{whole / 3600} h {whole / 60 % 60:00} min",
        };
    }

    /// <summary>0.612 [0.554, 0.668].</summary>
    public static string Estimate(Estimate e) => $"{e.Value:0.000} [{e.Low:0.000}, {e.High:0.000}]";

    /// <summary>pass@1 0.31 [..]  pass@8 0.62 [..].</summary>
    public static string PassAtK(EvaluationSummary e) => e.PassAtK.Count == 0 ? "not evaluated" : string.Join("  ", e.PassAtK.OrderBy(p => p.Key).Select(p => $"pass@{p.Key} {Estimate(p.Value)}"));

    /// <summary>unknown 3 (timed_out 2, crashed 1), or nothing.</summary>
    public static string Unknown(IReadOnlyDictionary<string, long> unknown) => unknown.Values.Sum() == 0 ? ""
        : $"  unknown {Count(unknown.Values.Sum())} ({string.Join(", ", unknown.Where(u => u.Value > 0).OrderBy(u => u.Key, StringComparer.Ordinal).Select(u => $"{u.Key} {Count(u.Value)}"))})";

    /// <summary>Sampling and checking speeds.</summary>
    public static string Speeds(RunEvent.BatchDone b) => $"{Count(b.ProposalsPerSecond)} proposals/s  {Count(b.TokensPerSecond)} tokens/s  {Count(b.ChecksPerSecond)} checks/s";

    /// <summary>What a training step shows.</summary>
    public static string Learned(Loop.LearningStep s) => $"{s.Step}/{s.Steps} steps  loss {s.Loss:0.000}  rate {s.LearningRate:0.00000}  {Count(s.Tokens)} tokens";
}
