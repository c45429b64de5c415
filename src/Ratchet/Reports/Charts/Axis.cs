namespace Ratchet.Reports.Charts;

/// <summary>A linear axis: data range to drawing range, with round tick values.</summary>
internal readonly record struct Axis(double Min, double Max, double From, double To)
{
    public double At(double value) => Max == Min ? (From + To) / 2 : From + ((value - Min) / (Max - Min) * (To - From));

    /// <summary>Tick values at multiples of 1, 2 or 5 times a power of ten; about <paramref name="wanted"/> of them.</summary>
    public IReadOnlyList<double> Ticks(int wanted, bool whole = false)
    {
        if (Max == Min)
            return [Min];
        var rough = (Max - Min) / wanted;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = new[] { 1, 2, 5, 10 }.Select(f => f * power).First(s => s >= rough * 0.999);
        if (whole)
            step = Math.Max(1, Math.Ceiling(step));
        var first = Math.Ceiling((Min / step) - 1e-9);
        var last = Math.Floor((Max / step) + 1e-9);
        return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)];
    }

    /// <summary>The end of an axis that starts at 0 and holds a value, at a round number.</summary>
    public static double RoundUp(double value)
    {
        if (!(value > 0))
            return 1;
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return new[] { 1, 1.5, 2, 3, 4, 5, 6, 8, 10 }.Select(f => f * power).First(s => s >= value * 0.9999);
    }
}
