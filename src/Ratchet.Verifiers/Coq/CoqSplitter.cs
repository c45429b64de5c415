namespace Ratchet.Verifiers.Coq;

/// <summary>Splits a text into sentences by the lexical rules of Coq's manual (chapter "Basic notions and conventions", lexical conventions; bullets and braces of chapter "Proof mode").</summary>
/// <remarks>
/// Comments nest and may hold strings, in which nothing is a comment sign. A string ends at its quote; two quotes are one quote in it. A dot
/// ends a sentence before white space or the end of the text, and so do three dots; two dots never do. At the beginning of a sentence a run of
/// one bullet sign, a brace, and a goal selector with a brace stand for themselves and need no dot.
/// </remarks>
internal static class CoqSplitter
{
    /// <summary>The sentences of a text, in order.</summary>
    /// <exception cref="CoqSyntaxException">A comment or string is open at the end, the last sentence has no dot, or the text holds a character that Coq cannot be given.</exception>
    public static List<CoqSentence> Split(string text)
    {
        RefuseControlCharacters(text);
        var clean = text.ToCharArray();
        var sentences = new List<CoqSentence>();
        var start = -1;
        var i = 0;
        while (i < text.Length)
        {
            var c = text[i];
            if (IsCommentStart(text, i))
            {
                var end = SkipComment(text, i);
                for (; i < end; i++)
                    clean[i] = text[i] is '\n' or '\r' ? text[i] : ' ';
                continue;
            }

            if (char.IsWhiteSpace(c))
            {
                i++;
                continue;
            }

            if (start < 0)
            {
                start = i;
                if (LengthWithoutDot(text, i) is > 0 and var length)
                {
                    // A selector's blanks stay; a comment inside it would have ended the match.
                    sentences.Add(new CoqSentence(i, text.Substring(i, length)));
                    i += length;
                    start = -1;
                    continue;
                }
            }

            if (c == '"')
            {
                i = SkipString(text, i);
            }
            else if (c == '.')
            {
                var dots = 1;
                while (i + dots < text.Length && text[i + dots] == '.')
                    dots++;
                i += dots;
                if (dots != 2 && (i == text.Length || IsBlank(text[i])))
                {
                    sentences.Add(new CoqSentence(start, new string(clean, start, i - start)));
                    start = -1;
                }
            }
            else
            {
                i++;
            }
        }

        return start < 0 ? sentences : throw new CoqSyntaxException("The last sentence has no dot at its end.", start, text.TrimEnd().Length);
    }

    private static bool IsCommentStart(string text, int i) => text[i] == '(' && i + 1 < text.Length && text[i + 1] == '*';

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\n' or '\r';

    private static int SkipComment(string text, int from)
    {
        var depth = 1;
        var i = from + 2;
        while (i < text.Length)
        {
            if (text[i] == '"')
            {
                i = SkipString(text, i);
                continue;
            }

            if (IsCommentStart(text, i))
            {
                depth++;
                i += 2;
            }
            else if (text[i] == '*' && i + 1 < text.Length && text[i + 1] == ')')
            {
                i += 2;
                if (--depth == 0)
                    return i;
            }
            else
            {
                i++;
            }
        }

        throw new CoqSyntaxException("A comment is not closed.", from, text.Length);
    }

    private static int SkipString(string text, int from)
    {
        for (var i = from + 1; i < text.Length; i++)
        {
            if (text[i] != '"')
                continue;
            if (i + 1 < text.Length && text[i + 1] == '"')
                i++;
            else
                return i + 1;
        }

        throw new CoqSyntaxException("A string is not closed.", from, text.Length);
    }

    /// <summary>Length of the bullet, brace, or selector with brace that begins here; 0 where none does.</summary>
    private static int LengthWithoutDot(string text, int i)
    {
        var c = text[i];
        if (c is '{' or '}')
            return 1;
        if (c is '-' or '+' or '*')
        {
            var length = 1;
            while (i + length < text.Length && text[i + length] == c)
                length++;
            return length;
        }

        var selector = CoqSelector.Length(text, i);
        if (selector == 0)
            return 0;
        var brace = i + selector;
        while (brace < text.Length && IsBlank(text[brace]))
            brace++;
        return brace < text.Length && text[brace] == '{' ? brace + 1 - i : 0;
    }

    private static void RefuseControlCharacters(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(c) || (char.IsControl(c) && !IsBlank(c)) || c >= '\uFFFE')
                throw new CoqSyntaxException($"The text holds the character U+{(int)c:X4}, which Coq does not read.", i, i + 1);
        }
    }
}
