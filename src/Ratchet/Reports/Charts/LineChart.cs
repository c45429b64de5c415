using System.Globalization;

namespace Ratchet.Reports.Charts;

/// <summary>Lines with interval bands, as inline SVG.</summary>
/// <remarks>
/// Written by hand rather than by a plot library: colours are the page's theme variables, so one picture serves light, dark and
/// print; text is text, laid out by the reader's browser in its own font; nothing depends on fonts or native libraries of
/// the machine that wrote it. Names at the line ends, so that colour is never the only key.
/// </remarks>
internal sealed record LineChart
{
    private const double Top = 14;
    private const double Left = 46;

    public required string Label { get; init; }

    public required IReadOnlyList<Series> Series { get; init; }

    public required string XTitle { get; init; }

    public Func<double, string> YFormat { get; init; } = Numbers.WholePercent;

    public Func<double, string> TipFormat { get; init; } = Numbers.Percent;

    /// <summary>Upper end of the y axis; null fits the data. The lower end is 0 unless <see cref="YMin"/> says otherwise.</summary>
    public double? YMax { get; init; } = 1;

    public double YMin { get; init; }

    public double Width { get; init; } = 460;

    public double Height { get; init; } = 280;

    /// <summary>Room for the names at the line ends.</summary>
    public double Right { get; init; } = 66;

    /// <summary>x positions with a dotted vertical line and a name, for example where a round begins.</summary>
    public IReadOnlyList<(double X, string Name)> Marks { get; init; } = [];

    public bool WholeX { get; init; } = true;

    public Markup Render()
    {
        var points = Series.SelectMany(s => s.Points).ToList();
        if (points.Count == 0)
            return Markup.Empty;
        var x = new Axis(points.Min(p => p.X), points.Max(p => p.X), Left + 8, Width - Right - 8);
        var y = new Axis(YMin, YMax ?? Axis.RoundUp(points.Max(p => p.High ?? p.Y)), Height - 42, Top);
        return Markup.Of($"""
            <svg class="chart" viewBox="0 0 {N(Width)} {N(Height)}" role="img" aria-label="{Label}">
            {Grid(x, y)}{Series.Select(s => Band(s, x, y))}{Series.Select(s => Line(s, x, y))}{EndNames(x, y)}</svg>
            """);
    }

    private Markup Grid(Axis x, Axis y)
    {
        var rows = y.Ticks(Height < 220 ? 2 : 5).Select(v => Markup.Of($"""
            <line class="grid" x1="{N(Left)}" x2="{N(Width - Right)}" y1="{N(y.At(v))}" y2="{N(y.At(v))}"/><text class="tick" x="{N(Left - 7)}" y="{N(y.At(v) + 4.5)}" text-anchor="end">{YFormat(v)}</text>
            """));
        var columns = Marks.Count > 0
            ? Marks.Select(m => Markup.Of($"""
                <line class="mark" x1="{N(x.At(m.X))}" x2="{N(x.At(m.X))}" y1="{N(Top)}" y2="{N(Height - 42)}"/><text class="tick" x="{N(x.At(m.X))}" y="{N(Height - 25)}" text-anchor="start">{m.Name}</text>
                """))
            : x.Ticks(Width < 300 ? 5 : 8, WholeX).Select(v => Markup.Of($"""
                <text class="tick" x="{N(x.At(v))}" y="{N(Height - 25)}" text-anchor="middle">{v.ToString("0.##", CultureInfo.InvariantCulture)}</text>
                """));
        return Markup.Of($"""
            {rows}{columns}<text class="axis" x="{N((Left + Width - Right) / 2)}" y="{N(Height - 6)}" text-anchor="middle">{XTitle}</text>
            """);
    }

    private static Markup Band(Series series, Axis x, Axis y)
    {
        var banded = series.Points.Where(p => p.Low is not null && p.High is not null).ToList();
        if (banded.Count < 2)
            return Markup.Join(banded.Select(p => Markup.Of($"""<line class="whisker c{series.Color}" x1="{N(x.At(p.X))}" x2="{N(x.At(p.X))}" y1="{N(y.At(p.Low!.Value))}" y2="{N(y.At(p.High!.Value))}"/>""")));
        var edge = banded.Select(p => (p.X, Y: p.High!.Value)).Concat(banded.AsEnumerable().Reverse().Select(p => (p.X, Y: p.Low!.Value)));
        return Markup.Of($"""<polygon class="band c{series.Color}" points="{string.Join(' ', edge.Select(p => $"{N(x.At(p.X))},{N(y.At(p.Y))}"))}"/>""");
    }

    private Markup Line(Series series, Axis x, Axis y)
    {
        var path = string.Join(' ', series.Points.Select(p => $"{N(x.At(p.X))},{N(y.At(p.Y))}"));
        var dots = !series.Markers ? [] : series.Points.Select(p => Markup.Of($"""
            <circle class="dot c{series.Color}" cx="{N(x.At(p.X))}" cy="{N(y.At(p.Y))}" r="4"><title>{Tip(series, p)}</title></circle>
            """));
        return Markup.Of($"""<polyline class="line c{series.Color}{(series.Dashed ? " dashed" : "")}" points="{path}"/>{dots}""");
    }

    private string Tip(Series series, ChartPoint p)
    {
        var interval = p.Low is { } low && p.High is { } high ? $" (95 % interval {TipFormat(low)} to {TipFormat(high)})" : "";
        return $"{series.Name}, {XTitle} {p.X.ToString("0.##", CultureInfo.InvariantCulture)}: {TipFormat(p.Y)}{interval}";
    }

    /// <summary>Names at the last points, moved apart where lines end close together.</summary>
    private IEnumerable<Markup> EndNames(Axis x, Axis y)
    {
        const double Gap = 16;
        var ends = Series.Where(s => s.Points.Count > 0 && s.Name.Length > 0).Select(s => (Series: s, Y: y.At(s.Points[^1].Y))).OrderBy(e => e.Y).ToArray();
        for (var i = 1; i < ends.Length; i++)
            ends[i].Y = Math.Max(ends[i].Y, ends[i - 1].Y + Gap);
        var limit = Height - 44;
        for (var i = ends.Length - 1; i >= 0; i--)
        {
            ends[i].Y = Math.Min(ends[i].Y, limit);
            limit = ends[i].Y - Gap;
        }

        return ends.Select(e => Markup.Of($"""
            <text class="name c{e.Series.Color}" x="{N(x.At(e.Series.Points[^1].X) + 9)}" y="{N(e.Y + 4.5)}">{e.Series.Name}</text>
            """));
    }

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
