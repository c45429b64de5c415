using Ratchet.Search.Trees;

namespace Ratchet.Search.Strategies;

/// <summary>The nodes that a search could expand, and which of them comes next.</summary>
/// <remarks>One thread at a time. What it gives depends on the nodes alone, so that a search is the same however many threads serve it.</remarks>
internal abstract class Frontier
{
    /// <summary>The frontier of a strategy.</summary>
    public static Frontier Of(SearchOptions options) => options.Strategy switch
    {
        SearchStrategy.BestFirst => new BestFirstFrontier(options),
        SearchStrategy.Beam => new BeamFrontier(options),
        SearchStrategy.Greedy => new GreedyFrontier(),
        SearchStrategy.Sample => new DrawFrontier(options),
        SearchStrategy.Mcts => new TreeFrontier(options),
        _ => throw new InvalidOperationException($"No strategy {options.Strategy}."),
    };

    /// <summary>The most likely step is wanted at a node, not draws.</summary>
    public virtual bool Greedy => false;

    /// <summary>Steps wanted at a node; null for the options' own number.</summary>
    public virtual int? Width => null;

    /// <summary>Begins at a node.</summary>
    public abstract void Begin(SearchNode root);

    /// <summary>Takes the nodes to expand together; empty where none is left.</summary>
    /// <param name="most">Most nodes that the budget still allows, at least 1.</param>
    public abstract IReadOnlyList<SearchNode> Take(int most);

    /// <summary>Hears what a node's expansion gave, in the order in which the nodes were taken.</summary>
    /// <param name="node">Node.</param>
    /// <param name="edges">What was tried there now.</param>
    public abstract void Expanded(SearchNode node, IReadOnlyList<SearchEdge> edges);

    /// <summary>Begins again when no node is left: nodes that were expanded may be asked again. False where that would give nothing new.</summary>
    /// <param name="nodes">All nodes, in order of discovery.</param>
    public abstract bool Restart(IReadOnlyList<SearchNode> nodes);
}

/// <summary>The best score first; of equal scores the node that was found first.</summary>
internal sealed class BestFirstFrontier(SearchOptions options) : Frontier
{
    private readonly PriorityQueue<SearchNode, (double, int)> _queue = new();

    public override void Begin(SearchNode root) => Push(root);

    public override IReadOnlyList<SearchNode> Take(int most)
    {
        var taken = new List<SearchNode>();
        while (taken.Count < Math.Min(most, options.NodesPerCall) && _queue.TryDequeue(out var node, out _))
            taken.Add(node);
        return taken;
    }

    public override void Expanded(SearchNode node, IReadOnlyList<SearchEdge> edges)
    {
        foreach (var edge in edges)
        {
            if (edge.Kind == EdgeKind.New)
                Push(edge.To!);
        }
    }

    public override bool Restart(IReadOnlyList<SearchNode> nodes)
    {
        foreach (var node in nodes)
            Push(node);
        return true;
    }

    private void Push(SearchNode node) => _queue.Enqueue(node, (-node.Score, node.Id));
}

/// <summary>Level by level: all nodes of a level are expanded, and the best of what they give is the next level.</summary>
internal sealed class BeamFrontier(SearchOptions options) : Frontier
{
    private readonly List<SearchNode> _next = [];
    private readonly HashSet<SearchNode> _asked = [];
    private List<SearchNode> _level = [];
    private SearchNode? _root;

    public override void Begin(SearchNode root) => _level = [_root = root];

    public override IReadOnlyList<SearchNode> Take(int most)
    {
        if (_level.Count == 0)
        {
            _level = [.. _next.OrderByDescending(n => n.Score).ThenBy(n => n.Id).Take(options.Beam)];
            _next.Clear();
        }

        var taken = _level[..Math.Min(most, _level.Count)];
        _level = _level[taken.Count..];
        return taken;
    }

    public override void Expanded(SearchNode node, IReadOnlyList<SearchEdge> edges)
    {
        // What an earlier pass found at the node belongs to the level as well: with new draws another of its states may be among the best.
        _asked.Add(node);
        foreach (var edge in node.Edges.Concat(edges))
        {
            if (edge is { Kind: EdgeKind.New or EdgeKind.Known, To: { } to } && !_asked.Contains(to) && !_next.Contains(to))
                _next.Add(to);
        }
    }

    public override bool Restart(IReadOnlyList<SearchNode> nodes)
    {
        _level = [_root!];
        _next.Clear();
        _asked.Clear();
        return true;
    }
}

/// <summary>One path.</summary>
internal sealed class GreedyFrontier : Frontier
{
    private SearchNode? _current;

    public override bool Greedy => true;

    public override int? Width => 1;

    public override void Begin(SearchNode root) => _current = root;

    public override IReadOnlyList<SearchNode> Take(int most)
    {
        SearchNode[] taken = _current is { } node ? [node] : [];
        _current = null;
        return taken;
    }

    public override void Expanded(SearchNode node, IReadOnlyList<SearchEdge> edges)
    {
        // A text of several steps leaves a chain of edges; the walk goes on where the chain ends.
        for (var i = edges.Count - 1; i >= 0 && _current is null; i--)
            _current = edges[i].Kind == EdgeKind.New ? edges[i].To : null;
    }

    public override bool Restart(IReadOnlyList<SearchNode> nodes) => false;
}

/// <summary>Independent walks from the start. A walk that comes to a known state goes on from there; one that fails begins again.</summary>
internal sealed class DrawFrontier(SearchOptions options) : Frontier
{
    private readonly List<SearchNode> _walks = [];
    private SearchNode? _root;

    public override int? Width => 1;

    public override void Begin(SearchNode root)
    {
        _root = root;
        for (var i = 0; i < options.Beam; i++)
            _walks.Add(root);
    }

    public override IReadOnlyList<SearchNode> Take(int most)
    {
        var taken = _walks[..Math.Min(most, _walks.Count)];
        _walks.RemoveRange(0, taken.Count);
        return taken;
    }

    public override void Expanded(SearchNode node, IReadOnlyList<SearchEdge> edges)
    {
        var last = edges.Count > 0 ? edges[^1] : null;
        _walks.Add(last is { Kind: EdgeKind.New or EdgeKind.Known, To: { } to } && to.Depth < options.MaxDepth ? to : _root!);
    }

    public override bool Restart(IReadOnlyList<SearchNode> nodes) => false;
}
