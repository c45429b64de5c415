using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Reports;

/// <summary>A part of a report that a system or a study adds: charts, a table, lines of text.</summary>
public sealed record ReportSection
{
    /// <summary>Name of the file in a run folder that holds a run's own sections.</summary>
    public const string FileName = "sections.json";

    /// <summary>Heading.</summary>
    public required string Title { get; init; }

    /// <summary>What it is about, above everything else, or null.</summary>
    public string? Text { get; init; }

    /// <summary>The whole run in one sentence, for the head of its page; null in all sections but one.</summary>
    public string? Headline { get; init; }

    /// <summary>Charts.</summary>
    public IReadOnlyList<ReportChart> Charts { get; init; } = [];

    /// <summary>Headings of the table's columns; empty for no table.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Rows of the table, each as long as <see cref="Columns"/>.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows { get; init; } = [];

    /// <summary>Lines below.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Writes the sections of a run into its folder.</summary>
    public static void Write(string folder, IReadOnlyList<ReportSection> sections) =>
        RunFolder.WriteAtomically(Path.Combine(folder, FileName), JsonSerializer.Serialize(sections, RunSummary.JsonOptions) + "\n");

    /// <summary>The sections of a run; none where it has no such file.</summary>
    /// <exception cref="RatchetException">The file cannot be read.</exception>
    public static IReadOnlyList<ReportSection> Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<IReadOnlyList<ReportSection>>(File.ReadAllText(path), RunSummary.JsonOptions) ?? [] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new RatchetException($"'{path}' cannot be read: {e.Message}", "Write it anew with 'ratchet resume'.", e);
        }
    }
}

/// <summary>A chart of lines.</summary>
public sealed record ReportChart
{
    /// <summary>Heading.</summary>
    public required string Title { get; init; }

    /// <summary>Name of the x axis.</summary>
    public required string X { get; init; }

    /// <summary>Numbers are shares: the y axis is 0 to 100 %.</summary>
    public bool IsShare { get; init; }

    /// <summary>Lines.</summary>
    public required IReadOnlyList<ReportLine> Lines { get; init; }

    /// <summary>What is seen, below.</summary>
    public string Caption { get; init; } = "";
}

/// <summary>A line of a chart.</summary>
/// <param name="Name">Shown at its end.</param>
/// <param name="Points">Points in order of x.</param>
public sealed record ReportLine(string Name, IReadOnlyList<ReportPoint> Points)
{
    /// <summary>Number of the theme colour, 1 to 6; 0 takes the place among the lines.</summary>
    public int Color { get; init; }

    /// <summary>Draws it dashed, for what was not measured but predicted.</summary>
    public bool Dashed { get; init; }
}

/// <summary>A point.</summary>
/// <param name="X">x.</param>
/// <param name="Y">y.</param>
/// <param name="Low">Lower end of its band, or null.</param>
/// <param name="High">Upper end.</param>
public sealed record ReportPoint(double X, double Y, double? Low = null, double? High = null);
