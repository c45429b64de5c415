using Ratchet.Proving;
using Ratchet.Runs;

namespace Ratchet.Reports;

/// <summary>Search trees as one self-contained page: every node opens and closes, with its score, its goals and what failed there.</summary>
public static class SearchReport
{
    /// <summary>Levels of a tree that are drawn; deeper nodes are counted and left out.</summary>
    private const int MostLevels = 200;

    /// <summary>Holds neither "&lt;" nor "&amp;".</summary>
    private const string Css = """
        .tree,.tree ul{list-style:none;margin:0;padding:0 0 0 1.1em;border-left:1px solid var(--rule)}
        .tree{border-left:0;padding-left:0;overflow-x:auto}
        .tree summary{cursor:pointer;padding:1px 4px;border-radius:4px}
        .tree summary code{white-space:pre-wrap;overflow-wrap:anywhere}
        .tree .on{background:var(--goodbg)}
        .tree .leaf{color:var(--soft);padding:1px 4px 1px 1.2em}
        .tree .leaf.bad code{color:var(--note)}
        .tree .leaf.proved{color:var(--good);font-weight:600}
        .tree small{color:var(--soft);font-variant-numeric:tabular-nums}
        .tree pre{margin:2px 0 4px 1.2em;padding:6px 10px}
        """;

    /// <summary>Writes the page, whole or not at all.</summary>
    /// <exception cref="RatchetException">The file cannot be written.</exception>
    public static void Write(string path, string title, IReadOnlyList<SearchRecord> searches)
    {
        ArgumentNullException.ThrowIfNull(path);
        RunFolder.WriteAtomically(path, Html(title, searches));
    }

    /// <summary>The page.</summary>
    public static string Html(string title, IReadOnlyList<SearchRecord> searches)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(searches);
        var proved = searches.Count(s => s.Status == "proved");
        return RunReport.Page(title, Markup.Of($"""
            <style>{Markup.Trusted(Css)}</style>
            <header>
            <p class="eyebrow">Ratchet search report</p>
            <h1>{title}</h1>
            <p>{proved} of {searches.Count} proved; {searches.Sum(s => (long)s.Expansions)} expansions, {searches.Sum(s => (long)s.VerifierCalls)} verifier calls, {searches.Sum(s => s.Tokens)} tokens.</p>
            </header>
            {searches.Select(Section)}
            """));
    }

    private static Markup Section(SearchRecord search)
    {
        var children = search.Tree.ToLookup(n => n.Parent);
        return Markup.Of($"""
            <section>
            <h2>{search.ProblemId}</h2>
            <p class="statement">{search.Statement}</p>
            <p><span class="{(search.Status == "proved" ? "status" : "status warn")}">{search.Status.Replace('_', ' ')}</span> {search.Message}</p>
            <p class="caption">{search.Environment}; policy {search.Policy}; {search.Settings}; {search.Expansions} expansions, {search.Nodes} states, {search.VerifierCalls} verifier calls, {search.Tokens} tokens, {search.WallSeconds:0.00} s</p>
            {(search.Proof is null ? Markup.Empty : Markup.Of($"""<pre>{search.Proof}</pre>"""))}
            {(search.Story.Count == 0 ? Markup.Empty : Markup.Of($"""<details><summary>Story, {search.Story.Count} events</summary><ul>{search.Story.Select(s => Markup.Of($"<li>{s}</li>"))}</ul></details>"""))}
            {(search.Tree.Count == 0 ? Markup.Empty : Markup.Of($"""<h3>Tree</h3><ul class="tree">{search.Tree.Take(1).Select(n => Node(n, children, 0))}</ul>"""))}
            {(search.NodesLeftOut == 0 ? Markup.Empty : Markup.Of($"""<p class="caption">{search.NodesLeftOut} further states are not drawn.</p>"""))}
            </section>
            """);
    }

    private static Markup Node(SearchTreeNode node, ILookup<int, SearchTreeNode> children, int level)
    {
        var open = node.OnProof || level < 2 ? " open=\"\"" : "";
        var below = level < MostLevels ? children[node.Id] : [];
        return Markup.Of($"""
            <li><details{Markup.Trusted(open)}><summary class="{(node.OnProof ? "on" : "off")}"><code>{(node.Step.Length == 0 ? "start" : node.Step)}</code> <small>#{node.Id}, score {node.Score:0.000}, log-probability {node.LogProbability:0.000}, {(node.Expansions == 0 ? "not expanded" : $"expanded {node.Expansions}×")}</small></summary>
            <pre>{string.Join("\n\n", node.Goals)}</pre>
            <ul>
            {node.Leaves.Select(l => Markup.Of($"""<li class="leaf {Class(l.Kind)}"><code>{l.Step}</code> <small>{l.Kind.Replace('_', ' ')}, log-probability {l.LogProbability:0.000}</small> {l.Message ?? ""}</li>"""))}
            {below.Select(c => Node(c, children, level + 1))}
            </ul></details></li>
            """);
    }

    private static string Class(string kind) => kind switch
    {
        "proved" => "proved",
        "known" or "cycle" or "too_deep" => "known",
        _ => "bad",
    };
}
