using System.Globalization;
using Ratchet.Learning.Policies;
using Ratchet.Reports;

namespace Ratchet.Systems.EchoChamber;

/// <summary>A finished run of a study.</summary>
/// <param name="Seed">Seed.</param>
/// <param name="Series">Its evaluations.</param>
internal sealed record EchoStudyRun(ulong Seed, EchoSeries Series);

/// <summary>An arm of a study with its finished runs, at least one.</summary>
/// <param name="Name">Name.</param>
/// <param name="Recipe">Recipe; of one of the seeds.</param>
/// <param name="Runs">Runs in order of seeds.</param>
internal sealed record EchoArm(string Name, EchoChamberRecipe Recipe, IReadOnlyList<EchoStudyRun> Runs)
{
    /// <summary>Learns from the verifier's own verdicts, and not from shuffled ones.</summary>
    public bool IsPolicy => Recipe is { Method: PostTraining.Policy, Reward: RewardSource.Verdict };

    /// <summary>With the headline cost of divergence, 1e-3, or less.</summary>
    public bool IsHeadline => IsPolicy && Recipe.Beta is 1e-3 && Recipe.Policy.Algorithm is PolicyAlgorithm.Ppo or PolicyAlgorithm.Grpo && !HasAbsentFormat;

    /// <summary>A format has no weight in the mixture.</summary>
    public bool HasAbsentFormat => Recipe.Mixture is { Function: 0 } or { Tagged: 0 } or { Prose: 0 };

    /// <summary>What arms must have in common to differ in something else alone.</summary>
    public string Mix => Recipe.Mixture.Label;

    public string Algorithm => Recipe.Algorithm;

    public long Size => Runs[0].Series.Start.Size;

    public double Mean(Func<EchoSeries, double> of) => Runs.Average(r => of(r.Series));

    /// <summary>Mean share of each format and of malformed answers.</summary>
    public double[] Mean(Func<EchoSeries, double[]> of) => [.. Enumerable.Range(0, of(Runs[0].Series).Length).Select(i => Runs.Average(r => of(r.Series)[i]))];

    /// <summary>Rates of the null model's gradient, a run: the median of those fitted to the other runs, so that none predicts itself; of a single run its own.</summary>
    public double[] Rates()
    {
        var fitted = Runs.Select(r => r.Series.FitRate()).ToArray();
        return [.. fitted.Select((own, i) => fitted.Length == 1 ? own : Median([.. fitted.Where((_, j) => j != i)]))];
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return (values[values.Length / 2] + values[(values.Length - 1) / 2]) / 2;
    }
}

/// <summary>What a study's report says of the runs of an Echo Chamber recipe: the pre-registered checks, the null model beside measured shares, and curves.</summary>
internal static class EchoStudy
{
    public static IReadOnlyList<ReportSection> Sections(IReadOnlyList<EchoArm> arms) =>
        arms.Count == 0 ? [] : [EchoChecks.Section(arms), Shares(arms), EqualDivergence(arms), Curves(arms)];

    private static ReportSection Shares(IReadOnlyList<EchoArm> arms)
    {
        var rows = new List<IReadOnlyList<string>>();
        foreach (var arm in arms)
        {
            var rates = arm.Recipe.Method == PostTraining.Policy ? arm.Rates() : null;
            var measured = arm.Mean(s => EchoSeries.Shares(s.End));
            var names = EchoSections.Predictions(arm.Recipe, arm.Runs[0].Series, rates?[0]).Select(p => p.Name).ToList();
            var predicted = arm.Runs.Select((r, i) => EchoSections.Predictions(arm.Recipe, r.Series, rates?[i])).ToList();
            var predictions = names.Select((n, p) => $"{n}: {Triple([.. Enumerable.Range(0, measured.Length).Select(i => predicted.Average(run => run[p].Shares[i]))])} ({arm.Runs.Select((r, i) => EchoSeries.Distance(predicted[i][p].Shares, EchoSeries.Shares(r.Series.End))).Average():0.00})");
            rows.Add([
                arm.Name, Triple(arm.Mean(s => EchoSeries.Shares(s.Start))), Triple(arm.Mean(s => EchoSeries.Accuracies(s.Start))), Triple(measured),
                string.Join(", ", arm.Runs.GroupBy(r => r.Series.Winner).OrderByDescending(g => g.Count()).Select(g => $"{EchoSeries.Formats[g.Key]} {g.Count()}")),
                string.Join("; ", predictions),
            ]);
        }

        return new ReportSection
        {
            Title = "Shares and the null model",
            Columns = ["Arm", "w: start shares", "R: start accuracies", "End shares", "Winners, seeds", "Null model's end shares (distance from measured)"],
            Rows = rows,
            Notes =
            [
                $"Hundredths of {string.Join(" / ", EchoSeries.Formats)}, means over seeds, of sampled answers to held-out problems.",
                "The null model can do nothing but choose a format with a fixed accuracy. Of its gradient the rate alone is fitted, for each seed to the other seeds of the arm. The distance is half the sum of differences, averaged over seeds.",
            ],
        };
    }

    /// <summary>Runs without a cost of divergence, looked at where they have come as far from the base as a run with a cost has at its end.</summary>
    private static ReportSection EqualDivergence(IReadOnlyList<EchoArm> arms)
    {
        var rows = new List<IReadOnlyList<string>>();
        foreach (var arm in arms.Where(a => a.IsPolicy && a.Recipe.Beta > 0))
        {
            if (arms.FirstOrDefault(a => a.IsPolicy && a.Recipe.Beta == 0 && (a.Mix, a.Algorithm, a.Size) == (arm.Mix, arm.Algorithm, arm.Size)) is not { } free)
                continue;
            var pairs = arm.Runs.Join(free.Runs, r => r.Seed, r => r.Seed, (with, without) => (With: with.Series, Without: AtDivergence(without.Series, with.Series.End.KlRef))).ToList();
            if (pairs.Count == 0)
                continue;
            rows.Add([
                $"{arm.Name} against {free.Name} stopped early", Number(pairs.Average(p => p.With.End.KlRef)),
                Percent(pairs.Average(p => EchoSeries.Minority(p.With.End))), Percent(pairs.Average(p => p.Without.Minority)),
                Percent(pairs.Average(p => p.With.End.Pass1)), Percent(pairs.Average(p => p.Without.Pass1)), pairs.Count.ToString(CultureInfo.InvariantCulture),
            ]);
        }

        return new ReportSection
        {
            Title = "Early stopping at equal divergence",
            Columns = ["", "KL to base", "minority share, with cost", "stopped early", "sampled pass@1, with cost", "stopped early", "seeds"],
            Rows = rows,
            Notes = rows.Count == 0 ? ["No arm with a cost of divergence has one without beside it."] : ["The run without a cost is read, between evaluations along a line, where its divergence is first what the other's is at its end."],
        };
    }

    private static (double Minority, double Pass1) AtDivergence(EchoSeries series, double divergence)
    {
        for (var i = 1; i < series.Sampled.Count; i++)
        {
            var (before, after) = (series.Sampled[i - 1], series.Sampled[i]);
            if (after.KlRef < divergence)
                continue;
            var part = after.KlRef == before.KlRef ? 1 : Math.Clamp((divergence - before.KlRef) / (after.KlRef - before.KlRef), 0, 1);
            return (Between(EchoSeries.Minority(before), EchoSeries.Minority(after), part), Between(before.Pass1, after.Pass1, part));
        }

        return (EchoSeries.Minority(series.End), series.End.Pass1);

        static double Between(double a, double b, double part) => a + ((b - a) * part);
    }

    private static ReportSection Curves(IReadOnlyList<EchoArm> arms)
    {
        var charts = new List<ReportChart>();
        foreach (var arm in arms.Where(a => a.Recipe.Method is PostTraining.Policy or PostTraining.ExpertIteration))
        {
            var x = arm.Recipe.Method == PostTraining.Policy ? "update" : "round";
            charts.Add(new ReportChart { Title = $"{arm.Name}: share of each format", X = x, IsShare = true, Lines = [.. EchoSeries.Formats.Select((f, i) => Band(f, arm, s => s.Sampled, r => r.Share.GetValueOrDefault(f), i + 1))] });
            charts.Add(new ReportChart { Title = $"{arm.Name}: right answers", X = x, IsShare = true, Lines = [Band("greedy", arm, s => s.Greedy, r => r.Pass1, 1), Band("sampled", arm, s => s.Sampled, r => r.Pass1, 2)] });
        }

        return new ReportSection { Title = "Curves", Text = "Means over seeds; bands from the lowest seed to the highest.", Charts = charts };
    }

    private static ReportLine Band(string name, EchoArm arm, Func<EchoSeries, IReadOnlyList<EchoRecord>> records, Func<EchoRecord, double> of, int color) => new(
        name,
        [.. arm.Runs.SelectMany(r => records(r.Series)).GroupBy(r => r.Rollout).OrderBy(g => g.Key).Where(g => g.Count() == arm.Runs.Count)
            .Select(g => new ReportPoint(g.Key, g.Average(of), g.Min(of), g.Max(of)))]) { Color = color };

    /// <summary>Numbers of the formats in hundredths, malformed answers left out.</summary>
    internal static string Triple(double[] values) => string.Join(" / ", values.Take(EchoSeries.Formats.Count).Select(v => (100 * v).ToString("0", CultureInfo.InvariantCulture)));

    internal static string Percent(double value) => EchoSections.Share(value);

    internal static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
