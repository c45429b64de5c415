using System.Globalization;
using Ratchet.Runs;

namespace Ratchet.Reports;

/// <summary>Numbers as a reader wants them: the digits that mean something, a unit, and thin gaps in long ones.</summary>
internal static class Numbers
{
    /// <summary>A space that keeps number and unit on one line.</summary>
    private const string Gap = "\u00A0";

    public static string Percent(double share)
    {
        var percent = share * 100;

        // 99.96 must not read as 100, nor 0.04 as 0.
        var text = share is > 0.999 and < 1 ? ">\u200A99.9" : share is > 0 and < 0.001 ? "<\u200A0.1" : percent.ToString(percent is 0 or 100 ? "0" : "0.0", CultureInfo.InvariantCulture);
        return $"{text}{Gap}%";
    }

    public static string WholePercent(double share) => $"{(share * 100).ToString("0", CultureInfo.InvariantCulture)}{Gap}%";

    public static string Points(double difference) =>
        $"{(difference < 0 ? "\u2212" : "+")}{Math.Abs(difference * 100).ToString("0.0", CultureInfo.InvariantCulture)}{Gap}points";

    public static string Interval(Estimate estimate) =>
        $"{(estimate.Low * 100).ToString("0.0", CultureInfo.InvariantCulture)}\u2013{(estimate.High * 100).ToString("0.0", CultureInfo.InvariantCulture)}{Gap}%";

    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202F');

    /// <summary>A count with three significant digits: 1.04 M, 23.5 k, 812.</summary>
    public static string Short(double value) => value switch
    {
        >= 1e9 => $"{Significant(value / 1e9)}{Gap}G",
        >= 1e6 => $"{Significant(value / 1e6)}{Gap}M",
        >= 1e4 => $"{Significant(value / 1e3)}{Gap}k",
        >= 1e3 => Count((long)Math.Round(value)),
        _ => Significant(value),
    };

    public static string Duration(double seconds)
    {
        if (seconds < 60)
            return $"{seconds.ToString("0.0", CultureInfo.InvariantCulture)}{Gap}s";
        var whole = (long)Math.Round(seconds);
        return whole < 3600 ? $"{whole / 60}{Gap}min {whole % 60:00}{Gap}s" : $"{whole / 3600}{Gap}h {whole % 3600 / 60:00}{Gap}min";
    }

    public static string Plural(long count, string one, string? many = null) => $"{Count(count)}{Gap}{(count == 1 ? one : many ?? one + "s")}";

    private static string Significant(double value) =>
        value.ToString(value >= 100 ? "0" : value >= 10 ? "0.#" : "0.##", CultureInfo.InvariantCulture);
}
