using Ratchet.Examples;
using Ratchet.Learning.Objectives;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Adapters;

namespace Ratchet.Learning;

/// <summary>A decoder with its optimizer: forward, backward, clip, AdamW.</summary>
/// <remarks>Implementations: <c>CpuTrainer</c> (own kernels, the default on CPU) and <c>TorchTrainer</c> (tensor library, any device).</remarks>
public interface IDecoderTrainer : IDisposable
{
    /// <summary>Shape of the model.</summary>
    DecoderConfig Config { get; }

    /// <summary>
    /// One optimizer step on whole rows. The loss is the weighted mean over target tokens: sum of weight times negative
    /// log-probability, divided by the sum of weights over target tokens of the step. A mixture's balance loss (<see cref="ExpertMixture.BalanceWeight"/>) is
    /// minimised with it: a mean over rows with a weight, of the tokens that go through the layer (in the last one those that predict targets).
    /// </summary>
    TrainingStepResult Step(IReadOnlyList<Example> rows, double learningRate);

    /// <summary>The loss of <see cref="Step(IReadOnlyList{Example}, double)"/> without a step.</summary>
    double Loss(IReadOnlyList<Example> rows);

    /// <summary>
    /// One optimizer step on an objective: all rows forward, the objective once, the derivatives back. Weights of rows are not used: they are the objective's matter. A
    /// mixture's balance loss is minimised with it as in <see cref="Step(IReadOnlyList{Example}, double)"/>.
    /// </summary>
    /// <param name="rows">Rows, each with a target.</param>
    /// <param name="objective">Objective made for these rows.</param>
    /// <param name="learningRate">Learning rate, at least 0.</param>
    /// <exception cref="Runs.RatchetException">A row cannot be trained on, the model has not what the objective wants, or loss or gradient are not finite; weights are unchanged then.</exception>
    TrainingStepResult Step(IReadOnlyList<Example> rows, ITokenObjective objective, double learningRate);

    /// <summary>What the model gives at the targets of rows, without a step. The gradient arrays hold zeros.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="quantities">Numbers wanted.</param>
    /// <param name="temperature">As <see cref="ITokenObjective.Temperature"/>.</param>
    /// <param name="references">As <see cref="ITokenObjective.References"/>.</param>
    /// <exception cref="Runs.RatchetException">A row cannot be put through the model, or the model has not what is wanted.</exception>
    TokenBatch Forward(IReadOnlyList<Example> rows, TokenQuantities quantities, double temperature = 1, IReadOnlyList<float[]>? references = null);

    /// <summary>
    /// Log-probabilities of the whole vocabulary at the targets of each row: [Ids.Count - TargetStart, V], row-major; masked places hold 0. V numbers a target: meant for
    /// small vocabularies and probes.
    /// </summary>
    IReadOnlyList<float[]> Distributions(IReadOnlyList<Example> rows, double temperature = 1);

    /// <summary>
    /// Natural-log probability of each id after the first, under the plain distribution: <c>Count - 1</c> numbers a sequence. The learner's
    /// side of the parity check with the sampler.
    /// </summary>
    IReadOnlyList<float[]> Score(IReadOnlyList<IReadOnlyList<int>> sequences);

    /// <summary>Routes sequences, all ids of each, through a model with a mixture of experts and says where every token went.</summary>
    /// <exception cref="InvalidOperationException">The model has no mixture.</exception>
    RoutingTrace Trace(IReadOnlyList<IReadOnlyList<int>> sequences);

    /// <summary>A copy of the weights, float32.</summary>
    DecoderWeights Export();

    /// <summary>Copies the weights (an adapter worked in) over those of a model of the same shape, without new memory where the engine can.</summary>
    /// <exception cref="ArgumentException">The shape differs.</exception>
    void CopyTo(DecoderWeights target);

    /// <summary>A copy of the adapter that is trained; null where all weights are.</summary>
    LoraAdapter? ExportAdapter() => null;

    /// <summary>A copy of the optimizer's state: steps done, and AdamW's moments by weight name.</summary>
    OptimizerState ExportOptimizer();

    /// <summary>Takes over an optimizer's state.</summary>
    void Import(OptimizerState state);
}

/// <summary>An adapter to train in place of a model's weights.</summary>
/// <param name="Adapter">Start adapter; copied.</param>
/// <param name="Dropout">Parent of the dropout's streams: pass p of step s draws from <c>Dropout.Derive(s).Derive(p)</c>.</param>
public sealed record LoraTraining(LoraAdapter Adapter, RandomStream Dropout);

/// <summary>What one optimizer step gave.</summary>
/// <param name="Loss">Weighted mean loss per target token before the step, nats.</param>
/// <param name="GradientNorm">Global norm of the gradient before clipping.</param>
/// <param name="Tokens">Tokens in the rows, padding not counted.</param>
public readonly record struct TrainingStepResult(double Loss, double GradientNorm, int Tokens)
{
    /// <summary>Balance loss of the mixture's layers and rounds, its factor included; 0 without one. Not part of <see cref="Loss"/>.</summary>
    public double BalanceLoss { get; init; }
}

/// <summary>AdamW's state.</summary>
/// <param name="Steps">Steps done.</param>
/// <param name="FirstMoment">First moments by weight name.</param>
/// <param name="SecondMoment">Second moments by weight name.</param>
public sealed record OptimizerState(int Steps, IReadOnlyDictionary<string, float[]> FirstMoment, IReadOnlyDictionary<string, float[]> SecondMoment);

/// <summary>Settings of AdamW (Loshchilov and Hutter 2019) that stay the same during a training.</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the first moment, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>
    /// Decoupled weight decay, 0 or more; applied to matrices, embedding and head included, not to norms and biases (the GPT-2 and nanoGPT
    /// practice: decay what has two dimensions).
    /// </summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Largest global gradient norm; 0 does not clip.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (!(Beta1 >= 0 && Beta1 < 1))
            errors.Add($"{nameof(Beta1)} must be at least 0 and below 1, not {Beta1}.");
        if (!(Beta2 >= 0 && Beta2 < 1))
            errors.Add($"{nameof(Beta2)} must be at least 0 and below 1, not {Beta2}.");
        if (!(Epsilon > 0 && double.IsFinite(Epsilon)))
            errors.Add($"{nameof(Epsilon)} must be positive, not {Epsilon}.");
        if (!(WeightDecay >= 0 && double.IsFinite(WeightDecay)))
            errors.Add($"{nameof(WeightDecay)} must be 0 or more, not {WeightDecay}.");
        if (!(ClipNorm >= 0 && double.IsFinite(ClipNorm)))
            errors.Add($"{nameof(ClipNorm)} must be 0 (no clipping) or more, not {ClipNorm}.");
        return errors;
    }
}
