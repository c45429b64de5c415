using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Adapters;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Learning;

/// <summary>
/// Changes a row before it is trained on in an epoch, for data augmentation. Must depend on its arguments alone; the stream belongs to
/// the row in that epoch.
/// </summary>
/// <param name="row">Row as selected.</param>
/// <param name="epoch">Epoch, counted from 0.</param>
/// <param name="stream">Stream for this row in this epoch.</param>
public delegate Example RowAugmentation(Example row, int epoch, RandomStream stream);

/// <summary>Trains a decoder, or an adapter beside it, on rows by maximum likelihood of their targets and writes the checkpoint.</summary>
/// <remarks>
/// <para>A training that is killed goes on from its last snapshot, beside the checkpoint's folder in <c>FOLDER.snapshot</c>, when it is asked
/// for again, and ends at the same bits. A finished checkpoint of the same request is returned as it is. Snapshots that are
/// torn, or of another request, are not used.</para>
/// <para>The checkpoint holds weights, configuration, tokenizer files, the optimizer's state and <see cref="TrainingManifest"/>; it appears
/// whole or not at all. With <see cref="LearningOptions.Lora"/> it holds an adapter (<see cref="AdapterStore"/>) in the weights' and configuration's
/// place, which names the model that it changes; training from an adapter trains that one on.</para>
/// <para>Not safe for two trainings at once into one folder.</para>
/// </remarks>
public sealed class SupervisedLearner : ILearner
{
    private readonly DecoderConfig _shape;
    private readonly ITokenizer _tokenizer;
    private readonly LearningOptions _options;
    private readonly DecoderTrainerFactory _factory;
    private readonly RowAugmentation? _augmentation;

    /// <summary>Makes a learner.</summary>
    /// <param name="shape">Shape of fresh models; a model that is continued keeps its own.</param>
    /// <param name="tokenizer">Written beside the weights.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="trainerFactory">Makes the engine; null for <see cref="CpuTrainer"/> with <see cref="LearningOptions.Cpu"/>.</param>
    /// <param name="augmentation">Changes rows epoch by epoch, or null.</param>
    /// <exception cref="RatchetException">Shape or options are invalid, or the tokenizer does not fit; the message names all mistakes.</exception>
    public SupervisedLearner(DecoderConfig shape, ITokenizer tokenizer, LearningOptions? options = null, DecoderTrainerFactory? trainerFactory = null, RowAugmentation? augmentation = null)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(tokenizer);
        _shape = shape;
        _tokenizer = tokenizer;
        _options = options ?? new LearningOptions();
        _augmentation = augmentation;
        shape.ThrowIfInvalid();
        _options.ThrowIfInvalid();
        CheckTokenizer(shape);
        var cpu = _options.Cpu;
        _factory = trainerFactory ?? ((weights, adamW, lora) => lora is null
            ? new CpuTrainer(weights, adamW, cpu)
            : throw new RatchetException("The own trainer trains no adapters.", "Use the tensor library: engine.learner: torch."));
    }

    /// <inheritdoc/>
    /// <exception cref="RatchetException">
    /// There are no rows, a row cannot be trained on, the start checkpoint is not readable, the folder cannot be written, or the loss is no longer
    /// a finite number; a snapshot stays.
    /// </exception>
    public Task<LearningResult> LearnAsync(LearningRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Task.Factory.StartNew(() => Learn(request, progress, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private LearningResult Learn(LearningRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        if (!(request.Epochs > 0 && double.IsFinite(request.Epochs)))
            throw new RatchetException($"Epochs must be above 0, not {request.Epochs}.", "Correct the learning section of the recipe.");
        var rows = request.Examples.Where(r => !(r.Weight == 0)).ToList();
        if (rows.Count == 0)
            throw new RatchetException($"Round {request.Round} has no rows to train on{(request.Examples.Count > 0 ? ": all have the weight 0" : "")}.", "Add seed problems, make more attempts or loosen the selection.");
        var config = request.From is null ? _shape : CheckpointStore.LoadConfig(request.From.Folder);
        CheckTokenizer(config);
        foreach (var row in rows)
            RowCheck.Row(row, config);

        var start = request.From?.WeightsHash ?? "fresh " + config;
        var rowsHash = RequestHash.Rows(request.Examples);
        var hash = RequestHash.Of(request, rowsHash, _options, start, _options.Engine + (_augmentation is null ? "" : " augmented"));
        if (Finished(request, hash) is { } finished)
            return finished;

        var plan = new StepPlan(rows, request.Epochs, _options.BatchTokens, request.Stream.Derive("order"));
        var schedule = new LearningRateSchedule(_options, plan.Steps.Count);
        var loaded = TrainingSnapshot.TryLoad(request.Folder, hash);
        var snapshot = loaded is null ? null : TrainingSnapshot.FolderOf(request.Folder);
        var baseModel = BaseModel(request);
        using var trainer = baseModel is null ? _factory(StartWeights(request, config, snapshot), _options.AdamW, null) : OpenAdapter(request, baseModel, snapshot);
        if (snapshot is not null)
            trainer.Import(OptimizerFile.Load(snapshot));
        else if (_options.KeepOptimizer && request.From is { } from && AdapterStore.IsAdapter(from.Folder) == (baseModel is not null) && File.Exists(Path.Combine(from.Folder, OptimizerFile.Name)))
            trainer.Import(OptimizerFile.Load(from.Folder));
        var state = loaded ?? new TrainingSnapshot { Request = hash, Step = 0, Tokens = 0, LossSum = 0, LossWeight = 0 };

        state = new TrainingSteps(step => Batch(request, rows, plan, step), schedule, _options.SnapshotInterval, request.Folder).Run(trainer, baseModel, state, progress, cancellationToken);

        var manifest = new TrainingManifest
        {
            Round = request.Round,
            RequestHash = hash,
            FromId = request.From?.Id,
            FromWeightsHash = request.From?.WeightsHash,
            Epochs = request.Epochs,
            Steps = state.Step,
            Tokens = state.Tokens,
            FinalLoss = state.LossSum / state.LossWeight,
            Curve = state.Curve,
            RowsHash = rowsHash,
            Rows = TrainingManifest.Entries(request.Examples),
        };
        var files = new Dictionary<string, string>(_tokenizer.Save()) { [TrainingManifest.FileName] = manifest.ToJson() };
        var checkpoint = baseModel is null
            ? CheckpointStore.Save(request.Folder, IdOf(request.Folder), trainer.Export(), files, writeMore: SaveOptimizer)
            : AdapterStore.Save(request.Folder, IdOf(request.Folder), trainer.ExportAdapter()!, baseModel, files, SaveOptimizer);
        TrainingSnapshot.Delete(request.Folder);
        return new LearningResult(checkpoint, state.Step, state.Tokens, manifest.FinalLoss) { Curve = state.Curve };

        void SaveOptimizer(string partial) => OptimizerFile.Save(partial, trainer.ExportOptimizer());
    }

    /// <summary>The rows of a step, as this epoch has them.</summary>
    private Example[] Batch(LearningRequest request, List<Example> rows, StepPlan plan, int step)
    {
        var (epoch, indices) = plan.Steps[step];
        if (_augmentation is null)
            return Array.ConvertAll(indices, i => rows[i]);
        var augment = request.Stream.Derive("augment").Derive(epoch);
        return Array.ConvertAll(indices, i => _augmentation(rows[i], epoch, augment.Derive(i)));
    }

    /// <summary>The result of a request that was finished before a kill, read back from its checkpoint.</summary>
    private static LearningResult? Finished(LearningRequest request, string hash)
    {
        if (TrainingManifest.TryLoad(request.Folder) is not { } manifest || manifest.RequestHash != hash)
            return null;
        try
        {
            var checkpoint = CheckpointStore.Open(request.Folder, IdOf(request.Folder));
            TrainingSnapshot.Delete(request.Folder);
            return new LearningResult(checkpoint, manifest.Steps, manifest.Tokens, manifest.FinalLoss) { Curve = manifest.Curve };
        }
        catch (RatchetException)
        {
            return null;
        }
    }

    private static DecoderWeights StartWeights(LearningRequest request, DecoderConfig config, string? snapshot) =>
        (snapshot ?? request.From?.Folder) is { } folder ? CheckpointStore.LoadWeights(folder) : DecoderWeights.Initialize(config, request.Stream.Derive("initialization"));

    /// <summary>The model that an adapter is trained for; null where all weights are trained.</summary>
    private Checkpoint? BaseModel(LearningRequest request)
    {
        if (_options.Lora is null)
            return null;
        if (request.From is not { } from)
            throw new RatchetException("An adapter needs a model to change, and training would start from fresh weights.", "Give a model to start from, or train all weights.");
        return AdapterStore.IsAdapter(from.Folder) ? CheckpointStore.Open(AdapterStore.BaseFolder(from.Folder)) : from;
    }

    private IDecoderTrainer OpenAdapter(LearningRequest request, Checkpoint baseModel, string? snapshot)
    {
        var options = _options.Lora!;
        var weights = CheckpointStore.LoadWeights(baseModel.Folder);
        var source = snapshot ?? (AdapterStore.IsAdapter(request.From!.Folder) ? request.From.Folder : null);
        var adapter = source is null ? LoraAdapter.Initialize(weights, options, request.Stream.Derive("initialization")) : AdapterStore.Load(source);
        if (source is not null && !(adapter.Options.Fits(options) && adapter.Modules.ToHashSet().SetEquals(options.Modules(weights.Config))))
        {
            throw new RatchetException(
                $"The adapter '{source}' has rank {adapter.Options.Rank}, alpha {adapter.Options.Alpha} and {adapter.Modules.Count} matrices{(adapter.Options.Dora ? ", with DoRA" : "")}, which is not what is asked for.",
                "Train it on with its own settings (learn.lora), or merge it into its model first ('ratchet model merge-lora').");
        }

        // Another dropout than before changes nothing of the adapter's shape.
        adapter = new LoraAdapter(options, adapter.Modules, adapter.Shapes().ToDictionary(s => s.Name, s => adapter[s.Name], StringComparer.Ordinal));
        return _factory(weights, _options.AdamW, new LoraTraining(adapter, request.Stream.Derive("dropout")));
    }

    private static string IdOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    private void CheckTokenizer(DecoderConfig config)
    {
        if (_tokenizer.VocabularySize > config.VocabularySize)
            throw new RatchetException($"The tokenizer has {_tokenizer.VocabularySize} ids, but the model's vocabulary has only {config.VocabularySize}.", "Use the tokenizer that belongs to the model, or a model with a larger vocabulary.");
    }
}
