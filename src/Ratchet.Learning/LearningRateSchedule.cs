namespace Ratchet.Learning;

/// <summary>The learning rate of each step of a training: a linear rise, then a fall that ends at the last step.</summary>
public sealed class LearningRateSchedule
{
    private readonly double _highest;
    private readonly double _final;
    private readonly LearningRateDecay _decay;

    /// <summary>Makes the schedule of a training.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="steps">Steps in all, at least 1.</param>
    public LearningRateSchedule(LearningOptions options, int steps)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        Steps = steps;
        WarmupSteps = Math.Min(options.WarmupSteps ?? (int)Math.Round(options.WarmupFraction * steps), steps);
        _highest = options.LearningRate;
        _final = options.FinalFraction;
        _decay = options.Decay;
    }

    /// <summary>Steps in all.</summary>
    public int Steps { get; }

    /// <summary>Steps of the rise.</summary>
    public int WarmupSteps { get; }

    /// <summary>
    /// Learning rate of a step, counted from 0. Step i of a rise over w steps has (i + 1) / w of the highest rate; the first step after it has
    /// the highest rate, the last step the final one.
    /// </summary>
    public double At(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (step < WarmupSteps)
            return _highest * (step + 1) / WarmupSteps;
        var fall = Steps - 1 - WarmupSteps;
        var progress = fall <= 0 ? 0 : Math.Min(1.0, (double)(step - WarmupSteps) / fall);
        return _highest * _decay switch
        {
            LearningRateDecay.Linear => 1 + ((_final - 1) * progress),
            LearningRateDecay.Cosine => _final + ((1 - _final) * 0.5 * (1 + Math.Cos(Math.PI * progress))),
            _ => 1,
        };
    }
}
