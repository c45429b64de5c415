using System.Text.RegularExpressions;

namespace Ratchet.Verifiers.Answers.Extraction;

/// <summary>Sentences, and the value that a sentence states.</summary>
internal static partial class SentenceFinder
{
    private const int MaxSentence = 2000;
    private const int MaxSentences = 40;

    /// <summary>Where the sentence that a place is in ends: at a line's end or a full stop, but not inside mathematics or a number.</summary>
    public static int EndOf(string text, int start)
    {
        var dollars = false;
        var end = Math.Min(text.Length, start + MaxSentence);
        var displayed = 0;
        for (var i = start; i < end; i++)
        {
            switch (text[i])
            {
                case '$':
                    dollars = !dollars && text.IndexOf('$', i + 1, end - i - 1) >= 0;
                    break;
                case '\\' when i + 1 < end && text[i + 1] is '[' or '(':
                    displayed++;
                    i++;
                    break;
                case '\\' when i + 1 < end && text[i + 1] is ']' or ')':
                    displayed--;
                    i++;
                    break;
                case '\n' when !dollars && displayed <= 0 && !text.AsSpan(start, i - start).IsWhiteSpace():
                case '。' when !dollars:
                    return i;
                case '.' when !dollars && displayed <= 0 && (i + 1 == text.Length || char.IsWhiteSpace(text[i + 1]) || text[i + 1] == '*') && !IsHalfOfDay(text, i):
                    return i;
            }
        }

        return end;
    }

    /// <summary>The last sentence with a digit or mathematics in it, or null.</summary>
    public static (int Start, int End)? LastWithValue(string text)
    {
        var end = text.Length;
        for (var i = 0; i < MaxSentences && end > 0; i++)
        {
            if (StartOf(text, end) is not { } start)
                return null;
            if (HasValue(text.AsSpan(start, end - start)))
                return (start, end);
            end = Math.Max(0, start - 1);
        }

        return null;
    }

    /// <summary>Whether a text is a sentence of words rather than an answer by itself.</summary>
    public static bool IsProse(ReadOnlySpan<char> text) => HasValue(text) && (LeadIn().IsMatch(text) || HasWords(text));

    /// <summary>Whether a text has three words or more outside mathematics.</summary>
    public static bool HasWords(ReadOnlySpan<char> text) => Word().Count(Mathematics().Replace(text.ToString(), "")) >= 3;

    /// <summary>
    /// The value in a sentence: what follows the last "is", "are" or "=" with a value after it, else the last formula, else the last number
    /// with what stands after it.
    /// </summary>
    public static (int Start, int End) Narrow(string text, int start, int end)
    {
        var sentence = text[start..end];

        // A dollar sign without a partner is a currency, and then no formula can be told from prose.
        var currency = sentence.AsSpan().Count('$') % 2 == 1;
        if (!currency && LastPredicate(sentence) is { } at && HasValue(sentence.AsSpan(at)))
            return Trimmed(text, start + at, end);
        if (!currency && Formula().Matches(sentence) is { Count: > 0 } formulas)
        {
            var last = formulas[^1];
            return (start + last.Index, start + last.Index + last.Length);
        }

        if (currency || IsProse(sentence))
            return LastNumber(sentence) is var (from, length) ? (start + from, start + from + length) : (start, end);
        return (start, end);
    }

    private static (int Start, int Length)? LastNumber(string sentence) => Number().Matches(sentence) is { Count: > 0 } numbers ? (numbers[^1].Index, numbers[^1].Length) : null;

    private static int? LastPredicate(string sentence)
    {
        int? best = null;
        foreach (Match match in Predicate().Matches(sentence))
        {
            // Inside a formula "=" belongs to the formula.
            if (sentence.AsSpan(0, match.Index).Count('$') % 2 == 0)
                best = match.Index + match.Length;
        }

        return best;
    }

    private static (int Start, int End) Trimmed(string text, int start, int end)
    {
        var stop = EndOf(text, start);
        return (start, Math.Min(stop, end));
    }

    /// <summary>Where the sentence before a place starts, or null where none starts within reach.</summary>
    private static int? StartOf(string text, int end)
    {
        var from = Math.Max(0, end - MaxSentence);
        for (var i = end - 2; i > from; i--)
        {
            if (text[i] is '\n' or '。' || (text[i] == '.' && char.IsWhiteSpace(text[i + 1]) && !IsHalfOfDay(text, i)))
            {
                // A full stop inside mathematics does not end a sentence.
                if (text[i] != '\n' || text.AsSpan(i, end - i).Count("$$") % 2 == 0)
                    return i + 1;
            }
        }

        return from == 0 ? 0 : null;
    }

    private static bool IsHalfOfDay(string text, int dot) => dot >= 2 && text[dot - 1] is 'm' or 'M' or 'a' or 'p' && (text[dot - 2] == '.' || char.IsDigit(text[dot - 2]));

    private static bool HasValue(ReadOnlySpan<char> text) => text.IndexOfAnyInRange('0', '9') >= 0 || Command().IsMatch(text) || Formula().IsMatch(text);

    [GeneratedRegex(@"\\[A-Za-z]")]
    private static partial Regex Command();

    [GeneratedRegex(@"\b(?:is|are|was|equals|be)\b:?|[:：]|为|是")]
    private static partial Regex Predicate();

    [GeneratedRegex(@"\$\$.+?\$\$|\$[^$]+\$|\\\[.+?\\\]|\\\(.+?\\\)", RegexOptions.Singleline)]
    private static partial Regex Formula();

    // A number that stands by itself: none is taken out of a formula.
    [GeneratedRegex(@"(?<![\w^_{}\\+*/=(\[|.])(?:\d{1,2}:\d{2}(?:\s*[AaPp]\.?[Mm]\.?)?|[-−]?(?:\d+(?:,\d+)*(?:\.\d+)?|\.\d+)(?:/\d+|\s?\\?%)?)(?=(?:(?:[mck]?m|k?g|ft|in|mi|s|h)(?:[²³]|\^[23])?)?(?![\w^_{}\\+*/=(\[|²³]))")]
    private static partial Regex Number();

    [GeneratedRegex(@"^\s*(?:[A-Za-z]{2,}|[\u4e00-\u9fff]+)\s*(?:[:：]|\$|\\\(|\\\[)")]
    private static partial Regex LeadIn();

    [GeneratedRegex(@"[A-Za-z]{2,}|[\u4e00-\u9fff]{2,}")]
    private static partial Regex Word();

    [GeneratedRegex(@"\\[A-Za-z]+(?:\{[A-Za-z ]*\})?|\$[^$]*\$|\\\(.*?\\\)|\\\[.*?\\\]", RegexOptions.Singleline)]
    private static partial Regex Mathematics();
}
