using System.Globalization;
using System.Text.Json;
using Ratchet.Proving;

namespace Ratchet.Search.Trees;

/// <summary>Turns results into records.</summary>
public static class TreeRecorder
{
    /// <summary>Nodes of a tree that are written down; those on the way to the proof always are.</summary>
    public const int MostNodes = 2_000;

    private const int MostLeaves = 64;
    private const int MostText = 2_000;

    /// <summary>The record of a search.</summary>
    /// <param name="key">Its name in the journal.</param>
    /// <param name="result">Result.</param>
    /// <param name="engine">Engine that made it.</param>
    /// <param name="options">Settings.</param>
    public static SearchRecord Record(string key, SearchResult result, SearchEngine engine, SearchOptions options)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(options);
        var tree = result.Root is null ? [] : Nodes(result);
        return new SearchRecord
        {
            Key = key,
            ProblemId = result.Problem.Id,
            Statement = result.Problem.Statement,
            Environment = $"{engine.Environment.Name} {engine.Environment.Version}",
            Policy = engine.Policy.Name,
            Settings = Settings(options),
            Status = Word(result.Status),
            Message = result.Message,
            Path = result.Path,
            Proof = result.Proof,
            Expansions = result.Expansions,
            VerifierCalls = result.VerifierCalls,
            Tokens = result.Tokens,
            Nodes = result.Nodes,
            WallSeconds = result.WallSeconds,
            Story = [.. result.Story.Select(Line)],
            Tree = tree,
            NodesLeftOut = result.Root is null ? 0 : result.Nodes - tree.Count,
        };
    }

    /// <summary>A word of an enumeration as records have it: <c>out_of_budget</c>.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>An event in one line.</summary>
    public static string Line(SearchEvent what)
    {
        ArgumentNullException.ThrowIfNull(what);
        var place = what.Node < 0 ? "" : $" at #{what.Node.ToString(CultureInfo.InvariantCulture)}";
        return $"{Word(what.Kind).Replace('_', ' ')}{place}{(what.Step is null ? "" : $", {Short(what.Step)}")}: {Short(what.Message)}";
    }

    private static string Settings(SearchOptions o) => FormattableString.Invariant(
        $"{Word(o.Strategy)}, alpha {o.Alpha}{(o.MeanOfTokens ? " of mean log-probabilities" : "")}, width {o.Width}, beam {o.Beam}, depth {o.MaxDepth}, {o.NodesPerCall} nodes a call, {o.Budget.Expansions} expansions");

    private static List<SearchTreeNode> Nodes(SearchResult result)
    {
        var onProof = result.Steps.Select(s => s.State.Key).ToHashSet(StringComparer.Ordinal);
        var all = new List<SearchNode> { result.Root! };
        for (var i = 0; i < all.Count; i++)
            all.AddRange(all[i].Edges.Where(e => e.Kind == EdgeKind.New).Select(e => e.To!));
        var kept = all.Count <= MostNodes ? all : [.. all.Where(n => n.Id < MostNodes - onProof.Count || onProof.Contains(n.State.Key))];
        return [.. kept.OrderBy(n => n.Id).Select(n => new SearchTreeNode
        {
            Id = n.Id,
            Parent = n.Parent?.Id ?? -1,
            Step = Short(n.Step ?? ""),
            LogProbability = n.LogProbability,
            Score = n.Score,
            Goals = [.. n.State.Goals.Take(8).Select(Short)],
            Expansions = n.Expansions,
            OnProof = onProof.Contains(n.State.Key),
            Leaves = [.. n.Edges.Where(e => e.Kind != EdgeKind.New).Take(MostLeaves).Select(e => new SearchTreeLeaf(Short(e.Step), e.LogProbability, Word(e.Kind), e.Message is null ? null : Short(e.Message)))],
        })];
    }

    private static string Short(string text) => text.Length <= MostText ? text : string.Concat(text.AsSpan(0, MostText), "...");
}
