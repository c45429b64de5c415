using System.Globalization;

namespace Ratchet.Reports.Charts;

/// <summary>Histograms of two groups side by side, as shares of each group, as inline SVG.</summary>
internal sealed record BarChart
{
    private const double Width = 460;
    private const double Height = 280;
    private const double Top = 34;
    private const double Left = 46;

    public required string Label { get; init; }

    public required string XTitle { get; init; }

    public required string FirstName { get; init; }

    public required string SecondName { get; init; }

    public required IReadOnlyList<int> First { get; init; }

    public required IReadOnlyList<int> Second { get; init; }

    public Markup Render()
    {
        var all = First.Concat(Second).ToList();
        if (all.Count == 0)
            return Markup.Empty;
        var (start, width, count) = Bins(all.Min(), all.Max());
        var first = Shares(First, start, width, count);
        var second = Shares(Second, start, width, count);
        var x = new Axis(start, start + (width * count), Left, Width - 14);
        var y = new Axis(0, Axis.RoundUp(first.Concat(second).Max()), Height - 42, Top);
        var slot = (x.To - x.From) / count;
        var bars = Enumerable.Range(0, count).Select(i => Markup.Of($"""
            {Bar(x.From + (slot * i) + (slot * 0.08), slot * 0.42, y, first[i], 4, FirstName, start + (i * width), width)}{Bar(x.From + (slot * i) + (slot * 0.5), slot * 0.42, y, second[i], 1, SecondName, start + (i * width), width)}
            """));
        var rows = y.Ticks(4).Select(v => Markup.Of($"""
            <line class="grid" x1="{N(Left)}" x2="{N(Width - 14)}" y1="{N(y.At(v))}" y2="{N(y.At(v))}"/><text class="tick" x="{N(Left - 7)}" y="{N(y.At(v) + 4.5)}" text-anchor="end">{Numbers.WholePercent(v)}</text>
            """));
        var columns = x.Ticks(8, whole: true).Select(v => Markup.Of($"""<text class="tick" x="{N(x.At(v))}" y="{N(Height - 25)}" text-anchor="middle">{v:0}</text>"""));
        return Markup.Of($"""
            <svg class="chart" viewBox="0 0 {N(Width)} {N(Height)}" role="img" aria-label="{Label}">
            <rect class="bar c4" x="{N(Left)}" y="6" width="13" height="13"/><text class="name c4" x="{N(Left + 19)}" y="17">{FirstName}</text>
            <rect class="bar c1" x="{N(Left + 180)}" y="6" width="13" height="13"/><text class="name c1" x="{N(Left + 199)}" y="17">{SecondName}</text>
            {rows}{bars}{columns}<text class="axis" x="{N((Left + Width - 14) / 2)}" y="{N(Height - 6)}" text-anchor="middle">{XTitle}</text></svg>
            """);
    }

    /// <summary>At most 16 bins of a round whole width that hold both ends.</summary>
    internal static (int Start, int Width, int Count) Bins(int min, int max)
    {
        var width = new[] { 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000 }.FirstOrDefault(w => (max / w) - (min / w) + 1 <= 16, 100_000);
        var start = min / width * width;
        return (start, width, (max / width) - (min / width) + 1);
    }

    private static double[] Shares(IReadOnlyList<int> values, int start, int width, int count)
    {
        var shares = new double[count];
        foreach (var value in values)
            shares[(value - start) / width] += 1.0 / values.Count;
        return shares;
    }

    private static Markup Bar(double x, double width, Axis y, double share, int color, string name, int from, int size) => share == 0 ? Markup.Empty : Markup.Of($"""
        <rect class="bar c{color}" x="{N(x)}" y="{N(y.At(share))}" width="{N(width)}" height="{N(y.From - y.At(share))}"><title>{name}, {from}{(size == 1 ? "" : $"\u2013{from + size - 1}")} tokens: {Numbers.Percent(share)}</title></rect>
        """);

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
