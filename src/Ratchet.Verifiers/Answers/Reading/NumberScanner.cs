using System.Text;

namespace Ratchet.Verifiers.Answers.Reading;

/// <summary>Finds where a number ends: thousands separators, decimal points, exponents, periods of repeating decimals.</summary>
internal static class NumberScanner
{
    /// <summary>The number that starts at a place.</summary>
    /// <param name="text">Text.</param>
    /// <param name="start">Offset of a digit, or of a point before one.</param>
    /// <param name="inBrackets">True inside brackets, where a comma separates items.</param>
    public static Scan Scan(string text, int start, bool inBrackets)
    {
        var digits = new StringBuilder();
        var at = Digits(text, start, digits);
        var first = at - start;
        if (first is >= 1 and <= 3 && text[start] != '0')
            at = Groups(text, at, inBrackets, digits);
        var hasPoint = at < text.Length && text[at] == '.' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]);
        var hasPeriodOnly = at < text.Length && text[at] == '.' && PeriodAt(text, at + 1) is not null;
        string? period = null;
        if (hasPoint || hasPeriodOnly)
        {
            digits.Append('.');
            at = Digits(text, at + 1, digits);
            if (PeriodAt(text, at) is var (repeated, end))
            {
                period = repeated;
                at = end;
            }
        }
        else if (at + 1 == text.Length && text[at] == '.')
        {
            at++;
        }

        return new(Exponent(text, ref at, digits) ?? digits.ToString(), at, period);
    }

    private static int Digits(string text, int at, StringBuilder digits)
    {
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            digits.Append(text[at++]);
        return at;
    }

    /// <summary>Groups of exactly three digits: 1,234,567 or 1 234 567 or 1{,}234 or 1,\!234.</summary>
    private static int Groups(string text, int at, bool inBrackets, StringBuilder digits)
    {
        while (true)
        {
            var (length, sure) = text.AsSpan(at) switch
            {
                ['{', ',', '}', ..] => (3, true),
                [' ', '{', ',', ' ', '}', ..] => (5, true),
                [',', '\\', '!', ..] => (3, true),
                [',', ..] => (1, false),
                ['\\', ',', ..] => (2, false),
                [' ' or '\u00A0' or '\u202F' or '\u2009', ..] => (1, false),
                _ => (0, false),
            };
            if (length == 0 || (inBrackets && !sure))
                return at;
            var next = at + length;
            for (var i = 0; i < 3; i++)
            {
                if (next + i >= text.Length || !char.IsAsciiDigit(text[next + i]))
                    return at;
            }

            // 3 125/126 is a mixed number, and 1,2345 a list.
            if (next + 3 < text.Length && (char.IsAsciiDigit(text[next + 3]) || (text[next + 3] == '/' && text[at] != ',')))
                return at;
            digits.Append(text, next, 3);
            at = next + 3;
        }
    }

    /// <summary>The period \overline{36} or \dot{3} or \bar{3} at a place and where it ends.</summary>
    private static (string Digits, int End)? PeriodAt(string text, int at)
    {
        if (at >= text.Length || text[at] != '\\')
            return null;
        foreach (var command in new[] { "\\overline{", "\\bar{", "\\dot{" })
        {
            if (string.CompareOrdinal(text, at, command, 0, command.Length) != 0)
                continue;
            var digits = new StringBuilder();
            var end = Digits(text, at + command.Length, digits);
            if (digits.Length is > 0 and < 50 && end < text.Length && text[end] == '}')
                return (digits.ToString(), end + 1);
        }

        return null;
    }

    private static string? Exponent(string text, ref int at, StringBuilder digits)
    {
        if (at >= text.Length || text[at] is not ('e' or 'E'))
            return null;
        var next = at + 1;
        if (next < text.Length && text[next] is '+' or '-')
            next++;
        var end = next;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
            end++;
        if (end == next || (end < text.Length && (char.IsAsciiLetter(text[end]) || text[end] == '^')))
            return null;
        var exponent = text[(at + 1)..end];
        at = end;
        return $"{digits}e{exponent}";
    }
}

/// <summary>A number found in a text.</summary>
/// <param name="Digits">Digits with an optional point and an optional exponent after 'e'.</param>
/// <param name="End">Offset after it.</param>
/// <param name="Period">Repeating digits after those, or null.</param>
internal readonly record struct Scan(string Digits, int End, string? Period);
