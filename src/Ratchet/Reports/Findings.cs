using System.Globalization;
using Ratchet.Evaluation;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Reports;

/// <summary>Computes the findings of a run. Every sentence is a function of the data; nothing is said that it does not show.</summary>
public static class Findings
{
    /// <summary>Log-probability difference between sampler and learner, in nats, above which something is wrong rather than rounded.</summary>
    internal const double ParityLimit = 0.01;

    /// <summary>The findings in order of interest.</summary>
    public static IReadOnlyList<Finding> Of(ReportData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var findings = new List<Finding?>
        {
            Status(data.Summary), Control(data), Gain(data), Strata(data.Summary), Saturation(data.Summary), Diversity(data.Summary),
            Rejections(data), Concentration(data), Unknown(data.Summary), Excluded(data.Summary), Parity(data.Summary), Removed(data.Summary),
        };
        return [.. findings.OfType<Finding>()];
    }

    /// <summary>The largest k that the first and the last round both have, or null.</summary>
    internal static int? HeadlineK(RunSummary summary)
    {
        if (summary.Rounds.Count == 0)
            return null;
        var shared = summary.Rounds[0].Heldout.PassAtK.Keys.Intersect(summary.Rounds[^1].Heldout.PassAtK.Keys).ToList();
        return shared.Count == 0 ? null : shared.Max();
    }

    private static Finding? Status(RunSummary summary) => summary.Status switch
    {
        "completed" => null,
        "running" => new(FindingKind.Status, FindingTone.Neutral, "The run is still going on; this page shows the rounds that have ended."),
        _ => new(FindingKind.Status, FindingTone.Warning, $"The run {summary.Status} before its end{(summary.Message is null ? "." : $": {summary.Message}")}"),
    };

    private static Finding? Control(ReportData data) =>
        data.Selections.Select(s => s.Control).FirstOrDefault(c => c is not null) is not { } control
            ? null
            : new(FindingKind.Control, FindingTone.Warning, $"This run is a control ({control}): it shows what happens without learning from verified attempts, and should not improve as a real run does.");

    private static Finding? Gain(ReportData data)
    {
        if (data.Summary.Rounds.Count < 2 || HeadlineK(data.Summary) is not { } k)
            return null;
        var first = data.Summary.Rounds[0].Heldout.PassAtK[k];
        var last = data.Summary.Rounds[^1].Heldout.PassAtK[k];
        var move = $"Held-out pass@{k} went from {Numbers.Percent(first.Value)} (95{'\u00A0'}% interval {Numbers.Interval(first)}) to {Numbers.Percent(last.Value)} ({Numbers.Interval(last)})";
        if (data.Gain is { } gain && gain.K == k)
        {
            var c = gain.Result;
            var sure = c.IsBeyondNoise ? "zero is outside: this is beyond noise" : "zero is inside: this may be noise";
            return new(
                FindingKind.Gain,
                Tone(c.Difference, c.IsBeyondNoise),
                $"{move}. Paired over the same {Numbers.Plural(c.Problems, "problem")} the difference is {Numbers.Points(c.Difference)} (interval {Numbers.Points(c.Low)} to {Numbers.Points(c.High)}, p{'\u00A0'}{PValue(c.PValue)}); {sure}.");
        }

        var apart = last.Low > first.High || last.High < first.Low;
        var reading = apart ? "The intervals do not overlap: this is beyond noise." : "The intervals overlap: this may be noise.";
        return new(FindingKind.Gain, Tone(last.Value - first.Value, apart), $"{move}, {Numbers.Points(last.Value - first.Value)}. {reading}");
    }

    private static FindingTone Tone(double difference, bool sure) => difference > 0 && sure ? FindingTone.Good : FindingTone.Warning;

    private static string PValue(double p) => p < 0.001 ? "<\u00A00.001" : $"=\u00A0{p.ToString("0.###", CultureInfo.InvariantCulture)}";

    private static Finding? Strata(RunSummary summary)
    {
        if (summary.Rounds.Count < 2 || HeadlineK(summary) is not { } k)
            return null;
        var first = summary.Rounds[0].Heldout.ByStratum;
        var last = summary.Rounds[^1].Heldout.ByStratum;
        var moves = last.Where(s => s.Value.PassAtK.ContainsKey(k) && first.TryGetValue(s.Key, out var before) && before.PassAtK.ContainsKey(k))
            .Select(s => (Name: s.Key, From: first[s.Key].PassAtK[k], To: s.Value.PassAtK[k]))
            .OrderByDescending(s => s.To.Value - s.From.Value).ThenBy(s => s.Name, NaturalOrder.Instance).ToList();
        if (moves.Count < 2)
            return null;
        var gained = moves.Where(m => m.To.Low > m.From.High).ToList();
        var fell = moves.Where(m => m.To.High < m.From.Low).ToList();
        var best = moves[0];
        var weakest = moves.OrderBy(m => m.To.Value).ThenBy(m => m.Name, NaturalOrder.Instance).First();
        var text = gained.Count == 0
            ? $"No difficulty class gained beyond its interval at pass@{k}."
            : $"{(gained.Count == moves.Count ? $"All {moves.Count}" : $"{gained.Count} of {moves.Count}")} difficulty classes gained beyond their intervals at pass@{k}; the most: {best.Name}, from {Numbers.Percent(best.From.Value)} to {Numbers.Percent(best.To.Value)}.";
        if (fell.Count > 0)
            text += $" Lost: {string.Join(", ", fell.Select(m => $"{m.Name} (from {Numbers.Percent(m.From.Value)} to {Numbers.Percent(m.To.Value)})"))}.";
        text += $" Hardest now: {weakest.Name} at {Numbers.Percent(weakest.To.Value)}.";
        return new(FindingKind.Strata, fell.Count > 0 ? FindingTone.Warning : gained.Count > 0 ? FindingTone.Good : FindingTone.Neutral, text);
    }

    private static Finding? Saturation(RunSummary summary)
    {
        if (summary.Rounds.Count < 3 || HeadlineK(summary) is not { } k || !summary.Rounds[^2].Heldout.PassAtK.TryGetValue(k, out var before))
            return null;
        var last = summary.Rounds[^1].Heldout.PassAtK[k];
        var step = last.Value - before.Value;
        if (last.Value >= 0.98)
            return new(FindingKind.Saturation, FindingTone.Neutral, $"pass@{k} is at {Numbers.Percent(last.Value)}: the held-out set is nearly solved, and harder problems would tell more.");
        if (step > 0 && last.Low > before.Value)
            return new(FindingKind.Saturation, FindingTone.Good, $"Still rising: the last round added {Numbers.Points(step)} at pass@{k}, so more rounds are likely to bring more.");
        return step < -0.005
            ? new(FindingKind.Saturation, FindingTone.Warning, $"The last round changed pass@{k} by {Numbers.Points(step)}: an earlier checkpoint may be the better one.")
            : new(FindingKind.Saturation, FindingTone.Neutral, $"Levelling off: the last round changed pass@{k} by {Numbers.Points(step)}, within its interval. More rounds of the same kind are likely to bring little.");
    }

    private static Finding? Diversity(RunSummary summary)
    {
        if (summary.Rounds.Count < 2 || HeadlineK(summary) is not { } k || k == 1)
            return null;
        var first = summary.Rounds[0].Heldout.PassAtK;
        var last = summary.Rounds[^1].Heldout.PassAtK;
        if (!first.TryGetValue(1, out var oneBefore) || !last.TryGetValue(1, out var oneAfter))
            return null;
        if (oneAfter.Value > oneBefore.Value && last[k].Value < first[k].Value)
            return new(FindingKind.Diversity, FindingTone.Warning, $"pass@1 rose by {Numbers.Points(oneAfter.Value - oneBefore.Value)} while pass@{k} fell by {Numbers.Points(last[k].Value - first[k].Value)}: the model became surer, not broader. Fewer epochs, more proofs a problem or a higher temperature may help.");
        var share = last[k].Value <= 0 ? 1 : oneAfter.Value / last[k].Value;
        return new(FindingKind.Diversity, FindingTone.Neutral, $"One sample reaches {Numbers.Percent(share)} of what {k} samples reach ({Numbers.Percent(oneAfter.Value)} against {Numbers.Percent(last[k].Value)}).");
    }

    private static Finding? Rejections(ReportData data)
    {
        var total = data.Rejections.Values.Sum();
        if (total == 0)
            return null;
        var (reason, count) = data.Rejections.OrderByDescending(r => r.Value).ThenBy(r => r.Key).First();
        var cut = data.Rejections.GetValueOrDefault(VerdictReason.CutOff);
        var text = $"Most common failure of the last round: {Numbers.Percent((double)count / total)} of {Numbers.Count(total)} rejected attempts {Reasons.Phrase(reason)}.";
        if (data.Rejections.GetValueOrDefault(VerdictReason.Cheat) is > 0 and var cheats)
            return new(FindingKind.Rejections, FindingTone.Warning, $"{text} {Numbers.Plural(cheats, "attempt")} used a forbidden construction; all were rejected.");
        return (double)cut / total > 0.2
            ? new(FindingKind.Rejections, FindingTone.Warning, $"{text} {Numbers.Percent((double)cut / total)} were cut off by the token limit: a higher limit may help.")
            : new(FindingKind.Rejections, FindingTone.Neutral, text);
    }

    private static Finding? Concentration(ReportData data)
    {
        var counts = data.AcceptedByProblem.Values.Where(c => c > 0).OrderDescending().ToList();
        if (counts.Count == 0)
            return null;
        var total = counts.Sum(c => (long)c);
        long sum = 0;
        var few = counts.TakeWhile(c =>
        {
            var more = sum * 2 < total;
            sum += c;
            return more;
        }).Count();
        var narrow = counts.Count >= 20 && few * 10 < counts.Count;
        var text = $"Half of the {Numbers.Plural(total, "accepted training attempt")} come from {Numbers.Count(few)} of {Numbers.Plural(counts.Count, "solved problem")}";
        return narrow
            ? new(FindingKind.Concentration, FindingTone.Warning, $"{text}: few problems carry the learning. A lower limit of proofs a problem or a pass-rate window spreads it.")
            : new(FindingKind.Concentration, FindingTone.Neutral, $"{text}.");
    }

    private static Finding? Unknown(RunSummary summary)
    {
        var unknown = summary.Verifier.Unknown.Values.Sum();
        if (summary.Verifier.Calls == 0)
            return null;
        if (unknown == 0)
            return new(FindingKind.Unknown, FindingTone.Good, $"Every one of {Numbers.Plural(summary.Verifier.Calls, "check")} came to an end: no unknown verdicts.");
        var share = (double)unknown / summary.Verifier.Calls;
        var reasons = string.Join(", ", summary.Verifier.Unknown.Where(r => r.Value > 0).OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Key} {Numbers.Count(r.Value)}"));
        return new(
            FindingKind.Unknown,
            share > 0.01 ? FindingTone.Warning : FindingTone.Neutral,
            $"{Numbers.Percent(share)} of checks came to no end ({reasons}). They count neither as right nor as wrong{(share > 0.01 ? "; a share above one in a hundred can hide what the model can do." : ".")}");
    }

    private static Finding? Excluded(RunSummary summary)
    {
        var worst = summary.Rounds.SelectMany(r => r.Heldout.Excluded.Select(e => (r.Round, K: e.Key, Count: e.Value))).OrderByDescending(e => e.Count).FirstOrDefault();
        return worst.Count == 0
            ? null
            : new(FindingKind.Excluded, FindingTone.Warning, $"Up to {Numbers.Plural(worst.Count, "problem")} had too few verdicts for pass@{worst.K} (round {worst.Round}) and were left out of it.");
    }

    private static Finding? Parity(RunSummary summary)
    {
        var difference = summary.Parity.MaxLogprobDifference;
        if (summary.Rounds.Count == 0)
            return null;
        return difference <= ParityLimit
            ? new(FindingKind.Parity, FindingTone.Good, $"Sampler and learner evaluate one model: log-probabilities differ by at most {difference.ToString("0.0e+0", CultureInfo.InvariantCulture)} nats.")
            : new(FindingKind.Parity, FindingTone.Warning, $"Sampler and learner disagree by up to {difference.ToString("0.0e+0", CultureInfo.InvariantCulture)} nats in log-probability; more than rounding explains.");
    }

    private static Finding? Removed(RunSummary summary)
    {
        var total = summary.Removed.Values.Sum();
        return total == 0
            ? null
            : new(FindingKind.Removed, FindingTone.Neutral, $"{Numbers.Plural(total, "candidate problem")} left out before the run; the reasons are listed below.");
    }
}
