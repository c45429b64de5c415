using System.Text;

namespace Ratchet.Models.ChatTemplates;

/// <summary>Kinds of token in a template.</summary>
internal enum JinjaTokenKind
{
    /// <summary>Text outside of tags.</summary>
    Text,

    /// <summary><c>{{</c>.</summary>
    OpenExpression,

    /// <summary><c>}}</c>.</summary>
    CloseExpression,

    /// <summary><c>{%</c>.</summary>
    OpenBlock,

    /// <summary><c>%}</c>.</summary>
    CloseBlock,

    /// <summary>A name or keyword.</summary>
    Name,

    /// <summary>A quoted text.</summary>
    String,

    /// <summary>A number.</summary>
    Number,

    /// <summary>An operator or bracket.</summary>
    Sign,

    /// <summary>After the last token.</summary>
    End,
}

/// <summary>A token.</summary>
/// <param name="Kind">Kind.</param>
/// <param name="Text">Its text; of a string, the text that it stands for.</param>
/// <param name="Line">Line, from 1.</param>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Line);

/// <summary>Divides a template into tokens and applies the rules of white space around tags.</summary>
internal sealed class JinjaLexer
{
    private static readonly string[] Signs = ["==", "!=", "<=", ">=", "//", "**", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ".", ":", "|"];

    private readonly string _source;
    private readonly List<JinjaToken> _tokens = [];
    private int _at;
    private int _line = 1;

    private JinjaLexer(string source) => _source = source;

    public static IReadOnlyList<JinjaToken> Read(string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal);

        // One line end at the end of the file belongs to the file, not to the text.
        var lexer = new JinjaLexer(source.EndsWith('\n') ? source[..^1] : source);
        lexer.ReadAll();
        return lexer._tokens;
    }

    private void ReadAll()
    {
        var trim = Trim.Nothing;
        while (_at < _source.Length)
        {
            var open = _at;
            while ((open = _source.IndexOf('{', open)) >= 0 && (open + 1 == _source.Length || _source[open + 1] is not ('{' or '%' or '#')))
                open++;
            var end = open < 0 ? _source.Length : open;
            AddText(end, trim, open < 0 ? ' ' : _source[open + 1], open >= 0 && open + 2 < _source.Length ? _source[open + 2] : ' ');
            if (open < 0)
                break;
            trim = _source[open + 1] switch
            {
                '#' => Comment(),
                '%' => Tag(JinjaTokenKind.OpenBlock, JinjaTokenKind.CloseBlock, "%}"),
                _ => Tag(JinjaTokenKind.OpenExpression, JinjaTokenKind.CloseExpression, "}}"),
            };
        }

        _tokens.Add(new JinjaToken(JinjaTokenKind.End, "the end", _line));
    }

    private enum Trim
    {
        Nothing,
        Newline,
        All,
    }

    private void AddText(int end, Trim trim, char tag, char sign)
    {
        var text = _source[_at..end];
        var line = _line;
        Advance(end);
        if (trim == Trim.All)
            text = text.TrimStart();
        else if (trim == Trim.Newline && text.StartsWith('\n'))
            text = text[1..];
        if (sign == '-' && tag != ' ')
        {
            text = text.TrimEnd();
        }
        else if (tag is '%' or '#' && sign != '+')
        {
            // Blanks before a block on its own line go, unless something else stands on that line.
            var blanks = text.TrimEnd(' ', '\t');
            if (blanks.EndsWith('\n') || (blanks.Length == 0 && (end - text.Length == 0 || _source[end - text.Length - 1] == '\n')))
                text = blanks;
        }

        if (text.Length > 0)
            _tokens.Add(new JinjaToken(JinjaTokenKind.Text, text, line));
    }

    private Trim Comment()
    {
        var end = _source.IndexOf("#}", _at + 2, StringComparison.Ordinal);
        if (end < 0)
            throw new JinjaException($"line {_line}: the comment does not end");
        Advance(end + 2);
        return _source[end - 1] == '-' ? Trim.All : Trim.Newline;
    }

    private Trim Tag(JinjaTokenKind open, JinjaTokenKind close, string closing)
    {
        var line = _line;
        _tokens.Add(new JinjaToken(open, _source.Substring(_at, 2), line));
        Advance(_at + 2);
        if (_at < _source.Length && _source[_at] is '-' or '+')
            Advance(_at + 1);

        // A dictionary's closing braces must not end an expression.
        var depth = 0;
        while (true)
        {
            while (_at < _source.Length && char.IsWhiteSpace(_source[_at]))
                Advance(_at + 1);
            if (_at == _source.Length)
                throw new JinjaException($"line {line}: the tag does not end");
            var dash = _source[_at] is '-' or '+' ? 1 : 0;
            if (depth == 0 && string.CompareOrdinal(_source, _at + dash, closing, 0, 2) == 0)
            {
                var all = _source[_at] == '-';
                Advance(_at + dash + 2);
                _tokens.Add(new JinjaToken(close, closing, _line));
                return all ? Trim.All : close == JinjaTokenKind.CloseBlock ? Trim.Newline : Trim.Nothing;
            }

            depth += Inside();
        }
    }

    /// <summary>Reads one token inside a tag; gives the change in depth of braces.</summary>
    private int Inside()
    {
        var first = _source[_at];
        if (first is '\'' or '"')
        {
            ReadString(first);
            return 0;
        }

        var end = _at;
        if (char.IsAsciiDigit(first))
        {
            while (end < _source.Length && (char.IsAsciiDigit(_source[end]) || _source[end] == '_' || (_source[end] == '.' && end + 1 < _source.Length && char.IsAsciiDigit(_source[end + 1]))))
                end++;
            Add(JinjaTokenKind.Number, end);
            return 0;
        }

        if (first == '_' || char.IsLetter(first))
        {
            while (end < _source.Length && (_source[end] == '_' || char.IsLetterOrDigit(_source[end])))
                end++;
            Add(JinjaTokenKind.Name, end);
            return 0;
        }

        foreach (var sign in Signs)
        {
            if (string.CompareOrdinal(_source, _at, sign, 0, sign.Length) == 0)
            {
                Add(JinjaTokenKind.Sign, _at + sign.Length);
                return sign == "{" ? 1 : sign == "}" ? -1 : 0;
            }
        }

        throw new JinjaException($"line {_line}: the character '{first}' has no meaning here");
    }

    private void Add(JinjaTokenKind kind, int end)
    {
        _tokens.Add(new JinjaToken(kind, _source[_at..end], _line));
        Advance(end);
    }

    private void ReadString(char quote)
    {
        var line = _line;
        var text = new StringBuilder();
        for (var at = _at + 1; at < _source.Length; at++)
        {
            if (_source[at] == quote)
            {
                Advance(at + 1);
                _tokens.Add(new JinjaToken(JinjaTokenKind.String, text.ToString(), line));
                return;
            }

            if (_source[at] != '\\' || at + 1 == _source.Length)
            {
                text.Append(_source[at]);
                continue;
            }

            at++;
            text.Append(_source[at] switch { 'n' => "\n", 't' => "\t", 'r' => "\r", 'b' => "\b", 'f' => "\f", '0' => "\0", '\\' or '\'' or '"' => _source[at].ToString(), 'u' => Unicode(ref at, line), var other => "\\" + other });
        }

        throw new JinjaException($"line {line}: the text does not end");
    }

    private string Unicode(ref int at, int line)
    {
        if (at + 4 < _source.Length && ushort.TryParse(_source.AsSpan(at + 1, 4), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var unit))
        {
            at += 4;
            return ((char)unit).ToString();
        }

        throw new JinjaException($"line {line}: '\\u' needs four hexadecimal digits");
    }

    private void Advance(int end)
    {
        _line += _source.AsSpan(_at, end - _at).Count('\n');
        _at = end;
    }
}
