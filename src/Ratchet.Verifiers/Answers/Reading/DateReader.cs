using System.Text.RegularExpressions;

namespace Ratchet.Verifiers.Answers.Reading;

/// <summary>Reads dates: March 5, 2021; 5 March 2021; 2021-03-05; 2021年3月5日.</summary>
internal static partial class DateReader
{
    private const int MaxLength = 60;
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    public static DateNode? TryRead(string text)
    {
        if (text.Length is < 3 or > MaxLength)
            return null;
        text = Text().Replace(text, "$1").Replace("\\ ", " ", StringComparison.Ordinal).Replace("$", "", StringComparison.Ordinal).Trim();
        var match = Iso().Match(text);
        if (!match.Success)
            match = Chinese().Match(text);
        if (!match.Success)
            match = MonthFirst().Match(text);
        if (!match.Success)
            match = DayFirst().Match(text);
        if (!match.Success)
            return null;
        var month = match.Groups["m"].Value is var m && char.IsAsciiDigit(m[0]) ? Part(match, "m") : Month(m);
        var (year, day) = (Part(match, "y"), Part(match, "d"));
        return month is >= 1 and <= 12 && day is >= 0 and <= 31 ? new DateNode(year, month, day) : null;
    }

    private static int Part(Match match, string name) => match.Groups[name] is { Success: true } group ? int.Parse(group.Value) : 0;

    private static int Month(string name) => Array.IndexOf(Months, name[..3].ToLowerInvariant()) + 1;

    [GeneratedRegex(@"\\(?:text|mbox|textbf|mathrm)\{([^{}]*)\}")]
    private static partial Regex Text();

    [GeneratedRegex(@"^(?<y>\d{4})-(?<m>\d{2})-(?<d>\d{2})$")]
    private static partial Regex Iso();

    [GeneratedRegex(@"^(?:(?<y>\d{4})\s*年\s*)?(?<m>\d{1,2})\s*月\s*(?<d>\d{1,2})\s*[日号]$")]
    private static partial Regex Chinese();

    [GeneratedRegex(@"^(?<m>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?\s+(?<d>\d{1,2})(?:st|nd|rd|th)?(?:\s*,?\s*(?<y>\d{4}))?$", RegexOptions.IgnoreCase)]
    private static partial Regex MonthFirst();

    [GeneratedRegex(@"^(?<d>\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?(?<m>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)(?:\s*,?\s*(?<y>\d{4}))?$", RegexOptions.IgnoreCase)]
    private static partial Regex DayFirst();
}
