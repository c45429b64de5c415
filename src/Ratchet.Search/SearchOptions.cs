namespace Ratchet.Search;

/// <summary>How the nodes of a search are chosen.</summary>
public enum SearchStrategy
{
    /// <summary>The node with the best score first, see <see cref="SearchOptions.Alpha"/>.</summary>
    BestFirst,

    /// <summary>Level by level; of each level the best few nodes.</summary>
    Beam,

    /// <summary>The most likely step each time, without a way back.</summary>
    Greedy,

    /// <summary>Independent draws from the start, each step by step to its end, without branching.</summary>
    Sample,

    /// <summary>Monte-Carlo tree search, choosing by PUCT.</summary>
    Mcts,
}

/// <summary>Settings of a search.</summary>
public sealed record SearchOptions
{
    /// <summary>How nodes are chosen. Default best-first.</summary>
    public SearchStrategy Strategy { get; init; } = SearchStrategy.BestFirst;

    /// <summary>
    /// Exponent of length normalisation: a node's score is the sum of its steps' log-probabilities over its depth to this power. 0 scores plain paths, 1 the mean of a step; larger
    /// values prefer deep nodes. At least 0, default 1. (BFS-Prover, arXiv 2502.03438, section 3.)
    /// </summary>
    public double Alpha { get; init; } = 1;

    /// <summary>
    /// Counts a step by the mean log-probability of its tokens, as BFS-Prover-V2's released code does, and not by their sum; then long steps look as likely as short ones. Default false.
    /// </summary>
    public bool MeanOfTokens { get; init; }

    /// <summary>Steps that are asked for at a node, 1 to 1,000. Default 8.</summary>
    public int Width { get; init; } = 8;

    /// <summary>Nodes that beam search keeps of each level, and draws that <see cref="SearchStrategy.Sample"/> has in work at once; 1 to 10,000. Default 8.</summary>
    public int Beam { get; init; } = 8;

    /// <summary>Weight of the prior in PUCT, above 0. Default 1.25.</summary>
    public double Exploration { get; init; } = 1.25;

    /// <summary>Most steps from the start of the search to a node, 1 to 10,000. Default 40. Together with the table of states this ends useless chains.</summary>
    public int MaxDepth { get; init; } = 40;

    /// <summary>
    /// Nodes of one theorem that are expanded together, at least 1. Part of the search and not only of its speed: nodes that are expanded together do not see what the others found. Default 1.
    /// </summary>
    public int NodesPerCall { get; init; } = 1;

    /// <summary>
    /// Times that the search may begin again with new draws when no node is left, at least 0. The tree stays, and nodes that were expanded are asked again. Default 8.
    /// </summary>
    public int Restarts { get; init; } = 8;

    /// <summary>Budget of each theorem.</summary>
    public SearchBudget Budget { get; init; } = new();

    /// <summary>Longest wait for one step, above 0; a step that takes longer is unknown, and the search goes on without it. Default 30 s.</summary>
    public TimeSpan StepLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Keeps trees for reports. Default true.</summary>
    public bool KeepTree { get; init; } = true;

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (!(Alpha >= 0 && double.IsFinite(Alpha)))
            errors.Add($"{nameof(Alpha)} must be at least 0, not {Alpha}.");
        if (Width is < 1 or > 1_000)
            errors.Add($"{nameof(Width)} must be from 1 to 1000, not {Width}.");
        if (Beam is < 1 or > 10_000)
            errors.Add($"{nameof(Beam)} must be from 1 to 10000, not {Beam}.");
        if (!(Exploration > 0 && double.IsFinite(Exploration)))
            errors.Add($"{nameof(Exploration)} must be above 0, not {Exploration}.");
        if (MaxDepth is < 1 or > 10_000)
            errors.Add($"{nameof(MaxDepth)} must be from 1 to 10000, not {MaxDepth}.");
        if (NodesPerCall < 1)
            errors.Add($"{nameof(NodesPerCall)} must be at least 1, not {NodesPerCall}.");
        if (Restarts < 0)
            errors.Add($"{nameof(Restarts)} must be at least 0, not {Restarts}.");
        if (StepLimit <= TimeSpan.Zero)
            errors.Add($"{nameof(StepLimit)} must be above 0, not {StepLimit}.");
        if (Budget.Expansions < 1)
            errors.Add($"{nameof(SearchBudget.Expansions)} must be at least 1, not {Budget.Expansions}.");
        if (Budget.Tokens is < 1)
            errors.Add($"{nameof(SearchBudget.Tokens)} must be at least 1, not {Budget.Tokens}.");
        if (Budget.Nodes < 1)
            errors.Add($"{nameof(SearchBudget.Nodes)} must be at least 1, not {Budget.Nodes}.");
        if (Budget.Wall <= TimeSpan.Zero)
            errors.Add($"{nameof(SearchBudget.Wall)} must be above 0, not {Budget.Wall}.");
        return errors;
    }

    /// <summary>Throws when something is wrong.</summary>
    /// <exception cref="Runs.RatchetException">The message names all mistakes.</exception>
    public void ThrowIfInvalid()
    {
        var errors = Validate();
        if (errors.Count > 0)
            throw new Runs.RatchetException("The search options are invalid: " + string.Join(" ", errors), "Correct the settings of the search.");
    }
}

/// <summary>What a search may use. The first limit that is reached ends it.</summary>
public sealed record SearchBudget
{
    /// <summary>Nodes that are expanded, at least 1. Default 200.</summary>
    public int Expansions { get; init; } = 200;

    /// <summary>Tokens of steps that a model writes or ranks, at least 1; null for no limit. A call that has begun is finished, so the last one may pass it.</summary>
    public long? Tokens { get; init; }

    /// <summary>States that are kept, at least 1. Default 100,000.</summary>
    public int Nodes { get; init; } = 100_000;

    /// <summary>Wall time; null for no limit. With it, results depend on the machine and its load.</summary>
    public TimeSpan? Wall { get; init; }
}
