using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Learning.Pretraining;

/// <summary>What a pretraining is asked for.</summary>
public sealed record PretrainingRequest
{
    /// <summary>Windows to learn from, each once, in order.</summary>
    public required TokenMixture Mixture { get; init; }

    /// <summary>Windows of an optimizer step; a rest that fills no step is left out.</summary>
    public required int WindowsPerStep { get; init; }

    /// <summary>Parent of the stream of the start weights.</summary>
    public required RandomStream Stream { get; init; }

    /// <summary>Folder that the checkpoint is written into; snapshots lie beside it in <c>FOLDER.snapshot</c>.</summary>
    public required string Folder { get; init; }
}

/// <summary>Trains a decoder from fresh weights on a mixture of texts, and writes the checkpoint.</summary>
/// <remarks>
/// A training that is killed goes on from its last snapshot when it is asked for again, and ends at the same bits: the place in the text follows from the step. A finished checkpoint
/// of the same request is returned as it is. <see cref="LearningOptions.BatchTokens"/> is not used: a step has <see cref="PretrainingRequest.WindowsPerStep"/> windows.
/// </remarks>
public sealed class Pretrainer
{
    private readonly DecoderConfig _shape;
    private readonly ITokenizer _tokenizer;
    private readonly LearningOptions _options;
    private readonly DecoderTrainerFactory _factory;

    /// <summary>Makes a trainer of a shape of models.</summary>
    /// <param name="shape">Shape.</param>
    /// <param name="tokenizer">Written beside the weights.</param>
    /// <param name="options">Settings; adapters are not trained.</param>
    /// <param name="trainerFactory">Makes the engine; null for <see cref="CpuTrainer"/> with <see cref="LearningOptions.Cpu"/>.</param>
    /// <exception cref="RatchetException">Shape or options are invalid; the message names all mistakes.</exception>
    public Pretrainer(DecoderConfig shape, ITokenizer tokenizer, LearningOptions options, DecoderTrainerFactory? trainerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(options);
        shape.ThrowIfInvalid();
        options.ThrowIfInvalid();
        if (tokenizer.VocabularySize > shape.VocabularySize)
            throw new RatchetException($"The tokenizer has {tokenizer.VocabularySize} ids, but the model's vocabulary has only {shape.VocabularySize}.", "Make the model's vocabulary larger.");
        (_shape, _tokenizer, _options) = (shape, tokenizer, options);
        var cpu = options.Cpu;
        _factory = trainerFactory ?? ((weights, adamW, _) => new CpuTrainer(weights, adamW, cpu));
    }

    /// <summary>Trains.</summary>
    /// <exception cref="RatchetException">Windows do not fit the model, the budget is less than a step, or the loss is no longer a finite number; a snapshot stays.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; a snapshot stays.</exception>
    public Task<LearningResult> TrainAsync(PretrainingRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Task.Factory.StartNew(() => Train(request, progress, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private LearningResult Train(PretrainingRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        var (mixture, perStep) = (request.Mixture, request.WindowsPerStep);
        if (mixture.Window > _shape.MaxPositions)
            throw new RatchetException($"Windows have {mixture.Window} tokens, the model {_shape.MaxPositions} positions.", "Make windows shorter, or give the model more positions.");
        if (perStep < 1 || mixture.Windows < perStep)
            throw new RatchetException($"A step of {perStep} windows cannot be made from {mixture.Windows}.", "Make the budget larger, or steps smaller.");
        var steps = checked((int)(mixture.Windows / perStep));
        var hash = Hash(request);
        if (Finished(request.Folder, hash) is { } finished)
            return finished;
        var loaded = TrainingSnapshot.TryLoad(request.Folder, hash);
        var snapshot = loaded is null ? null : TrainingSnapshot.FolderOf(request.Folder);
        using var trainer = _factory(snapshot is null ? DecoderWeights.Initialize(_shape, request.Stream.Derive("initialization")) : CheckpointStore.LoadWeights(snapshot), _options.AdamW, null);
        if (snapshot is not null)
            trainer.Import(OptimizerFile.Load(snapshot));
        var state = loaded ?? new TrainingSnapshot { Request = hash, Step = 0, Tokens = 0, LossSum = 0, LossWeight = 0 };
        state = new TrainingSteps(
            step => [.. Enumerable.Range(0, perStep).Select(i => mixture[((long)step * perStep) + i])],
            new LearningRateSchedule(_options, steps), _options.SnapshotInterval, request.Folder).Run(trainer, null, state, progress, cancellationToken);

        var manifest = new PretrainingManifest { RequestHash = hash, Steps = state.Step, Tokens = state.Tokens, FinalLoss = state.LossSum / state.LossWeight, Curve = state.Curve, Mixture = mixture.Shares };
        var files = new Dictionary<string, string>(_tokenizer.Save()) { [PretrainingManifest.FileName] = manifest.ToJson() };
        var checkpoint = CheckpointStore.Save(request.Folder, IdOf(request.Folder), trainer.Export(), files, writeMore: partial => OptimizerFile.Save(partial, trainer.ExportOptimizer()));
        TrainingSnapshot.Delete(request.Folder);
        return new LearningResult(checkpoint, state.Step, state.Tokens, manifest.FinalLoss) { Curve = state.Curve };
    }

    private static LearningResult? Finished(string folder, string hash)
    {
        if (PretrainingManifest.TryLoad(folder) is not { } manifest || manifest.RequestHash != hash)
            return null;
        try
        {
            var checkpoint = CheckpointStore.Open(folder, IdOf(folder));
            TrainingSnapshot.Delete(folder);
            return new LearningResult(checkpoint, manifest.Steps, manifest.Tokens, manifest.FinalLoss) { Curve = manifest.Curve };
        }
        catch (RatchetException)
        {
            return null;
        }
    }

    private string Hash(PretrainingRequest request)
    {
        var adam = _options.AdamW;
        var text = FormattableString.Invariant($"""
            ratchet pretraining 1
            mixture {request.Mixture.Hash} windows a step {request.WindowsPerStep} stream {request.Stream.Key:x} {request.Stream.Position}
            shape {_shape}
            engine {_options.Engine} shards {_options.Cpu.Shards} chunk {_options.Cpu.ChunkTokens}
            rate {_options.LearningRate:R} warm-up {_options.WarmupSteps?.ToString() ?? "-"} {_options.WarmupFraction:R} decay {_options.Decay} {_options.FinalFraction:R}
            adam {adam.Beta1:R} {adam.Beta2:R} {adam.Epsilon:R} {adam.WeightDecay:R} {adam.ClipNorm:R}
            """);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static string IdOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
}

/// <summary>What a pretrained checkpoint was trained on, <c>pretraining.json</c> in its folder.</summary>
public sealed record PretrainingManifest
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "pretraining.json";

    /// <summary>SHA-256 of the whole request; equal hashes mean equal weights.</summary>
    public required string RequestHash { get; init; }

    /// <summary>Optimizer steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Tokens trained on.</summary>
    public required long Tokens { get; init; }

    /// <summary>Mean loss per target token over the last tenth of the steps, nats.</summary>
    public required double FinalLoss { get; init; }

    /// <summary>Learning curve, thinned to at most 100 steps.</summary>
    public IReadOnlyList<LearningStep> Curve { get; init; } = [];

    /// <summary>What each source had.</summary>
    public required IReadOnlyList<MixtureShare> Mixture { get; init; }

    /// <summary>Reads the manifest of a checkpoint's folder; null where there is none or it is not readable.</summary>
    public static PretrainingManifest? TryLoad(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<PretrainingManifest>(File.ReadAllText(path), RunSummary.JsonOptions) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    internal string ToJson() => JsonSerializer.Serialize(this, RunSummary.JsonOptions) + "\n";
}
