using System.Text;
using Ratchet.Verifiers.Answers.Algebra;

namespace Ratchet.Verifiers.Answers.Reading;

/// <summary>Reads an answer: a date, mathematics, or, where it is neither, words.</summary>
internal static class AnswerReader
{
    /// <summary>Longest answer that is read, in characters.</summary>
    public const int MaxLength = 100_000;

    /// <summary>An answer as a node.</summary>
    /// <exception cref="UndecidedException">It is too long, or neither mathematics nor words.</exception>
    public static Node Read(string text, Budget budget)
    {
        if (text.Length > MaxLength)
            throw new UndecidedException(AnswerReason.Limit, $"the answer has {text.Length} characters; at most {MaxLength} are read");
        text = Narrow(Clean(text));
        if (text.Length == 0)
            throw new UndecidedException(AnswerReason.Unreadable, "the answer is empty");
        if (DateReader.TryRead(text) is { } date)
            return date;
        var tokens = Lexer.Tokens(text, budget);
        if (Phrases.Find(WordsOf(tokens)) is { } phrase)
            return phrase;
        UndecidedException failure;
        try
        {
            return AnswerParser.Parse(tokens, 0, budget);
        }
        catch (UndecidedException e) when (e.Reason is AnswerReason.Unreadable or AnswerReason.NotSupported)
        {
            failure = e;
        }

        if (AfterLeadIn(tokens) is var start and > 0)
        {
            try
            {
                return AnswerParser.Parse(tokens, start, budget);
            }
            catch (UndecidedException e) when (e.Reason is AnswerReason.Unreadable or AnswerReason.NotSupported)
            {
                // Words it is, then.
            }
        }

        // A formula with a command that is not known or not supported stays a formula, whatever words are in it.
        var isFormula = failure.Reason == AnswerReason.NotSupported || tokens.Any(t => t.Kind == TokenKind.Name && t.Text[0] == '\\');
        return !isFormula && tokens.Any(t => t.Kind == TokenKind.Word || (t.Kind == TokenKind.Letter && t.FromText))
            ? new TextNode(WordsOf(tokens))
            : throw failure;
    }

    /// <summary>With full-width letters, digits and signs of East Asian type as plain ones.</summary>
    private static string Narrow(string text) => text.AsSpan().IndexOfAnyInRange('\uFF01', '\uFF5E') < 0
        ? text
        : string.Create(text.Length, text, static (narrow, wide) =>
        {
            for (var i = 0; i < narrow.Length; i++)
                narrow[i] = wide[i] is >= '\uFF01' and <= '\uFF5E' ? (char)(wide[i] - 0xFEE0) : wide[i];
        });

    /// <summary>Without white space, emphasis, quotes and full stops around.</summary>
    public static string Clean(string text)
    {
        var span = text.AsSpan().Trim();
        while (true)
        {
            var before = span.Length;
            span = span.TrimEnd(" \t\r\n.。,，;；").TrimStart(" \t\r\n");
            foreach (var mark in new[] { "**", "__", "`", "\"", "“", "”" })
            {
                if (span.Length > 2 * mark.Length && span.StartsWith(mark) && span.EndsWith(mark))
                    span = span[mark.Length..^mark.Length];
            }

            if (span.Length > 2 && span[0] == '“' && span[^1] == '”')
                span = span[1..^1];

            // A backslash before the last space that was cut off is a space command.
            if (span.Length > 0 && span[^1] == '\\' && (span.Length == 1 || span[^2] != '\\'))
                span = span[..^1];
            if (span.Length == before)
                return span.ToString();
        }
    }

    /// <summary>Words, numbers and signs in small letters, articles and punctuation left out: the form in which texts are compared.</summary>
    public static string WordsOf(IReadOnlyList<Token> tokens)
    {
        var words = new StringBuilder();
        foreach (var token in tokens)
        {
            if (token.Kind is TokenKind.End or TokenKind.Begin or TokenKind.EndEnvironment || (token.Kind == TokenKind.Symbol && ",;.{}\"'()".Contains(token.Text, StringComparison.Ordinal)))
                continue;
            var word = token.Text.ToLowerInvariant();
            if (word is "the" or "a" or "an" && token.FromText | token.Kind == TokenKind.Word && tokens.Count > 2)
                continue;
            words.Append(words.Length > 0 ? " " : "").Append(word);
        }

        return words.ToString();
    }

    /// <summary>Where mathematics starts after words such as "The answer is", "Solution:" or "面积为"; 0 where there are none.</summary>
    private static int AfterLeadIn(IReadOnlyList<Token> tokens)
    {
        var words = 0;
        for (var i = 0; i < tokens.Count - 1; i++)
        {
            var token = tokens[i];
            if (words > 0 && (token.Is(':') || token.Is('=') || token.Text is "is" or "are"))
                return i + 1;
            if (token.Kind == TokenKind.Word)
            {
                words++;
                if (token.Text[^1] is '是' or '为')
                    return tokens[i + 1].Is(':') ? i + 2 : i + 1;
            }
            else if (token.Kind is not (TokenKind.Letter or TokenKind.Connector))
            {
                return 0;
            }
        }

        return 0;
    }
}
