namespace Ratchet.Verifiers.Answers.Comparing;

/// <summary>A number of at most 18 digits written plainly, which is what most answers are: compared without reading it as mathematics.</summary>
internal readonly record struct PlainNumber(long Digits, int Decimals)
{
    private const int MaxDigits = 18;

    /// <summary>Reads [+-]digits with thousands commas and a decimal point; false for anything else.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out PlainNumber number)
    {
        number = default;
        text = text.Trim();
        var negative = false;
        if (text.Length > 0 && text[0] is '-' or '+')
        {
            negative = text[0] == '-';
            text = text[1..];
        }

        if (text.Length is 0 or > MaxDigits + 8)
            return false;
        var (value, digits, decimals, group) = (0L, 0, -1, -1);
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c))
            {
                if (++digits > MaxDigits)
                    return false;
                value = (value * 10) + (c - '0');
                if (decimals >= 0)
                    decimals++;
                else if (group >= 0 && ++group > 3)
                    return false;
            }
            else if (c == '.' && decimals < 0 && group is -1 or 3 && digits > 0)
            {
                decimals = 0;
            }
            else if (c == ',' && decimals < 0 && ((group < 0 && digits is >= 1 and <= 3 && value > 0) || group == 3))
            {
                group = 0;
            }
            else
            {
                return false;
            }
        }

        if (digits == 0 || decimals == 0 || (decimals < 0 && group is not (-1 or 3)))
            return false;
        number = new(negative ? -value : value, Math.Max(0, decimals));
        return true;
    }

    /// <summary>Whether two have the same value.</summary>
    public static bool SameValue(PlainNumber a, PlainNumber b)
    {
        if (a.Decimals == b.Decimals)
            return a.Digits == b.Digits;
        if (a.Decimals > b.Decimals)
            (a, b) = (b, a);
        Int128 scaled = a.Digits;
        for (var i = a.Decimals; i < b.Decimals; i++)
            scaled *= 10;
        return scaled == b.Digits;
    }
}
