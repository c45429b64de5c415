using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using CsCheck;
using Ratchet.Reports;
using Ratchet.Verdicts;

namespace Ratchet.Tests.Reports;

public sealed class RunReportTests
{
    private static readonly string Page = RunReport.Render(SampleReport.Create());

    [Fact]
    public void The_page_is_well_formed_and_has_all_sections()
    {
        var page = Parse(Page);

        Assert.Equal(
            ["Findings", "Held-out problems solved", "By difficulty", "Before and after", "How it learned", "Round by round", "What was selected to learn from", "Work done", "Reproduce"],
            page.Descendants("h2").Select(h => h.Value));
        Assert.Equal("first-proofs, seed 1 - Ratchet report", page.Descendants("title").First().Value);
    }

    [Fact]
    public void The_page_needs_nothing_from_outside_and_runs_no_script()
    {
        var page = Parse(Page);

        Assert.DoesNotMatch(new Regex(@"https?://|url\(|@import", RegexOptions.IgnoreCase), Page);
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "link" or "img" or "iframe" or "object" or "embed");
        Assert.DoesNotContain(page.Descendants().Attributes(), a => a.Name.LocalName is "src" or "href" || a.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
    }

    [Fact]
    public void The_page_holds_the_numbers_of_the_summary()
    {
        var text = Parse(Page).Root!.Value;

        Assert.Contains("From 37\u00A0% to 91\u00A0% of held-out problems solved within 8 attempts, 2.5 times as many, after 4\u00A0rounds", text);
        foreach (var expected in new[] { "3\u202F812\u202F554", "9\u202F204\u202F118", "92\u202F160", "31\u202F877 (34.6\u00A0%)", "48\u202F211", "4\u00A0min 07\u00A0s", "1.05\u00A0M", "48.2\u00A0k\u00A0tokens/s", "2.1e-5 nats", "1a2b3c4", "212", "9f2c5a0e7d6b4c1f" })
            Assert.Contains(expected, text);
        foreach (var round in SampleReport.Create().Summary.Rounds)
        {
            foreach (var estimate in round.Heldout.PassAtK.Values)
            {
                Assert.Contains($"{estimate.Value * 100:0.0}\u00A0%", text);
                Assert.Contains($"{estimate.Low * 100:0.0}\u2013{estimate.High * 100:0.0}\u00A0%", text);
            }
        }
    }

    [Fact]
    public void Every_chart_says_in_words_what_it_shows_and_every_table_has_headers()
    {
        var page = Parse(Page);

        var charts = page.Descendants("svg").ToList();
        Assert.Equal(9, charts.Count);
        Assert.All(charts, c => Assert.Matches(@"\d", c.Attribute("aria-label")!.Value));
        Assert.Contains("pass@8 from 36.9\u00A0% to 91.5\u00A0%.", charts[0].Attribute("aria-label")!.Value);
        Assert.All(page.Descendants("table"), t => Assert.All(t.Descendants("tr"), row => Assert.NotEmpty(row.Elements("th"))));
    }

    [Fact]
    public void Bands_and_lines_stay_inside_their_chart()
    {
        foreach (var chart in Parse(Page).Descendants("svg"))
        {
            var box = chart.Attribute("viewBox")!.Value.Split(' ').Select(double.Parse).ToArray();
            var points = chart.Descendants().Attributes("points").SelectMany(a => a.Value.Split(' ')).Select(p => p.Split(',').Select(double.Parse).ToArray());
            Assert.All(points, p => Assert.True(p[0] >= 0 && p[0] <= box[2] && p[1] >= 0 && p[1] <= box[3], $"({p[0]}, {p[1]}) is outside {chart.Attribute("viewBox")!.Value}"));
        }
    }

    [Fact]
    public void The_same_data_give_the_same_bytes() => Assert.Equal(Page, RunReport.Render(SampleReport.Create()));

    [Fact]
    public void Hostile_text_stays_text_everywhere()
    {
        const string Evil = "</pre><script>alert(1)</script>\"' onload='x' & \u0000\u001B[31m \u202Eltr <img src=x onerror=y>";
        var data = SampleReport.Create();
        data = data with
        {
            Recipe = Evil,
            Command = Evil,
            Pairs = [new ProofPair(Evil, Evil, Evil, Evil, [new Feedback(3, 9, Evil), new Feedback(-1, -1, Evil)], Evil)],
            Summary = data.Summary with
            {
                Recipe = Evil, Status = "failed", Message = Evil,
                Environment = new Dictionary<string, string> { [Evil] = Evil },
                Removed = new Dictionary<string, int> { [Evil] = 3 },
                Verifier = data.Summary.Verifier with { Unknown = new Dictionary<string, long> { [Evil] = 9 } },
                Rounds = [.. data.Summary.Rounds.Select(r => r with { Heldout = r.Heldout with { ByStratum = r.Heldout.ByStratum.ToDictionary(s => s.Key + Evil, s => s.Value) } })],
            },
        };

        var html = RunReport.Render(data);

        Assert.DoesNotContain("<script", html);
        Assert.DoesNotContain("<img", html);
        Assert.DoesNotContain('\u001B', html);
        Assert.DoesNotContain('\u202E', html);
        var page = Parse(html);
        Assert.DoesNotContain(page.Descendants().Attributes(), a => a.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.Contains("<script>alert(1)</script>", page.Root!.Value);
    }

    [Fact]
    public void Any_text_gives_a_well_formed_page() =>
        Gen.String.Sample(text =>
        {
            var data = SampleReport.Create();
            data = data with { Recipe = text, Pairs = [new ProofPair("h", text, text, text, [new Feedback(text.Length / 2, text.Length, text)], text)] };
            Assert.NotNull(Parse(RunReport.Render(data)).Root);
        }, iter: 60);

    [Theory]
    [InlineData("failed", "The run ended before its first evaluation.")]
    [InlineData("running", "The first round is still going on.")]
    public void A_run_without_a_round_has_a_page(string status, string verdict)
    {
        var data = new ReportData { Summary = SampleReport.Create().Summary with { Status = status, Message = "The disk is full.", Rounds = [] } };

        var page = Parse(RunReport.Render(data));

        Assert.Equal(verdict, page.Descendants("h1").First().Value);
        Assert.Empty(page.Descendants("svg"));
    }

    [Fact]
    public void A_run_of_the_start_model_alone_has_a_page()
    {
        var data = SampleReport.Create();
        data = new ReportData { Summary = data.Summary with { Rounds = [data.Summary.Rounds[0]] } };

        Assert.Equal("The start model solves 37\u00A0% of held-out problems within 8 attempts.", Parse(RunReport.Render(data)).Descendants("h1").First().Value);
    }

    [Fact]
    public void A_run_that_did_not_gain_says_so_in_its_title()
    {
        var data = SampleReport.Create();
        var rounds = data.Summary.Rounds;
        data = data with { Gain = null, Summary = data.Summary with { Rounds = [rounds[0], rounds[1] with { Heldout = rounds[0].Heldout }] } };

        Assert.StartsWith("No gain: 37\u00A0% of held-out problems", Parse(RunReport.Render(data)).Descendants("h1").First().Value);
    }

    private static XDocument Parse(string html)
    {
        using var reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }
}
