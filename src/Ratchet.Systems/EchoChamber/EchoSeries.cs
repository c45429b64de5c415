using Ratchet.Domains.Arithmetic;

namespace Ratchet.Systems.EchoChamber;

/// <summary>The evaluations of one run, and what follows from them. Shares are those of sampled answers to held-out problems.</summary>
internal sealed class EchoSeries
{
    /// <summary>Share from which on a format counts as having taken over.</summary>
    public const double Collapsed = 0.8;

    private double? _rate;

    public EchoSeries(IReadOnlyList<EchoRecord> records)
    {
        Greedy = [.. records.Where(r => r.Task == EchoRecord.Heldout && r.Decode == "greedy")];
        Sampled = [.. records.Where(r => r.Task == EchoRecord.Heldout && r.Decode != "greedy")];
        Transfer = [.. records.Where(r => r.Task.StartsWith(EchoRecord.TransferPrefix, StringComparison.Ordinal)).GroupBy(r => r.Task, StringComparer.Ordinal)
            .Select(g => (g.Key, (IReadOnlyList<EchoRecord>)[.. g.Where(r => r.Decode == "greedy")], (IReadOnlyList<EchoRecord>)[.. g.Where(r => r.Decode != "greedy")]))];
    }

    /// <summary>Labels of the formats, in the order of all arrays here.</summary>
    public static IReadOnlyList<string> Formats { get; } = [.. Enum.GetValues<ArithmeticFormat>().Select(f => ArithmeticReading.LabelOf(f))];

    public IReadOnlyList<EchoRecord> Greedy { get; }

    public IReadOnlyList<EchoRecord> Sampled { get; }

    /// <summary>Evaluations on problems of other numbers of steps, by task.</summary>
    public IReadOnlyList<(string Task, IReadOnlyList<EchoRecord> Greedy, IReadOnlyList<EchoRecord> Sampled)> Transfer { get; }

    public EchoRecord Start => Sampled[0];

    public EchoRecord End => Sampled[^1];

    /// <summary>The record with most samples nearest to the middle.</summary>
    public EchoRecord Middle => Sampled.Where(r => r.Samples == Start.Samples).MinBy(r => Math.Abs((2 * r.Rollout) - End.Rollout))!;

    /// <summary>Place of the first evaluation in which a format has <see cref="Collapsed"/> of the answers; null where none has.</summary>
    public int? CollapseAt => Enumerable.Range(0, Sampled.Count).Cast<int?>().FirstOrDefault(i => Dominant(Sampled[i!.Value]) >= Collapsed);

    /// <summary>Format that most answers have at the end.</summary>
    public int Winner => WinnerOf(Shares(End));

    /// <summary>Shares of the formats and of malformed answers.</summary>
    public static double[] Shares(EchoRecord record) => [.. ArithmeticReading.Labels.Select(l => record.Share.GetValueOrDefault(l))];

    /// <summary>Accuracies of the formats and of malformed answers; 0 where no answer has a label.</summary>
    public static double[] Accuracies(EchoRecord record) => [.. ArithmeticReading.Labels.Select(l => record.Acc.GetValueOrDefault(l))];

    /// <summary>Share of the most frequent format.</summary>
    public static double Dominant(EchoRecord record) => Formats.Max(f => record.Share.GetValueOrDefault(f));

    /// <summary>Share of the other formats among the answers that have one.</summary>
    public static double Minority(EchoRecord record)
    {
        var all = Formats.Sum(f => record.Share.GetValueOrDefault(f));
        return all == 0 ? 0 : 1 - (Dominant(record) / all);
    }

    /// <summary>Format with the largest number; the first among equals.</summary>
    public static int WinnerOf(IReadOnlyList<double> values) => Enumerable.Range(0, Formats.Count).MaxBy(i => values[i]);

    /// <summary>Half the sum of differences: 0 equal, 1 nothing in common.</summary>
    public static double Distance(IReadOnlyList<double> a, IReadOnlyList<double> b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Sum() / 2;

    /// <summary>Part of the gain in pass@1 that is there when a format has taken over; null where none has, or nothing was gained.</summary>
    /// <param name="records">Greedy or sampled evaluations.</param>
    public double? GainByCollapse(IReadOnlyList<EchoRecord> records)
    {
        var gain = records[^1].Pass1 - records[0].Pass1;
        return CollapseAt is { } at && gain > 0 ? (records[at].Pass1 - records[0].Pass1) / gain : null;
    }

    /// <summary>Rate of the null model's policy gradient that comes nearest to this run's shares, time an update.</summary>
    public double FitRate() => _rate ??= NullModel.FitRate(Shares(Start), Accuracies(Start), [.. Sampled.Skip(1).Select(r => ((double)r.Rollout, (IReadOnlyList<double>)Shares(r)))]);
}
