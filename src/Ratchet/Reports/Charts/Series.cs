namespace Ratchet.Reports.Charts;

/// <summary>A line of a chart.</summary>
/// <param name="Name">Shown at its end and in tooltips.</param>
/// <param name="Color">Number of the theme colour, from 1.</param>
/// <param name="Points">Points in order of x.</param>
/// <param name="Dashed">Draws a dashed line.</param>
/// <param name="Markers">Draws a dot, with a tooltip, at each point.</param>
internal sealed record Series(string Name, int Color, IReadOnlyList<ChartPoint> Points, bool Dashed = false, bool Markers = true);

/// <summary>A point, with its interval where it has one.</summary>
internal readonly record struct ChartPoint(double X, double Y, double? Low = null, double? High = null);
