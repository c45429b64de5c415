namespace Ratchet.Domains.Propositional.Syntax;

/// <summary>
/// Splits statements and scripts into Coq's tokens, one token of look-ahead. A full stop ends a sentence only before white
/// space or the end; comments nest and may hold strings.
/// </summary>
internal sealed class Lexer
{
    private int _position;

    public Lexer(string text)
    {
        Text = text;
        Advance();
    }

    public string Text { get; }

    /// <summary>The token that is read next.</summary>
    public Token Current { get; private set; }

    /// <summary>End of the token before <see cref="Current"/>.</summary>
    public int LastEnd { get; private set; }

    public ReadOnlySpan<char> Span(Token token) => Text.AsSpan(token.Start, token.End - token.Start);

    public string Word(Token token) => Text[token.Start..token.End];

    /// <summary>Moves to the next token and gives the one left behind.</summary>
    public Token Advance()
    {
        var left = Current;
        LastEnd = left.End;
        SkipBlank();
        Current = Next();
        return left;
    }

    public static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_' || (c >= '\u00C0' && char.IsLetter(c));

    public static bool IsNamePart(char c) => IsNameStart(c) || char.IsAsciiDigit(c) || c == '\'';

    /// <summary>How a token is called in a message.</summary>
    public string Describe(Token token) => token.Kind == TokenKind.End
        ? "the end of the text"
        : token.Kind == TokenKind.Other && (char.IsControl(Text[token.Start]) || char.IsSurrogate(Text[token.Start]))
            ? $"the character U+{(int)Text[token.Start]:X4}"
            : $"\"{(token.End - token.Start > 40 ? string.Concat(Text.AsSpan(token.Start, 40), "...") : Word(token))}\"";

    private void SkipBlank()
    {
        while (_position < Text.Length)
        {
            var c = Text[_position];
            if (c is ' ' or '\t' or '\n' or '\r')
                _position++;
            else if (c == '(' && At(1) == '*')
                SkipComment();
            else
                return;
        }
    }

    private void SkipComment()
    {
        var start = _position;
        var depth = 0;
        do
        {
            var c = At(0);
            if (_position >= Text.Length)
                throw new TextException("Syntax error: this comment is not closed.", start, Math.Min(start + 2, Text.Length));
            if (c == '(' && At(1) == '*')
            {
                depth++;
                _position += 2;
            }
            else if (c == '*' && At(1) == ')')
            {
                depth--;
                _position += 2;
            }
            else if (c == '"')
            {
                var close = Text.IndexOf('"', _position + 1);
                _position = close < 0 ? Text.Length : close + 1;
            }
            else
            {
                _position++;
            }
        }
        while (depth > 0);
    }

    private char At(int offset) => _position + offset < Text.Length ? Text[_position + offset] : '\0';

    private Token Next()
    {
        var start = _position;
        if (start >= Text.Length)
            return new Token(TokenKind.End, Text.Length, Text.Length);
        var c = Text[start];
        if (IsNameStart(c))
        {
            while (_position < Text.Length && IsNamePart(Text[_position]))
                _position++;
            return new Token(TokenKind.Name, start, _position);
        }

        var (kind, length) = c switch
        {
            '(' => (TokenKind.Open, 1),
            ')' => (TokenKind.Close, 1),
            '[' => (TokenKind.OpenBracket, 1),
            ']' => (TokenKind.CloseBracket, 1),
            '{' => (TokenKind.OpenBrace, 1),
            '}' => (TokenKind.CloseBrace, 1),
            '|' when At(1) is not ('|' or '-') => (TokenKind.Bar, 1),
            ':' when At(1) is not ('=' or ':' or '>') => (TokenKind.Colon, 1),
            '~' => (TokenKind.Not, 1),
            '/' when At(1) == '\\' => (TokenKind.And, 2),
            '\\' when At(1) == '/' => (TokenKind.Or, 2),
            '-' when At(1) == '>' => (TokenKind.Arrow, 2),
            '<' when At(1) == '-' && At(2) == '>' => (TokenKind.DoubleArrow, 3),
            '-' or '+' or '*' => (TokenKind.Bullet, RunLength(c)),
            '.' when start + 1 == Text.Length || At(1) is ' ' or '\t' or '\n' or '\r' => (TokenKind.Stop, 1),
            _ => (TokenKind.Other, char.IsHighSurrogate(c) && char.IsLowSurrogate(At(1)) ? 2 : 1),
        };
        _position += length;
        return new Token(kind, start, _position);
    }

    private int RunLength(char c)
    {
        var length = 1;
        while (At(length) == c)
            length++;
        // "-->" is a bullet "-" and an arrow in no grammar of ours; leave the arrow whole for the message.
        return c == '-' && At(length) == '>' && length > 1 ? length - 1 : length;
    }
}
