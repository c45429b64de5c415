using System.Text;
using System.Text.Json;
using Ratchet.Checkpoints;
using Ratchet.Domains.Instructions;
using Ratchet.Learning;
using Ratchet.Learning.Preferences;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Rollouts;
using Ratchet.Runs;
using Ratchet.Sampling;

namespace Ratchet.Systems.AlpacaFarm;

/// <summary>What several methods share: start model, pairs, reward models and samples of the start model, each made once a seed.</summary>
/// <param name="world">World.</param>
/// <param name="store">Where they are kept.</param>
/// <param name="report">Hears of optimizer steps and of what is being made.</param>
internal sealed class FarmStages(FarmWorld world, ArtifactStore store, FarmProgress report)
{
    /// <summary>Version of what stages make: another one makes everything anew.</summary>
    private const int Version = 1;
    private const string CheckpointName = "checkpoint";
    private const string SamplesName = "samples.jsonl";

    /// <summary>The model of the demonstrations.</summary>
    public Task<Checkpoint> StartAsync(CancellationToken cancellationToken) => SupervisedAsync("start", world.Recipe.Data.Start, cancellationToken);

    /// <summary>The model of more demonstrations.</summary>
    public Task<Checkpoint> LargeAsync(CancellationToken cancellationToken) => SupervisedAsync("large", world.Recipe.Data.Large, cancellationToken);

    /// <summary>Two samples of the start model for each preference instruction.</summary>
    public Task<IReadOnlyList<FarmResponse[]>> PairsAsync(CancellationToken cancellationToken) => SamplesAsync("pairs", world.Preference, 2, cancellationToken);

    /// <summary>Two samples of the start model for each instruction of the audit.</summary>
    public Task<IReadOnlyList<FarmResponse[]>> AuditPairsAsync(CancellationToken cancellationToken) => SamplesAsync("audit-pairs", world.Audit, 2, cancellationToken);

    /// <summary>The samples that best-of-n takes from.</summary>
    public Task<IReadOnlyList<FarmResponse[]>> EvaluationSamplesAsync(CancellationToken cancellationToken) => SamplesAsync("evaluation-samples", world.Evaluation, Math.Max(world.Recipe.BestOfN.Shared, world.Recipe.BestOfN.N), cancellationToken);

    /// <summary>The samples that expert iteration takes from.</summary>
    public Task<IReadOnlyList<FarmResponse[]>> UnlabeledSamplesAsync(CancellationToken cancellationToken) => SamplesAsync("unlabeled-samples", world.Unlabeled, world.Recipe.BestOfN.ExpertIterationN, cancellationToken);

    /// <summary>The many samples of the curve of best-of-n.</summary>
    public Task<IReadOnlyList<FarmResponse[]>> CurveSamplesAsync(CancellationToken cancellationToken) =>
        SamplesAsync("curve-samples", [.. world.Evaluation.Take(world.Recipe.BestOfN.CurvePrompts)], world.Recipe.BestOfN.CurveN, cancellationToken);

    /// <summary>The labelled training pairs. Labels cost nothing and are made again each time.</summary>
    public async Task<IReadOnlyList<PreferencePair>> LabelledAsync(CancellationToken cancellationToken) =>
        await world.LabelAsync(world.Labeller(world.Recipe.Labels), "preference", world.Preference, await PairsAsync(cancellationToken), cancellationToken);

    /// <summary>The reward model of the labels.</summary>
    public async Task<Checkpoint> RewardModelAsync(CancellationToken cancellationToken)
    {
        var (recipe, start) = (world.Recipe, await StartAsync(cancellationToken));
        var pairs = await LabelledAsync(cancellationToken);
        var identity = new { Version, start.WeightsHash, recipe.Seed, recipe.Data.Pairs, recipe.Labels, Labeller = Labels(), recipe.RewardModel, recipe.Evaluate.MaxNewTokens, Engine = world.Engine.Learner };
        var folder = await store.GetAsync($"reward-{recipe.Labels.ToString().ToLowerInvariant()}", identity, async (place, token) =>
        {
            report.Begin("learn", pairs.Count);
            var options = new LearningOptions
            {
                LearningRate = recipe.RewardModel.LearningRate, WarmupFraction = 0.03, Decay = LearningRateDecay.Cosine, SnapshotInterval = 100, Engine = world.Engine.Learner, Cpu = world.Engine.Cpu, AdamW = new AdamWOptions { WeightDecay = 0.01 },
            };
            var learner = new RewardModelLearner(world.Tokenizer, new RewardModelOptions { BatchUnits = recipe.RewardModel.BatchPairs }, options, world.Engine.Trainer);
            await learner.LearnAsync(
                new PreferenceRequest { From = start, Pairs = pairs, Epochs = recipe.RewardModel.Epochs, Stream = world.Stream.Derive("reward model"), Folder = Path.Combine(place, CheckpointName) }, report, token);
        }, cancellationToken);
        return CheckpointStore.Open(Path.Combine(folder, CheckpointName), "reward-model");
    }

    /// <summary>What labels depend on beside the pairs.</summary>
    public string Labels() => $"{world.Labeller(world.Recipe.Labels).Name} flips {(world.Recipe.Labels == LabelSource.Simulated ? world.Recipe.Annotators.FlipRate : 0)}";

    private async Task<Checkpoint> SupervisedAsync(string stage, int count, CancellationToken cancellationToken)
    {
        var recipe = world.Recipe;
        var writer = recipe.Data.Writer;
        var identity = new { Version, recipe.Seed, Demonstrations = count, recipe.Data.Styled, writer, Model = world.Shape.ToString(), recipe.Sft, Engine = world.Engine.Learner };
        var folder = await store.GetAsync(stage, identity, async (place, token) =>
        {
            var rows = world.Demonstrations(count);
            report.Begin("learn", rows.Count);
            var learner = new SupervisedLearner(world.Shape, world.Tokenizer, recipe.Sft.Options(world.Engine), world.Engine.Trainer);
            await learner.LearnAsync(
                new LearningRequest { Round = 0, From = null, Examples = rows, Epochs = recipe.Sft.Epochs, Stream = world.Stream.Derive(stage), Folder = Path.Combine(place, CheckpointName) }, report, token);
        }, cancellationToken);
        return CheckpointStore.Open(Path.Combine(folder, CheckpointName), stage);
    }

    private async Task<IReadOnlyList<FarmResponse[]>> SamplesAsync(string stage, IReadOnlyList<Instruction> instructions, int samples, CancellationToken cancellationToken)
    {
        var start = await StartAsync(cancellationToken);
        var identity = new { Version, start.WeightsHash, world.Recipe.Seed, Instructions = instructions.Count, samples, world.Recipe.Evaluate.MaxNewTokens, Engine = world.Engine.Learner };
        var folder = await store.GetAsync(stage, identity, (place, token) =>
        {
            report.Begin("propose", instructions.Count * samples);
            using var sampler = world.Engine.Sampler(CheckpointStore.LoadWeights(start.Folder));
            var drawn = world.Sample(sampler, [.. instructions.Select(world.Prompt)], samples, 1, world.Stream.Derive("samples").Derive(stage), token);
            report.Sampled(drawn.Sum(d => d.Sum(r => (long)r.Ids.Length)));
            var text = new StringBuilder();
            for (var i = 0; i < drawn.Count; i++)
                text.Append(JsonSerializer.Serialize(new SampleLine(instructions[i].ToString(), [.. drawn[i].Select(r => r.Ids)]), RowJson)).Append('\n');
            RunFolder.WriteAtomically(Path.Combine(place, SamplesName), text.ToString());
            return Task.CompletedTask;
        }, cancellationToken);
        return [.. File.ReadLines(Path.Combine(folder, SamplesName)).Select(l => JsonSerializer.Deserialize<SampleLine>(l, RowJson)!.Ids.Select(ids => new FarmResponse(ids, world.Tokenizer.Decode(ids), [])).ToArray())];
    }

    /// <summary>Rows of files of one JSON object a line.</summary>
    internal static JsonSerializerOptions RowJson { get; } = new(RunSummary.JsonOptions) { WriteIndented = false };

    private sealed record SampleLine(string Instruction, IReadOnlyList<int[]> Ids);
}

/// <summary>Tells an observer how far stages are, and counts what they cost.</summary>
internal sealed class FarmProgress(IRunObserver observer) : IProgress<LearningStep>
{
    private long _trained;
    private long _last;

    /// <summary>Tokens that were trained on in this session.</summary>
    public long TrainedTokens => _trained;

    /// <summary>Tokens that were sampled in this session.</summary>
    public long SampledTokens { get; private set; }

    /// <summary>A stage begins.</summary>
    public void Begin(string stage, int items)
    {
        _last = 0;
        observer.OnEvent(new RunEvent.StageStarted { Round = 0, Stage = stage, Items = items });
    }

    /// <summary>Counts sampled tokens.</summary>
    public void Sampled(long tokens) => SampledTokens += tokens;

    /// <inheritdoc/>
    public void Report(LearningStep value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _trained += value.Tokens - (value.Tokens >= _last ? _last : 0);
        _last = value.Tokens;
        observer.OnEvent(new RunEvent.Learned { Round = 0, Step = value });
    }
}
