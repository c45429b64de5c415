using Ratchet.Learning.External;
using Ratchet.Models.Cpu;
using Ratchet.Recipes;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>
/// Recipe of plain expert iteration: a start model trained on seed proofs, then rounds of propose, verify, select and learn,
/// each followed by an evaluation on held-out problems.
/// </summary>
public sealed record ExpertIterationRecipe : Recipe
{
    /// <summary>Value of <c>system:</c> that selects this recipe.</summary>
    public const string SystemName = "expert-iteration";

    /// <summary>A recipe with all defaults.</summary>
    public ExpertIterationRecipe()
        : base(SystemName)
    {
    }

    /// <summary>Rounds after the start model (round 0).</summary>
    [Between(1, 1000)]
    public int Rounds { get; init; } = 4;

    /// <summary>Where models are evaluated and trained: <c>cpu</c>, <c>cuda</c> (the first GPU) or <c>cuda:N</c>.</summary>
    [Form("cpu|cuda|cuda:[0-9]{1,3}", "cpu, cuda or cuda:N")]
    public string Device { get; init; } = "cpu";

    /// <summary>Threads that sampler, learner and verifier share; 0 takes all cores. Never changes a result.</summary>
    [Between(0, 1024)]
    public int Threads { get; init; }

    /// <summary>Where the problems come from.</summary>
    public ProblemSettings Problems { get; init; } = new();

    /// <summary>The model that is trained.</summary>
    public ModelSettings Model { get; init; } = new();

    /// <summary>Training of the start model on the seed problems' reference solutions.</summary>
    public StartSettings Start { get; init; } = new();

    /// <summary>First stage: sampling attempts.</summary>
    public ProposeSettings Propose { get; init; } = new();

    /// <summary>Second stage: judging attempts.</summary>
    public VerifySettings Verify { get; init; } = new();

    /// <summary>Third stage: which judged attempts are learned from.</summary>
    public SelectionSettings Selection { get; init; } = new();

    /// <summary>Fourth stage: training on the selected rows.</summary>
    public LearnSettings Learn { get; init; } = new();

    /// <summary>Evaluation on held-out problems.</summary>
    public EvaluateSettings Evaluate { get; init; } = new();

    /// <summary>Which implementation does the work.</summary>
    public EngineSettings Engine { get; init; } = new();

    /// <summary>Rounds train a model.</summary>
    internal bool Learns => Learn.Epochs > 0;

    /// <inheritdoc/>
    public override IEnumerable<RecipeConflict> Conflicts()
    {
        if (Propose.MaxNewTokens >= Model.MaxPositions && Model.Path is null)
        {
            yield return new("propose.max_new_tokens", $"{Propose.MaxNewTokens} new tokens leave no place for a prompt in model.max_positions ({Model.MaxPositions}).",
                "Make propose.max_new_tokens smaller or model.max_positions larger.") { With = ["model.max_positions"] };
        }

        if (Learn.BatchTokens < Model.MaxPositions && Model.Path is null)
        {
            yield return new("learn.batch_tokens", $"A batch of {Learn.BatchTokens} tokens cannot hold a row of model.max_positions ({Model.MaxPositions}) tokens.",
                $"Make learn.batch_tokens at least {Model.MaxPositions}.") { With = ["model.max_positions"] };
        }

        if (Learn.Epochs == 0 && Propose.Endpoint is null)
            yield return new("learn.epochs", "Without learning nothing would change from round to round.", "Set learn.epochs above 0, or let an endpoint propose (propose.endpoint).") { With = ["propose.endpoint"] };

        if (Model.Path is null && Start.Epochs == 0 && Learns)
        {
            yield return new("start.epochs", "Without start training and without model.path the first proposer would be random.",
                "Set start.epochs above 0, or give a trained checkpoint in model.path.");
        }

        if (Propose.ProblemsPerRound > Problems.Train && Problems.File is null)
        {
            yield return new("propose.problems_per_round", $"A round cannot take {Propose.ProblemsPerRound} of {Problems.Train} training problems (problems.train).",
                "Make it smaller, or 0 for all.") { With = ["problems.train"] };
        }

        if (Device != "cpu" && Engine.Sampler == EngineChoice.Own)
            yield return new("engine.sampler", $"The own sampler runs on the CPU only, and device is {Device}.", "Set engine.sampler to auto or torch, or device to cpu.") { With = ["device"] };
        if (Device != "cpu" && Engine.Learner == EngineChoice.Own)
            yield return new("engine.learner", $"The own learner runs on the CPU only, and device is {Device}.", "Set engine.learner to auto or torch, or device to cpu.") { With = ["device"] };
        if (Model.WeightsType == WeightPrecision.Int8 && (Device != "cpu" || Engine.Sampler == EngineChoice.Torch))
            yield return new("model.weights_type", "Only the own sampler, on the CPU, holds weights as int8.", "Use bfloat16, or set device to cpu and engine.sampler to auto or own.") { With = ["engine.sampler", "device"] };
        if (Learn.Compute == WeightPrecision.Int8)
            yield return new("learn.compute", "int8 is for sampling only.", "Use float32 or bfloat16.");
        if (Learn.External is { } external)
        {
            if (Learn.TensorLibraryKeys().FirstOrDefault() is { } here)
                yield return new($"learn.{here}", $"learn.{here} is for training here, and learn.external has another program do it.", "Leave one of the two out.") { With = ["learn.external"] };
            if (Selection.SeedWeight != 1)
                yield return new("selection.seed_weight", "The layouts for other trainers have no place for row weights.", "Set it to 1 beside learn.external.") { With = ["learn.external"] };
            if (external.Format == RowFormat.Preference && Model.Path is not null && Start.Epochs > 0)
                yield return new("start.epochs", "Seed problems have no rejected attempts, so there is nothing to prefer in the start training (learn.external.format).", "Set start.epochs to 0.") { With = ["learn.external.format"] };
        }

        if (Engine.Learner == EngineChoice.Own && Learn.TensorLibraryKeys().FirstOrDefault() is { } key)
            yield return new($"learn.{key}", $"The own learner does not know learn.{key}.", $"Set engine.learner to auto or torch, or leave learn.{key} out.") { With = ["engine.learner"] };
    }
}
