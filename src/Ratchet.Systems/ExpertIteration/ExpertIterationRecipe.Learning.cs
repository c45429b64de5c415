using Ratchet.Learning;
using Ratchet.Models.Cpu;
using Ratchet.Recipes;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>Fourth stage: supervised training on the selected rows (AdamW, packed batches, loss on the attempt's tokens only).</summary>
public sealed record LearnSettings
{
    /// <summary>The weights that a round's training starts from.</summary>
    public LearnFrom From { get; init; } = LearnFrom.Base;

    /// <summary>Passes over the rows; 0 learns nothing, which makes sense with <c>propose.endpoint</c> only: the endpoint is evaluated then.</summary>
    [Between(0, 10_000)]
    public double Epochs { get; init; } = 2;

    /// <summary>Most tokens of one optimizer step.</summary>
    [Between(8, 100_000_000)]
    public int BatchTokens { get; init; } = 4096;

    /// <summary>Largest learning rate.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double LearningRate { get; init; } = 0.002;

    /// <summary>Share of the steps in which the learning rate rises from 0.</summary>
    [Between(0, 1)]
    public double WarmupFraction { get; init; } = 0.05;

    /// <summary>How the learning rate falls after the rise.</summary>
    public LearningRateDecay Decay { get; init; } = LearningRateDecay.Cosine;

    /// <summary>Learning rate at the end, as a share of the largest; not used with <c>decay: constant</c>.</summary>
    [Between(0, 1)]
    public double FinalFraction { get; init; } = 0.1;

    /// <summary>AdamW's decoupled weight decay, on matrices only.</summary>
    [Between(0, 10)]
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>AdamW's decay of the first moment.</summary>
    [Between(0, 1, MaximumOutside = true)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment.</summary>
    [Between(0, 1, MaximumOutside = true)]
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Largest global gradient norm; 0 does not clip.</summary>
    [AtLeast(0)]
    public double ClipNorm { get; init; } = 1;

    /// <summary>Parts that a step's rows are cut into; their gradients are added in a fixed order, so that the thread count never changes a result.</summary>
    [Between(1, 1024)]
    public int Shards { get; init; } = 4;

    /// <summary>
    /// Most tokens that go through the model together on the tensor library; the gradients of a step's parts are added up, token by token alike. Null is 8192.
    /// </summary>
    [Between(16, 100_000_000)]
    public int? MicroBatchTokens { get; init; }

    /// <summary>Computes the values inside the blocks again on the way back instead of keeping them, on the tensor library: less memory, about a third more work.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Number type of the learner's matrix products; `bfloat16` needs the tensor library. Trained weights, their sums and the optimizer stay float32.</summary>
    public WeightPrecision Compute { get; init; } = WeightPrecision.Float32;

    /// <summary>Trains a low-rank adapter and leaves the model's weights as they are; a start model from fresh weights is trained whole. Null trains all weights.</summary>
    public LoraSettings? Lora { get; init; }

    /// <summary>Has a program of the user's do the training, from the model of `model.path` or, with fresh weights, from the start model on. Null trains here.</summary>
    public ExternalSettings? External { get; init; }

    /// <summary>Optimizer steps between snapshots that a killed run goes on from; 0 makes none.</summary>
    [AtLeast(0)]
    public int SnapshotSteps { get; init; } = 200;

    /// <summary>Renamed copies of each row, besides the row itself.</summary>
    [Between(0, 1000)]
    public int Augment { get; init; } = 1;

    /// <summary>Keys that only the tensor library knows, of those that are set.</summary>
    internal IEnumerable<string> TensorLibraryKeys()
    {
        if (Lora is not null)
            yield return "lora";
        if (MicroBatchTokens is not null)
            yield return "micro_batch_tokens";
        if (GradientCheckpointing)
            yield return "gradient_checkpointing";
        if (Compute != WeightPrecision.Float32)
            yield return "compute";
    }
}

/// <summary>The weights that a round's training starts from.</summary>
public enum LearnFrom
{
    /// <summary>Fresh weights, or those of <c>model.path</c>: every round trains from the beginning on all rows (Anthony et al. 2017; STaR).</summary>
    Base,

    /// <summary>The checkpoint of the round before.</summary>
    Continue,
}

/// <summary>Evaluation of each round's checkpoint on held-out problems.</summary>
public sealed record EvaluateSettings : IRecipeSection
{
    /// <summary>Attempts at each held-out problem.</summary>
    [Between(1, 100_000)]
    public int Samples { get; init; } = 8;

    /// <summary>The k of pass@k: numbers of attempts, each at most <c>samples</c>.</summary>
    [Between(1, 100_000)]
    public RecipeList<int> K { get; init; } = [1, 8];

    /// <summary>Divides the logits when sampling for pass@k.</summary>
    [Between(0, 10, MinimumOutside = true)]
    public double Temperature { get; init; } = 0.8;

    /// <summary>One most-likely attempt at each problem is reported too.</summary>
    public bool Greedy { get; init; } = true;

    /// <summary>Rounds between evaluations; the first and the last round are always evaluated.</summary>
    [Between(1, 1000)]
    public int Every { get; init; } = 1;

    /// <summary>Resamples of the bootstrap intervals.</summary>
    [Between(100, 1_000_000)]
    public int Bootstrap { get; init; } = 2000;

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (K.Count == 0)
            yield return new("k", "At least one k is needed.", "For example [1, 8].");
        foreach (var k in K)
        {
            if (k > Samples)
                yield return new("k", $"pass@{k} needs at least {k} attempts, and evaluate.samples is {Samples}.", "Make samples larger or leave this k out.") { With = ["samples"] };
        }

        if (K.Distinct().Count() != K.Count)
            yield return new("k", "A k is there twice.", "Name each k once.");
    }
}

/// <summary>Which implementation does the work. The results agree within rounding, so a run keeps one choice.</summary>
public sealed record EngineSettings
{
    /// <summary>Sampler: <c>own</c> (kernels of this project, CPU), <c>torch</c> (tensor library), or <c>auto</c>: own on the CPU for what it can do.</summary>
    public EngineChoice Sampler { get; init; } = EngineChoice.Auto;

    /// <summary>Learner: <c>own</c> (kernels of this project, CPU), <c>torch</c> (tensor library), or <c>auto</c>: own on the CPU for what it can do.</summary>
    public EngineChoice Learner { get; init; } = EngineChoice.Auto;
}

/// <summary>An implementation.</summary>
public enum EngineChoice
{
    /// <summary>Own kernels on the CPU, the tensor library on a GPU.</summary>
    Auto,

    /// <summary>Own kernels.</summary>
    Own,

    /// <summary>The tensor library.</summary>
    Torch,
}
