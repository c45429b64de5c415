using Ratchet.Recipes;
using Ratchet.Runs;

namespace Ratchet.Systems.BfsProver;

/// <summary>
/// Recipe of a step prover: a decoder maps a state to one step, search puts steps together to proofs, and the steps of found proofs train the decoder (BFS-Prover-V2, arXiv 2509.06493).
/// </summary>
public sealed record BfsProverRecipe : Recipe
{
    /// <summary>Value of <c>system:</c> that selects this recipe.</summary>
    public const string SystemName = "bfs-prover";

    /// <summary>A recipe with all defaults.</summary>
    public BfsProverRecipe()
        : base(SystemName)
    {
    }

    /// <summary>Where the model works: <c>cpu</c>, <c>cuda</c> (the first GPU) or <c>cuda:N</c>.</summary>
    [Form("cpu|cuda|cuda:[0-9]{1,3}", "cpu, cuda or cuda:N")]
    public string Device { get; init; } = "cpu";

    /// <summary>Threads; 0 takes all cores. Never changes a result of the own kernels.</summary>
    [Between(0, 1024)]
    public int Threads { get; init; }

    /// <summary>Rounds of search and training after the start model.</summary>
    [Between(0, 1000)]
    public int Rounds { get; init; } = 4;

    /// <summary>Theorems.</summary>
    public StepProblemSettings Problems { get; init; } = new();

    /// <summary>The step policy's shape.</summary>
    public StepModelSettings Model { get; init; } = new();

    /// <summary>Training of the start model on the steps of the seed problems' proofs.</summary>
    public StepStartSettings Start { get; init; } = new();

    /// <summary>Search on the training problems.</summary>
    public StepSearchSettings Search { get; init; } = new();

    /// <summary>Which steps of found proofs are trained on.</summary>
    public StepFilterSettings Filter { get; init; } = new();

    /// <summary>Training on the steps.</summary>
    public StepLearnSettings Learn { get; init; } = new();

    /// <summary>Soft resets: rounds that prove the whole corpus again, train from fresh weights, or both.</summary>
    public ResetSettings Reset { get; init; } = new();

    /// <summary>Search on the held-out problems.</summary>
    public StepEvaluateSettings Evaluate { get; init; } = new();

    /// <summary>Training of a planner on cuts of found proofs, at the end; null trains none.</summary>
    public PlannerSettings? Planner { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<RecipeConflict> Conflicts()
    {
        foreach (var round in Reset.Rounds)
        {
            if (round < 1 || round > Rounds)
                yield return new("reset.rounds", $"Round {round} does not exist; rounds are 1 to {Rounds}.", "Name rounds of the run.") { With = ["rounds"] };
        }

        foreach (var line in Evaluate.Compare)
        {
            if (ComparedSearch.TryParse(line, out var search, out var wrong) && search!.Plan == "model" && Planner is null)
                yield return new("evaluate.compare", $"'{line}' needs a planner, and none is trained.", "Add a planner section.") { With = ["planner"] };
            else if (wrong is not null)
                yield return new("evaluate.compare", wrong, "Write a name, then a strategy and settings, for example 'deep best-first alpha=2'.");
            if (search is { Provers: > 1 } or { Independent: > 1 } && (search.Policy is ComparedPolicy.Ranked or ComparedPolicy.Uniform || (search.Policy == ComparedPolicy.Own && Search.Rank)))
                yield return new("evaluate.compare", $"'{line}' has several provers, and with a list that is searched in a fixed order they all do the same.", "Add policy=model or policy=uniform-random.") { With = ["search.rank"] };
            if (search?.Policy == ComparedPolicy.Whole && Problems.World != StepWorldKind.Propositional)
                yield return new("evaluate.compare", $"'{line}' draws whole proofs, which only the propositional world does.", "Leave it out.") { With = ["problems.world"] };
            if (search?.Plan is not null && Problems.World != StepWorldKind.Propositional)
                yield return new("evaluate.compare", $"'{line}' plans, which only the propositional world does.", "Leave it out.") { With = ["problems.world"] };
        }

        if (Problems.World == StepWorldKind.Metamath && Problems.Database is null)
            yield return new("problems.database", "The metamath world needs a database.", "Give the path of a .mm file, for example /usr/share/metamath/databases/set.mm.") { With = ["problems.world"] };
        if (Planner is not null && Problems.World != StepWorldKind.Propositional)
            yield return new("planner", "Only the propositional world is cut by a planner.", "Leave the planner out.") { With = ["problems.world"] };
    }

    /// <summary>Budget of the searches on the training problems.</summary>
    internal Search.SearchOptions SearchOptions() => new()
    {
        Strategy = Search.Strategy, Alpha = Search.Alpha, MeanOfTokens = Search.MeanOfTokens, Width = Search.Width, Beam = Search.Beam, MaxDepth = Search.MaxDepth,
        Restarts = Search.Restarts, Budget = new Search.SearchBudget { Expansions = Search.Expansions }, KeepTree = false,
    };

    internal RatchetException Wrong(string message) => new(message, $"Correct the recipe '{Name}'.");
}

/// <summary>Worlds that a step prover is trained in.</summary>
public enum StepWorldKind
{
    /// <summary>Generated propositional goals.</summary>
    Propositional,

    /// <summary>The theorems of a Metamath database.</summary>
    Metamath,
}

/// <summary>Theorems of a run.</summary>
public sealed record StepProblemSettings
{
    /// <summary>World of the theorems.</summary>
    public StepWorldKind World { get; init; } = StepWorldKind.Propositional;

    /// <summary>Problems with proofs that the start model learns from (propositional).</summary>
    [Between(1, 1_000_000)]
    public int Seed { get; init; } = 400;

    /// <summary>Problems that are searched in training (propositional).</summary>
    [Between(1, 10_000_000)]
    public int Train { get; init; } = 5000;

    /// <summary>Problems for evaluation only (propositional).</summary>
    [Between(1, 1_000_000)]
    public int Heldout { get; init; } = 600;

    /// <summary>Training problems that a round searches, drawn anew each round; resets that prove the corpus again take all.</summary>
    [Between(1, 10_000_000)]
    public int PerRound { get; init; } = 1000;

    /// <summary>Metamath database.</summary>
    public string? Database { get; init; }

    /// <summary>Theorems of the database that are looked at, from its beginning.</summary>
    [Between(10, 10_000_000)]
    public int First { get; init; } = 2000;

    /// <summary>Share of the database's theorems that is held out, by canonical hash.</summary>
    [Between(0, 1, MinimumOutside = true, MaximumOutside = true)]
    public double HeldoutShare { get; init; } = 0.2;
}

/// <summary>Shape of the policy; a decoder as in <c>expert-iteration</c>.</summary>
public sealed record StepModelSettings : IRecipeSection
{
    /// <summary>Transformer blocks.</summary>
    [Between(1, 1000)]
    public int Layers { get; init; } = 4;

    /// <summary>Width of the residual stream.</summary>
    [Between(8, 65_536)]
    public int HiddenSize { get; init; } = 128;

    /// <summary>Query heads.</summary>
    [Between(1, 1024)]
    public int Heads { get; init; } = 8;

    /// <summary>Key and value heads; must divide the query heads.</summary>
    [Between(1, 1024)]
    public int KeyValueHeads { get; init; } = 4;

    /// <summary>Width of the SwiGLU's hidden layer.</summary>
    [Between(8, 1_000_000)]
    public int FeedForwardSize { get; init; } = 352;

    /// <summary>Longest sequence in tokens, state and step together. States that leave no room are not expanded.</summary>
    [Between(8, 1_000_000)]
    public int MaxPositions { get; init; } = 192;

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (Heads % KeyValueHeads != 0)
            yield return new("key_value_heads", $"{KeyValueHeads} key and value heads do not divide {Heads} query heads (model.heads).", "Make heads a multiple of key_value_heads.") { With = ["heads"] };
        if (HiddenSize % Heads != 0 || HiddenSize / Heads % 2 != 0)
            yield return new("heads", $"{Heads} heads do not cut a hidden size of {HiddenSize} into even parts.", "Make hidden_size a multiple of 2 * heads.") { With = ["hidden_size"] };
    }
}

/// <summary>Training of the start model.</summary>
public sealed record StepStartSettings
{
    /// <summary>Passes over the steps of the seed proofs.</summary>
    [Between(0, 10_000, MinimumOutside = true)]
    public double Epochs { get; init; } = 20;
}

/// <summary>Search on the training problems.</summary>
public sealed record StepSearchSettings
{
    /// <summary>How nodes are chosen.</summary>
    public Ratchet.Search.SearchStrategy Strategy { get; init; } = Ratchet.Search.SearchStrategy.BestFirst;

    /// <summary>The model ranks the steps of the world's list in the place of writing its own: complete, and nothing is drawn twice.</summary>
    public bool Rank { get; init; }

    /// <summary>Most steps of the world's list that the model ranks, the first ones; the work for an expansion grows with it.</summary>
    [Between(1, 10_000)]
    public int List { get; init; } = 64;

    /// <summary>Exponent of length normalisation.</summary>
    [AtLeast(0)]
    public double Alpha { get; init; } = 1;

    /// <summary>A step counts by the mean log-probability of its tokens, not by their sum.</summary>
    public bool MeanOfTokens { get; init; }

    /// <summary>Steps drawn at a node.</summary>
    [Between(1, 1000)]
    public int Width { get; init; } = 4;

    /// <summary>States of a level (beam), walks side by side (sample).</summary>
    [Between(1, 10_000)]
    public int Beam { get; init; } = 8;

    /// <summary>Nodes expanded for a theorem.</summary>
    [Between(1, 100_000_000)]
    public int Expansions { get; init; } = 48;

    /// <summary>Most steps of a proof.</summary>
    [Between(1, 10_000)]
    public int MaxDepth { get; init; } = 32;

    /// <summary>Times that a search begins again with new draws when no node is left.</summary>
    [Between(0, 1000)]
    public int Restarts { get; init; } = 8;

    /// <summary>Divides the logits.</summary>
    [Between(0, 10, MinimumOutside = true)]
    public double Temperature { get; init; } = 1.3;

    /// <summary>Limit on the tokens of a step.</summary>
    [Between(1, 100_000)]
    public int MaxNewTokens { get; init; } = 40;
}

/// <summary>What becomes of the steps of found proofs.</summary>
public enum StepFilterKind
{
    /// <summary>All are kept.</summary>
    None,

    /// <summary>Those between two quantiles of the round's mean negative log-likelihood are kept.</summary>
    Quantile,

    /// <summary>Those within an absolute band of mean negative log-likelihood are kept.</summary>
    Band,

    /// <summary>The low tail below the low quantile is dropped.</summary>
    Low,

    /// <summary>The high tail above the high quantile is dropped.</summary>
    High,

    /// <summary>As many as <see cref="Quantile"/> would drop are dropped at random: the control.</summary>
    Random,

    /// <summary>All steps of problems that a small beam search proves are dropped as too easy (BFS-Prover, arXiv 2502.03438).</summary>
    Problem,
}

/// <summary>Which steps are trained on.</summary>
public sealed record StepFilterSettings : IRecipeSection
{
    /// <summary>Rule.</summary>
    public StepFilterKind Kind { get; init; } = StepFilterKind.Quantile;

    /// <summary>Low quantile.</summary>
    [Between(0, 1)]
    public double LowQuantile { get; init; } = 0.065;

    /// <summary>High quantile.</summary>
    [Between(0, 1)]
    public double HighQuantile { get; init; } = 0.88;

    /// <summary>Lower end of the absolute band, nats a token.</summary>
    [AtLeast(0)]
    public double LowBand { get; init; } = 0.25;

    /// <summary>Upper end of the absolute band, nats a token.</summary>
    [AtLeast(0)]
    public double HighBand { get; init; } = 0.95;

    /// <summary>A smaller kept share is told: as the model sharpens, a fixed band deletes almost everything.</summary>
    [Between(0, 1)]
    public double WatchShare { get; init; } = 0.3;

    /// <summary>Expansions of the beam search that decides what is easy (<c>kind: problem</c>).</summary>
    [Between(1, 1_000_000)]
    public int EasyExpansions { get; init; } = 12;

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (LowQuantile >= HighQuantile)
            yield return new("low_quantile", $"The low quantile {LowQuantile} is not below the high one, {HighQuantile}.", "Make it smaller.") { With = ["high_quantile"] };
        if (LowBand >= HighBand)
            yield return new("low_band", $"The band from {LowBand} to {HighBand} is empty.", "Make its lower end smaller.") { With = ["high_band"] };
    }
}

/// <summary>Training on the steps.</summary>
public sealed record StepLearnSettings
{
    /// <summary>Passes over a round's rows.</summary>
    [Between(0, 10_000, MinimumOutside = true)]
    public double Epochs { get; init; } = 2;

    /// <summary>Share of the steps kept in earlier rounds that is trained on again, drawn anew each round; seed steps always are.</summary>
    [Between(0, 1)]
    public double Replay { get; init; } = 0.5;

    /// <summary>Most tokens of one optimizer step.</summary>
    [Between(8, 100_000_000)]
    public int BatchTokens { get; init; } = 2048;

    /// <summary>Largest learning rate.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double LearningRate { get; init; } = 0.0015;

    /// <summary>Largest learning rate of the start model and of models trained from fresh weights; null is <c>learning_rate</c>.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double? FreshLearningRate { get; init; } = 0.003;

    /// <summary>Share of the steps in which the learning rate rises from 0.</summary>
    [Between(0, 1)]
    public double WarmupFraction { get; init; } = 0.05;

    /// <summary>AdamW's decoupled weight decay, on matrices only.</summary>
    [Between(0, 10)]
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Parts that a step's rows are cut into; the thread count never changes a result.</summary>
    [Between(1, 1024)]
    public int Shards { get; init; } = 4;

    /// <summary>Optimizer steps between snapshots that a killed run goes on from; 0 makes none.</summary>
    [AtLeast(0)]
    public int SnapshotSteps { get; init; } = 200;

    /// <summary>Atoms are renamed anew in every epoch (propositional).</summary>
    public bool Rename { get; init; } = true;
}

/// <summary>Soft resets.</summary>
public sealed record ResetSettings
{
    /// <summary>Rounds that are resets.</summary>
    public RecipeList<int> Rounds { get; init; } = [];

    /// <summary>Such a round proves the whole corpus again, and its steps take the place of all earlier ones.</summary>
    public bool Resynthesize { get; init; } = true;

    /// <summary>Such a round trains from fresh weights.</summary>
    public bool Retrain { get; init; } = true;

    /// <summary>Passes over the rows when training from fresh weights.</summary>
    [Between(0, 10_000, MinimumOutside = true)]
    public double Epochs { get; init; } = 4;
}

/// <summary>Search on the held-out problems.</summary>
public sealed record StepEvaluateSettings : IRecipeSection
{
    /// <summary>Nodes expanded for a theorem; the same for every search that is compared.</summary>
    [Between(1, 100_000_000)]
    public int Expansions { get; init; } = 64;

    /// <summary>Rounds between evaluations; the first and the last are always evaluated.</summary>
    [Between(1, 1000)]
    public int Every { get; init; } = 1;

    /// <summary>Resamples of the bootstrap intervals.</summary>
    [Between(100, 1_000_000)]
    public int Bootstrap { get; init; } = 1000;

    /// <summary>Held-out problems whose trees the report shows.</summary>
    [Between(0, 1000)]
    public int Trees { get; init; } = 12;

    /// <summary>
    /// Further searches with the last model on the same problems and the same expansions, each a name, then a strategy and settings: <c>deep best-first alpha=2</c>, <c>chance policy=uniform</c>, <c>ranked best-first policy=ranked</c>,
    /// <c>whole policy=whole</c>, <c>oracle plan=oracle</c>, <c>alone plan=oracle independent=4</c>. Each gives the measures <c>solved.NAME</c>, <c>expansions.NAME</c> and so on.
    /// </summary>
    public RecipeList<string> Compare { get; init; } = [];

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        var names = Compare.Select(c => c.Split(' ', 2)[0]).ToList();
        if (names.Distinct(StringComparer.Ordinal).Count() != names.Count)
            yield return new("compare", "A name is there twice.", "Give each search a name of its own.");
    }
}

/// <summary>A planner that is trained on the cuts of found proofs.</summary>
public sealed record PlannerSettings
{
    /// <summary>Passes over the plans.</summary>
    [Between(0, 10_000, MinimumOutside = true)]
    public double Epochs { get; init; } = 6;

    /// <summary>Most cuts of a plan.</summary>
    [Between(1, 64)]
    public int MostSteps { get; init; } = 4;

    /// <summary>Expansions for a subgoal before it counts as stuck.</summary>
    [Between(1, 1_000_000)]
    public int SubgoalExpansions { get; init; } = 16;

    /// <summary>New plans after the first.</summary>
    [Between(0, 100)]
    public int Replans { get; init; } = 2;
}
