namespace Ratchet.Systems.Verification;

/// <summary>Splits a Coq script into sentences, as far as is needed to find its theorems and to leave out a step.</summary>
/// <remarks>
/// A sentence ends at a dot before white space or the end of the text, outside comments (which nest) and strings (which double their
/// quotes). Bullets and braces stay with the sentence that follows. A last piece without a dot is a sentence too.
/// </remarks>
internal static class CoqSentences
{
    /// <summary>Places of the sentences, without the white space and comments before each.</summary>
    public static IReadOnlyList<Range> Split(string text)
    {
        var sentences = new List<Range>();
        var (start, i) = (-1, 0);
        while (i < text.Length)
        {
            var c = text[i];
            if (c == '(' && i + 1 < text.Length && text[i + 1] == '*')
            {
                i = SkipComment(text, i);
                continue;
            }

            if (start < 0 && !char.IsWhiteSpace(c))
                start = i;
            if (c == '"')
            {
                i = SkipString(text, i);
                continue;
            }

            i++;
            if (c == '.' && (i == text.Length || char.IsWhiteSpace(text[i])))
            {
                sentences.Add(start..i);
                start = -1;
            }
        }

        if (start >= 0)
            sentences.Add(start..(text.AsSpan().TrimEnd().Length));
        return sentences;
    }

    /// <summary>Offset after a string that begins at an offset; a doubled quote is two strings side by side, which is the same here.</summary>
    private static int SkipString(string text, int at)
    {
        var end = text.IndexOf('"', at + 1);
        return end < 0 ? text.Length : end + 1;
    }

    private static int SkipComment(string text, int at)
    {
        var depth = 0;
        while (at < text.Length)
        {
            if (Starts(text, at, "(*"))
            {
                depth++;
                at += 2;
            }
            else if (Starts(text, at, "*)"))
            {
                at += 2;
                if (--depth == 0)
                    return at;
            }
            else
            {
                at = text[at] == '"' ? SkipString(text, at) : at + 1;
            }
        }

        return at;
    }

    private static bool Starts(string text, int at, string what) => string.CompareOrdinal(text, at, what, 0, what.Length) == 0;
}
