namespace Ratchet.Reports;

/// <summary>A part of a report that a system adds: text, a table and charts, each of which may be missing. A run keeps its own in <c>sections.json</c>.</summary>
public sealed record ReportSection
{
    /// <summary>Heading.</summary>
    public required string Title { get; init; }

    /// <summary>A paragraph under it, or null.</summary>
    public string? Text { get; init; }

    /// <summary>Columns of the table; empty for none.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Rows of the table, each with a cell a column.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows { get; init; } = [];

    /// <summary>Charts.</summary>
    public IReadOnlyList<ReportFigure> Figures { get; init; } = [];
}

/// <summary>A line chart.</summary>
public sealed record ReportFigure
{
    /// <summary>What it shows.</summary>
    public required string Title { get; init; }

    /// <summary>Name of the x axis.</summary>
    public required string XTitle { get; init; }

    /// <summary>Lines; the first six have colours of their own.</summary>
    public required IReadOnlyList<FigureSeries> Series { get; init; }
}

/// <summary>A line of a chart.</summary>
/// <param name="Name">Shown at its end.</param>
/// <param name="Points">Points in order of x.</param>
public sealed record FigureSeries(string Name, IReadOnlyList<FigurePoint> Points);

/// <summary>A point of a line.</summary>
/// <param name="X">x.</param>
/// <param name="Y">y.</param>
/// <param name="Low">Lower end of its 95 % interval, or null.</param>
/// <param name="High">Upper end of the interval, or null.</param>
public sealed record FigurePoint(double X, double Y, double? Low = null, double? High = null);
