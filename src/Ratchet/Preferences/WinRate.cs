namespace Ratchet.Preferences;

/// <summary>How often a model's responses are preferred to a reference's.</summary>
/// <param name="Value">Mean of preference - 1 over instructions, 0 to 1; ties count a half.</param>
/// <param name="StandardError">From the deviation between instructions (N - 1); 0 for one instruction.</param>
/// <param name="Wins">Instructions on which the model is preferred (preference above 1.5).</param>
/// <param name="Losses">Instructions on which the reference is preferred.</param>
/// <param name="Ties">Instructions without a preference.</param>
public sealed record WinRate(double Value, double StandardError, int Wins, int Losses, int Ties)
{
    /// <summary>Instructions.</summary>
    public int Total => Wins + Losses + Ties;

    /// <summary>Lower end of the 95 % normal interval, at least 0.</summary>
    public double Low => Math.Max(0, Value - (1.959963984540054 * StandardError));

    /// <summary>Upper end of the 95 % normal interval, at most 1.</summary>
    public double High => Math.Min(1, Value + (1.959963984540054 * StandardError));

    /// <summary>Win rate with wins alone counted as 1 and weak preferences rounded to them.</summary>
    public double Discrete => (Wins + (Ties / 2.0)) / Total;

    /// <summary>Win rate of the second responses (AlpacaEval: the model is the second, the reference the first).</summary>
    /// <param name="preferences">Numbers in [1, 2], at least one.</param>
    /// <exception cref="ArgumentException">There is none, or one is out of range.</exception>
    public static WinRate Of(IReadOnlyList<double> preferences)
    {
        ArgumentNullException.ThrowIfNull(preferences);
        if (preferences.Count == 0 || preferences.Any(p => p is not (>= 1 and <= 2)))
            throw new ArgumentException("At least one preference is needed, and each must lie in [1, 2].", nameof(preferences));
        var mean = preferences.Average(p => p - 1);
        var error = preferences.Count < 2 ? 0 : Math.Sqrt(preferences.Sum(p => (p - 1 - mean) * (p - 1 - mean)) / (preferences.Count - 1) / preferences.Count);
        return new WinRate(mean, error, preferences.Count(p => p > Annotation.Tie), preferences.Count(p => p < Annotation.Tie), preferences.Count(p => p == Annotation.Tie));
    }
}
