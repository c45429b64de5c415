using Ratchet.Models;
using Ratchet.Recipes;
using Ratchet.Systems.ExpertIteration;
using Ratchet.Systems.Pretraining;

namespace Ratchet.Systems.ChainOfExperts;

/// <summary>
/// Recipe of language-model pretraining from scratch with a dense feed-forward layer, a mixture of experts or a chain of experts, evaluated on held-out
/// text (Chain-of-Experts, Wang et al. 2025, arXiv 2506.18945).
/// </summary>
public sealed record ChainOfExpertsRecipe : Recipe
{
    /// <summary>Value of <c>system:</c> that selects this recipe.</summary>
    public const string SystemName = "chain-of-experts";

    /// <summary>A recipe with all defaults.</summary>
    public ChainOfExpertsRecipe()
        : base(SystemName)
    {
    }

    /// <summary>Where the model is trained and evaluated: <c>cpu</c>, <c>cuda</c> (the first GPU) or <c>cuda:N</c>.</summary>
    [Form("cpu|cuda|cuda:[0-9]{1,3}", "cpu, cuda or cuda:N")]
    public string Device { get; init; } = "cpu";

    /// <summary>Threads; 0 takes all cores. Never changes a result of the own kernels.</summary>
    [Between(0, 1024)]
    public int Threads { get; init; }

    /// <summary>Text to learn from.</summary>
    public CorpusSettings Data { get; init; } = new();

    /// <summary>The model that is trained.</summary>
    public LanguageModelSettings Model { get; init; } = new();

    /// <summary>Training.</summary>
    public PretrainSettings Train { get; init; } = new();

    /// <summary>Evaluation on held-out text.</summary>
    public HeldoutSettings Evaluate { get; init; } = new();

    /// <inheritdoc/>
    public override IEnumerable<RecipeConflict> Conflicts()
    {
        if (Train.BatchTokens < Model.MaxPositions)
        {
            yield return new("train.batch_tokens", $"A step of {Train.BatchTokens} tokens cannot hold a window of model.max_positions ({Model.MaxPositions}) tokens.",
                $"Make train.batch_tokens at least {Model.MaxPositions}.") { With = ["model.max_positions"] };
        }

        if (Train.Tokens < Train.BatchTokens)
            yield return new("train.tokens", $"A budget of {Train.Tokens} tokens is less than one step of train.batch_tokens ({Train.BatchTokens}).", "Make it larger.") { With = ["train.batch_tokens"] };
        if (Device != "cpu" && Train.Engine == EngineChoice.Own)
            yield return new("train.engine", $"The own kernels run on the CPU only, and device is {Device}.", "Set train.engine to auto or torch, or device to cpu.") { With = ["device"] };
    }
}

/// <summary>Text to learn from: files, generated stories, or both.</summary>
public sealed record CorpusSettings : IRecipeSection
{
    /// <summary>
    /// Text files. <c>.jsonl</c> holds one document a line, <c>.txt</c> is one document for each paragraph (text between empty lines); both may be
    /// compressed (<c>.gz</c>).
    /// </summary>
    public RecipeList<string> Files { get; init; } = [];

    /// <summary>Folder that <c>files</c> start from, relative to the recipe; null takes the folder that the environment variable <c>RATCHET_DATA</c> names.</summary>
    [RelativePath]
    public string? Root { get; init; }

    /// <summary>Fields of a <c>.jsonl</c> line that make its document, joined by line ends.</summary>
    public RecipeList<string> Fields { get; init; } = ["text"];

    /// <summary>Generated word problems of two to five steps of arithmetic, with worked answers; the same for every seed.</summary>
    [Between(0, 10_000_000)]
    public int Stories { get; init; }

    /// <summary>Documents are put aside for evaluation until they have this many characters; which ones follows from their text alone.</summary>
    [Between(1, 1_000_000_000)]
    public long HeldoutCharacters { get; init; } = 200_000;

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (Files.Count == 0 && Stories == 0)
            yield return new("files", "There is no text to learn from.", "Name files, or set stories above 0.") { With = ["stories"] };
        if (Fields.Count == 0)
            yield return new("fields", "At least one field is needed.", "For example [text].");
    }
}

/// <summary>What stands in the place of a block's feed-forward layer.</summary>
public enum FeedForwardKind
{
    /// <summary>One SwiGLU layer.</summary>
    Dense,

    /// <summary>A mixture of experts: one round.</summary>
    Moe,

    /// <summary>A chain of experts: <c>rounds</c> of them.</summary>
    Coe,
}

/// <summary>The model that is trained.</summary>
public sealed record LanguageModelSettings : IRecipeSection
{
    /// <summary>Token ids of the byte-level encoding, 3 marks and 256 bytes included: 259 is one token a byte; more are learned from the text.</summary>
    [Between(259, 1_000_000)]
    public int Vocabulary { get; init; } = 259;

    /// <summary>Transformer blocks.</summary>
    [Between(1, 1000)]
    public int Layers { get; init; } = 2;

    /// <summary>Width of the residual stream.</summary>
    [Between(8, 65_536)]
    public int HiddenSize { get; init; } = 128;

    /// <summary>Query heads.</summary>
    [Between(1, 1024)]
    public int Heads { get; init; } = 4;

    /// <summary>Length of a training window in tokens; all but the first of them are predicted.</summary>
    [Between(8, 1_000_000)]
    public int MaxPositions { get; init; } = 128;

    /// <summary>The output head shares the embedding's weights.</summary>
    public bool TiedHead { get; init; }

    /// <summary>What stands in the place of a block's feed-forward layer: <c>dense</c>, <c>moe</c> or <c>coe</c>.</summary>
    public FeedForwardKind FeedForward { get; init; } = FeedForwardKind.Moe;

    /// <summary>Width of the hidden layer with <c>feed_forward: dense</c>.</summary>
    [Between(8, 1_000_000)]
    public int FeedForwardSize { get; init; } = 352;

    /// <summary>Experts that tokens are sent to.</summary>
    [Between(1, 100_000)]
    public int Experts { get; init; } = 15;

    /// <summary>Experts that see every token, in every round.</summary>
    [Between(0, 1000)]
    public int SharedExperts { get; init; } = 1;

    /// <summary>Experts that a token is sent to, in each round.</summary>
    [Between(1, 100_000)]
    public int ExpertsPerToken { get; init; } = 4;

    /// <summary>Width of one expert's hidden layer.</summary>
    [Between(1, 1_000_000)]
    public int ExpertSize { get; init; } = 64;

    /// <summary>Rounds of <c>feed_forward: coe</c>; not used otherwise.</summary>
    [Between(1, 64)]
    public int Rounds { get; init; } = 2;

    /// <summary>All rounds share one router.</summary>
    public bool SharedRouter { get; init; }

    /// <summary>
    /// How rounds and the residual stream are joined: <c>prenorm</c> (the standard block, a norm before each round), <c>repo</c> (the released code),
    /// <c>outer</c> (only around all rounds) or <c>both</c>.
    /// </summary>
    public ResidualPlacement Residual { get; init; } = ResidualPlacement.PreNorm;

    /// <summary>Factor of the sequence-level balance loss of each layer and round.</summary>
    [Between(0, 100)]
    public double BalanceWeight { get; init; } = 0.001;

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (HiddenSize % Heads != 0 || HiddenSize / Heads % 2 != 0)
            yield return new("heads", $"A hidden size of {HiddenSize} does not divide into {Heads} heads of even width.", "Make hidden_size an even multiple of heads.") { With = ["hidden_size"] };
        if (FeedForward == FeedForwardKind.Dense)
            yield break;
        if (ExpertsPerToken > Experts)
            yield return new("experts_per_token", $"A token cannot go to {ExpertsPerToken} of {Experts} experts.", "Make experts_per_token at most experts.") { With = ["experts"] };
        if (SharedRouter && (FeedForward == FeedForwardKind.Moe || Rounds == 1))
            yield return new("shared_router", "With one round there is one router anyway.", "Leave it out, or set feed_forward to coe and rounds above 1.") { With = ["feed_forward", "rounds"] };
    }

    /// <summary>The shape of the model.</summary>
    /// <param name="vocabulary">Number of token ids.</param>
    /// <param name="begin">Id that begins sequences.</param>
    /// <param name="end">Id that ends documents.</param>
    /// <param name="pad">Id that fills unused places.</param>
    public DecoderConfig Shape(int vocabulary, int begin, int end, int pad) => new()
    {
        VocabularySize = vocabulary,
        HiddenSize = HiddenSize,
        Layers = Layers,
        Heads = Heads,
        KeyValueHeads = Heads,
        HeadSize = HiddenSize / Heads,
        FeedForwardSize = FeedForwardSize,
        MaxPositions = MaxPositions,
        NormEpsilon = 1e-6f,
        TiedHead = TiedHead,
        BeginId = begin,
        EndId = end,
        PadId = pad,
        Mixture = FeedForward == FeedForwardKind.Dense ? null : new ExpertMixture
        {
            Experts = Experts,
            SharedExperts = SharedExperts,
            ExpertsPerToken = ExpertsPerToken,
            ExpertSize = ExpertSize,
            Rounds = FeedForward == FeedForwardKind.Coe ? Rounds : 1,
            SharedRouter = SharedRouter,
            Residual = Enum.Parse<MixtureResidual>(Residual.ToString()),
            BalanceWeight = BalanceWeight,
        },
    };
}

/// <summary>How the rounds of a mixture and the residual stream are joined; see <see cref="MixtureResidual"/>.</summary>
public enum ResidualPlacement
{
    /// <summary>The standard block, a norm before each round.</summary>
    [Word("prenorm")]
    PreNorm,

    /// <summary>As in the released code of Chain-of-Experts.</summary>
    Repo,

    /// <summary>Only around all rounds.</summary>
    Outer,

    /// <summary>Between rounds and around all of them.</summary>
    Both,
}

/// <summary>Evaluation on held-out text.</summary>
public sealed record HeldoutSettings
{
    /// <summary>Most held-out tokens that the loss is taken over.</summary>
    [Between(8, 1_000_000_000)]
    public int Tokens { get; init; } = 1_000_000;

    /// <summary>Held-out tokens whose routes are recorded in <c>routing.json</c>; 0 records none.</summary>
    [Between(0, 1_000_000)]
    public int RoutedTokens { get; init; } = 8192;
}
