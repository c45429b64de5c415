using Ratchet.Search.Trees;

namespace Ratchet.Search.Strategies;

/// <summary>
/// Monte-Carlo tree search: from the start down to a node that was not expanded, at each node to the child with the largest <c>Q + c P sqrt(N) / (1 + n)</c> (PUCT, Silver et al. 2017, without a
/// value network).
/// </summary>
/// <remarks>
/// Priors are the policy's probabilities, made to sum to 1 over a node's children. A node that is expanded brings back the mean probability of a step on its path (the exponential of the mean
/// log-probability), or 0 where it is a dead end: without a value network that is the only thing that is known of a leaf. Children whose every way is a dead end are not entered again.
/// Nodes on paths that are under way count as visits without value, so that nodes taken together differ.
/// </remarks>
internal sealed class TreeFrontier(SearchOptions options) : Frontier
{
    private readonly Dictionary<SearchNode, List<(SearchNode Child, double Prior)>> _children = [];
    private readonly HashSet<SearchNode> _asked = [];
    private SearchNode? _root;

    public override void Begin(SearchNode root) => _root = root;

    public override IReadOnlyList<SearchNode> Take(int most)
    {
        var taken = new List<SearchNode>();
        while (taken.Count < Math.Min(most, options.NodesPerCall) && Descend() is { } leaf)
        {
            taken.Add(leaf);
            for (var node = leaf; node is not null; node = node.Parent)
                node.Pending++;
        }

        return taken;
    }

    public override void Expanded(SearchNode node, IReadOnlyList<SearchEdge> edges)
    {
        _asked.Add(node);
        var found = edges.Where(e => e.Kind == EdgeKind.New).ToList();
        if (!_children.TryGetValue(node, out var children))
            _children[node] = children = [];

        // A node hangs where it was found, which for a text of several steps is below another new one.
        foreach (var parent in found.GroupBy(e => e.To!.Parent!))
        {
            if (!_children.TryGetValue(parent.Key, out var list))
                _children[parent.Key] = list = [];
            var best = parent.Max(e => e.To!.LogProbability);
            var sum = parent.Sum(e => Math.Exp(e.To!.LogProbability - best));
            list.AddRange(parent.Select(e => (e.To!, Math.Exp(e.To!.LogProbability - best) / sum)));
        }

        var value = found.Count == 0 ? 0 : Math.Exp(node.PathLogProbability / Math.Max(1, node.Depth));
        for (var n = node; n is not null; n = n.Parent)
        {
            n.Pending--;
            n.Visits++;
            n.Value += value;
        }

        for (var n = node; n is not null && _asked.Contains(n) && n.Pending == 0 && _children.GetValueOrDefault(n) is { } below && below.TrueForAll(c => c.Child.IsDead); n = n.Parent)
            n.IsDead = true;
    }

    public override bool Restart(IReadOnlyList<SearchNode> nodes)
    {
        // Every node is asked once more before what is below it; the tree only grows.
        _asked.Clear();
        foreach (var node in nodes)
            (node.IsDead, node.Visits, node.Value, node.Pending) = (false, 0, 0, 0);
        return true;
    }

    private SearchNode? Descend()
    {
        var node = _root!;
        if (node.IsDead)
            return null;
        while (_asked.Contains(node) && _children.TryGetValue(node, out var children))
        {
            SearchNode? best = null;
            var bestScore = double.NegativeInfinity;
            var visits = Math.Sqrt(Math.Max(1, node.Visits + node.Pending));
            foreach (var (child, prior) in children)
            {
                if (child.IsDead)
                    continue;
                var count = child.Visits + child.Pending;
                var score = (count == 0 ? 0 : child.Value / count) + (options.Exploration * prior * visits / (1 + count));
                if (score > bestScore)
                    (best, bestScore) = (child, score);
            }

            if (best is null)
                return null;
            node = best;
        }

        // It is being expanded already: the others of this call go first.
        return node.Pending > 0 ? null : node;
    }
}
