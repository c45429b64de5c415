using System.Globalization;
using System.Text;
using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Reports;

/// <summary>The report of a study as Markdown, as one self-contained page, and for programs.</summary>
public static class StudyReport
{
    /// <summary>Writes <c>study.md</c>, <c>study.html</c> and <c>study.json</c> into a folder, each whole or not at all.</summary>
    /// <exception cref="RatchetException">The folder cannot be written.</exception>
    public static void Write(StudyResult study, string folder)
    {
        RunFolder.WriteAtomically(Path.Combine(folder, "study.md"), Markdown(study));
        RunFolder.WriteAtomically(Path.Combine(folder, "study.html"), Html(study));
        RunFolder.WriteAtomically(Path.Combine(folder, "study.json"), JsonSerializer.Serialize(study, RunSummary.JsonOptions) + "\n");
    }

    /// <summary>The report as Markdown.</summary>
    public static string Markdown(StudyResult study)
    {
        ArgumentNullException.ThrowIfNull(study);
        var text = new StringBuilder();
        text.Append($"# {study.Name}\n\n");
        if (study.Description is not null)
            text.Append(study.Description.Trim()).Append("\n\n");
        text.Append(Facts(study)).Append("\n\n");
        foreach (var section in Sections(study))
        {
            text.Append($"## {section.Title}\n\n");
            if (section.Text is not null)
                text.Append(section.Text).Append("\n\n");
            if (section.Rows.Count > 0)
            {
                text.Append("| ").AppendJoin(" | ", section.Columns.Select(Cell)).Append(" |\n").Append('|').Append(string.Concat(section.Columns.Select(_ => "---|"))).Append('\n');
                foreach (var row in section.Rows)
                    text.Append("| ").AppendJoin(" | ", row.Select(Cell)).Append(" |\n");
                text.Append('\n');
            }

            foreach (var line in section.Notes)
                text.Append($"- {line}\n");
            if (section.Notes.Count > 0)
                text.Append('\n');
        }

        return text.ToString().TrimEnd('\n') + "\n";

        static string Cell(string value) => value.Replace("|", "\\|", StringComparison.Ordinal);
    }

    /// <summary>The report as a page.</summary>
    public static string Html(StudyResult study)
    {
        ArgumentNullException.ThrowIfNull(study);
        return RunReport.Page(study.Name, Markup.Of($"""
            <header>
            <p class="eyebrow">Ratchet study report, {study.Arms.Count} arms, {study.Seeds.Count} seeds</p>
            <h1>{study.Name}</h1>
            <p>{study.Description ?? ""}</p>
            <p>{Facts(study)}</p>
            </header>
            {Sections(study).Select(SectionMarkup.Render)}
            """));
    }

    private static string Facts(StudyResult study)
    {
        var machine = study.Environment.Count == 0 ? "" : $" Machine: {string.Join(", ", study.Environment.Select(e => $"{e.Key} {e.Value}"))}.";
        return $"Compared by {study.Measure} ({(study.LowerIsBetter ? "lower" : "higher")} is better), seeds {string.Join(", ", study.Seeds)}.{machine}";
    }

    private static IEnumerable<ReportSection> Sections(StudyResult study)
    {
        string[] measures = [study.Measure, .. study.Measures];
        yield return new ReportSection
        {
            Title = "Arms",
            Columns = ["Arm", "Runs", .. measures, "Settings"],
            Rows = [.. study.Arms.Select(a => (string[])[a.Name, a.Runs.Count(r => r.Status == "completed").ToString(CultureInfo.InvariantCulture), .. measures.Select(m => Spread(a.Values(m))), a.Settings])],
            Notes = ["Each number is the mean over seeds, with ± the deviation between seeds where they differ."],
        };
        if (study.Checks.Count > 0)
        {
            yield return new ReportSection
            {
                Title = "Checks",
                Columns = ["Check", "What must be seen", "What was seen", "Verdict"],
                Rows = [.. study.Checks.Select(c => (string[])[c.Name, c.Claim, c.Result, c.Holds switch { true => "holds", false => "DOES NOT HOLD", _ => "not yet" }])],
            };
        }

        foreach (var section in study.Sections)
            yield return section;
        yield return new ReportSection
        {
            Title = "Comparisons, paired by seed",
            Columns = ["Comparison", $"{study.Measure}, left minus right", "95 % interval", "Seeds in which left is better", "What for"],
            Rows = [.. study.Comparisons.Select(c => (string[])[$"{c.Left} vs {c.Right}", Signed(c.Difference?.Mean), c.Difference is { Low: { } low } d ? $"{Signed(low)} to {Signed(d.High)}" : "none", c.Difference is { } e ? $"{(study.LowerIsBetter ? e.Pairs - e.Above : e.Above)} of {e.Pairs}" : "none", c.Text ?? ""])],
            Notes = ["Student's interval of the mean difference over seeds. It knows nothing of other data, sizes or training lengths."],
        };
        yield return new ReportSection { Title = "Findings", Notes = [.. study.Comparisons.Select(c => c.Finding(study))] };
        if (study.Gates.Count > 0)
        {
            yield return new ReportSection
            {
                Title = "What must hold",
                Columns = ["Claim", "Holds in", "Verdict", "Why"],
                Rows = [.. study.Gates.Select(g => (string[])[g.Claim, $"{g.Holds} of {g.Of} seeds", g.Passed ? "holds" : "DOES NOT HOLD", g.Text ?? ""])],
            };
        }

        List<string> unfinished = [.. study.Unfinished.Select(u => $"{u.Arm.Name}, seed {u.Run.Seed}: {u.Run.Status}{(u.Run.Message is null ? "" : $", {u.Run.Message}")}")];
        if (unfinished.Count > 0)
            yield return new ReportSection { Title = "Runs that have not ended", Notes = unfinished };
    }

    private static string Spread(IReadOnlyList<double> values)
    {
        if (values.Count == 0)
            return "none";
        var mean = values.Average();
        var deviation = values.Count < 2 ? 0 : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
        return Number(mean) + (deviation > 0 ? $" ± {Number(deviation, mean)}" : "");
    }

    private static string Number(double value, double? like = null) => value.ToString(Math.Abs(like ?? value) >= 1000 ? "#,0" : Math.Abs(like ?? value) >= 20 ? "0.0" : "0.0000", CultureInfo.InvariantCulture);

    private static string Signed(double? value) => value is { } v ? v.ToString("+0.0000;-0.0000;0", CultureInfo.InvariantCulture) : "none";
}
