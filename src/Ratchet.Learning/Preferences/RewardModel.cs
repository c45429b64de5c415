using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Learning.Objectives;
using Ratchet.Models;

namespace Ratchet.Learning.Preferences;

/// <summary>A reward model that scores responses. Owns its engine; dispose it. Not safe for calls from two threads at once.</summary>
public sealed class RewardModel : IDisposable
{
    private readonly IDecoderTrainer _model;

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="checkpoint">Checkpoint of a model with a scalar head.</param>
    /// <param name="factory">Makes the engine; null for own kernels on one thread.</param>
    /// <exception cref="Runs.RatchetException">The checkpoint cannot be read.</exception>
    public RewardModel(Checkpoint checkpoint, DecoderTrainerFactory? factory = null)
        : this(CheckpointStore.LoadWeights(checkpoint.Folder), factory)
    {
    }

    /// <summary>Takes weights, which are copied.</summary>
    public RewardModel(DecoderWeights weights, DecoderTrainerFactory? factory = null) =>
        _model = factory is null ? new CpuTrainer(weights) : factory(weights, new AdamWOptions(), null);

    /// <summary>The reward of each sequence: the head's value at its last id.</summary>
    /// <param name="sequences">Prompt and response, at least one id each; the model needs one position more than the longest.</param>
    public IReadOnlyList<double> Score(IReadOnlyList<IReadOnlyList<int>> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        if (sequences.Count == 0)
            return [];
        var batch = _model.Forward([.. sequences.Select((s, i) => Row($"sequence {i}", s))], TokenQuantities.Value);
        return [.. batch.Values.Select(v => (double)v[0])];
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    /// <summary>
    /// The row whose only target's place is the state of the last id: values stand before a target, so one more id follows, which nothing reads.
    /// </summary>
    public static Example Row(string id, IReadOnlyList<int> sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        return new Example { Id = id, Ids = [.. sequence, sequence[^1]], TargetStart = sequence.Count, ProblemId = id, AttemptIds = [] };
    }
}
