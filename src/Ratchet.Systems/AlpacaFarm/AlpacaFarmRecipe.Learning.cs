using Ratchet.Learning;
using Ratchet.Learning.Policies;
using Ratchet.Recipes;

namespace Ratchet.Systems.AlpacaFarm;

/// <summary>Supervised training.</summary>
public sealed record ImitationSettings
{
    /// <summary>Passes over the rows.</summary>
    [Between(0, 10_000, MinimumOutside = true)]
    public double Epochs { get; init; } = 4;

    /// <summary>Largest learning rate.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double LearningRate { get; init; } = 0.002;

    /// <summary>Most tokens of one optimizer step.</summary>
    [Between(8, 100_000_000)]
    public int BatchTokens { get; init; } = 2048;

    internal LearningOptions Options(FarmEngine engine) => new()
    {
        BatchTokens = BatchTokens, LearningRate = LearningRate, WarmupFraction = 0.03, Decay = LearningRateDecay.Cosine, FinalFraction = 0.1, SnapshotInterval = 200, Engine = engine.Learner, Cpu = engine.Cpu,
        AdamW = new AdamWOptions { WeightDecay = 0.01 },
    };
}

/// <summary>The reward model: the start model's body with a scalar head, on pairs (Bradley-Terry).</summary>
public sealed record FarmRewardSettings
{
    /// <summary>Passes over the pairs.</summary>
    [Between(0, 10_000, MinimumOutside = true)]
    public double Epochs { get; init; } = 2;

    /// <summary>Largest learning rate.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double LearningRate { get; init; } = 0.001;

    /// <summary>Pairs of an optimizer step.</summary>
    [Between(1, 100_000)]
    public int BatchPairs { get; init; } = 64;
}

/// <summary>What is taken of n samples.</summary>
public enum SamplePick
{
    /// <summary>The one with the highest reward.</summary>
    Reward,

    /// <summary>The longest: what a judge's fondness of length is worth.</summary>
    Longest,

    /// <summary>The one with the highest gold utility: the upper bound.</summary>
    Oracle,

    /// <summary>The first.</summary>
    Random,
}

/// <summary>Best-of-n.</summary>
public sealed record BestOfNSettings
{
    /// <summary>Samples of an instruction.</summary>
    [Between(1, 100_000)]
    public int N { get; init; } = 16;

    /// <summary>What is taken of them.</summary>
    public SamplePick Pick { get; init; } = SamplePick.Reward;

    /// <summary>Samples of an instruction that several runs share; each takes the first <c>n</c>.</summary>
    [Between(1, 100_000)]
    public int Shared { get; init; } = 64;

    /// <summary>Samples of an unlabelled instruction that expert iteration takes the best of.</summary>
    [Between(1, 100_000)]
    public int ExpertIterationN { get; init; } = 16;

    /// <summary>Largest n of <c>method: best_of_n_curve</c>.</summary>
    [Between(2, 1_000_000)]
    public int CurveN { get; init; } = 1024;

    /// <summary>Instructions of the curve.</summary>
    [Between(1, 100_000)]
    public int CurvePrompts { get; init; } = 64;
}

/// <summary>Direct preference optimization.</summary>
public sealed record FarmDpoSettings
{
    /// <summary>Strength that the start model holds with.</summary>
    [Above(0)]
    public double Beta { get; init; } = 0.1;

    /// <summary>Passes over the pairs.</summary>
    [Between(0, 10_000, MinimumOutside = true)]
    public double Epochs { get; init; } = 1;

    /// <summary>Largest learning rate.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double LearningRate { get; init; } = 0.0002;

    /// <summary>Pairs of an optimizer step.</summary>
    [Between(1, 100_000)]
    public int BatchPairs { get; init; } = 64;
}

/// <summary>Which checkpoint of an online training is evaluated.</summary>
public enum CheckpointChoice
{
    /// <summary>The one with the best win rate on the validation instructions, by the judge of the labels' kind.</summary>
    Validation,

    /// <summary>The last.</summary>
    Last,
}

/// <summary>Proximal policy optimization on the reward model's scores.</summary>
public sealed record FarmPpoSettings
{
    /// <summary>Batches of rollouts.</summary>
    [Between(1, 100_000)]
    public int Updates { get; init; } = 60;

    /// <summary>Rollouts of a batch, one an instruction.</summary>
    [Between(1, 100_000)]
    public int Rollouts { get; init; } = 128;

    /// <summary>Passes over a batch.</summary>
    [Between(1, 100)]
    public int Epochs { get; init; } = 2;

    /// <summary>Rollouts of an optimizer step.</summary>
    [Between(1, 100_000)]
    public int Minibatch { get; init; } = 64;

    /// <summary>Largest learning rate of the policy.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double LearningRate { get; init; } = 0.00005;

    /// <summary>Largest learning rate of the critic.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double CriticLearningRate { get; init; } = 0.0005;

    /// <summary>Cost β of a nat of divergence from the start model, on each token.</summary>
    [AtLeast(0)]
    public double KlCoefficient { get; init; } = 0.1;

    /// <summary>Cuts each token's divergence at 0 from below before it is charged, as the paper's code does.</summary>
    public bool ClampKl { get; init; } = true;

    /// <summary>Updates between two evaluations on the validation instructions.</summary>
    [Between(1, 100_000)]
    public int EvaluateEvery { get; init; } = 5;

    /// <summary>Which checkpoint is evaluated in the end.</summary>
    public CheckpointChoice Select { get; init; } = CheckpointChoice.Validation;

    internal PolicyTrainingOptions Options(int maxNewTokens) => new()
    {
        Algorithm = PolicyAlgorithm.Ppo,
        Updates = Updates,
        Prompts = Rollouts,
        Samples = 1,
        MaxNewTokens = maxNewTokens,
        Minibatch = Minibatch,
        Epochs = Epochs,
        Policy = new OptimizationOptions { LearningRate = LearningRate, WarmupSteps = 5, Decay = LearningRateDecay.Constant, Epsilon = 1e-5 },
        Ppo = new PpoOptions
        {
            KlCoefficient = KlCoefficient, ClampKl = ClampKl, Lambda = 1, WhitenRewards = true, Critic = new OptimizationOptions { LearningRate = CriticLearningRate, WarmupSteps = 5, Decay = LearningRateDecay.Constant, Epsilon = 1e-5 },
        },
        Reward = new RewardOptions { Form = RewardForm.Bounded, Clip = 0 },
        SnapshotInterval = EvaluateEvery,
    };
}

/// <summary>Quark with the top quantile: the best quarter of each batch is learned.</summary>
public sealed record FarmQuarkSettings
{
    /// <summary>Batches of rollouts.</summary>
    [Between(1, 100_000)]
    public int Updates { get; init; } = 60;

    /// <summary>Rollouts of a batch, one an instruction.</summary>
    [Between(1, 100_000)]
    public int Rollouts { get; init; } = 128;

    /// <summary>Largest learning rate.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double LearningRate { get; init; } = 0.0001;

    /// <summary>Factor on the exact divergence from the start model.</summary>
    [AtLeast(0)]
    public double KlCoefficient { get; init; } = 0.05;

    /// <summary>Number of quantiles; the best one is learned.</summary>
    [Between(2, 1000)]
    public int Quantiles { get; init; } = 4;

    /// <summary>Updates between two evaluations on the validation instructions.</summary>
    [Between(1, 100_000)]
    public int EvaluateEvery { get; init; } = 5;

    /// <summary>Which checkpoint is evaluated in the end.</summary>
    public CheckpointChoice Select { get; init; } = CheckpointChoice.Validation;

    internal PolicyTrainingOptions Options(int maxNewTokens) => new()
    {
        Algorithm = PolicyAlgorithm.Quark,
        Updates = Updates,
        Prompts = Rollouts,
        Samples = 1,
        MaxNewTokens = maxNewTokens,
        Policy = new OptimizationOptions { LearningRate = LearningRate, WarmupSteps = 5, Decay = LearningRateDecay.Constant },
        Quark = new QuarkOptions { Quantiles = Quantiles, KlCoefficient = KlCoefficient },
        Reward = new RewardOptions { Form = RewardForm.Bounded, Clip = 0 },
        SnapshotInterval = EvaluateEvery,
    };
}

/// <summary>The simulated annotators.</summary>
public sealed record FarmAnnotatorSettings
{
    /// <summary>Share of training labels that come out flipped.</summary>
    [Between(0, 0.5)]
    public double FlipRate { get; init; } = 0.25;

    /// <summary>Judgements of each pair that an evaluation averages.</summary>
    [Between(1, 1000)]
    public int Replicates { get; init; } = 4;
}

/// <summary>Evaluation.</summary>
public sealed record FarmEvaluationSettings
{
    /// <summary>Divides the logits when a policy's response is sampled. The paper has 0.7, and 1 for best-of-n; here a lower one mends the start model's random mistakes by itself.</summary>
    [Between(0, 10)]
    public double Temperature { get; init; } = 1;

    /// <summary>Most tokens of a response, here and in training.</summary>
    [Between(1, 10_000)]
    public int MaxNewTokens { get; init; } = 32;

    /// <summary>Audits the annotators, and the start model's verbose and concise responses, as well.</summary>
    public bool Audit { get; init; }
}
