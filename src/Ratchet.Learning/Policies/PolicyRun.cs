using System.Diagnostics;
using System.Text.Json;
using Ratchet.Checkpoints;
using Ratchet.Models;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Tokenization;

namespace Ratchet.Learning.Policies;

/// <summary>
/// One policy training: the loop over updates. <c>PolicyRun.Collect.cs</c> samples and judges a batch, <c>PolicyRun.Learn.cs</c> learns from it, <c>PolicyRun.Numbers.cs</c> reports.
/// </summary>
internal sealed partial class PolicyRun : IDisposable
{
    private readonly PolicyTrainingRequest _request;
    private readonly PolicyTrainingOptions _options;
    private readonly ITokenizer _tokenizer;
    private readonly RolloutJudge _judge;
    private readonly PolicyEngine _engine;
    private readonly PolicyTrainingHooks _hooks;
    private readonly string _hash;
    private readonly DecoderWeights _weights;
    private readonly IDecoderTrainer _policy;
    private readonly IDecoderTrainer? _critic;
    private readonly ISampler _sampler;
    private readonly LearningRateSchedule _schedule;
    private readonly LearningRateSchedule? _criticSchedule;
    private IDecoderTrainer? _reference;
    private PolicySnapshot _state;
    private long _cursor;
    private int _shuffledEpoch = -1;
    private int[] _order = [];

    public PolicyRun(PolicyTrainingRequest request, PolicyTrainingOptions options, ITokenizer tokenizer, RolloutJudge judge, PolicyEngine engine, PolicyTrainingHooks hooks)
    {
        (_request, _options, _tokenizer, _judge, _engine, _hooks) = (request, options, tokenizer, judge, engine, hooks);
        _hash = PolicyManifest.Hash(request, options, engine);
        _schedule = options.Policy.Schedule(StepsOfUpdate(critic: false) * options.Updates);
        var loaded = PolicySnapshot.TryLoad(request.Folder, _hash);
        _state = loaded ?? new PolicySnapshot { Request = _hash, KlCoefficient = StartCoefficient() };
        _cursor = _state.Cursor;
        var (weights, optimizer) = loaded is null ? (CheckpointStore.LoadWeights(request.From.Folder), null) : PolicySnapshot.Policy(request.Folder);
        _weights = weights;
        CheckRequest();
        try
        {
            _policy = engine.Trainer(weights, options.Policy.AdamW, null);
            if (optimizer is not null)
                _policy.Import(optimizer);
            if (options.Algorithm == PolicyAlgorithm.Ppo)
            {
                _criticSchedule = options.Ppo.Critic.Schedule(StepsOfUpdate(critic: true) * options.Updates);
                _critic = OpenCritic(loaded is not null);
            }

            _sampler = engine.Sampler(weights);
        }
        catch
        {
            _policy?.Dispose();
            _critic?.Dispose();
            throw;
        }
    }

    /// <summary>The whole training from where it stands.</summary>
    public async Task<PolicyTrainingResult> TrainAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var saved = _state.Update;
        var pending = _state.Pending;
        for (var update = _state.Update; update < _options.Updates; update++)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                if (_options.SnapshotInterval > 0 && _state.Update > saved)
                    _state.Save(_request.Folder, _policy, _critic);
                cancellationToken.ThrowIfCancellationRequested();
            }

            await EvaluateAsync(update, cancellationToken).ConfigureAwait(false);
            RolloutBatch batch;
            try
            {
                batch = pending ?? await CollectAsync(update, update, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_options.SnapshotInterval > 0 && _state.Update > saved)
            {
                // Nothing has been learned since the last update.
                _state.Save(_request.Folder, _policy, _critic);
                throw;
            }

            _hooks.Rollouts?.Invoke(update, batch.All);

            // The sampler keeps the weights that it has while the learner changes its own.
            var ahead = _options.Staleness > 0 && update + 1 < _options.Updates ? Task.Run(() => CollectAsync(update + 1, update, stop.Token), CancellationToken.None) : null;
            PolicyUpdate numbers;
            try
            {
                numbers = Learn(update, batch);
            }
            catch
            {
                await stop.CancelAsync().ConfigureAwait(false);
                if (ahead is not null)
                    await Task.WhenAny(ahead).ConfigureAwait(false);
                throw;
            }

            pending = ahead is null ? null : await ahead.ConfigureAwait(false);
            var clock = Stopwatch.StartNew();
            _policy.CopyTo(_weights);
            _sampler.Load(_weights);
            numbers = numbers with { Times = numbers.Times with { Sampling = numbers.Times.Sampling + clock.Elapsed.TotalSeconds } };
            _state = _state with { Update = update + 1, Cursor = _cursor, Updates = [.. _state.Updates, numbers with { Times = default }], Pending = pending };
            _hooks.Progress?.Report(numbers);
            if (_options.SnapshotInterval > 0 && (update + 1) % _options.SnapshotInterval == 0 && update + 1 < _options.Updates)
            {
                _state.Save(_request.Folder, _policy, _critic);
                saved = _state.Update;
            }
        }

        await EvaluateAsync(_options.Updates, cancellationToken).ConfigureAwait(false);
        return Save();
    }

    public void Dispose()
    {
        _policy.Dispose();
        _critic?.Dispose();
        _reference?.Dispose();
        _sampler.Dispose();
    }

    private async Task EvaluateAsync(int updates, CancellationToken cancellationToken)
    {
        if (_hooks.Evaluate is not { } evaluate || !(_hooks.EvaluateAfter ?? (u => u == 0 || u == _options.Updates))(updates))
            return;
        await evaluate(new PolicyEvaluation(updates, _sampler, _policy, folder => SavePolicy(folder, [])), cancellationToken).ConfigureAwait(false);
    }

    private PolicyTrainingResult Save()
    {
        var critic = _critic is null
            ? null
            : CheckpointStore.Save(PolicyManifest.CriticFolder(_request.Folder), PolicyManifest.IdOf(PolicyManifest.CriticFolder(_request.Folder)), _critic.Export(), _tokenizer.Save(), writeMore: partial => OptimizerFile.Save(partial, _critic.ExportOptimizer()));
        var manifest = new PolicyManifest
        {
            RequestHash = _hash,
            Options = JsonSerializer.SerializeToElement(_options, PolicyManifest.Json),
            FromWeightsHash = _request.From.WeightsHash,
            ReferenceWeightsHash = (_request.Reference ?? _request.From).WeightsHash,
            Updates = _state.Updates,
        };
        var policy = SavePolicy(_request.Folder, new Dictionary<string, string> { [PolicyManifest.FileName] = manifest.ToJson() });
        TrainingSnapshot.Delete(_request.Folder);
        return new PolicyTrainingResult(policy, critic, _state.Updates);
    }

    private Checkpoint SavePolicy(string folder, Dictionary<string, string> more)
    {
        var files = new Dictionary<string, string>(_tokenizer.Save());
        foreach (var (name, text) in more)
            files.Add(name, text);
        return CheckpointStore.Save(folder, PolicyManifest.IdOf(folder), _policy.Export(), files, writeMore: partial => OptimizerFile.Save(partial, _policy.ExportOptimizer()));
    }

    private IDecoderTrainer OpenCritic(bool resumed)
    {
        var start = _request.Critic is { } checkpoint ? CheckpointStore.LoadWeights(checkpoint.Folder) : null;
        if (start is { Config.ScalarHead: false })
            throw new RatchetException($"The critic's checkpoint '{_request.Critic!.Folder}' has no scalar head.", "Give a reward model or a critic, or none to start from the policy's trunk.");
        start ??= _weights.WithScalarHead(_request.Stream.Derive("critic"));
        OptimizerState? optimizer = null;
        if (resumed)
            (start, optimizer) = PolicySnapshot.Critic(_request.Folder, start.Config);
        var critic = _engine.Trainer(start, _options.Ppo.Critic.AdamW, null);
        if (optimizer is not null)
            critic.Import(optimizer);
        return critic;
    }

    /// <summary>The reference; opened when it is first needed.</summary>
    private IDecoderTrainer Reference()
    {
        if (_reference is not null)
            return _reference;
        var weights = CheckpointStore.LoadWeights((_request.Reference ?? _request.From).Folder);
        if (weights.Config.VocabularySize != _weights.Config.VocabularySize || weights.Config.ScalarHead)
            throw new RatchetException($"The reference '{(_request.Reference ?? _request.From).Folder}' has not the policy's vocabulary.", "Give a policy with the same tokenizer.");
        return _reference = _engine.Trainer(weights, new AdamWOptions(), null);
    }

    private double StartCoefficient() => _options.Algorithm switch
    {
        PolicyAlgorithm.Ppo => _options.Ppo.KlCoefficient,
        PolicyAlgorithm.Grpo => _options.Grpo.KlCoefficient,
        PolicyAlgorithm.Reinforce => _options.Reinforce.KlCoefficient,
        _ => _options.Quark.KlCoefficient,
    };

    /// <summary>Optimizer steps of a full batch.</summary>
    private int StepsOfUpdate(bool critic)
    {
        var rows = _options.Prompts * _options.Samples;
        if (!critic && _options.Algorithm == PolicyAlgorithm.Quark && _options.Quark.RewardTokens.Count == 0)
            rows = (rows + _options.Quark.Quantiles - 1) / _options.Quark.Quantiles;
        return _options.Epochs * (_options.Minibatch == 0 ? 1 : (rows + _options.Minibatch - 1) / _options.Minibatch);
    }

    private void CheckRequest()
    {
        var config = _weights.Config;
        if (_request.Prompts.Count == 0)
            throw new RatchetException("There are no prompts to sample from.", "Give at least one.");
        if (_tokenizer.VocabularySize > config.VocabularySize)
            throw new RatchetException($"The tokenizer has {_tokenizer.VocabularySize} ids, but the model's vocabulary has only {config.VocabularySize}.", "Use the tokenizer that belongs to the model.");
        if (_options.Algorithm == PolicyAlgorithm.Quark && _options.Quark.RewardTokens.Any(t => t < 0 || t >= config.VocabularySize))
            throw new RatchetException($"A reward token lies outside the vocabulary of {config.VocabularySize} ids.", "Name ids that the model has and texts do not use.");
        var extra = _options.Algorithm == PolicyAlgorithm.Quark && _options.Quark.RewardTokens.Count > 0 ? 1 : 0;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var prompt in _request.Prompts)
        {
            if (!seen.Add(prompt.ProblemId))
                throw new RatchetException($"Two prompts are of the problem '{prompt.ProblemId}'.", "Give each problem one prompt.");
            RowCheck.Ids(prompt.Ids, config, prompt.ProblemId);
            if (prompt.Ids.Count + extra >= config.MaxPositions)
                throw new RatchetException($"The prompt of problem '{prompt.ProblemId}' has {prompt.Ids.Count} ids; the model has {config.MaxPositions} positions and needs at least one for the sample.", "Leave the problem out, or use a model with more positions.");
        }
    }
}
