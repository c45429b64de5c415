using System.Globalization;
using Ratchet.Domains.Arithmetic;
using Ratchet.Reports;

namespace Ratchet.Systems.EchoChamber;

/// <summary>The part of a run's report that is Echo Chamber's own: curves by format, and the null model beside them.</summary>
internal static class EchoSections
{
    public static IReadOnlyList<ReportSection> Of(EchoResults results)
    {
        var series = new EchoSeries(results.Records);
        var x = results.Recipe.Method == PostTraining.ExpertIteration ? "round" : results.Recipe.Method == PostTraining.Supervised ? "optimizer step" : "update";
        var sections = new List<ReportSection> { Formats(results, series, x), Solving(series, x) };
        if (results.Counts.Count > 0)
            sections.Insert(1, Rollouts(results));
        if (series.Transfer.Any(t => t.Sampled.Count > 1))
            sections.Add(Transfer(series));
        return sections;
    }

    /// <summary>What the null model says of the end of a run, by the method that it has; the gradient's rate is fitted to the run itself.</summary>
    internal static IReadOnlyList<(string Name, double[] Shares)> Predictions(EchoChamberRecipe recipe, EchoSeries series, double? rate)
    {
        var (start, accuracy) = (EchoSeries.Shares(series.Start), EchoSeries.Accuracies(series.Start));
        if (accuracy.All(a => a == 0))
            return [];
        List<(string, double[])> predictions = [];
        if (recipe.Beta is > 0 and { } beta)
            predictions.Add(("optimum with the cost of divergence", NullModel.KlOptimum(start, accuracy, beta)));
        if (recipe.Method == PostTraining.ExpertIteration)
            predictions.Add(($"w · R^{series.End.Rollout}, expert iteration from the base", NullModel.ExpertIteration(start, accuracy, series.End.Rollout)));
        if (rate is { } speed)
            predictions.Add(("policy gradient on formats", NullModel.PolicyGradient(start, accuracy, speed * series.End.Rollout)));
        return predictions;
    }

    private static ReportSection Formats(EchoResults results, EchoSeries series, string x)
    {
        var canFit = series.Sampled.Count > 2 && EchoSeries.Accuracies(series.Start).Any(a => a > 0);
        double? rate = canFit ? series.FitRate() : null;
        var winner = series.Winner;
        var name = EchoSeries.Formats[winner];
        var shares = Enumerable.Range(0, ArithmeticReading.Labels.Count).Select(i => new ReportLine(ArithmeticReading.Labels[i], [.. series.Sampled.Select(r => new ReportPoint(r.Rollout, EchoSeries.Shares(r)[i]))]) { Color = i + 1 }).ToList();
        if (rate is { } speed)
        {
            var (start, accuracy) = (EchoSeries.Shares(series.Start), EchoSeries.Accuracies(series.Start));
            shares.AddRange(Enumerable.Range(0, EchoSeries.Formats.Count).Select(i => new ReportLine("", [.. Enumerable.Range(0, 41).Select(p => p * series.End.Rollout / 40.0)
                .Select(at => new ReportPoint(at, NullModel.PolicyGradient(start, accuracy, speed * at)[i]))]) { Color = i + 1, Dashed = true }));
        }

        var measured = EchoSeries.Shares(series.End);
        var predictions = Predictions(results.Recipe, series, rate);
        return new ReportSection
        {
            Title = "Which format survives",
            Headline = string.Create(CultureInfo.InvariantCulture, $"Answers in the format \"{name}\" go from {100 * EchoSeries.Shares(series.Start)[winner]:0} % to {100 * measured[winner]:0} %; {100 * series.Greedy[0].Pass1:0} % of greedy answers were right at the start, {100 * series.Greedy[^1].Pass1:0} % at the end."),
            Text = $"Sampled answers to held-out problems ({series.Start.Decode}). A question names no format: the model chooses. Dashed lines are a model that can do nothing but choose a format with a fixed accuracy.",
            Charts =
            [
                new ReportChart { Title = "Share of each format", X = x, IsShare = true, Lines = shares, Caption = rate is null ? "" : "Dashed: policy gradient on three logits, its one rate fitted to this run." },
                new ReportChart { Title = "Accuracy of each format", X = x, IsShare = true, Lines = [.. EchoSeries.Formats.Select((f, i) => new ReportLine(f, [.. series.Sampled.Where(r => r.Acc.ContainsKey(f)).Select(r => new ReportPoint(r.Rollout, r.Acc[f]))]) { Color = i + 1 })], Caption = "Accepted share of the answers that have the format; few answers make it jump." },
            ],
            Columns = ["", .. ArithmeticReading.Labels, "distance from measured"],
            Rows =
            [
                Row("share at the start, w", EchoSeries.Shares(series.Start), null),
                Row("accuracy at the start, R", EchoSeries.Accuracies(series.Start), null),
                Row("share at the end, measured", measured, null),
                .. predictions.Select(p => Row($"null model: {p.Name}", p.Shares, EchoSeries.Distance(p.Shares, measured))),
            ],
            Notes = ["The distance is half the sum of the differences: 0 is equal, 1 nothing in common."],
        };
    }

    private static ReportSection Rollouts(EchoResults results)
    {
        var bucket = Math.Max(1, results.Counts.Count / 120);
        return new ReportSection
        {
            Title = "Rollouts",
            Text = "The batches that were learned from, by format, from update 0 on.",
            Charts =
            [
                new ReportChart { Title = "Share of rollouts", X = "update", IsShare = true, Lines = [.. ArithmeticReading.Labels.Select((l, i) => new ReportLine(l, [.. results.Counts.Chunk(bucket).Select(c => new ReportPoint(c[0].Update, c.Average(b => b.Share(l))))]) { Color = i + 1 })] },
                new ReportChart { Title = "Reward and its signal", X = "update", IsShare = true, Lines = [Line(results, "accepted", u => u.Acceptance, 1), Line(results, "dead groups", u => u.DeadGroupShare, 2), Line(results, "clipped", u => u.ClipShare, 4)], Caption = "Dead groups: all samples of a question have the same reward, so they carry no signal." },
            ],
        };
    }

    private static ReportLine Line(EchoResults results, string name, Func<Learning.Policies.PolicyUpdate, double> of, int color) =>
        new(name, [.. results.Updates.Where(u => double.IsFinite(of(u))).Select(u => new ReportPoint(u.Update, of(u)))]) { Color = color };

    private static ReportSection Solving(EchoSeries series, string x)
    {
        var k = series.Start.Passk.Keys.Select(k => int.Parse(k, CultureInfo.InvariantCulture)).DefaultIfEmpty(1).Max().ToString(CultureInfo.InvariantCulture);
        ReportLine Points(string name, IEnumerable<EchoRecord> records, Func<EchoRecord, double> of, int color) => new(name, [.. records.Select(r => new ReportPoint(r.Rollout, of(r)))]) { Color = color };
        return new ReportSection
        {
            Title = "Problems solved",
            Charts =
            [
                new ReportChart
                {
                    Title = "Right answers", X = x, IsShare = true,
                    Lines =
                    [
                        Points("greedy", series.Greedy, r => r.Pass1, 1),
                        Points("pass@1", series.Sampled, r => r.Pass1, 2),
                        Points($"pass@{k}", series.Sampled.Where(r => r.Passk.ContainsKey(k)), r => r.Passk[k], 3),
                        Points($"maj@{k}", series.Sampled.Where(r => r.Majk.ContainsKey(k)), r => r.Majk[k], 5),
                    ],
                    Caption = $"{series.Start.Problems} held-out problems. pass@{k} and maj@{k} where there are {k} samples.",
                },
                new ReportChart { Title = "Entropy and divergence", X = x, Lines = [Points("entropy", series.Sampled, r => r.Entropy, 1), Points("KL to base", series.Sampled, r => r.KlRef, 2)], Caption = "Nats a token, exact over the vocabulary, at places of the model's own plain samples." },
                new ReportChart { Title = "Length", X = x, Lines = [Points("tokens", series.Sampled, r => r.LenMean, 1)], Caption = "Mean tokens of a sampled answer, end mark included." },
                new ReportChart { Title = "Ended answers", X = x, IsShare = true, Lines = [Points("ended", series.Sampled, r => r.EosRate, 3)], Caption = "Share of sampled answers that end with the end mark; others are rejected." },
            ],
        };
    }

    private static ReportSection Transfer(EchoSeries series) => new()
    {
        Title = "Problems of other lengths",
        Text = "Held-out problems of other numbers of steps than those that were trained on.",
        Columns = ["", "greedy", "sampled", .. EchoSeries.Formats.Select(f => $"share {f}"), .. EchoSeries.Formats.Select(f => $"accuracy {f}")],
        Rows = [.. series.Transfer.SelectMany(t => new[] { ("start", 0), ("end", t.Sampled.Count - 1) }.Select(w => (IReadOnlyList<string>)
        [
            $"{t.Task[EchoRecord.TransferPrefix.Length..]} steps, {w.Item1}", Share(t.Greedy[w.Item2].Pass1), Share(t.Sampled[w.Item2].Pass1),
            .. EchoSeries.Formats.Select(f => Share(t.Sampled[w.Item2].Share.GetValueOrDefault(f))),
            .. EchoSeries.Formats.Select(f => t.Sampled[w.Item2].Acc.TryGetValue(f, out var a) ? Share(a) : "none"),
        ]))],
    };

    private static IReadOnlyList<string> Row(string name, double[] values, double? distance) =>
        [name, .. values.Select(Share), distance is { } d ? d.ToString("0.000", CultureInfo.InvariantCulture) : ""];

    internal static string Share(double value) => (100 * value).ToString("0.0", CultureInfo.InvariantCulture) + " %";
}
