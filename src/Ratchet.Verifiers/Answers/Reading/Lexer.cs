using System.Text;
using Ratchet.Verifiers.Answers.Algebra;

namespace Ratchet.Verifiers.Answers.Reading;

/// <summary>Cuts an answer in LaTeX or plain text into tokens. Typesetting commands, math delimiters and spaces vanish.</summary>
internal sealed class Lexer
{
    private const int MaxTokens = 20_000;
    private const int MaxDepth = 20;
    private readonly Budget _budget;
    private readonly List<Token> _tokens = [];
    private string _text = "";
    private int _at;
    private bool _space;
    private bool _inText;
    private int _brackets;
    private bool _hasEnvironment;

    // Arguments of \frac still to come, each one digit where it has no braces; around the open braces, outermost first.
    private int _digitArguments;
    private readonly Stack<int> _outerArguments = new();

    private Lexer(Budget budget) => _budget = budget;

    /// <summary>The tokens of a text, an end token last.</summary>
    /// <exception cref="UndecidedException">The text cannot be cut into tokens, or into too many.</exception>
    public static IReadOnlyList<Token> Tokens(string text, Budget budget)
    {
        var lexer = new Lexer(budget) { _hasEnvironment = text.Contains("\\begin", StringComparison.Ordinal) };
        lexer.Run(text, inText: false, 0);
        lexer._tokens.Add(new(TokenKind.End, "", lexer._space, false, text.Length));
        return lexer._tokens;
    }

    private static bool IsAsciiLetter(char c) => char.IsAsciiLetter(c);

    private void Run(string text, bool inText, int depth)
    {
        if (depth > MaxDepth)
            throw new UndecidedException(AnswerReason.Limit, $"text is nested deeper than {MaxDepth} levels");
        var (outerText, outerAt, outerIn) = (_text, _at, _inText);
        (_text, _at, _inText) = (text, 0, inText);
        while (_at < _text.Length)
        {
            _budget.Spend(1);
            Next(depth);
        }

        (_text, _at, _inText) = (outerText, outerAt, outerIn);
    }

    private void Next(int depth)
    {
        var c = _text[_at];
        if (char.IsWhiteSpace(c) || c is '~' or '\u200B' or '\uFEFF')
        {
            _space = true;
            _at++;
        }
        else if (char.IsAsciiDigit(c) || (c == '.' && _at + 1 < _text.Length && char.IsAsciiDigit(_text[_at + 1])))
        {
            Number();
        }
        else if (IsAsciiLetter(c))
        {
            Letters();
        }
        else if (c == '\\')
        {
            Command(depth);
        }
        else if (c == '$')
        {
            _at++;
        }
        else if (Vocabulary.Characters.TryGetValue(c, out var mapped))
        {
            _at++;
            Mapped(mapped);
        }
        else if (char.IsLetter(c) || char.IsSurrogate(c))
        {
            Script();
        }
        else
        {
            if (c is '(' or '[')
                _brackets++;
            if (c is ')' or ']')
                _brackets--;
            var length = _text.AsSpan(_at) switch
            {
                ['*', '*', ..] or ['<', '=', ..] or ['>', '=', ..] or ['!', '=', ..] or ['=', '=', ..] or ['-', '>', ..] or ['=', '>', ..] => 2,
                ['.', '.', '.', ..] => 3,
                _ => 1,
            };
            var symbol = _text.Substring(_at, length) switch
            {
                "**" => "^",
                "<=" => "≤",
                ">=" => "≥",
                "!=" => "≠",
                "==" => "=",
                "->" or "=>" => "→",
                "..." => "…",
                var other => other,
            };
            _at += length;
            Add(TokenKind.Symbol, symbol);
        }
    }

    private void Mapped(string mapped)
    {
        if (mapped[0] == '#')
        {
            Add(TokenKind.Name, mapped[1..]);
        }
        else if (mapped.Length == 2 && mapped[0] == '^')
        {
            // A superscript digit; more of them make one exponent.
            var digits = new StringBuilder(mapped[1..]);
            while (_at < _text.Length && Vocabulary.Characters.TryGetValue(_text[_at], out var next) && next.Length == 2 && next[0] == '^')
            {
                digits.Append(next[1]);
                _at++;
            }

            Add(TokenKind.Symbol, "^");
            Add(TokenKind.Number, digits.ToString());
        }
        else
        {
            if (mapped is "(" or "[")
                _brackets++;
            if (mapped is ")" or "]")
                _brackets--;
            Add(TokenKind.Symbol, mapped);
        }
    }

    private void Number()
    {
        if (_digitArguments > 0 && char.IsAsciiDigit(_text[_at]))
        {
            // \frac12 has the arguments 1 and 2.
            Add(TokenKind.Number, _text[_at++].ToString());
            return;
        }

        var scan = NumberScanner.Scan(_text, _at, _brackets > 0);
        _at = scan.End;
        Add(TokenKind.Number, scan.Digits, scan.Period);
    }

    private void Letters()
    {
        var end = _at;
        while (end < _text.Length && IsAsciiLetter(_text[end]))
            end++;
        var word = _text[_at..end];
        var afterNumber = _tokens.Count > 0 && _tokens[^1].Kind == TokenKind.Number;

        // a.m. and p.m., with or without dots.
        if (afterNumber && HalfOfDay() is var length and > 0)
        {
            var half = char.ToLowerInvariant(_text[_at]) + ".m.";
            _at += length;
            Add(TokenKind.Word, half);
            return;
        }

        _at = end;
        if (Vocabulary.Connectors.Contains(word))
            Add(TokenKind.Connector, word.ToLowerInvariant());
        else if (word.Length == 1)
            Add(TokenKind.Letter, word);
        else if (Vocabulary.Names.TryGetValue(word, out var name) && !Vocabulary.CommandOnly.Contains(word))
            Add(TokenKind.Name, name);
        else if (!_inText && Vocabulary.Greek.Contains(word) && word.Length > 2)
            Add(TokenKind.Letter, word);
        else
            Add(TokenKind.Word, word);
    }

    /// <summary>Length of a.m., p.m., am, pm at this place, or 0.</summary>
    private int HalfOfDay()
    {
        var rest = _text.AsSpan(_at);
        if (char.ToLowerInvariant(rest[0]) is not ('a' or 'p'))
            return 0;
        var i = 1;
        var dotted = i < rest.Length && rest[i] == '.';
        if (dotted)
            i++;
        if (dotted && i < rest.Length && rest[i] == ' ')
            i++;
        if (i >= rest.Length || char.ToLowerInvariant(rest[i]) != 'm' || (!dotted && !_space && !IsClock()))
            return 0;
        i++;
        if (i < rest.Length && IsAsciiLetter(rest[i]))
            return 0;
        return dotted && i < rest.Length && rest[i] == '.' ? i + 1 : i;
    }

    private bool IsClock() => _tokens.Count >= 3 && _tokens[^2].Is(':');

    /// <summary>A run of letters of another script: Chinese words and connectors.</summary>
    private void Script()
    {
        var end = _at;
        while (end < _text.Length && (char.IsLetter(_text[end]) || char.IsSurrogate(_text[end])) && !IsAsciiLetter(_text[end]) && !Vocabulary.Characters.ContainsKey(_text[end]))
            end++;
        var word = _text[_at..end];
        _at = end;
        Add(Vocabulary.Connectors.Contains(word) ? TokenKind.Connector : TokenKind.Word, word);
    }

    private void Command(int depth)
    {
        var start = _at++;
        if (_at >= _text.Length)
            return;
        var c = _text[_at];
        if (c == '\\')
        {
            // Two backslashes are a new row, or one that was escaped once more; only in a matrix is it the first.
            _at++;
            if (!_hasEnvironment && _at < _text.Length && (IsAsciiLetter(_text[_at]) || _text[_at] is '(' or ')' or '[' or ']' or '{' or '}' or '%' or '$'))
            {
                _at--;
                return;
            }

            Add(TokenKind.Symbol, "\\\\");
            if (_at < _text.Length && _text[_at] == '[' && _text.IndexOf(']', _at) is var close and > 0 && close < _at + 8 && _text[_at..close].Contains("pt", StringComparison.Ordinal))
                _at = close + 1;
            return;
        }

        if (!IsAsciiLetter(c))
        {
            _at++;
            CommandCharacter(c);
            return;
        }

        var end = _at;
        while (end < _text.Length && IsAsciiLetter(_text[end]))
            end++;
        var name = _text[_at..end];
        _at = end;
        NamedCommand(name, start, depth);
    }

    private void CommandCharacter(char c)
    {
        switch (c)
        {
            case '{' or '}':
                _brackets += c == '{' ? 1 : -1;
                Add(TokenKind.Symbol, "\\" + c);
                break;
            case '|':
                Add(TokenKind.Symbol, "|");
                break;
            case '%' or '$' or '&' or '#' or '_':
                Add(TokenKind.Symbol, c.ToString());
                break;
            case '!' or '(' or ')' or '[' or ']':
                break;
            default:
                _space = true;
                break;
        }
    }

    private void NamedCommand(string name, int start, int depth)
    {
        if (Vocabulary.TextCommands.Contains(name))
        {
            SkipSpace();
            if (_at < _text.Length && _text[_at] == '*')
                _at++;
            var content = Argument();
            if (name == "operatorname" && Vocabulary.Names.TryGetValue(content.Trim(), out var function))
                Add(TokenKind.Name, function);
            else
                Run(content, inText: true, depth + 1);
            if (content.EndsWith(' '))
                _space = true;
        }
        else if (name is "begin" or "end")
        {
            var environment = Argument();
            if (name == "begin" && environment is "array" or "tabular")
            {
                SkipSpace();
                if (_at < _text.Length && _text[_at] == '{')
                    Argument();
            }

            Add(name == "begin" ? TokenKind.Begin : TokenKind.EndEnvironment, environment);
        }
        else if (name is "mathbb")
        {
            var set = Argument();
            Add(set == "R" ? TokenKind.Name : TokenKind.Letter, set == "R" ? "reals" : set);
        }
        else if (name is "color" or "hspace" or "vspace" or "label" or "tag" or "textcolor")
        {
            Argument();
            _space = true;
        }
        else if (name is "textcircled" or "circled")
        {
            Add(TokenKind.Word, "circled" + Argument());
        }
        else if (Vocabulary.Spaces.Contains(name))
        {
            _space = true;
        }
        else if (Vocabulary.Transparent.Contains(name))
        {
            // \left. and \right. are invisible brackets.
            if (name is "left" or "right" && _at < _text.Length && _text[_at] == '.')
                _at++;
        }
        else if (Vocabulary.CommandSymbols.TryGetValue(name, out var symbol))
        {
            if (symbol[0] == '&' && symbol.Length > 1)
                Add(TokenKind.Connector, symbol[1..]);
            else
                Add(TokenKind.Symbol, symbol);
        }
        else if (Vocabulary.Names.TryGetValue(name, out var known))
        {
            Add(TokenKind.Name, known);
        }
        else if (Vocabulary.Greek.Contains(name))
        {
            Add(TokenKind.Letter, name);
        }
        else
        {
            UnknownCommand(name, start);
        }
    }

    /// <summary>A command that ran into the letters after it (\quadx), or one without a meaning.</summary>
    private void UnknownCommand(string name, int start)
    {
        for (var length = name.Length - 1; length >= 3; length--)
        {
            var head = name[..length];
            if (Vocabulary.Spaces.Contains(head) || Vocabulary.CommandSymbols.ContainsKey(head) || Vocabulary.Names.ContainsKey(head))
            {
                _at = start + 1 + length;
                NamedCommand(head, start, 0);
                return;
            }
        }

        if (name.Length == 1)
            Add(TokenKind.Letter, name);
        else
            Add(TokenKind.Name, "\\" + name);
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
    }

    /// <summary>The text of a braced argument, or the next character.</summary>
    private string Argument()
    {
        SkipSpace();
        if (_at >= _text.Length)
            return "";
        if (_text[_at] != '{')
            return _text[_at++].ToString();
        var depth = 0;
        for (var i = _at; i < _text.Length; i++)
        {
            if (_text[i] == '\\')
            {
                i++;
                continue;
            }

            depth += _text[i] == '{' ? 1 : _text[i] == '}' ? -1 : 0;
            if (depth == 0)
            {
                var content = _text[(_at + 1)..i];
                _at = i + 1;
                return content;
            }
        }

        throw new UndecidedException(AnswerReason.Unreadable, $"the brace at character {_at + 1} is not closed");
    }

    private void Add(TokenKind kind, string text, string? period = null)
    {
        if (text.Length == 0 && kind is not (TokenKind.Begin or TokenKind.EndEnvironment))
            return;
        if (_tokens.Count >= MaxTokens)
            throw new UndecidedException(AnswerReason.Limit, $"the answer has more than {MaxTokens} tokens");
        _tokens.Add(new(kind, text, _space, _inText, _at) { Period = period });
        _space = false;
        if (kind == TokenKind.Name && text is "frac" or "binom")
        {
            _digitArguments = 2;
        }
        else if (kind == TokenKind.Symbol && text == "{")
        {
            _outerArguments.Push(Math.Max(0, _digitArguments - 1));
            _digitArguments = 0;
        }
        else
        {
            _digitArguments = kind == TokenKind.Symbol && text == "}" && _outerArguments.TryPop(out var outer) ? outer : Math.Max(0, _digitArguments - 1);
        }
    }
}
