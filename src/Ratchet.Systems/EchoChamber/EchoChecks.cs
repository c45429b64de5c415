using System.Globalization;
using Ratchet.Evaluation;
using Ratchet.Reports;

namespace Ratchet.Systems.EchoChamber;

/// <summary>
/// The checks that were written down before any run, each computed from the records of a study's runs. The thresholds are constants here and nowhere else; what has no runs is said to be
/// unanswered.
/// </summary>
internal static class EchoChecks
{
    /// <summary>A start is mixed up to this share of its most frequent format.</summary>
    public const double MixedStart = 0.6;

    /// <summary>Part of the seeds in which a claim must hold.</summary>
    public const double Seeds = 0.8;

    /// <summary>Mixes in which the collapse must be seen.</summary>
    public const int Mixes = 2;

    /// <summary>Part of the gain that must fall into the collapse.</summary>
    public const double GainPart = 0.6;

    /// <summary>Shares that differ by less count as equal where an order of means is asked for.</summary>
    public const double Tie = 0.01;

    private const string Holds = "holds";
    private const string Fails = "does not hold";
    private const string Unanswered = "not answered";

    public static ReportSection Section(IReadOnlyList<EchoArm> arms)
    {
        (string Claim, (string Verdict, string Numbers) Result)[] checks =
        [
            ($"1. From at most {MixedStart} to at least {EchoSeries.Collapsed} for one format within one pass, PPO and GRPO, in {Seeds:P0} of seeds of {Mixes} mixes", Collapse(arms)),
            ($"2. At least {GainPart:P0} of the gain in pass@1 falls where the dominant share rises to {EchoSeries.Collapsed}", Gain(arms)),
            ("3. Minority share at the end does not fall as the cost of divergence rises; maj@k rises", Divergence(arms)),
            ("4. The winner is neither the most frequent nor the most accurate format at the start, in some mix", Winner(arms)),
            ("5. Expert iteration from the base ends nearer w · R^T than to collapse; continued, between that and PPO", Iteration(arms)),
            ("6. A format that pretraining never shows stays at 0", Absent(arms)),
            ("7. Do small and large models have the same winner? (either answer)", Sizes(arms)),
            ("8. Learning problems of some steps changes accuracy on others (either answer)", Transfer(arms)),
            ("Control: shuffled verdicts have no systematic winner and no gain", Shuffled(arms)),
        ];
        return new ReportSection
        {
            Title = "Pre-registered checks",
            Columns = ["Claim", "Verdict", "Numbers"],
            Rows = [.. checks.Select(c => (IReadOnlyList<string>)[c.Claim, c.Result.Verdict, c.Result.Numbers])],
            Notes = ["Fixed end point: the last update; no checkpoint is chosen by its score. Shares and winners are those of sampled answers to held-out problems, gains those of greedy ones. Arms of a mix have the same pretraining tokens."],
        };
    }

    internal static (string Verdict, string Numbers) Collapse(IReadOnlyList<EchoArm> arms)
    {
        var tried = arms.Where(a => a.IsHeadline).ToList();
        var texts = new List<string>();
        var mixes = new Dictionary<string, HashSet<string>> { ["ppo"] = [], ["grpo"] = [] };
        foreach (var arm in tried)
        {
            var seen = arm.Runs.Count(r => EchoSeries.Dominant(r.Series.Start) <= MixedStart && EchoSeries.Dominant(AfterPass(r.Series)) >= EchoSeries.Collapsed);
            if (seen >= Seeds * arm.Runs.Count)
                mixes[arm.Algorithm].Add(arm.Mix);
            texts.Add($"{arm.Name} {seen} of {arm.Runs.Count} ({arm.Mean(s => EchoSeries.Dominant(s.Start)):0.00} to {arm.Mean(s => EchoSeries.Dominant(AfterPass(s))):0.00})");
        }

        return Answer(tried.Count > 0, mixes.Values.All(m => m.Count >= Mixes), texts);
    }

    internal static (string Verdict, string Numbers) Gain(IReadOnlyList<EchoArm> arms)
    {
        var parts = arms.Where(a => a.IsHeadline).SelectMany(a => a.Runs).Where(r => EchoSeries.Dominant(r.Series.Start) < EchoSeries.Collapsed)
            .Select(r => (Greedy: r.Series.GainByCollapse(r.Series.Greedy), Sampled: r.Series.GainByCollapse(r.Series.Sampled))).Where(p => p.Greedy is not null).ToList();
        var seen = parts.Count(p => p.Greedy >= GainPart);
        return Answer(parts.Count > 0, seen >= Seeds * parts.Count, parts.Count == 0 ? [] :
            [$"{seen} of {parts.Count} runs that collapsed and gained", $"mean part {parts.Average(p => p.Greedy!.Value):0.00} of the greedy gain, {parts.Where(p => p.Sampled is not null).Select(p => p.Sampled!.Value).DefaultIfEmpty(double.NaN).Average():0.00} of the sampled one"]);
    }

    internal static (string Verdict, string Numbers) Divergence(IReadOnlyList<EchoArm> arms)
    {
        var texts = new List<string>();
        var (tried, ordered, rises) = (false, true, true);
        foreach (var group in arms.Where(a => a.IsPolicy).GroupBy(a => (a.Mix, a.Algorithm, a.Size)))
        {
            var byCost = group.DistinctBy(a => a.Recipe.Beta).OrderBy(a => a.Recipe.Beta).ToList();
            if (byCost.Count < 3)
                continue;
            tried = true;
            var minority = byCost.Select(a => a.Mean(s => EchoSeries.Minority(s.End))).ToList();
            ordered &= minority.Zip(minority.Skip(1)).All(p => p.Second >= p.First - Tie);
            texts.Add($"{group.Key.Algorithm} {group.Key.Mix}: minority share {string.Join(", ", byCost.Select((a, i) => string.Create(CultureInfo.InvariantCulture, $"{minority[i]:0.000} at {a.Recipe.Beta}")))}");
        }

        foreach (var arm in arms.Where(a => a.IsPolicy && !a.HasAbsentFormat && a.Runs[0].Series.Start.Majk.Count > 0))
        {
            var k = LargestK(arm.Runs[0].Series.Start);
            var up = arm.Runs.Count(r => r.Series.End.Majk[k] > r.Series.Start.Majk[k]);
            rises &= up >= Seeds * arm.Runs.Count;
            texts.Add($"{arm.Name}: maj@{k} up in {up} of {arm.Runs.Count} ({arm.Mean(s => s.Start.Majk[k]):0.00} to {arm.Mean(s => s.End.Majk[k]):0.00}), pass@{k} {arm.Mean(s => s.Start.Passk[k]):0.00}, {arm.Mean(s => s.Middle.Passk[k]):0.00}, {arm.Mean(s => s.End.Passk[k]):0.00}");
        }

        return Answer(tried, ordered && rises, texts);
    }

    internal static (string Verdict, string Numbers) Winner(IReadOnlyList<EchoArm> arms)
    {
        var tried = arms.Where(a => a.IsHeadline).ToList();
        var texts = new List<string>();
        var (runs, byNull, byShare, byAccuracy, found) = (0, 0, 0, 0, new List<string>());
        foreach (var arm in tried)
        {
            var rates = arm.Rates();
            var neither = 0;
            for (var i = 0; i < arm.Runs.Count; i++)
            {
                var series = arm.Runs[i].Series;
                var (w, r) = (EchoSeries.Shares(series.Start), EchoSeries.Accuracies(series.Start));
                var winner = series.Winner;
                runs++;
                byShare += winner == EchoSeries.WinnerOf(w) ? 1 : 0;
                byAccuracy += winner == EchoSeries.WinnerOf(r) ? 1 : 0;
                byNull += winner == EchoSeries.WinnerOf(NullModel.PolicyGradient(w, r, rates[i] * series.End.Rollout)) ? 1 : 0;
                neither += winner != EchoSeries.WinnerOf(w) && winner != EchoSeries.WinnerOf(r) ? 1 : 0;
            }

            if (neither > arm.Runs.Count / 2)
                found.Add(arm.Name);
            if (neither > 0)
                texts.Add($"{arm.Name}: neither in {neither} of {arm.Runs.Count}");
        }

        if (runs == 0)
            return (Unanswered, "No runs.");
        texts.Insert(0, found.Count > 0 ? $"found in {string.Join(", ", found)}" : "none was found in more than half of an arm's seeds");
        texts.Add($"winner foretold by the null model in {byNull} of {runs} runs, by the largest start share in {byShare}, by the largest start accuracy in {byAccuracy}");
        return (found.Count > 0 ? Holds : Fails, string.Join("; ", texts));
    }

    internal static (string Verdict, string Numbers) Iteration(IReadOnlyList<EchoArm> arms)
    {
        var texts = new List<string>();
        var (tried, holds) = (false, true);
        foreach (var arm in arms.Where(a => a.Algorithm == "exit-base" && !a.HasAbsentFormat))
        {
            tried = true;
            var distances = arm.Runs.Select(r =>
            {
                var end = EchoSeries.Shares(r.Series.End);
                var collapsed = new double[end.Length];
                collapsed[r.Series.Winner] = 1;
                return (Null: EchoSeries.Distance(end, NullModel.ExpertIteration(EchoSeries.Shares(r.Series.Start), EchoSeries.Accuracies(r.Series.Start), r.Series.End.Rollout)), Collapse: EchoSeries.Distance(end, collapsed));
            }).ToList();
            var nearer = distances.Count(d => d.Null < d.Collapse);
            holds &= nearer >= Seeds * distances.Count;
            texts.Add($"{arm.Name}: nearer w · R^T in {nearer} of {distances.Count} (distance {distances.Average(d => d.Null):0.00}, from collapse {distances.Average(d => d.Collapse):0.00})");
            double? DominantOf(string algorithm) => arms.FirstOrDefault(a => a.Algorithm == algorithm && (a.Mix, a.Size) == (arm.Mix, arm.Size) && (!a.IsPolicy || a.IsHeadline))?.Mean(s => EchoSeries.Dominant(s.End));
            if (DominantOf("exit-continue") is not { } continued || DominantOf("ppo") is not { } policy)
                continue;
            var ours = arm.Mean(s => EchoSeries.Dominant(s.End));
            holds &= continued >= Math.Min(ours, policy) - Tie && continued <= Math.Max(ours, policy) + Tie;
            texts.Add($"dominant share at the end {ours:0.00} from the base, {continued:0.00} continued, {policy:0.00} PPO ({arm.Mix})");
        }

        return Answer(tried, holds, texts);
    }

    internal static (string Verdict, string Numbers) Absent(IReadOnlyList<EchoArm> arms)
    {
        var tried = arms.Where(a => a.HasAbsentFormat).ToList();
        var texts = new List<string>();
        var largest = 0.0;
        foreach (var arm in tried)
        {
            double[] weights = [arm.Recipe.Mixture.Function, arm.Recipe.Mixture.Tagged, arm.Recipe.Mixture.Prose];
            foreach (var format in EchoSeries.Formats.Where((_, i) => weights[i] == 0))
            {
                var share = arm.Runs.SelectMany(r => r.Series.Sampled.Concat(r.Series.Greedy)).Max(r => r.Share.GetValueOrDefault(format));
                largest = Math.Max(largest, share);
                texts.Add($"{arm.Name}: {format} at most {share:0.0000} of answers in {arm.Runs.Count} seeds, all evaluations");
            }
        }

        return Answer(tried.Count > 0, largest == 0, texts);
    }

    internal static (string Verdict, string Numbers) Sizes(IReadOnlyList<EchoArm> arms)
    {
        var texts = new List<string>();
        foreach (var group in arms.Where(a => a.IsPolicy && !a.HasAbsentFormat).GroupBy(a => (a.Mix, a.Algorithm, a.Recipe.Beta)))
        {
            var bySize = group.DistinctBy(a => a.Size).OrderBy(a => a.Size).ToList();
            if (bySize.Count < 2)
                continue;
            var (small, large) = (bySize[0], bySize[^1]);
            var pairs = small.Runs.Join(large.Runs, r => r.Seed, r => r.Seed, (s, l) => (Small: s.Series.Winner, Large: l.Series.Winner)).ToList();
            texts.Add($"{group.Key.Algorithm} {group.Key.Mix}: winners differ in {pairs.Count(p => p.Small != p.Large)} of {pairs.Count} seeds ({small.Size:N0} parameters: {string.Join(", ", pairs.Select(p => EchoSeries.Formats[p.Small]))}; {large.Size:N0}: {string.Join(", ", pairs.Select(p => EchoSeries.Formats[p.Large]))})");
        }

        return texts.Count == 0 ? (Unanswered, "No runs.") : ("answered", string.Join("; ", texts));
    }

    internal static (string Verdict, string Numbers) Transfer(IReadOnlyList<EchoArm> arms)
    {
        var texts = new List<string>();
        foreach (var arm in arms.Where(a => a.IsHeadline && a.Runs.All(r => r.Series.Transfer.Count > 0)))
        {
            for (var t = 0; t < arm.Runs[0].Series.Transfer.Count; t++)
            {
                var place = t;
                var change = PairedDifference.Of([.. arm.Runs.Select(r => r.Series.Transfer[place].Greedy[^1].Pass1 - r.Series.Transfer[place].Greedy[0].Pass1)]);
                var formats = EchoSeries.Formats.Select(f => $"{f} {Accuracy(arm, place, f, first: true)} to {Accuracy(arm, place, f, first: false)}");
                var interval = change.Low is { } low ? string.Create(CultureInfo.InvariantCulture, $", 95 % interval {low:+0.00;-0.00} to {change.High:+0.00;-0.00}") : "";
                texts.Add($"{arm.Name}, {arm.Runs[0].Series.Transfer[t].Task[EchoRecord.TransferPrefix.Length..]} steps: greedy {change.Mean:+0.00;-0.00}{interval}; accuracy {string.Join(", ", formats)}");
            }
        }

        return texts.Count == 0 ? (Unanswered, "No runs.") : ("answered", string.Join("; ", texts));
    }

    internal static (string Verdict, string Numbers) Shuffled(IReadOnlyList<EchoArm> arms)
    {
        var texts = new List<string>();
        var (tried, holds) = (false, true);

        // A single seed has no noise to be beyond, so nothing could fail.
        foreach (var arm in arms.Where(a => a.Recipe is { Method: PostTraining.Policy, Reward: RewardSource.Shuffled } && a.Runs.Count > 1))
        {
            tried = true;
            var gain = PairedDifference.Of([.. arm.Runs.Select(r => r.Series.Greedy[^1].Pass1 - r.Series.Greedy[0].Pass1)]);
            var moved = Enumerable.Range(0, EchoSeries.Formats.Count).Select(i => PairedDifference.Of([.. arm.Runs.Select(r => EchoSeries.Shares(r.Series.End)[i] - EchoSeries.Shares(r.Series.Start)[i])])).ToList();
            holds &= !(gain.IsBeyondNoise && gain.Mean > 0) && !moved.Exists(m => m.IsBeyondNoise && m.Mean > 0);
            texts.Add($"{arm.Name}: greedy {gain.Mean:+0.00;-0.00}, shares {string.Join(", ", EchoSeries.Formats.Select((f, i) => $"{f} {moved[i].Mean:+0.00;-0.00}{(moved[i].IsBeyondNoise ? " (beyond noise)" : "")}"))}");
        }

        return Answer(tried, holds, texts);
    }

    /// <summary>The last evaluation within one pass over the training problems.</summary>
    private static EchoRecord AfterPass(EchoSeries series) => series.Sampled.Last(r => r.Episode <= 1 + 1e-9);

    private static string LargestK(EchoRecord record) => record.Passk.Keys.MaxBy(k => int.Parse(k, CultureInfo.InvariantCulture))!;

    /// <summary>Mean accuracy of a format over the seeds in which some answer has it.</summary>
    private static string Accuracy(EchoArm arm, int task, string format, bool first)
    {
        var values = arm.Runs.Select(r => r.Series.Transfer[task].Sampled[first ? 0 : ^1]).Where(r => r.Acc.ContainsKey(format)).Select(r => r.Acc[format]).ToList();
        return values.Count == 0 ? "none" : values.Average().ToString("0.00", CultureInfo.InvariantCulture);
    }

    private static (string Verdict, string Numbers) Answer(bool tried, bool holds, List<string> texts) => tried ? (holds ? Holds : Fails, string.Join("; ", texts)) : (Unanswered, "No runs.");
}
