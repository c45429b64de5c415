using System.Globalization;
using Ratchet.Reports.Charts;

namespace Ratchet.Reports;

/// <summary>Draws the sections that systems and studies add.</summary>
internal static class SectionMarkup
{
    /// <summary>A line of more points has no dots: they would hide it.</summary>
    private const int MostDots = 40;

    /// <summary>A cell of more characters is set as running text.</summary>
    private const int LongText = 50;

    public static Markup Render(ReportSection section) => Markup.Of($"""
        <section>
        <h2>{section.Title}</h2>
        {(section.Text is null ? Markup.Empty : Markup.Of($"<p>{section.Text}</p>"))}
        {(section.Charts.Count == 0 ? Markup.Empty : Markup.Of($"""<div class="cards">{section.Charts.Select(Chart)}</div>"""))}
        {(section.Rows.Count == 0 ? Markup.Empty : Table(section))}
        {(section.Notes.Count == 0 ? Markup.Empty : Markup.Of($"<ul>{section.Notes.Select(n => Markup.Of($"<li>{n}</li>"))}</ul>"))}
        </section>

        """);

    private static Markup Table(ReportSection section)
    {
        var words = Enumerable.Range(0, section.Columns.Count).Select(i => section.Rows.All(r => r[i].Length == 0 || char.IsLetter(r[i][0]))).ToArray();
        return Markup.Of($"""
            <div class="scroll" tabindex="0" role="region" aria-label="{section.Title}">
            <table>
            <thead><tr>{section.Columns.Select((c, i) => Cell("th", "col", c, words[i], false))}</tr></thead>
            <tbody>
            {section.Rows.Select(r => Markup.Of($"<tr>{r.Select((c, i) => Cell(i == 0 ? "th" : "td", i == 0 ? "row" : null, c, words[i], c.Length > LongText))}</tr>"))}
            </tbody>
            </table>
            </div>
            """);
    }

    private static Markup Cell(string tag, string? scope, string text, bool words, bool isLong)
    {
        var attributes = (scope is null ? "" : $" scope=\"{scope}\"") + (isLong ? " class=\"text\"" : words ? " class=\"words\"" : "");
        return Markup.Of($"<{Markup.Trusted(tag + attributes)}>{text}</{Markup.Trusted(tag)}>");
    }

    private static Markup Chart(ReportChart chart)
    {
        string Plain(double v) => v.ToString("0.###", CultureInfo.InvariantCulture);
        var lines = chart.Lines.Select((l, i) => new Series(
            l.Name, l.Color == 0 ? (i % 6) + 1 : l.Color, [.. l.Points.Select(p => new ChartPoint(p.X, p.Y, p.Low, p.High))], l.Dashed, Markers: !l.Dashed && l.Points.Count <= MostDots)).Where(l => l.Points.Count > 0).ToList();
        var longest = lines.Count == 0 ? 0 : lines.Max(l => l.Name.Length);
        var lowest = lines.SelectMany(l => l.Points).Select(p => p.Low ?? p.Y).DefaultIfEmpty(0).Min();
        var drawn = new LineChart
        {
            Label = $"{chart.Title}. {string.Join(" ", lines.Select(l => $"{l.Name} from {Format(l.Points[0].Y)} to {Format(l.Points[^1].Y)}."))}",
            Series = lines,
            XTitle = chart.X,
            YMax = chart.IsShare ? 1 : null,
            YMin = lowest < 0 ? -Axis.RoundUp(-lowest) : 0,
            YFormat = chart.IsShare ? Numbers.WholePercent : Plain,
            TipFormat = chart.IsShare ? Numbers.Percent : Plain,
            Right = 24 + (7.5 * longest),
        };
        return Markup.Of($"""<figure class="card"><h3>{chart.Title}</h3>{drawn.Render()}<figcaption class="caption">{chart.Caption}</figcaption></figure>""");

        string Format(double value) => chart.IsShare ? Numbers.Percent(value) : Plain(value);
    }
}
