namespace Ratchet.Domains.Arithmetic;

/// <summary>What a token of a solution is.</summary>
internal enum ArithmeticTokenKind
{
    /// <summary>Digits.</summary>
    Number,

    /// <summary>Letters, with a backslash before them or brackets around them.</summary>
    Word,

    /// <summary>Any other character.</summary>
    Sign,
}

/// <summary>A token of a solution.</summary>
internal readonly record struct ArithmeticToken(ArithmeticTokenKind Kind, string Text, int Start);

/// <summary>Splits any text into tokens.</summary>
internal static class ArithmeticTokens
{
    public static List<ArithmeticToken> Split(string text)
    {
        var tokens = new List<ArithmeticToken>();
        for (var i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }

            var start = i;
            if (char.IsAsciiDigit(text[i]))
            {
                while (i < text.Length && char.IsAsciiDigit(text[i]))
                    i++;

                // "3b" is no number with a name behind it.
                var kind = i < text.Length && IsWordPart(text[i]) ? ArithmeticTokenKind.Word : ArithmeticTokenKind.Number;
                while (kind == ArithmeticTokenKind.Word && i < text.Length && IsWordPart(text[i]))
                    i++;
                tokens.Add(new ArithmeticToken(kind, text[start..i], start));
            }
            else if (Tag(text, i) is { } tag)
            {
                tokens.Add(new ArithmeticToken(ArithmeticTokenKind.Word, tag, start));
                i += tag.Length;
            }
            else if (IsWordPart(text[i]) || (text[i] == '\\' && i + 1 < text.Length && IsWordPart(text[i + 1])))
            {
                i++;
                while (i < text.Length && IsWordPart(text[i]))
                    i++;
                tokens.Add(new ArithmeticToken(ArithmeticTokenKind.Word, text[start..i], start));
            }
            else
            {
                tokens.Add(new ArithmeticToken(ArithmeticTokenKind.Sign, text[i..++i], start));
            }
        }

        return tokens;
    }

    private static bool IsWordPart(char c) => char.IsLetterOrDigit(c) || c == '_';

    private static string? Tag(string text, int at) =>
        text[at] != '[' ? null : Array.Find(["[code]", "[/code]", "[output]", "[/output]"], tag => string.CompareOrdinal(text, at, tag, 0, tag.Length) == 0);
}
