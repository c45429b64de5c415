namespace Ratchet.Learning.Objectives;

/// <summary>
/// A loss on the numbers that a model gives at its targets, and its derivatives by them. The trainer computes the numbers of all rows of a step, asks the objective once,
/// and carries the derivatives back through the model: losses that couple rows (pairs, groups, normalisers over the batch) need nothing more of it.
/// </summary>
/// <remarks>Made for the rows of one step: what it holds by row stands in their order. Called from one thread.</remarks>
public interface ITokenObjective
{
    /// <summary>Numbers that are wanted at each target.</summary>
    TokenQuantities Quantities { get; }

    /// <summary>Divides the logits before log-probabilities, entropies and divergences; above 0. 1 is the model's own distribution.</summary>
    double Temperature => 1;

    /// <summary>
    /// For <see cref="TokenQuantities.Divergence"/>: the other model's log-probabilities at the targets of each row, [Ids.Count - TargetStart, V], row-major, as
    /// <see cref="IDecoderTrainer.Distributions"/> gives them; null otherwise.
    /// </summary>
    IReadOnlyList<float[]>? References => null;

    /// <summary>
    /// The loss of the batch, which is minimised. Writes its derivatives into the gradient arrays of the batch, which hold zeros before. Must give the same for the same
    /// numbers, whatever was asked before.
    /// </summary>
    double Evaluate(TokenBatch batch);
}

/// <summary>Numbers that a model gives at a target.</summary>
[Flags]
public enum TokenQuantities
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Log-probability of the target, nats.</summary>
    LogProbability = 1,

    /// <summary>Entropy of the distribution at the target's place, nats.</summary>
    Entropy = 2,

    /// <summary>Kullback-Leibler divergence of the distribution at the target's place from another model's, KL(model || other), over the whole vocabulary, nats.</summary>
    Divergence = 4,

    /// <summary>The scalar head's value of the state that precedes the target. Only of models with <c>DecoderConfig.ScalarHead</c>, which have no other numbers.</summary>
    Value = 8,
}
