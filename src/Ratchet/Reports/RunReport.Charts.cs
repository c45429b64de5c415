using System.Globalization;
using Ratchet.Evaluation;
using Ratchet.Reports.Charts;
using Ratchet.Runs;

namespace Ratchet.Reports;

public static partial class RunReport
{
    /// <summary>Points a line chart of the loss holds at most: more than the pixels of its line say nothing.</summary>
    private const int LossPoints = 240;

    private static Markup Curves(ReportData data)
    {
        var rounds = data.Summary.Rounds;
        var ks = Ks(data.Summary);
        if (rounds.Count == 0 || ks.Count == 0)
            return Markup.Empty;
        var series = ks.Select((k, i) => PassSeries(rounds, k, (i % 6) + 1)).ToList();
        var greedy = rounds.Where(r => r.Heldout.Greedy is not null).Select(r => new ChartPoint(r.Round, r.Heldout.Greedy!.Value)).ToList();
        if (greedy.Count > 0)
            series.Add(new Series("greedy", 4, greedy, Dashed: true));
        var chart = new LineChart
        {
            Label = $"Held-out pass@k by round. {Spoken(series)}",
            Series = series,
            XTitle = "round",
            Width = 940,
            Height = 360,
            Right = 78,
        };
        var narrow = chart with { Width = 400, Height = 300, Right = 64 };
        return Markup.Of($"""
            <section>
            <h2>Held-out problems solved</h2>
            <figure class="card"><div class="wide">{chart.Render()}</div><div class="narrow">{narrow.Render()}</div><figcaption class="caption">Share of {Numbers.Plural(rounds[^1].Heldout.Problems, "held-out problem")} solved within k attempts (unbiased estimate); bands are 95 % bootstrap intervals over problems. Round 0 is the start model. Point at a dot for its numbers.</figcaption></figure>
            </section>

            """);
    }

    private static Markup Strata(ReportData data)
    {
        var rounds = data.Summary.Rounds;
        var names = rounds.SelectMany(r => r.Heldout.ByStratum.Keys).Distinct().Order(NaturalOrder.Instance).ToList();
        if (names.Count < 2 || Findings.HeadlineK(data.Summary) is not { } k)
            return Markup.Empty;
        var ks = k == 1 ? [1] : new[] { k, 1 };
        var charts = names.Select(name =>
        {
            var mine = rounds.Where(r => r.Heldout.ByStratum.ContainsKey(name)).Select(r => r with { Heldout = r.Heldout.ByStratum[name] }).ToList();
            var series = ks.Select(each => PassSeries(mine, each, each == k ? 1 : 2)).Where(s => s.Points.Count > 0).ToList();
            var chart = new LineChart
            {
                Label = $"{name}: pass@k by round. {Spoken(series)}",
                Series = series,
                XTitle = "round",
                Width = 235,
                Height = 180,
                Right = 62,
            };
            return Markup.Of($"""
                <figure class="card"><h3>{name} <span class="caption">{Numbers.Plural(mine[^1].Heldout.Problems, "problem")}</span></h3>{chart.Render()}</figure>
                """);
        });
        return Markup.Of($"""
            <section>
            <h2>By difficulty</h2>
            <div class="strata">{charts}</div>
            </section>

            """);
    }

    private static Markup Learning(ReportData data)
    {
        Markup[] cards = [Acceptance(data), Loss(data), Lengths(data), Rejected(data)];
        return cards.All(c => c.ToString().Length == 0) ? Markup.Empty : Markup.Of($"""
            <section>
            <h2>How it learned</h2>
            <div class="cards">{cards}</div>
            </section>

            """);
    }

    private static Markup Acceptance(ReportData data)
    {
        // Round 0 makes no attempts at training problems: its rows are reference solutions.
        var rounds = data.Summary.Rounds.Where(r => r.Round > 0 && r.Train.Attempts > 0).ToList();
        if (rounds.Count == 0)
            return Markup.Empty;
        Series[] series =
        [
            new("problems", 3, [.. rounds.Where(r => r.Train.Problems > 0).Select(r => new ChartPoint(r.Round, (double)r.Train.Solved / r.Train.Problems))]),
            new("attempts", 1, [.. rounds.Select(r => new ChartPoint(r.Round, (double)r.Train.Accepted / r.Train.Attempts))]),
        ];
        var chart = new LineChart { Label = $"Accepted share on training problems by round. {Spoken(series)}", Series = series, XTitle = "round", Right = 86 };
        return Markup.Of($"""<figure class="card"><h3>Training problems</h3>{chart.Render()}<figcaption class="caption">Share of attempts accepted, and of problems with at least one accepted attempt. A round's attempts are made by the model of the round before.</figcaption></figure>""");
    }

    private static Markup Loss(ReportData data)
    {
        if (data.Loss.Count == 0)
            return LossByRound(data);

        // Steps of all rounds one after the other; a mean over neighbours where there are more steps than points.
        var bucket = Math.Max(1, (int)Math.Ceiling((double)data.Loss.Count / LossPoints));
        var series = new List<Series>();
        var marks = new List<(double, string)>();
        var offset = 0;
        foreach (var round in data.Loss.GroupBy(p => p.Round))
        {
            var points = round.ToList();
            marks.Add((offset, $"r{round.Key}"));
            series.Add(new Series("", 1, [.. points.Chunk(bucket).Select(c => new ChartPoint(offset + c.Average(p => p.Step), c.Average(p => p.Loss)))], Markers: false));
            offset += points.Max(p => p.Step);
        }

        var last = data.Loss[^1];
        var chart = new LineChart
        {
            Label = $"Training loss by optimizer step, from {data.Loss[0].Loss.ToString("0.00", CultureInfo.InvariantCulture)} to {last.Loss.ToString("0.00", CultureInfo.InvariantCulture)} nats per token.",
            Series = series,
            Marks = marks.Count > 12 ? [.. marks.Where((_, i) => i % ((marks.Count / 12) + 1) == 0)] : marks,
            XTitle = $"optimizer step, {Numbers.Count(offset)} in all; dotted lines begin a round",
            YMax = null,
            YFormat = v => v.ToString("0.##", CultureInfo.InvariantCulture),
            Right = 24,
        };
        return Markup.Of($"""<figure class="card"><h3>Training loss</h3>{chart.Render()}<figcaption class="caption">Nats per target token; {last.Loss:0.000} at the end of round {last.Round}.</figcaption></figure>""");
    }

    private static Markup LossByRound(ReportData data)
    {
        var points = data.Summary.Rounds.Where(r => r.Steps > 0 && double.IsFinite(r.Loss)).Select(r => new ChartPoint(r.Round, r.Loss)).ToList();
        if (points.Count == 0)
            return Markup.Empty;
        string Nats(double v) => v.ToString("0.###", CultureInfo.InvariantCulture);
        var chart = new LineChart
        {
            Label = $"Training loss at the end of each round, from {Nats(points[0].Y)} to {Nats(points[^1].Y)} nats per token.",
            Series = [new Series("loss", 1, points)],
            XTitle = "round",
            YMax = null,
            YFormat = Nats,
            TipFormat = Nats,
        };
        return Markup.Of($"""<figure class="card"><h3>Training loss</h3>{chart.Render()}<figcaption class="caption">Nats per target token at the end of each round's training. The rows differ from round to round, so the numbers are not of one set.</figcaption></figure>""");
    }

    private static Markup Lengths(ReportData data)
    {
        var rounds = data.ProofLengths.Where(r => r.Value.Count > 0).OrderBy(r => r.Key).ToList();
        if (rounds.Count < 2)
            return Markup.Empty;
        var (first, last) = (rounds[0], rounds[^1]);
        var chart = new BarChart
        {
            Label = $"Lengths of accepted held-out proofs: median {Median(first.Value)} tokens in round {first.Key}, {Median(last.Value)} in round {last.Key}.",
            XTitle = "tokens of the proof",
            FirstName = $"round {first.Key}",
            SecondName = $"round {last.Key}",
            First = first.Value,
            Second = last.Value,
        };
        return Markup.Of($"""<figure class="card"><h3>Length of accepted proofs</h3>{chart.Render()}<figcaption class="caption">Share of each round's accepted held-out proofs: {Numbers.Count(first.Value.Count)} with median {Median(first.Value)} tokens, then {Numbers.Count(last.Value.Count)} with median {Median(last.Value)}.</figcaption></figure>""");
    }

    private static Markup Rejected(ReportData data)
    {
        var total = data.Rejections.Values.Sum();
        return total == 0 ? Markup.Empty : Markup.Of($"""
            <figure class="card"><h3>Why attempts are rejected</h3>
            <div class="bars" role="list">{data.Rejections.OrderByDescending(r => r.Value).ThenBy(r => r.Key).Select(r => Markup.Of($"""
                <div role="listitem"><span>{Reasons.Label(r.Key)}</span><span>{Numbers.Count(r.Value)} ({Numbers.Percent((double)r.Value / total)})</span><i style="--share:{100.0 * r.Value / total:0.##}"></i></div>
                """))}</div><figcaption class="caption"><p>Rejected attempts at held-out problems in the last round.</p></figcaption></figure>
            """);
    }

    private static Series PassSeries(IReadOnlyList<RoundSummary> rounds, int k, int color) => new(
        $"pass@{k}",
        color,
        [.. rounds.Where(r => r.Heldout.PassAtK.ContainsKey(k)).Select(r => new ChartPoint(r.Round, r.Heldout.PassAtK[k].Value, r.Heldout.PassAtK[k].Low, r.Heldout.PassAtK[k].High))]);

    private static string Spoken(IEnumerable<Series> series) => string.Join(" ", series.Where(s => s.Points.Count > 0).Select(s =>
        $"{s.Name} from {Numbers.Percent(s.Points[0].Y)} to {Numbers.Percent(s.Points[^1].Y)}."));

    private static List<int> Ks(RunSummary summary) => [.. summary.Rounds.SelectMany(r => r.Heldout.PassAtK.Keys).Distinct().OrderDescending()];

    private static int Median(IReadOnlyList<int> values) => values.Order().ElementAt(values.Count / 2);
}
