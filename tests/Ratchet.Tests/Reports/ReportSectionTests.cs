using System.Xml.Linq;
using Ratchet.Reports;

namespace Ratchet.Tests.Reports;

public sealed class ReportSectionTests : IDisposable
{
    private static readonly ReportSection Section = new()
    {
        Title = "Which <format> survives",
        Text = "Answers & formats.",
        Headline = "Prose wins.",
        Charts =
        [
            new ReportChart
            {
                Title = "Shares", X = "update", IsShare = true, Caption = "Of answers.",
                Lines = [new ReportLine("prose", [new(0, 0.3, 0.2, 0.4), new(10, 0.9, 0.8, 1)]), new ReportLine("", [new(0, 0.3), new(10, 0.7)]) { Color = 1, Dashed = true }],
            },
        ],
        Columns = ["Arm", "Share | seeds"],
        Rows = [["a", "0.9"], ["b", "<0.1"]],
        Notes = ["One <note>."],
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Sections_are_read_back_from_a_run_folder_as_they_were_written()
    {
        Assert.Empty(ReportSection.Read(_folder.Path));

        ReportSection.Write(_folder.Path, [Section]);
        var read = Assert.Single(ReportSection.Read(_folder.Path));

        Assert.Equal((Section.Title, Section.Headline), (read.Title, read.Headline));
        Assert.Equal(Section.Rows, read.Rows);
        Assert.Equal(Section.Charts[0].Lines[0].Points, read.Charts[0].Lines[0].Points);
        Assert.True(read.Charts[0].Lines[1].Dashed);
    }

    [Fact]
    public void The_report_of_a_run_has_its_systems_headline_charts_and_tables_with_text_escaped()
    {
        var page = RunReport.Render(SampleReport.Create() with { Sections = [Section], Summary = SampleReport.Create().Summary with { Measures = new Dictionary<string, double> { ["x"] = 1 } } });

        XDocument.Parse(page.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));
        Assert.Contains("<h1>Prose wins.</h1>", page, StringComparison.Ordinal);
        Assert.Contains("<h2>Which &lt;format&gt; survives</h2>", page, StringComparison.Ordinal);
        Assert.Contains("<td>&lt;0.1</td>", page, StringComparison.Ordinal);
        Assert.Contains("line c1 dashed", page, StringComparison.Ordinal);
        Assert.Contains("prose from 30.0", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_of_a_study_has_its_systems_tables_as_markdown_and_as_a_page()
    {
        var study = new StudyResult { Name = "s", Measure = "m", Seeds = [1], Arms = [], Comparisons = [], Gates = [], Sections = [Section] };

        var text = StudyReport.Markdown(study);

        Assert.Contains("## Which <format> survives\n\nAnswers & formats.\n\n| Arm | Share \\| seeds |\n|---|---|\n| a | 0.9 |", text, StringComparison.Ordinal);
        Assert.Contains("- One <note>.", text, StringComparison.Ordinal);
        Assert.Contains("class=\"band c1\"", StudyReport.Html(study), StringComparison.Ordinal);
    }
}
