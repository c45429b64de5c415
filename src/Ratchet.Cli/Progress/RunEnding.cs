using System.Globalization;
using Ratchet.Cli.Verbs;
using Ratchet.Runs;

namespace Ratchet.Cli.Progress;

/// <summary>The last words of a run.</summary>
internal static class RunEnding
{
    /// <summary>One line on the result; without quiet, also where everything is.</summary>
    public static void Write(TextWriter writer, RunSummary summary, string folder, Expected? expected, bool quiet)
    {
        writer.WriteLine($"{summary.Recipe}, seed {summary.Seed}: {summary.Status} in {ProgressText.Time(summary.WallSeconds)}{Gain(summary)}");
        if (expected is not null && Value(summary.Rounds.Count == 0 ? null : summary.Rounds[^1], expected.Measure) is { } value)
            writer.WriteLine($"  expected  {expected.Measure} at least {expected.AtLeast:0.00}: {(value >= expected.AtLeast ? "reached" : "NOT reached")} ({value:0.000})");
        if (quiet)
            return;
        foreach (var (name, number) in summary.Measures ?? new Dictionary<string, double>())
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-27} {number:G6}"));
        writer.WriteLine($"  report    {Path.Combine(folder, "report.html")}");
        writer.WriteLine($"  summary   {Path.Combine(folder, "summary.json")}");
        if (summary.Rounds.Count == 0)
            return;
        writer.WriteLine($"  browse    ratchet inspect {folder}");
        var proofs = Path.Combine(folder, "proofs.jsonl");
        writer.WriteLine($"  proofs    {(File.Exists(proofs) ? proofs : $"ratchet export proofs {folder}")}");
    }

    private static string Gain(RunSummary summary)
    {
        if (summary.Rounds.Count == 0)
            return "";
        var (first, last) = (summary.Rounds[0].Heldout, summary.Rounds[^1].Heldout);
        var parts = last.PassAtK.Keys.Order().Where(first.PassAtK.ContainsKey).Select(k => $"pass@{k} {first.PassAtK[k].Value:0.000} -> {last.PassAtK[k].Value:0.000}").ToList();
        return parts.Count == 0 ? "" : $"; {string.Join(", ", parts)} on {last.Problems} held-out problems";
    }

    private static double? Value(RoundSummary? round, string measure)
    {
        if (round is null)
            return null;
        if (measure == "greedy")
            return round.Heldout.Greedy?.Value;
        return measure.StartsWith("pass@", StringComparison.Ordinal) && int.TryParse(measure.AsSpan(5), out var k) && round.Heldout.PassAtK.TryGetValue(k, out var e) ? e.Value : null;
    }
}
