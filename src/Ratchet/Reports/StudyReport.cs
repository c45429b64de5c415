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
        foreach (var table in Tables(study).Concat(study.Sections.Select(s => new Table(s.Title, s.Columns, [.. s.Rows.Select(r => r.ToArray())], [.. Curves(s)]) { Text = s.Text })))
        {
            text.Append($"## {table.Title}\n\n");
            if (table.Text is not null)
                text.Append(table.Text).Append("\n\n");
            if (table.Rows.Count > 0)
            {
                text.Append("| ").AppendJoin(" | ", table.Columns.Select(Cell)).Append(" |\n").Append('|').Append(string.Concat(table.Columns.Select(_ => "---|"))).Append('\n');
                foreach (var row in table.Rows)
                    text.Append("| ").AppendJoin(" | ", row.Select(Cell)).Append(" |\n");
                text.Append('\n');
            }

            foreach (var line in table.Notes)
                text.Append($"- {line}\n");
            if (table.Notes.Count > 0)
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
            {Tables(study).Select(t => Markup.Of($"""
                <section>
                <h2>{t.Title}</h2>
                {(t.Rows.Count == 0 ? Markup.Empty : Markup.Of($"""
                    <div class="scroll" tabindex="0" role="region" aria-label="{t.Title}">
                    <table>
                    <thead><tr>{t.Columns.Select(c => Markup.Of($"""<th scope="col">{c}</th>"""))}</tr></thead>
                    <tbody>
                    {t.Rows.Select(r => Markup.Of($"""<tr><th scope="row">{r[0]}</th>{r.Skip(1).Select(c => Markup.Of($"<td>{c}</td>"))}</tr>"""))}
                    </tbody>
                    </table>
                    </div>
                    """))}
                {(t.Notes.Count == 0 ? Markup.Empty : Markup.Of($"<ul>{t.Notes.Select(n => Markup.Of($"<li>{n}</li>"))}</ul>"))}
                </section>
                """))}
            {RunReport.Added(study.Sections)}
            """));
    }

    private static string Facts(StudyResult study)
    {
        var machine = study.Environment.Count == 0 ? "" : $" Machine: {string.Join(", ", study.Environment.Select(e => $"{e.Key} {e.Value}"))}.";
        return $"Compared by `{study.Measure}` ({(study.LowerIsBetter ? "lower" : "higher")} is better), seeds {string.Join(", ", study.Seeds)}.{machine}";
    }

    private static IEnumerable<Table> Tables(StudyResult study)
    {
        string[] measures = [study.Measure, .. study.Measures];
        yield return new Table(
            "Arms",
            ["Arm", "Runs", .. measures, "Settings"],
            [.. study.Arms.Select(a => (string[])[a.Name, a.Runs.Count(r => r.Status == "completed").ToString(CultureInfo.InvariantCulture), .. measures.Select(m => Spread(a.Values(m))), a.Settings])],
            ["Each number is the mean over seeds, with ± the deviation between seeds where they differ."]);
        yield return new Table(
            "Comparisons, paired by seed",
            ["Comparison", $"{study.Measure}, left minus right", "95 % interval", "Seeds in which left is better", "What for"],
            [.. study.Comparisons.Select(c => (string[])[$"{c.Left} vs {c.Right}", Signed(c.Difference?.Mean), c.Difference is { Low: { } low } d ? $"{Signed(low)} to {Signed(d.High)}" : "none", c.Difference is { } e ? $"{(study.LowerIsBetter ? e.Pairs - e.Above : e.Above)} of {e.Pairs}" : "none", c.Text ?? ""])],
            ["Student's interval of the mean difference over seeds. It knows nothing of other data, sizes or training lengths."]);
        yield return new Table("Findings", [], [], [.. study.Comparisons.Select(c => c.Finding(study))]);
        if (study.Gates.Count > 0)
        {
            yield return new Table(
                "What must hold",
                ["Claim", "Holds in", "Verdict", "Why"],
                [.. study.Gates.Select(g => (string[])[g.Claim, $"{g.Holds} of {g.Of} seeds", g.Passed ? "holds" : "DOES NOT HOLD", g.Text ?? ""])],
                []);
        }

        if (study.Checks.Count > 0)
        {
            yield return new Table(
                "Checks",
                ["Check", "What must be seen", "What was seen", "Verdict"],
                [.. study.Checks.Select(c => (string[])[c.Name, c.Claim, c.Result, c.Holds switch { true => "holds", false => "DOES NOT HOLD", _ => "not yet" }])],
                []);
        }

        List<string> unfinished = [.. study.Unfinished.Select(u => $"{u.Arm.Name}, seed {u.Run.Seed}: {u.Run.Status}{(u.Run.Message is null ? "" : $", {u.Run.Message}")}")];
        if (unfinished.Count > 0)
            yield return new Table("Runs that have not ended", [], [], unfinished);
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

    /// <summary>Charts as lines of text, for Markdown.</summary>
    private static IEnumerable<string> Curves(ReportSection section) => section.Figures.SelectMany(f => f.Series.Select(s =>
        $"{f.Title}, {s.Name}: {string.Join(", ", s.Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X:0.##}: {p.Y:0.###}")))} ({f.XTitle}: value)"));

    private sealed record Table(string Title, IReadOnlyList<string> Columns, IReadOnlyList<string[]> Rows, IReadOnlyList<string> Notes)
    {
        public string? Text { get; init; }
    }
}
