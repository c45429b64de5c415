using System.Globalization;
using Ratchet.Reports.Charts;

namespace Ratchet.Reports;

public static partial class RunReport
{
    /// <summary>Sections that a system added.</summary>
    internal static Markup Added(IReadOnlyList<ReportSection> sections) => Markup.Join(sections.Select(s => Markup.Of($"""
        <section>
        <h2>{s.Title}</h2>
        {(s.Text is null ? Markup.Empty : Markup.Of($"<p>{s.Text}</p>"))}
        {(s.Rows.Count == 0 ? Markup.Empty : Markup.Of($"""
            <div class="scroll" tabindex="0" role="region" aria-label="{s.Title}">
            <table>
            <thead><tr>{s.Columns.Select(c => Markup.Of($"""<th scope="col">{c}</th>"""))}</tr></thead>
            <tbody>
            {s.Rows.Select(r => Markup.Of($"""<tr><th scope="row">{r[0]}</th>{r.Skip(1).Select(c => Markup.Of($"<td>{c}</td>"))}</tr>"""))}
            </tbody>
            </table>
            </div>
            """))}
        {(s.Figures.Count == 0 ? Markup.Empty : Markup.Of($"""<div class="cards">{s.Figures.Select(Figure)}</div>"""))}
        </section>

        """)));

    private static Markup Figure(ReportFigure figure)
    {
        var series = figure.Series.Select((s, i) => new Series(s.Name, (i % 6) + 1, [.. s.Points.Select(p => new ChartPoint(p.X, p.Y, p.Low, p.High))])).ToList();
        var lowest = series.SelectMany(s => s.Points).Select(p => p.Low ?? p.Y).DefaultIfEmpty(0).Min();
        var chart = new LineChart
        {
            Label = $"{figure.Title}, by {figure.XTitle}",
            Series = series,
            XTitle = figure.XTitle,
            YFormat = Plain,
            TipFormat = Plain,
            YMax = null,
            YMin = lowest < 0 ? -Axis.RoundUp(-lowest) : 0,
            WholeX = false,
            Right = 92,
        };
        return Markup.Of($"""<figure class="card"><h3>{figure.Title}</h3>{chart.Render()}</figure>""");

        static string Plain(double value) => value.ToString(Math.Abs(value) >= 20 ? "0.#" : "0.##", CultureInfo.InvariantCulture);
    }
}
