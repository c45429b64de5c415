using System.Security.Cryptography;
using System.Text;
using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Learning.Objectives;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Learning.Preferences;

/// <summary>
/// A training on a fixed data set whose loss couples rows: units of rows (a pair, a group, one row) that stay in one optimizer step. Snapshots, resuming, manifest and curve are those of
/// <see cref="SupervisedLearner"/>.
/// </summary>
internal sealed class OfflineTraining
{
    private const int CurvePoints = 100;

    /// <summary>Name of the method and all its settings; part of the training's identity.</summary>
    public required string Identity { get; init; }

    /// <summary>Rows of each unit.</summary>
    public required IReadOnlyList<Example[]> Units { get; init; }

    /// <summary>Units of a step.</summary>
    public required int BatchUnits { get; init; }

    /// <summary>Makes the objective of some units, whose rows stand one unit behind the other.</summary>
    public required Func<int[], ITokenObjective> Objective { get; init; }

    /// <summary>Model to start from.</summary>
    public required Checkpoint From { get; init; }

    /// <summary>Start weights of a training that is not resumed.</summary>
    public required Func<DecoderWeights> Start { get; init; }

    /// <summary>Passes over the units.</summary>
    public required double Epochs { get; init; }

    /// <summary>Parent of the shuffles.</summary>
    public required RandomStream Stream { get; init; }

    /// <summary>Folder of the checkpoint.</summary>
    public required string Folder { get; init; }

    /// <summary>Written beside the weights.</summary>
    public required ITokenizer Tokenizer { get; init; }

    /// <summary>Schedule and optimizer.</summary>
    public required LearningOptions Options { get; init; }

    /// <summary>Makes the engine, or null for own kernels.</summary>
    public required DecoderTrainerFactory? Factory { get; init; }

    /// <summary>Called once before the first step, for what a method needs of other models; not called for a finished training.</summary>
    public Action? Prepare { get; init; }

    /// <summary>Runs on a thread of its own.</summary>
    public static Task<LearningResult> RunAsync(Func<OfflineTraining> make, IProgress<LearningStep>? progress, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(() => make().Run(progress, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Makes the engine of weights: the factory's, or own kernels.</summary>
    public static IDecoderTrainer Open(DecoderTrainerFactory? factory, DecoderWeights weights, LearningOptions options) =>
        factory is null ? new CpuTrainer(weights, options.AdamW, options.Cpu) : factory(weights, options.AdamW, null);

    private LearningResult Run(IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        Options.ThrowIfInvalid();
        if (Options.Lora is not null)
            throw new RatchetException("Training on preferences trains all weights, not an adapter.", "Leave the adapter out, or merge it into its model first.");
        if (!(Epochs > 0 && double.IsFinite(Epochs)))
            throw new RatchetException($"Epochs must be above 0, not {Epochs}.", "Correct the learning section of the recipe.");
        if (Units.Count == 0)
            throw new RatchetException("There is nothing to train on.", "Give at least one pair or group with a weight above 0.");
        Example[] rows = [.. Units.SelectMany(u => u)];
        var rowsHash = RequestHash.Rows(rows);
        var hash = Hash(rowsHash);
        if (Finished(hash) is { } finished)
            return finished;
        var plan = Plan();
        var schedule = new LearningRateSchedule(Options, plan.Count);
        var state = TrainingSnapshot.TryLoad(Folder, hash);
        using var trainer = Open(Factory, state is null ? Start() : CheckpointStore.LoadWeights(TrainingSnapshot.FolderOf(Folder)), Options);
        foreach (var row in rows)
            RowCheck.Row(row, trainer.Config);
        if (Tokenizer.VocabularySize > trainer.Config.VocabularySize)
            throw new RatchetException($"The tokenizer has {Tokenizer.VocabularySize} ids, but the model's vocabulary has only {trainer.Config.VocabularySize}.", "Use the tokenizer that belongs to the model.");
        if (state is not null)
            trainer.Import(OptimizerFile.Load(TrainingSnapshot.FolderOf(Folder)));
        else if (Options.KeepOptimizer && File.Exists(Path.Combine(From.Folder, OptimizerFile.Name)))
            trainer.Import(OptimizerFile.Load(From.Folder));
        Prepare?.Invoke();
        state = Train(plan, schedule, trainer, state ?? new TrainingSnapshot { Request = hash, Step = 0, Tokens = 0, LossSum = 0, LossWeight = 0 }, progress, cancellationToken);

        var manifest = new TrainingManifest
        {
            Round = 0,
            RequestHash = hash,
            FromId = From.Id,
            FromWeightsHash = From.WeightsHash,
            Epochs = Epochs,
            Steps = state.Step,
            Tokens = state.Tokens,
            FinalLoss = state.LossSum / state.LossWeight,
            Curve = state.Curve,
            RowsHash = rowsHash,
            Rows = TrainingManifest.Entries(rows),
        };
        var files = new Dictionary<string, string>(Tokenizer.Save()) { [TrainingManifest.FileName] = manifest.ToJson() };
        var checkpoint = CheckpointStore.Save(Folder, Name(), trainer.Export(), files, writeMore: partial => OptimizerFile.Save(partial, trainer.ExportOptimizer()));
        TrainingSnapshot.Delete(Folder);
        return new LearningResult(checkpoint, state.Step, state.Tokens, manifest.FinalLoss) { Curve = state.Curve };
    }

    private TrainingSnapshot Train(List<int[]> plan, LearningRateSchedule schedule, IDecoderTrainer trainer, TrainingSnapshot state, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        var window = plan.Count - Math.Max(1, plan.Count / 10);
        var saved = state.Step;
        for (var step = state.Step; step < plan.Count; step++)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                if (Options.SnapshotInterval > 0 && state.Step > saved)
                    state.Save(Folder, trainer, null);
                cancellationToken.ThrowIfCancellationRequested();
            }

            var units = plan[step];
            var rate = schedule.At(step);
            var result = trainer.Step([.. units.SelectMany(u => Units[u])], Objective(units), rate);
            var counts = step >= window ? units.Length : 0;
            state = state with
            {
                Step = step + 1,
                Tokens = state.Tokens + result.Tokens,
                LossSum = state.LossSum + (result.Loss * counts),
                LossWeight = state.LossWeight + counts,
            };
            var point = new LearningStep(step + 1, plan.Count, result.Loss, result.GradientNorm, rate, state.Tokens);
            if ((long)(step + 1) * CurvePoints / plan.Count != (long)step * CurvePoints / plan.Count)
                state = state with { Curve = [.. state.Curve, point] };
            progress?.Report(point);
            if (Options.SnapshotInterval > 0 && (step + 1) % Options.SnapshotInterval == 0 && step + 1 < plan.Count)
            {
                state.Save(Folder, trainer, null);
                saved = state.Step;
            }
        }

        return state;
    }

    /// <summary>Units of each step: every epoch has its own shuffle, cut into steps of about equal size. Of a fractional last pass the first units of its shuffle take part.</summary>
    private List<int[]> Plan()
    {
        var steps = new List<int[]>();
        for (var epoch = 0; epoch < Math.Ceiling(Epochs); epoch++)
        {
            var order = Enumerable.Range(0, Units.Count).ToArray();
            var stream = Stream.Derive("order").Derive(epoch);
            stream.Shuffle<int>(order);
            var count = Math.Clamp((int)Math.Round(Math.Min(1, Epochs - epoch) * order.Length), 1, order.Length);
            steps.AddRange(Minibatches.Cut(order.AsSpan(0, count), BatchUnits));
        }

        return steps;
    }

    private string Hash(string rowsHash)
    {
        var request = new LearningRequest { Round = 0, From = From, Examples = [], Epochs = Epochs, Stream = Stream, Folder = Folder };
        var engine = RequestHash.Of(request, rowsHash, Options, From.WeightsHash, Options.Engine);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{engine}\n{Identity}\nunits {BatchUnits}: {string.Join(' ', Units.Select(u => u.Length))}")));
    }

    private string Name() => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder)));

    private LearningResult? Finished(string hash)
    {
        if (TrainingManifest.TryLoad(Folder) is not { } manifest || manifest.RequestHash != hash)
            return null;
        try
        {
            var checkpoint = CheckpointStore.Open(Folder, Name());
            TrainingSnapshot.Delete(Folder);
            return new LearningResult(checkpoint, manifest.Steps, manifest.Tokens, manifest.FinalLoss) { Curve = manifest.Curve };
        }
        catch (RatchetException)
        {
            return null;
        }
    }
}
