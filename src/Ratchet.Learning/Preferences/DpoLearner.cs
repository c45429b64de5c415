using Ratchet.Examples;
using Ratchet.Learning.Objectives;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Rollouts;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Learning.Preferences;

/// <summary>Trains a policy on preference pairs by direct preference optimization (<see cref="DirectPreference"/>).</summary>
/// <remarks>
/// The reference's log-probabilities are computed once, before the first step. Killed and asked for again it goes on from its last snapshot to the same bits, like
/// <see cref="SupervisedLearner"/>. Pairs of weight 0 are left out.
/// </remarks>
public sealed class DpoLearner
{
    private const int ReferenceRows = 256;

    private readonly ITokenizer _tokenizer;
    private readonly LearningOptions _options;
    private readonly DpoOptions _dpo;
    private readonly DecoderTrainerFactory? _factory;

    /// <summary>Makes a learner.</summary>
    /// <param name="tokenizer">Written beside the weights.</param>
    /// <param name="dpo">Settings of the loss; null for the defaults.</param>
    /// <param name="options">Schedule, optimizer and engine; null for the defaults. The size of a step is <see cref="DpoOptions.BatchPairs"/>, not tokens.</param>
    /// <param name="trainerFactory">Makes the engine; null for own kernels.</param>
    /// <exception cref="RatchetException">Settings are invalid; the message names all mistakes.</exception>
    public DpoLearner(ITokenizer tokenizer, DpoOptions? dpo = null, LearningOptions? options = null, DecoderTrainerFactory? trainerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        (_tokenizer, _dpo, _options, _factory) = (tokenizer, dpo ?? new DpoOptions(), options ?? new LearningOptions(), trainerFactory);
        if (_dpo.Validate() is { Count: > 0 } errors)
            throw new RatchetException("The options of direct preference optimization are invalid: " + string.Join(" ", errors), "Correct the section of the recipe.");
        _options.ThrowIfInvalid();
    }

    /// <summary>Trains and writes the checkpoint.</summary>
    /// <exception cref="RatchetException">There are no pairs, one cannot be trained on, a checkpoint is not readable, or the loss is no longer finite; a snapshot stays.</exception>
    public Task<LearningResult> LearnAsync(PreferenceRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return OfflineTraining.RunAsync(() => Training(request), progress, cancellationToken);
    }

    /// <summary>Rows of a pair: prompt and first response, prompt and second response.</summary>
    internal static Example[] Rows(PreferencePair pair)
    {
        return [Row("1", pair.First), Row("2", pair.Second)];

        Example Row(string name, IReadOnlyList<int> response) =>
            new() { Id = $"{pair.Id}/{name}", Ids = [.. pair.Prompt, .. response], TargetStart = pair.Prompt.Count, ProblemId = pair.ProblemId, AttemptIds = [] };
    }

    /// <summary>Pairs with a weight, checked.</summary>
    internal static List<PreferencePair> Usable(IReadOnlyList<PreferencePair> pairs)
    {
        foreach (var pair in pairs)
        {
            if (!(pair.Preference is >= 0 and <= 1) || !(pair.Weight >= 0 && double.IsFinite(pair.Weight)))
                throw new RatchetException($"Pair '{pair.Id}' has the preference {pair.Preference} and the weight {pair.Weight}.", "A preference lies in [0, 1], a weight is finite and at least 0.");
        }

        return [.. pairs.Where(p => p.Weight > 0)];
    }

    private OfflineTraining Training(PreferenceRequest request)
    {
        var pairs = Usable(request.Pairs);
        List<Example[]> units = [.. pairs.Select(Rows)];
        var references = new double[2 * pairs.Count];
        return new OfflineTraining
        {
            Identity = FormattableString.Invariant($"dpo beta {_dpo.Beta:R} {_dpo.Loss} likelihood {_dpo.LikelihoodWeight:R} reference {(request.Reference ?? request.From).WeightsHash} pairs ")
                + string.Join(' ', pairs.Select(p => FormattableString.Invariant($"{p.Preference:R}:{p.Weight:R}"))),
            Units = units,
            BatchUnits = _dpo.BatchPairs,
            Objective = batch => new DirectPreference([.. batch.Select(k => new PairTerm(pairs[k].Preference, pairs[k].Weight, references[2 * k], references[(2 * k) + 1]))], _dpo),
            From = request.From,
            Start = () => CheckpointStore.LoadWeights(request.From.Folder),
            Epochs = request.Epochs,
            Stream = request.Stream,
            Folder = request.Folder,
            Tokenizer = _tokenizer,
            Options = _options,
            Factory = _factory,
            Prepare = () =>
            {
                using var reference = OfflineTraining.Open(_factory, CheckpointStore.LoadWeights((request.Reference ?? request.From).Folder), _options);
                Example[] rows = [.. units.SelectMany(u => u)];
                for (var start = 0; start < rows.Length; start += ReferenceRows)
                {
                    var part = rows[start..Math.Min(rows.Length, start + ReferenceRows)];
                    var batch = reference.Forward(part, TokenQuantities.LogProbability);
                    for (var r = 0; r < part.Length; r++)
                        references[start + r] = DirectPreference.Sum(batch, r);
                }
            },
        };
    }
}
