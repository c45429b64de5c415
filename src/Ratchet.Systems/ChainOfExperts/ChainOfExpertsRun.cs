using System.Diagnostics;
using System.Text.Json;
using Ratchet.Journal;
using Ratchet.Learning;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Recipes;
using Ratchet.Reports;
using Ratchet.Runs;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.ChainOfExperts;

/// <summary>
/// Runs a pretraining recipe in a run folder: train on the token budget, evaluate on held-out text, record routes. A run that is killed at any instant and
/// resumed ends with the same weights and numbers: the place in the data follows from the optimizer step alone.
/// </summary>
public static class ChainOfExpertsRun
{
    private const string CheckpointId = "round-0";

    /// <summary>Starts a run in a new folder and works until it is done.</summary>
    /// <param name="recipe">Recipe, read and checked.</param>
    /// <param name="folder">Folder to make; it must not hold a run.</param>
    /// <param name="observer">Hears about progress.</param>
    /// <param name="cancellationToken">Stops the run; it can be resumed.</param>
    /// <returns>The summary, as written to <c>summary.json</c>; its results are <see cref="RunSummary.Measures"/>.</returns>
    /// <exception cref="RatchetException">The run cannot begin or cannot go on.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public static async Task<RunSummary> StartAsync(ChainOfExpertsRecipe recipe, string folder, IRunObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        var world = new PretrainingWorld(recipe);
        return await RunSession.StartAsync(recipe, folder, (run, journal) => WorkAsync(world, run, journal, observer, cancellationToken));
    }

    /// <summary>Continues a run that was stopped or killed; a run that is done only gets its summary and report written again.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public static Task<RunSummary> ResumeAsync(string folder, IRunObserver observer, CancellationToken cancellationToken) => RunSession.ResumeAsync<ChainOfExpertsRecipe>(
        folder, ChainOfExpertsRecipe.SystemName, (recipe, run, journal) => WorkAsync(new PretrainingWorld(recipe), run, journal, observer, cancellationToken));

    private static async Task<RunSummary> WorkAsync(PretrainingWorld world, RunFolder run, RunJournal journal, IRunObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(observer);
        journal.BeginSession(TimeProvider.System.GetUtcNow());
        RunIdentity.Hold(run, journal, world.Recipe, null, ("data_sha256", world.DataHash));
        if (journal.Meta("data_sha256") != world.DataHash)
            throw new RatchetException("The data was changed since the run began.", "Put its files back as they were, or start a new run.");
        return await RunSession.WorkAsync(run, (status, message) => Summary(world, journal, status, message, null), async () =>
        {
            run.WriteSummary(Summary(world, journal, "running", null, null));
            long? memory = null;
            if (journal.Checkpoints().Count == 0)
            {
                var before = ProcessMemory.BeginPeak();
                await LearnAsync(world, run, journal, observer, cancellationToken);
                memory = Math.Max(ProcessMemory.Peak() - before, 0);
            }

            observer.OnEvent(new RunEvent.StageStarted { Round = 0, Stage = "evaluate", Items = world.Heldout.Count });
            var measures = Measure(world, run, journal);
            var summary = Summary(world, journal, "completed", null, measures) with { TrainingMemoryBytes = memory };
            run.WriteSummary(summary);
            RunReport.Write(run.Root);
            return summary;
        });
    }

    private static async Task LearnAsync(PretrainingWorld world, RunFolder run, RunJournal journal, IRunObserver observer, CancellationToken cancellationToken)
    {
        observer.OnEvent(new RunEvent.StageStarted { Round = 0, Stage = "learn", Items = world.Rows.Count });
        var clock = Stopwatch.StartNew();
        long? before = null;
        var learner = new SupervisedLearner(world.Shape, world.Tokenizer, world.Learning, (weights, adamW, _) => world.OpenTrainer(weights, adamW));
        var result = await learner.LearnAsync(
            new LearningRequest
            {
                Round = 0,
                From = null,
                Examples = world.Rows,
                Epochs = world.Epochs,
                Stream = RandomStream.FromSeed(world.Recipe.Seed).Derive("pretrain"),
                Folder = run.CheckpointPath(CheckpointId),
            },
            new Relay(step =>
            {
                // Tokens before this session's first step are of an earlier session.
                before ??= step.Tokens - (step.Tokens / step.Step);
                observer.OnEvent(new RunEvent.Learned { Round = 0, Step = step });
            }),
            cancellationToken);
        var seconds = clock.Elapsed.TotalSeconds;
        journal.AddCheckpoint(
            new RecordedCheckpoint(CheckpointId, 0, null, result.Checkpoint.WeightsHash, result.Steps, result.Tokens, result.FinalLoss),
            [],
            new StageTiming("learn", seconds) { LearnSeconds = seconds, TrainedTokens = result.Tokens - (before ?? result.Tokens) },
            result.Curve);
    }

    /// <summary>What the trained model does on held-out text, and what it costs.</summary>
    private static SortedDictionary<string, double> Measure(PretrainingWorld world, RunFolder run, RunJournal journal)
    {
        using var trainer = world.OpenTrainer(CheckpointStore.LoadWeights(run.CheckpointPath(CheckpointId)), new AdamWOptions());
        double loss = 0;
        long tokens = 0;
        foreach (var batch in world.Heldout.Chunk(64))
        {
            var targets = batch.Sum(r => (long)r.Ids.Count - 1);
            loss += trainer.Loss(batch) * targets;
            tokens += targets;
        }

        loss /= tokens;
        var cost = ModelCost.Of(world.Shape);
        var measures = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["heldout_loss"] = loss,
            ["bits_per_byte"] = loss / Math.Log(2) * world.HeldoutTokensPerByte,
            ["heldout_tokens"] = tokens,
            ["train_loss"] = journal.Checkpoints()[0].Loss,
            ["active_parameters"] = cost.ActiveParameters,
            ["multiply_adds_per_token"] = cost.FlopsPerToken(world.Shape.MaxPositions / 2.0) / 2,
            ["feed_forward_multiply_adds"] = cost.FeedForwardMultiplyAdds,
        };
        if (world.Shape.Mixture is not null)
            measures["expert_evaluations"] = cost.ExpertEvaluations;
        if (world.Shape.Mixture is not null && world.Recipe.Evaluate.RoutedTokens > 0)
            MeasureRoutes(world, run, trainer, measures);
        return measures;
    }

    private static void MeasureRoutes(PretrainingWorld world, RunFolder run, IDecoderTrainer trainer, SortedDictionary<string, double> measures)
    {
        var trace = trainer.Trace([.. world.Heldout.Take(Math.Max(1, world.Recipe.Evaluate.RoutedTokens / world.Shape.MaxPositions)).Select(r => r.Ids)]);
        var layers = trace.Layers.Select(l => (Layer: l, Statistics: trace.Statistics(l))).ToList();
        var rounds = Enumerable.Range(0, trace.Mixture.Rounds).ToList();
        measures["routing_entropy"] = layers.Average(l => rounds.Average(l.Statistics.Entropy));
        measures["busiest_expert"] = layers.Max(l => rounds.Max(l.Statistics.Imbalance));
        if (rounds.Count > 1)
        {
            measures["chosen_again"] = layers.Average(l => l.Statistics.ChosenAgain!.Value);
            measures["load_difference"] = layers.Average(l => l.Statistics.LoadDifference!.Value);
        }

        RunFolder.WriteAtomically(Path.Combine(run.Root, "routing.json"), JsonSerializer.Serialize(
            layers.Select(l => new
            {
                l.Layer,
                Rounds = rounds.Select(t => new { Load = l.Statistics.Loads[t], Entropy = l.Statistics.Entropy(t), Busiest = l.Statistics.Imbalance(t) }),
                l.Statistics.ChosenAgain,
                l.Statistics.LoadDifference,
                l.Statistics.CoActivations,
            }),
            RunSummary.JsonOptions) + "\n");
    }

    private static RunSummary Summary(PretrainingWorld world, RunJournal journal, string status, string? message, SortedDictionary<string, double>? measures)
    {
        var times = journal.Times();
        var checkpoint = journal.Checkpoints() is [var only, ..] ? only : null;
        return new RunSummary
        {
            Status = status,
            Message = message,
            Recipe = world.Recipe.Name,
            Seed = world.Recipe.Seed,
            WallSeconds = Math.Round(times.WallSeconds, 3),
            Sessions = times.Sessions,
            Parameters = world.Shape.ParameterCount,
            Rounds = [],
            TokensTrained = checkpoint?.Tokens ?? 0,
            Verifier = new VerifierSummary(0, 0, 0, 0, new Dictionary<string, long>()),
            Speed = new SpeedSummary(0, RunSummaries.Rate(times.TrainedTokens, times.LearnSeconds), 0),
            Parity = new ParitySummary(0),
            WeightsHash = checkpoint?.WeightsHash,
            Measures = measures,
            Environment = RunSummaries.Environment(world.Budget.Threads, world.Recipe.Device, ("learner", world.Engine)),
        };
    }

    private sealed class Relay(Action<LearningStep> report) : IProgress<LearningStep>
    {
        public void Report(LearningStep value) => report(value);
    }
}
