using Ratchet.Domains.Instructions;
using Ratchet.Models;
using Ratchet.Recipes;

namespace Ratchet.Systems.AlpacaFarm;

/// <summary>
/// Recipe of one method that learns from preferences, with simulated or "human" annotators, evaluated by both and by the gold utility that no learner sees (AlpacaFarm, Dubois et al.
/// 2023, arXiv 2305.14387).
/// </summary>
public sealed record AlpacaFarmRecipe : Recipe
{
    /// <summary>Value of <c>system:</c> that selects this recipe.</summary>
    public const string SystemName = "alpaca-farm";

    /// <summary>A recipe with all defaults.</summary>
    public AlpacaFarmRecipe()
        : base(SystemName)
    {
    }

    /// <summary>Where models are trained and sampled: <c>cpu</c>, <c>cuda</c> (the first GPU) or <c>cuda:N</c>.</summary>
    [Form("cpu|cuda|cuda:[0-9]{1,3}", "cpu, cuda or cuda:N")]
    public string Device { get; init; } = "cpu";

    /// <summary>Threads; 0 takes all cores. Never changes a result of the own kernels.</summary>
    [Between(0, 1024)]
    public int Threads { get; init; }

    /// <summary>
    /// Folder of what several runs share (start model, pairs, reward models, samples), each found by the hash of all that it depends on; relative to the run's own folder. Null takes the
    /// shared folder of the study that the run is of, and of a run by itself a folder in its own.
    /// </summary>
    public string? Artifacts { get; init; }

    /// <summary>Method that is evaluated.</summary>
    public FarmMethod Method { get; init; } = FarmMethod.Sft;

    /// <summary>Who labels the preference pairs.</summary>
    public LabelSource Labels { get; init; } = LabelSource.Simulated;

    /// <summary>Instructions, demonstrations and pairs.</summary>
    public FarmDataSettings Data { get; init; } = new();

    /// <summary>The model of policy, reward model and critic.</summary>
    public FarmModelSettings Model { get; init; } = new();

    /// <summary>Supervised training: of the start model on demonstrations, and of expert iteration on its own best samples.</summary>
    public ImitationSettings Sft { get; init; } = new();

    /// <summary>Supervised training from the start model on preference pairs: <c>feedme</c> and <c>conditioning</c>.</summary>
    public ImitationSettings Imitation { get; init; } = new() { Epochs = 1, LearningRate = 0.0005 };

    /// <summary>The reward model.</summary>
    public FarmRewardSettings RewardModel { get; init; } = new();

    /// <summary><c>best_of_n</c>, and the samples of <c>expert_iteration</c>.</summary>
    public BestOfNSettings BestOfN { get; init; } = new();

    /// <summary>Direct preference optimization.</summary>
    public FarmDpoSettings Dpo { get; init; } = new();

    /// <summary>Proximal policy optimization.</summary>
    public FarmPpoSettings Ppo { get; init; } = new();

    /// <summary>Quark, top quantile.</summary>
    public FarmQuarkSettings Quark { get; init; } = new();

    /// <summary>The simulated annotators.</summary>
    public FarmAnnotatorSettings Annotators { get; init; } = new();

    /// <summary>Evaluation.</summary>
    public FarmEvaluationSettings Evaluate { get; init; } = new();

    /// <inheritdoc/>
    public override IEnumerable<RecipeConflict> Conflicts()
    {
        if (Model.MaxPositions < FarmWorld.LongestPrompt + Evaluate.MaxNewTokens + 1)
        {
            yield return new("model.max_positions", $"A prompt of {FarmWorld.LongestPrompt} tokens and a response of evaluate.max_new_tokens ({Evaluate.MaxNewTokens}) need {FarmWorld.LongestPrompt + Evaluate.MaxNewTokens + 1} positions.",
                "Make model.max_positions larger or evaluate.max_new_tokens smaller.") { With = ["evaluate.max_new_tokens"] };
        }

        if (Data.Large < Data.Start)
            yield return new("data.large", $"The larger set of demonstrations ({Data.Large}) holds the start's {Data.Start}.", "Make it at least data.start.") { With = ["data.start"] };
        if (Method == FarmMethod.BestOfNCurve && BestOfN.CurvePrompts > Data.Evaluation)
            yield return new("best_of_n.curve_prompts", $"There are only {Data.Evaluation} instructions to evaluate on (data.evaluation).", "Make it smaller.") { With = ["data.evaluation"] };
        if (Method is not (FarmMethod.Ppo or FarmMethod.Quark))
            yield break;
        var (updates, every) = Method == FarmMethod.Ppo ? (Ppo.Updates, Ppo.EvaluateEvery) : (Quark.Updates, Quark.EvaluateEvery);
        if (every > updates)
            yield return new(Method == FarmMethod.Ppo ? "ppo.evaluate_every" : "quark.evaluate_every", $"With {updates} updates there is no evaluation every {every} of them.", "Make it smaller.");
    }
}

/// <summary>A method that learns from preferences, or a control.</summary>
public enum FarmMethod
{
    /// <summary>The start model: demonstrations alone.</summary>
    Sft,

    /// <summary>A model of more demonstrations, from scratch.</summary>
    SftLarge,

    /// <summary>Binary FeedME: the preferred responses are imitated.</summary>
    [Word("feedme")]
    FeedMe,

    /// <summary>Binary reward conditioning: both responses are imitated behind a word for good or bad, and sampling asks for good.</summary>
    Conditioning,

    /// <summary>Direct preference optimization.</summary>
    Dpo,

    /// <summary>The best of n samples of the start model.</summary>
    BestOfN,

    /// <summary>The best of n samples on unlabelled instructions are imitated: one round of expert iteration.</summary>
    ExpertIteration,

    /// <summary>Proximal policy optimization.</summary>
    Ppo,

    /// <summary>Quark with the top quantile.</summary>
    Quark,

    /// <summary>No method: what best-of-n gives for n up to very many, by reward and by gold utility.</summary>
    [Word("best_of_n_curve")]
    BestOfNCurve,
}

/// <summary>Who labels preference pairs.</summary>
public enum LabelSource
{
    /// <summary>The simulated annotators with flips (p_ann).</summary>
    Simulated,

    /// <summary>The "people".</summary>
    Human,

    /// <summary>One steady annotator without noise (the control p_gpt4).</summary>
    Clean,

    /// <summary>The most frequent label of all simulated annotators.</summary>
    Majority,
}

/// <summary>Instructions, demonstrations and pairs. No instruction of the evaluation is ever trained on, in any run: which part one belongs to follows from its hash.</summary>
public sealed record FarmDataSettings
{
    /// <summary>Demonstrations that the start model learns from.</summary>
    [Between(1, 1_000_000)]
    public int Start { get; init; } = 20_000;

    /// <summary>Demonstrations of <c>method: sft_large</c>; the first of them are the start's.</summary>
    [Between(1, 10_000_000)]
    public int Large { get; init; } = 40_000;

    /// <summary>Share of demonstrations that ask for a verbose or a concise response.</summary>
    [Between(0, 1)]
    public double Styled { get; init; } = 0.3;

    /// <summary>Share of demonstrations with a mistake in the task.</summary>
    [Between(0, 1)]
    public double TaskErrors { get; init; } = 0.35;

    /// <summary>Share of demonstrations with a mistake in the form.</summary>
    [Between(0, 1)]
    public double FormatErrors { get; init; } = 0.3;

    /// <summary>Chance that a demonstration goes on with one more polite phrase.</summary>
    [Between(0, 1, MaximumOutside = true)]
    public double Politeness { get; init; } = 0.5;

    /// <summary>Preference pairs: two samples of the start model for each of so many instructions.</summary>
    [Between(1, 1_000_000)]
    public int Pairs { get; init; } = 20_000;

    /// <summary>Instructions without labels, for methods with a reward model.</summary>
    [Between(1, 1_000_000)]
    public int Unlabeled { get; init; } = 2000;

    /// <summary>Instructions by which checkpoints are chosen.</summary>
    [Between(1, 100_000)]
    public int Validation { get; init; } = 150;

    /// <summary>Instructions that the reported numbers are over.</summary>
    [Between(5, 100_000)]
    public int Evaluation { get; init; } = 400;

    /// <summary>Pairs for the audit of annotators and the reward model's accuracy, of other samples than it was trained on.</summary>
    [Between(5, 100_000)]
    public int AuditPairs { get; init; } = 650;

    /// <summary>Task and form errors of the reference's responses, as shares: win rates are against it.</summary>
    [Between(0, 1)]
    public double ReferenceErrors { get; init; } = 0.2;

    internal InstructionWriterOptions Writer => new() { TaskErrors = TaskErrors, FormatErrors = FormatErrors, Politeness = Politeness };

    internal InstructionWriterOptions ReferenceWriter => new() { TaskErrors = ReferenceErrors, FormatErrors = ReferenceErrors, Politeness = Politeness };
}

/// <summary>The model of policy, reward model and critic.</summary>
public sealed record FarmModelSettings : IRecipeSection
{
    /// <summary>Transformer blocks.</summary>
    [Between(1, 1000)]
    public int Layers { get; init; } = 3;

    /// <summary>Width of the residual stream.</summary>
    [Between(8, 65_536)]
    public int HiddenSize { get; init; } = 128;

    /// <summary>Query heads.</summary>
    [Between(1, 1024)]
    public int Heads { get; init; } = 4;

    /// <summary>Width of the hidden layer.</summary>
    [Between(8, 1_000_000)]
    public int FeedForwardSize { get; init; } = 320;

    /// <summary>Longest sequence in tokens.</summary>
    [Between(16, 100_000)]
    public int MaxPositions { get; init; } = 56;

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (HiddenSize % Heads != 0 || HiddenSize / Heads % 2 != 0)
            yield return new("heads", $"A hidden size of {HiddenSize} does not divide into {Heads} heads of even width.", "Make hidden_size an even multiple of heads.") { With = ["hidden_size"] };
    }

    internal DecoderConfig Shape(Tokenization.ITokenizer tokenizer) => new()
    {
        VocabularySize = tokenizer.VocabularySize,
        HiddenSize = HiddenSize,
        Layers = Layers,
        Heads = Heads,
        KeyValueHeads = Heads,
        HeadSize = HiddenSize / Heads,
        FeedForwardSize = FeedForwardSize,
        MaxPositions = MaxPositions,
        BeginId = tokenizer.BeginId,
        EndId = tokenizer.EndId,
        PadId = tokenizer.PadId,
    };
}
