using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Learning.Objectives;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Learning.Preferences;

/// <summary>
/// Trains a reward model: on pairs (<see cref="PairwiseReward"/>) or on labelled groups (<see cref="ListwiseReward"/>). The checkpoint has a scalar head and is read by
/// <see cref="RewardModel"/>.
/// </summary>
/// <remarks>
/// Started from a policy the head is fresh, and the trunk keeps all its weights; the reward is read at the last token of a response, the end mark where the response has one. Killed and
/// asked for again it goes on from its last snapshot to the same bits.
/// </remarks>
public sealed class RewardModelLearner
{
    private readonly ITokenizer _tokenizer;
    private readonly LearningOptions _options;
    private readonly RewardModelOptions _reward;
    private readonly DecoderTrainerFactory? _factory;

    /// <summary>Makes a learner.</summary>
    /// <param name="tokenizer">Written beside the weights.</param>
    /// <param name="reward">Settings of the loss; null for the defaults.</param>
    /// <param name="options">Schedule, optimizer and engine; null for the defaults. The size of a step is <see cref="RewardModelOptions.BatchUnits"/>, not tokens.</param>
    /// <param name="trainerFactory">Makes the engine; null for own kernels.</param>
    /// <exception cref="RatchetException">Settings are invalid; the message names all mistakes.</exception>
    public RewardModelLearner(ITokenizer tokenizer, RewardModelOptions? reward = null, LearningOptions? options = null, DecoderTrainerFactory? trainerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        (_tokenizer, _reward, _options, _factory) = (tokenizer, reward ?? new RewardModelOptions(), options ?? new LearningOptions(), trainerFactory);
        if (_reward.Validate() is { Count: > 0 } errors)
            throw new RatchetException("The options of the reward model are invalid: " + string.Join(" ", errors), "Correct the section of the recipe.");
        _options.ThrowIfInvalid();
    }

    /// <summary>Trains on pairs and writes the checkpoint.</summary>
    /// <exception cref="RatchetException">There are no pairs, one cannot be trained on, a checkpoint is not readable, or the loss is no longer finite; a snapshot stays.</exception>
    public Task<LearningResult> LearnAsync(PreferenceRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return OfflineTraining.RunAsync(
            () =>
            {
                var pairs = DpoLearner.Usable(request.Pairs);
                return Training(
                    "pairwise " + string.Join(' ', pairs.Select(p => FormattableString.Invariant($"{p.Preference:R}:{p.Weight:R}"))),
                    [.. pairs.Select(p => (Example[])[RewardModel.Row(p.Id + "/1", [.. p.Prompt, .. p.First]), RewardModel.Row(p.Id + "/2", [.. p.Prompt, .. p.Second])])],
                    batch => new PairwiseReward([.. batch.Select(k => (pairs[k].Preference, pairs[k].Weight))], _reward.CenteringWeight),
                    request.From, request.Epochs, request.Stream, request.Folder);
            },
            progress, cancellationToken);
    }

    /// <summary>Trains on labelled groups and writes the checkpoint.</summary>
    /// <exception cref="RatchetException">There are no groups, one has labels of one kind only, a checkpoint is not readable, or the loss is no longer finite; a snapshot stays.</exception>
    public Task<LearningResult> LearnAsync(LabelledGroupRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return OfflineTraining.RunAsync(
            () =>
            {
                var groups = request.Groups;
                if (groups.FirstOrDefault(g => g.Responses.Select(r => r.IsRight).Distinct().Count() < 2) is { } bad)
                    throw new RatchetException($"Group '{bad.Id}' has no right or no wrong response.", "Leave out groups whose labels are all the same.");
                return Training(
                    "listwise " + string.Join(' ', groups.Select(g => string.Concat(g.Responses.Select(r => r.IsRight ? '1' : '0')))),
                    [.. groups.Select(g => g.Responses.Select((r, i) => RewardModel.Row($"{g.Id}/{i}", [.. g.Prompt, .. r.Response])).ToArray())],
                    batch => new ListwiseReward([.. batch.Select(k => (IReadOnlyList<bool>)[.. groups[k].Responses.Select(r => r.IsRight)])], _reward.CenteringWeight),
                    request.From, request.Epochs, request.Stream, request.Folder);
            },
            progress, cancellationToken);
    }

    private OfflineTraining Training(string identity, IReadOnlyList<Example[]> units, Func<int[], ITokenObjective> objective, Checkpoint from, double epochs, RandomStream stream, string folder) => new()
    {
        Identity = FormattableString.Invariant($"reward model centering {_reward.CenteringWeight:R} head {_reward.HeadDeviation?.ToString("R", System.Globalization.CultureInfo.InvariantCulture) ?? "-"} {identity}"),
        Units = units,
        BatchUnits = _reward.BatchUnits,
        Objective = objective,
        From = from,
        Start = () =>
        {
            var weights = CheckpointStore.LoadWeights(from.Folder);
            return weights.Config.ScalarHead ? weights : weights.WithScalarHead(stream.Derive("head"), _reward.HeadDeviation);
        },
        Epochs = epochs,
        Stream = stream,
        Folder = folder,
        Tokenizer = _tokenizer,
        Options = _options,
        Factory = _factory,
    };
}
