using Ratchet.Learning.Policies;
using Ratchet.Recipes;
using Ratchet.Systems.Pretraining;

namespace Ratchet.Systems.EchoChamber;

/// <summary>
/// Recipe of an Echo Chamber experiment (Zhao et al. 2025, arXiv 2504.07912): pretrain on a mixture whose sources each leave a recognisable format, train on a verifier's verdicts, and
/// watch which format survives.
/// </summary>
public sealed record EchoChamberRecipe : Recipe
{
    /// <summary>Value of <c>system:</c> that selects this recipe.</summary>
    public const string SystemName = "echo-chamber";

    /// <summary>A recipe with all defaults.</summary>
    public EchoChamberRecipe()
        : base(SystemName)
    {
    }

    /// <summary>Where models are trained and evaluated: <c>cpu</c>, <c>cuda</c> (the first GPU) or <c>cuda:N</c>.</summary>
    [Form("cpu|cuda|cuda:[0-9]{1,3}", "cpu, cuda or cuda:N")]
    public string Device { get; init; } = "cpu";

    /// <summary>Threads; 0 takes all cores. Never changes a result of the own kernels.</summary>
    [Between(0, 1024)]
    public int Threads { get; init; } = 1;

    /// <summary>Word problems of the run.</summary>
    public WordProblemSettings Problems { get; init; } = new();

    /// <summary>What the base model is pretrained on.</summary>
    public MixtureSettings Mixture { get; init; } = new();

    /// <summary>The model.</summary>
    public SmallModelSettings Model { get; init; } = new();

    /// <summary>Pretraining.</summary>
    public PretrainSettings Pretrain { get; init; } = new();

    /// <summary>What happens after pretraining.</summary>
    public PostTraining Method { get; init; } = PostTraining.Policy;

    /// <summary>What a rollout is rewarded for with <c>method: policy</c>.</summary>
    public RewardSource Reward { get; init; } = RewardSource.Verdict;

    /// <summary>Learning from rewards, with <c>method: policy</c>.</summary>
    public PolicyTrainingOptions Policy { get; init; } = new();

    /// <summary>Rounds of learning from accepted samples, with <c>method: expert_iteration</c>.</summary>
    public ExpertRoundSettings Expert { get; init; } = new();

    /// <summary>Training on reference solutions, with <c>method: supervised</c>.</summary>
    public GoldSettings Gold { get; init; } = new();

    /// <summary>Evaluation along the way.</summary>
    public WatchSettings Evaluate { get; init; } = new();

    /// <summary>Cost of a nat of divergence in the chosen algorithm; null where it has none.</summary>
    internal double? Beta => Method != PostTraining.Policy ? null : Policy.Algorithm switch
    {
        PolicyAlgorithm.Ppo => Policy.Ppo.KlCoefficient,
        PolicyAlgorithm.Grpo => Policy.Grpo.KlCoefficient,
        PolicyAlgorithm.Reinforce => Policy.Reinforce.KlCoefficient,
        _ => Policy.Quark.KlCoefficient,
    };

    /// <summary>Name of the method in records: <c>ppo</c>, <c>grpo</c>, <c>reinforce</c>, <c>quark</c>, <c>exit-base</c>, <c>exit-continue</c>, <c>sft</c> or <c>none</c>; with <c>-shuffled</c> behind it where rewards are.</summary>
    internal string Algorithm => Method switch
    {
        PostTraining.Policy => Policy.Algorithm.ToString().ToLowerInvariant() + (Reward == RewardSource.Shuffled ? "-shuffled" : ""),
        PostTraining.ExpertIteration => Expert.From == ExpertIteration.LearnFrom.Base ? "exit-base" : "exit-continue",
        PostTraining.Supervised => "sft",
        _ => "none",
    };

    /// <inheritdoc/>
    public override IEnumerable<RecipeConflict> Conflicts()
    {
        if (Pretrain.BatchTokens < Model.MaxPositions)
        {
            yield return new("pretrain.batch_tokens", $"A step of {Pretrain.BatchTokens} tokens cannot hold a window of model.max_positions ({Model.MaxPositions}) tokens.",
                $"Make pretrain.batch_tokens at least {Model.MaxPositions}.") { With = ["model.max_positions"] };
        }

        if (Pretrain.Tokens < Pretrain.BatchTokens)
            yield return new("pretrain.tokens", $"A budget of {Pretrain.Tokens} tokens is less than one step of pretrain.batch_tokens ({Pretrain.BatchTokens}).", "Make it larger.") { With = ["pretrain.batch_tokens"] };
        if (Device != "cpu" && Pretrain.Engine == ExpertIteration.EngineChoice.Own)
            yield return new("pretrain.engine", $"The own kernels run on the CPU only, and device is {Device}.", "Set pretrain.engine to auto or torch, or device to cpu.") { With = ["device"] };
        if (Method == PostTraining.Policy)
        {
            foreach (var error in Policy.Validate())
                yield return new("policy", error, "Correct the section policy.");
            if (Policy.MaxNewTokens >= Model.MaxPositions)
                yield return new("policy.max_new_tokens", $"{Policy.MaxNewTokens} new tokens leave no place for a question in model.max_positions ({Model.MaxPositions}).", "Make one smaller or the other larger.") { With = ["model.max_positions"] };
            if (Policy.Prompts > Problems.Train)
                yield return new("policy.prompts", $"A batch of {Policy.Prompts} questions cannot be drawn from {Problems.Train} (problems.train).", "Make it smaller.") { With = ["problems.train"] };
        }
        else if (Reward == RewardSource.Shuffled)
        {
            yield return new("reward", "Only learning from rewards has rewards to shuffle.", "Set method to policy, or reward to verdict.") { With = ["method"] };
        }

        if (Method == PostTraining.ExpertIteration && Expert.ProblemsPerRound > Problems.Train)
            yield return new("expert.problems_per_round", $"A round cannot take {Expert.ProblemsPerRound} of {Problems.Train} training problems (problems.train).", "Make it smaller, or 0 for all.") { With = ["problems.train"] };
    }
}

/// <summary>What happens to the base model.</summary>
public enum PostTraining
{
    /// <summary>Learning from rewards; <c>policy.algorithm</c> says how.</summary>
    Policy,

    /// <summary>Rounds of learning from accepted samples.</summary>
    ExpertIteration,

    /// <summary>Training on reference solutions.</summary>
    Supervised,

    /// <summary>Nothing: the base model alone is evaluated.</summary>
    None,
}

/// <summary>What a rollout is rewarded for.</summary>
public enum RewardSource
{
    /// <summary>The verifier accepts it.</summary>
    Verdict,

    /// <summary>Control: the verdicts of a batch are dealt out among its rollouts at random, so that the mean is the same and nothing can be learned.</summary>
    Shuffled,
}

/// <summary>Word problems of a run, drawn by the domain <c>arithmetic</c>.</summary>
public sealed record WordProblemSettings : IRecipeSection
{
    /// <summary>Problems to train on.</summary>
    [Between(1, 1_000_000)]
    public int Train { get; init; } = 3200;

    /// <summary>Held-out problems of as many steps.</summary>
    [Between(1, 100_000)]
    public int Heldout { get; init; } = 128;

    /// <summary>Steps of both; each number of steps has the same share.</summary>
    public RecipeList<int> Steps { get; init; } = [2];

    /// <summary>Held-out problems of other numbers of steps, evaluated at the beginning and at the end.</summary>
    [Between(0, 100_000)]
    public int Transfer { get; init; } = 96;

    /// <summary>Their steps.</summary>
    public RecipeList<int> TransferSteps { get; init; } = [3, 4];

    /// <summary>Share of problems with a sentence that has nothing to do with the question.</summary>
    [Between(0, 1)]
    public double AsideShare { get; init; } = 0.25;

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        foreach (var (key, steps) in new[] { ("steps", Steps), ("transfer_steps", TransferSteps) })
        {
            if (steps.Count == 0 || steps.Any(s => s is < 1 or > 6) || steps.Distinct().Count() < steps.Count)
                yield return new(key, "Steps are different numbers from 1 to 6, at least one of them.", "For example [2] or [3, 4].");
        }

        if (Steps.Intersect(TransferSteps).Any())
            yield return new("transfer_steps", "Problems for transfer have other numbers of steps than those to train on.", "Take the common ones out of one of the two lists.") { With = ["steps"] };
    }
}

/// <summary>What the base model reads. The token budget is <c>pretrain.tokens</c>, whatever the shares are.</summary>
public sealed record MixtureSettings : IRecipeSection
{
    /// <summary>Weight of problems that are solved by a function, among the formats.</summary>
    [AtLeast(0)]
    public double Function { get; init; } = 1;

    /// <summary>Weight of problems that are solved by a tagged expression.</summary>
    [AtLeast(0)]
    public double Tagged { get; init; } = 1;

    /// <summary>Weight of problems that are solved in prose.</summary>
    [AtLeast(0)]
    public double Prose { get; init; } = 1;

    /// <summary>Share of all tokens that belong to no problem.</summary>
    [Between(0, 1, MaximumOutside = true)]
    public double Background { get; init; } = 0.4;

    /// <summary>Share of arithmetic facts among those; the rest are sentences about other things.</summary>
    [Between(0, 1)]
    public double Facts { get; init; } = 0.7;

    /// <summary>Steps of the problems; each number of steps has the same share of problems.</summary>
    public RecipeList<int> Steps { get; init; } = [2, 3];

    /// <summary>Name of the mixture in records: weights of the formats as shares, in hundredths.</summary>
    internal string Label => string.Join('-', new[] { Function, Tagged, Prose }.Select(w => Math.Round(100 * w / (Function + Tagged + Prose)).ToString("00", System.Globalization.CultureInfo.InvariantCulture)));

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (!(Function + Tagged + Prose > 0))
            yield return new("function", "At least one format needs a weight above 0.", "Give function, tagged or prose one.") { With = ["tagged", "prose"] };
        if (Steps.Count == 0 || Steps.Any(s => s is < 1 or > 6) || Steps.Distinct().Count() < Steps.Count)
            yield return new("steps", "Steps are different numbers from 1 to 6, at least one of them.", "For example [2, 3].");
    }
}

/// <summary>A small decoder.</summary>
public sealed record SmallModelSettings : IRecipeSection
{
    /// <summary>Transformer blocks.</summary>
    [Between(1, 1000)]
    public int Layers { get; init; } = 2;

    /// <summary>Width of the residual stream.</summary>
    [Between(8, 65_536)]
    public int HiddenSize { get; init; } = 64;

    /// <summary>Query heads.</summary>
    [Between(1, 1024)]
    public int Heads { get; init; } = 4;

    /// <summary>Width of a block's hidden layer.</summary>
    [Between(8, 1_000_000)]
    public int FeedForwardSize { get; init; } = 176;

    /// <summary>Tokens that question and answer have room for; also the length of a window of pretraining.</summary>
    [Between(16, 1_000_000)]
    public int MaxPositions { get; init; } = 192;

    /// <summary>The output head shares the embedding's weights.</summary>
    public bool TiedHead { get; init; } = true;

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (HiddenSize % Heads != 0 || HiddenSize / Heads % 2 != 0)
            yield return new("heads", $"A hidden size of {HiddenSize} does not divide into {Heads} heads of even width.", "Make hidden_size an even multiple of heads.") { With = ["hidden_size"] };
    }
}

/// <summary>Rounds of expert iteration.</summary>
public sealed record ExpertRoundSettings
{
    /// <summary>Rounds.</summary>
    [Between(1, 1000)]
    public int Rounds { get; init; } = 3;

    /// <summary>Training problems a round, drawn anew each round; 0 takes all.</summary>
    [AtLeast(0)]
    public int ProblemsPerRound { get; init; } = 1280;

    /// <summary>Samples of a problem.</summary>
    [Between(1, 100_000)]
    public int Samples { get; init; } = 8;

    /// <summary>Divides the logits.</summary>
    [Between(0, 10, MinimumOutside = true)]
    public double Temperature { get; init; } = 1;

    /// <summary>Keeps the smallest set of most likely tokens that has this share.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double TopP { get; init; } = 0.95;

    /// <summary>Most tokens of a sample.</summary>
    [AtLeast(1)]
    public int MaxNewTokens { get; init; } = 56;

    /// <summary>Weights that a round's training starts from: <c>base</c>, the pretrained ones, or <c>continue</c>, those that sampled.</summary>
    public ExpertIteration.LearnFrom From { get; init; } = ExpertIteration.LearnFrom.Base;

    /// <summary>Passes over a round's accepted samples, without exact duplicates.</summary>
    [Between(0, 1000, MinimumOutside = true)]
    public double Epochs { get; init; } = 2;

    /// <summary>Largest learning rate; cosine to a tenth after a rise over 3 %.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Tokens of an optimizer step.</summary>
    [Between(8, 100_000_000)]
    public int BatchTokens { get; init; } = 4096;
}

/// <summary>Training on reference solutions, whose formats are drawn with the weights of the mixture.</summary>
public sealed record GoldSettings
{
    /// <summary>Optimizer steps.</summary>
    [AtLeast(1)]
    public int Steps { get; init; } = 480;

    /// <summary>Tokens of a step, about.</summary>
    [Between(8, 100_000_000)]
    public int BatchTokens { get; init; } = 3072;

    /// <summary>Largest learning rate; cosine to a tenth after a rise over 3 %.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double LearningRate { get; init; } = 3e-4;
}

/// <summary>Evaluation along the way, on the same held-out problems each time.</summary>
public sealed record WatchSettings : IRecipeSection
{
    /// <summary>Evaluations at log-spaced updates, besides those of the base model and of the end of each pass.</summary>
    [Between(0, 1000)]
    public int Points { get; init; } = 12;

    /// <summary>Samples of a problem at each of them.</summary>
    [Between(1, 100_000)]
    public int Samples { get; init; } = 16;

    /// <summary>Samples of a problem at the beginning, in the middle and at the end.</summary>
    [Between(1, 100_000)]
    public int MilestoneSamples { get; init; } = 64;

    /// <summary>Divides the logits of samples.</summary>
    [Between(0, 10, MinimumOutside = true)]
    public double Temperature { get; init; } = 0.7;

    /// <summary>Keeps the smallest set of most likely tokens that has this share.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double TopP { get; init; } = 0.95;

    /// <summary>Most tokens of an answer.</summary>
    [AtLeast(1)]
    public int MaxNewTokens { get; init; } = 64;

    /// <summary>The k of pass@k and maj@k, as far as there are samples.</summary>
    public RecipeList<int> K { get; init; } = [1, 2, 4, 8, 16, 32, 64];

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (K.Count == 0 || K.Any(k => k < 1))
            yield return new("k", "At least one k is needed, each at least 1.", "For example [1, 8, 64].");
        if (MilestoneSamples < Samples)
            yield return new("milestone_samples", $"{MilestoneSamples} samples are fewer than those of every evaluation (samples: {Samples}).", "Make it at least as large.") { With = ["samples"] };
    }
}
