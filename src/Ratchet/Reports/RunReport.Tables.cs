using Ratchet.Runs;
using Ratchet.Selection;

namespace Ratchet.Reports;

public static partial class RunReport
{
    private static Markup Rounds(ReportData data)
    {
        var rounds = data.Summary.Rounds;
        if (rounds.Count == 0)
            return Markup.Empty;
        var ks = Ks(data.Summary).Order().ToList();
        var greedy = rounds.Any(r => r.Heldout.Greedy is not null);
        return Markup.Of($"""
            <section>
            <h2>Round by round</h2>
            <div class="scroll" tabindex="0" role="region" aria-label="Table of rounds">
            <table>
            <thead><tr><th scope="col">Round</th>{ks.Select(k => Markup.Of($"""<th scope="col">pass@{k}</th>"""))}{(greedy ? Markup.Of($"""<th scope="col">greedy</th>""") : Markup.Empty)}<th scope="col">Train attempts</th><th scope="col">accepted</th><th scope="col">unknown</th><th scope="col">problems solved</th><th scope="col">Rows</th><th scope="col">Steps</th><th scope="col">Loss</th><th scope="col">Eval tokens</th><th scope="col">Eval checks</th></tr></thead>
            <tbody>
            {rounds.Select(r => Markup.Of($"""
                <tr><th scope="row">{r.Round}</th>{ks.Select(k => Cell(r.Heldout.PassAtK.GetValueOrDefault(k)))}{(greedy ? Cell(r.Heldout.Greedy) : Markup.Empty)}{TrainCells(r)}<td>{Numbers.Count(r.Examples)}</td><td>{Numbers.Count(r.Steps)}</td><td>{r.Loss:0.000}</td><td>{Numbers.Count(r.Heldout.Tokens)}</td><td>{Numbers.Count(r.Heldout.VerifierCalls)}</td></tr>
                """))}
            </tbody>
            </table>
            </div>
            <p class="caption">Small figures are 95 % intervals. Every round is evaluated on the same held-out problems with the same number of attempts; tokens and checks spent on it stand in the last columns. Round 0 trains on reference solutions.</p>
            </section>

            """);
    }

    private static Markup TrainCells(RoundSummary round) => round.Round == 0
        ? Markup.Of($"<td>{"\u2013"}</td><td>{"\u2013"}</td><td>{"\u2013"}</td><td>{"\u2013"}</td>")
        : Markup.Of($"""
            <td>{Numbers.Count(round.Train.Attempts)}</td><td>{Numbers.Count(round.Train.Accepted)}<small>{(round.Train.Attempts == 0 ? "" : Numbers.Percent((double)round.Train.Accepted / round.Train.Attempts))}</small></td><td>{Numbers.Count(round.Train.Unknown)}</td><td>{Numbers.Count(round.Train.Solved)}<small>of {Numbers.Count(round.Train.Problems)}</small></td>
            """);

    private static Markup Cell(Estimate? estimate) => estimate is null
        ? Markup.Of($"<td>{"\u2013"}</td>")
        : Markup.Of($"<td>{Numbers.Percent(estimate.Value)}<small>{Numbers.Interval(estimate)}</small></td>");

    private static Markup Selected(ReportData data)
    {
        if (data.Selections.Count == 0)
            return Markup.Empty;
        var reasons = data.Selections.SelectMany(s => s.Dropped.Keys).Distinct().Order().ToList();
        return Markup.Of($"""
            <section>
            <h2>What was selected to learn from</h2>
            <div class="scroll" tabindex="0" role="region" aria-label="Table of selection">
            <table>
            <thead><tr><th scope="col">Round</th><th scope="col">Attempts</th><th scope="col">Selected</th><th scope="col">Problems</th><th scope="col">Seed rows</th><th scope="col">Rows</th><th scope="col">Target tokens</th>{reasons.Select(r => Markup.Of($"""<th scope="col">{Words(r)}</th>"""))}</tr></thead>
            <tbody>
            {data.Selections.Select(s => Markup.Of($"""
                <tr><th scope="row">{s.Round}</th><td>{Numbers.Count(s.Judged)}</td><td>{Numbers.Count(s.Selected)}</td><td>{Numbers.Count(s.Problems)}</td><td>{Numbers.Count(s.SeedRows)}</td><td>{Numbers.Count(s.Rows)}</td><td>{Numbers.Count(s.TargetTokens)}</td>{reasons.Select(r => Markup.Of($"<td>{Numbers.Count(s.Dropped.GetValueOrDefault(r))}</td>"))}</tr>
                """))}
            </tbody>
            </table>
            </div>
            <p class="caption">Attempts of this and replayed rounds; the last columns count what was left out, each attempt at the first rule that applies.</p>
            </section>

            """);
    }

    private static string Words(DropReason reason) => reason switch
    {
        DropReason.NotReplayed => "not replayed",
        DropReason.Unknown => "unknown",
        DropReason.NotFullyChecked => "not fully checked",
        DropReason.NotEnded => "cut off",
        DropReason.Rejected => "rejected",
        DropReason.OutsidePassRate => "outside pass-rate window",
        DropReason.Duplicate => "duplicate",
        DropReason.OverLimit => "over the limit a problem",
        _ => "control: seed only",
    };

    private static Markup Work(ReportData data)
    {
        var summary = data.Summary;
        var verifier = summary.Verifier;
        List<(string, string)> checks =
        [
            ("Attempts to judge", Numbers.Count(verifier.Calls)),
            ("answered from the cache", verifier.Calls == 0 ? "0" : $"{Numbers.Count(verifier.Cached)} ({Numbers.Percent((double)verifier.Cached / verifier.Calls)})"),
            ("accepted", Numbers.Count(verifier.Accepted)),
            ("rejected", Numbers.Count(verifier.Rejected)),
            ("unknown", Numbers.Count(verifier.Unknown.Values.Sum())),
            .. verifier.Unknown.OrderBy(u => u.Key, StringComparer.Ordinal).Select(u => ($"unknown: {u.Key}", Numbers.Count(u.Value))),
        ];
        List<(string, string)> speeds =
        [
            ("Tokens sampled", Numbers.Count(summary.TokensSampled)),
            ("sampling", $"{Numbers.Short(summary.Speed.SampleTokensPerS)}\u00A0tokens/s"),
            ("Tokens trained on", Numbers.Count(summary.TokensTrained)),
            ("training", $"{Numbers.Short(summary.Speed.TrainTokensPerS)}\u00A0tokens/s"),
            ("checking", $"{Numbers.Short(summary.Speed.ChecksPerS)}\u00A0checks/s"),
            ("Largest log-probability difference, sampler and learner", $"{summary.Parity.MaxLogprobDifference.ToString("0.0e+0", System.Globalization.CultureInfo.InvariantCulture)} nats"),
        ];
        var removed = summary.Removed.OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal).Select(r => (r.Key, Numbers.Count(r.Value))).ToList();
        return Markup.Of($"""
            <section>
            <h2>Work done</h2>
            <div class="cards">
            {Facts("Verifier", checks)}{Facts("Sampling and training", speeds)}{(removed.Count == 0 ? Markup.Empty : Facts("Problems left out before the run", removed))}
            </div>
            </section>

            """);
    }

    private static Markup Reproduce(ReportData data)
    {
        var summary = data.Summary;
        List<(string, string)> facts =
        [
            ("Recipe", summary.Recipe),
            ("Seed", summary.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("Wall time", Numbers.Duration(summary.WallSeconds)),
            ("Sessions", Numbers.Count(summary.Sessions)),
            .. summary.Environment.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => (e.Key, e.Value)),
        ];
        if (summary.WeightsHash is { } hash)
            facts.Add(("SHA-256 of the last weights", hash));
        return Markup.Of($"""
            <section>
            <h2>Reproduce</h2>
            {(data.Command.Length == 0 ? Markup.Empty : Markup.Of($"""<pre class="command" tabindex="0" aria-label="Command that repeats the run">{data.Command}</pre>"""))}
            <div class="cards">{Facts("This run", facts)}</div>
            {(data.Recipe.Length == 0 ? Markup.Empty : Markup.Of($"""<h3 style="margin-top:1.4em">Effective recipe</h3><pre tabindex="0" aria-label="Effective recipe">{data.Recipe}</pre>"""))}
            </section>

            """);
    }

    private static Markup Facts(string caption, IEnumerable<(string Name, string Value)> facts) => Markup.Of($"""
        <div class="card"><h3>{caption}</h3><table class="plain"><tbody>{facts.Select(f => Markup.Of($"""<tr><th scope="row">{f.Name}</th><td>{f.Value}</td></tr>"""))}</tbody></table></div>
        """);
}
