using Ratchet.Runs;

namespace Ratchet.Reports;

/// <summary>
/// The report of a run as one self-contained page: no script, no network, no fonts of its own; light, dark, print and
/// narrow screens from one style sheet. The page is well-formed XML as well as HTML.
/// </summary>
public static partial class RunReport
{
    /// <summary>Makes the page. The same data give the same bytes.</summary>
    public static string Render(ReportData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var summary = data.Summary;
        var title = $"{summary.Recipe}, seed {summary.Seed}";
        Markup[] sections =
        [
            Header(data), Tiles(data), FindingList(data), .. data.Sections.Select(SectionMarkup.Render), Measured(data), Curves(data), Strata(data), Pairs(data), Learning(data), Rounds(data), Selected(data), data.Summary.Measures is null || data.Summary.Verifier.Calls > 0 ? Work(data) : Markup.Empty, Reproduce(data),
        ];
        return Page(title, Markup.Join(sections));
    }

    /// <summary>Reads a run folder and writes its <c>report.html</c>, whole or not at all.</summary>
    /// <exception cref="RatchetException">There is no readable run, or the page cannot be written.</exception>
    public static void Write(string folder) => RunFolder.WriteAtomically(Path.Combine(folder, "report.html"), Render(ReportData.Load(folder)));

    /// <summary>A page in the reports' style.</summary>
    internal static string Page(string title, Markup body) => Markup.Of($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="generator" content="Ratchet"/>
        <title>{title} - Ratchet report</title>
        <style>
        {StyleSheet}
        </style>
        </head>
        <body>
        <main>
        {body}
        </main>
        </body>
        </html>

        """).ToString();

    private static Markup StyleSheet => Markup.Trusted(ReportStyle.Css);

    private static Markup Header(ReportData data)
    {
        var summary = data.Summary;
        return Markup.Of($"""
            <header>
            <p class="eyebrow">Ratchet run report, recipe <strong>{summary.Recipe}</strong>, seed {summary.Seed} <span class="status{(summary.Status == "completed" ? "" : " warn")}">{summary.Status}</span></p>
            <h1>{Verdict(data)}</h1>
            </header>

            """);
    }

    /// <summary>The run in one sentence.</summary>
    internal static string Verdict(ReportData data)
    {
        var rounds = data.Summary.Rounds;
        if (data.Summary.Measures is { Count: > 0 } measures)
            return data.Headline is { } headline ? headline : measures.TryGetValue("heldout_loss", out var loss) ? $"Held-out loss of {loss.ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture)} nats per token after {Numbers.Short(data.Summary.TokensTrained)} tokens of training." : "The run has ended; its results are in the table.";
        if (rounds.Count == 0)
            return data.Summary.Status == "running" ? "The first round is still going on." : "The run ended before its first evaluation.";
        if (Findings.HeadlineK(data.Summary) is not { } k)
            return "The run has no held-out evaluation that its first and last round share.";
        var first = rounds[0].Heldout.PassAtK[k];
        var last = rounds[^1].Heldout.PassAtK[k];
        var attempts = k == 1 ? "one attempt" : $"{k} attempts";
        if (rounds.Count == 1)
            return $"The start model solves {Numbers.WholePercent(first.Value)} of held-out problems within {attempts}.";
        var done = Numbers.Plural(rounds[^1].Round - rounds[0].Round, "round");
        var tone = Findings.Of(data).FirstOrDefault(f => f.Kind == FindingKind.Gain)?.Tone;
        if (tone == FindingTone.Good)
        {
            var times = first.Value > 0 && last.Value / first.Value >= 1.15 ? $", {(last.Value / first.Value).ToString("0.0", System.Globalization.CultureInfo.InvariantCulture)} times as many" : "";
            return $"From {Numbers.WholePercent(first.Value)} to {Numbers.WholePercent(last.Value)} of held-out problems solved within {attempts}{times}, after {done} of learning from its own checked work.";
        }

        var direction = last.Value > first.Value ? "No gain beyond noise" : last.High < first.Low ? "The model got worse" : "No gain";
        return $"{direction}: {Numbers.WholePercent(first.Value)} of held-out problems solved within {attempts} at the start, {Numbers.WholePercent(last.Value)} after {done}.";
    }

    private static Markup Tiles(ReportData data)
    {
        var summary = data.Summary;
        var tiles = new List<(string Value, string Name)>();
        if (Findings.HeadlineK(summary) is { } k)
        {
            var last = summary.Rounds[^1].Heldout;
            tiles.Add((Numbers.Percent(last.PassAtK[k].Value), $"held-out pass@{k}, interval {Numbers.Interval(last.PassAtK[k])}"));
            if (k != 1 && last.PassAtK.TryGetValue(1, out var one))
                tiles.Add((Numbers.Percent(one.Value), $"pass@1, interval {Numbers.Interval(one)}"));
            if (last.Greedy is { } greedy)
                tiles.Add((Numbers.Percent(greedy.Value), $"most likely attempt, interval {Numbers.Interval(greedy)}"));
        }

        if (data.NewlySolved > 0)
            tiles.Add((Numbers.Count(data.NewlySolved), "held-out problems solved now that the start model left open"));
        tiles.Add((Numbers.Short(summary.Parameters), "trained parameters"));
        if (summary.Measures is null)
        {
            tiles.Add((Numbers.Short(summary.TokensSampled), "tokens sampled"));
            tiles.Add((Numbers.Short(summary.Verifier.Calls), "attempts verified"));
        }
        else
        {
            tiles.Add((Numbers.Short(summary.TokensTrained), "tokens trained"));
            tiles.Add((Numbers.Short(summary.Speed.TrainTokensPerS), "tokens trained per second"));
        }

        tiles.Add((Numbers.Duration(summary.WallSeconds), summary.Sessions > 1 ? $"wall time in {summary.Sessions} sessions" : "wall time"));
        return Markup.Of($"""
            <section class="tiles" aria-label="Key numbers">
            {tiles.Select(t => Markup.Of($"""<div class="tile"><b>{t.Value}</b><span>{t.Name}</span></div>"""))}
            </section>

            """);
    }

    /// <summary>Results that are plain numbers.</summary>
    private static Markup Measured(ReportData data) => data.Summary.Measures is not { Count: > 0 } measures ? Markup.Empty : Markup.Of($"""
        <section>
        <h2>Measures</h2>
        <div class="scroll" tabindex="0" role="region" aria-label="Table of measures">
        <table>
        <thead><tr><th scope="col">Measure</th><th scope="col">Value</th></tr></thead>
        <tbody>
        {measures.Select(m => Markup.Of($"""<tr><th scope="row">{m.Key}</th><td>{m.Value.ToString("G6", System.Globalization.CultureInfo.InvariantCulture)}</td></tr>"""))}
        </tbody>
        </table>
        </div>
        </section>

        """);

    private static Markup FindingList(ReportData data)
    {
        var findings = Findings.Of(data);
        return findings.Count == 0 ? Markup.Empty : Markup.Of($"""
            <section>
            <h2>Findings</h2>
            <ul class="findings">
            {findings.Select(f => Markup.Of($"""
                <li class="{f.Tone.ToString().ToLowerInvariant()}"><b>{(f.Tone == FindingTone.Warning ? "\u26A0\u00A0" : "")}{Heading(f.Kind)}</b>{f.Text}</li>
                """))}
            </ul>
            </section>

            """);
    }

    private static string Heading(FindingKind kind) => kind switch
    {
        FindingKind.Strata => "By difficulty",
        FindingKind.Saturation => "Trend",
        FindingKind.Diversity => "One or many",
        FindingKind.Unknown => "Unknown verdicts",
        FindingKind.Excluded => "Left out",
        _ => kind.ToString(),
    };

    private static Markup Pairs(ReportData data) => data.Pairs.Count == 0 ? Markup.Empty : Markup.Of($"""
        <section>
        <h2>Before and after</h2>
        <p>{Numbers.Plural(data.NewlySolved, "held-out problem")} that no attempt of the start model solved and the last round does{(data.Pairs.Count < data.NewlySolved ? $"; {data.Pairs.Count} of them" : "")}. The verifier's message stands under the place that it points at.</p>
        {data.Pairs.Select(p => Markup.Of($"""
            <article class="card pair">
            <p class="eyebrow">{p.ProblemId}, {p.Stratum}</p>
            <p class="statement">{p.Statement}</p>
            <div class="sides">
            <div class="no"><h4>{"\u2717"} Round {FirstRound(data)}, rejected</h4>{ProofText.Render(p.Before, p.Feedback)}</div>
            <div class="yes"><h4>{"\u2713"} Round {LastRound(data)}, accepted</h4>{ProofText.Render(p.After, [])}</div>
            </div>
            </article>
            """))}
        </section>

        """);

    private static int FirstRound(ReportData data) => data.Summary.Rounds.Count == 0 ? 0 : data.Summary.Rounds[0].Round;

    private static int LastRound(ReportData data) => data.Summary.Rounds.Count == 0 ? 0 : data.Summary.Rounds[^1].Round;
}
