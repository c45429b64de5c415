using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Loop;

namespace Ratchet.Learning;

/// <summary>The steps of a training by likelihood: batch, rate, step, curve, snapshots. What a step learns from follows from its number alone, so a training can go on at any.</summary>
/// <param name="batch">Rows of a step, counted from 0.</param>
/// <param name="schedule">Learning rates, and the number of steps.</param>
/// <param name="snapshotInterval">Steps between snapshots; 0 makes none.</param>
/// <param name="folder">Folder of the checkpoint; snapshots lie beside it.</param>
internal sealed class TrainingSteps(Func<int, IReadOnlyList<Example>> batch, LearningRateSchedule schedule, int snapshotInterval, string folder)
{
    private const int CurvePoints = 100;

    /// <summary>Trains from a state to the end.</summary>
    /// <param name="trainer">Trainer, with the state's weights and optimizer.</param>
    /// <param name="baseModel">The model that an adapter changes, where one is trained.</param>
    /// <param name="state">Where the training is.</param>
    /// <param name="progress">Hears of each step.</param>
    /// <param name="cancellationToken">Stops the training, with a snapshot where those are made.</param>
    /// <returns>The state at the end.</returns>
    public TrainingSnapshot Run(IDecoderTrainer trainer, Checkpoint? baseModel, TrainingSnapshot state, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        var steps = schedule.Steps;
        var window = steps - Math.Max(1, steps / 10);
        var saved = state.Step;
        for (var step = state.Step; step < steps; step++)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                if (snapshotInterval > 0 && state.Step > saved)
                    state.Save(folder, trainer, baseModel);
                cancellationToken.ThrowIfCancellationRequested();
            }

            var rows = batch(step);
            var weight = 0.0;
            foreach (var row in rows)
                weight += (double)row.Weight * row.Targets;
            var rate = schedule.At(step);
            var result = trainer.Step(rows, rate);
            var counts = step >= window;
            state = state with
            {
                Step = step + 1,
                Tokens = state.Tokens + result.Tokens,
                LossSum = state.LossSum + (counts ? result.Loss * weight : 0),
                LossWeight = state.LossWeight + (counts ? weight : 0),
            };
            var point = new LearningStep(step + 1, steps, result.Loss, result.GradientNorm, rate, state.Tokens);
            if (IsOnCurve(step, steps))
                state = state with { Curve = [.. state.Curve, point] };
            progress?.Report(point);
            if (snapshotInterval > 0 && (step + 1) % snapshotInterval == 0 && step + 1 < steps)
            {
                state.Save(folder, trainer, baseModel);
                saved = state.Step;
            }
        }

        return state;
    }

    /// <summary>Whether a step completes another hundredth of the training: at most 100 steps do, evenly spread, the last among them.</summary>
    private static bool IsOnCurve(int step, int steps) => (long)(step + 1) * CurvePoints / steps != (long)step * CurvePoints / steps;
}
