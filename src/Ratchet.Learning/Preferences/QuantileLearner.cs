using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Learning.Objectives;
using Ratchet.Learning.Policies;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Rollouts;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Learning.Preferences;

/// <summary>What a training on quantiles of reward is asked for.</summary>
public sealed record QuantileRequest
{
    /// <summary>Policy to start from.</summary>
    public required Checkpoint From { get; init; }

    /// <summary>Reference; null takes <see cref="From"/>.</summary>
    public Checkpoint? Reference { get; init; }

    /// <summary>Rollouts of any policy.</summary>
    public required IReadOnlyList<Rollout> Rollouts { get; init; }

    /// <summary>Passes over the rows.</summary>
    public required double Epochs { get; init; }

    /// <summary>Parent of the stream of data order.</summary>
    public required RandomStream Stream { get; init; }

    /// <summary>Folder that the checkpoint is written into.</summary>
    public required string Folder { get; init; }
}

/// <summary>
/// Quark on a fixed set of rollouts (<see cref="ImitationRows.Quantiles"/>, <see cref="DivergenceLikelihood"/>). <see cref="PolicyTraining"/> does the same batch by batch with fresh
/// samples.
/// </summary>
public sealed class QuantileLearner
{
    private readonly ITokenizer _tokenizer;
    private readonly LearningOptions _options;
    private readonly QuarkOptions _quark;
    private readonly int _batchRows;
    private readonly DecoderTrainerFactory? _factory;

    /// <summary>Makes a learner.</summary>
    /// <param name="tokenizer">Written beside the weights.</param>
    /// <param name="quark">Settings; null for the defaults.</param>
    /// <param name="options">Schedule, optimizer and engine; null for the defaults.</param>
    /// <param name="batchRows">Rows of an optimizer step, at least 1.</param>
    /// <param name="trainerFactory">Makes the engine; null for own kernels.</param>
    /// <exception cref="RatchetException">Settings are invalid; the message names all mistakes.</exception>
    public QuantileLearner(ITokenizer tokenizer, QuarkOptions? quark = null, LearningOptions? options = null, int batchRows = 64, DecoderTrainerFactory? trainerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        (_tokenizer, _quark, _options, _batchRows, _factory) = (tokenizer, quark ?? new QuarkOptions(), options ?? new LearningOptions(), batchRows, trainerFactory);
        if (_quark.Validate() is { Count: > 0 } errors)
            throw new RatchetException("The options of Quark are invalid: " + string.Join(" ", errors), "Correct the section of the recipe.");
        _options.ThrowIfInvalid();
    }

    /// <summary>Trains and writes the checkpoint.</summary>
    /// <exception cref="RatchetException">There are no rows, one cannot be trained on, a checkpoint is not readable, or the loss is no longer finite; a snapshot stays.</exception>
    public async Task<LearningResult> LearnAsync(QuantileRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        IDecoderTrainer? reference = null;
        try
        {
            return await OfflineTraining.RunAsync(Training, progress, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            reference?.Dispose();
        }

        OfflineTraining Training()
        {
            var rows = ImitationRows.Quantiles(request.Rollouts, _quark.Quantiles, _quark.RewardTokens);

            // The reference knows no reward tokens.
            Example[] plain = _quark.RewardTokens.Count == 0 ? [.. rows] : [.. rows.Select(ImitationRows.WithoutFirst)];
            return new OfflineTraining
            {
                Identity = FormattableString.Invariant($"quark {_quark} reference {(request.Reference ?? request.From).WeightsHash}"),
                Units = [.. rows.Select(r => (Example[])[r])],
                BatchUnits = _batchRows,
                Objective = batch => new DivergenceLikelihood(reference?.Distributions([.. batch.Select(i => plain[i])]), _quark.KlCoefficient, _quark.EntropyBonus),
                From = request.From,
                Start = () => CheckpointStore.LoadWeights(request.From.Folder),
                Epochs = request.Epochs,
                Stream = request.Stream,
                Folder = request.Folder,
                Tokenizer = _tokenizer,
                Options = _options,
                Factory = _factory,
                Prepare = () => reference = _quark.KlCoefficient > 0 ? OfflineTraining.Open(_factory, CheckpointStore.LoadWeights((request.Reference ?? request.From).Folder), _options) : null,
            };
        }
    }
}
