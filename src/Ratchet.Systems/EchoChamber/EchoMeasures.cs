using System.Globalization;

namespace Ratchet.Systems.EchoChamber;

/// <summary>The numbers of a run's summary, for studies.</summary>
internal static class EchoMeasures
{
    public static SortedDictionary<string, double> Of(EchoResults results)
    {
        var series = new EchoSeries(results.Records);
        var measures = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["pass1_start"] = series.Greedy[0].Pass1,
            ["pass1_end"] = series.Greedy[^1].Pass1,
            ["pass1_gain"] = series.Greedy[^1].Pass1 - series.Greedy[0].Pass1,
            ["dominant_start"] = EchoSeries.Dominant(series.Start),
            ["dominant_end"] = EchoSeries.Dominant(series.End),
            ["minority_end"] = EchoSeries.Minority(series.End),
            ["kl_end"] = series.End.KlRef,
            ["updates"] = series.End.Rollout,
            ["samples_drawn"] = series.End.Sampled,
        };
        foreach (var (when, record) in new[] { ("start", series.Start), ("middle", series.Middle), ("end", series.End) })
        {
            measures[$"sampled_pass1_{when}"] = record.Pass1;
            measures[$"entropy_{when}"] = record.Entropy;
            measures[$"length_{when}"] = record.LenMean;
            measures[$"eos_{when}"] = record.EosRate;
            measures[$"distinct_answers_{when}"] = record.DistinctAnswers;
            foreach (var (label, share) in record.Share)
                measures[$"share_{label}_{when}"] = share;
            foreach (var (label, accuracy) in record.Acc)
                measures[$"acc_{label}_{when}"] = accuracy;
            if (record.Passk.Count == 0)
                continue;
            var k = record.Passk.Keys.MaxBy(k => int.Parse(k, CultureInfo.InvariantCulture))!;
            measures[$"pass{k}_{when}"] = record.Passk[k];
            measures[$"maj{k}_{when}"] = record.Majk[k];
        }

        if (series.CollapseAt is { } at)
            measures["collapse_at"] = series.Sampled[at].Rollout;
        if (series.GainByCollapse(series.Greedy) is { } part)
            measures["gain_by_collapse"] = part;
        foreach (var (task, greedy, _) in series.Transfer)
        {
            var name = task.Replace('-', '_');
            measures[name + "_pass1_start"] = greedy[0].Pass1;
            measures[name + "_pass1_end"] = greedy[^1].Pass1;
        }

        if (results.Updates.Count > 0)
            measures["dead_groups_mean"] = results.Updates.Select(u => u.DeadGroupShare).Where(double.IsFinite).DefaultIfEmpty(0).Average();
        return measures;
    }
}
