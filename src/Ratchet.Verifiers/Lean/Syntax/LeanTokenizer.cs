using System.Buffers;
using System.Text;

namespace Ratchet.Verifiers.Lean.Syntax;

/// <summary>Cuts Lean 4 source text into tokens: nested comments, strings, raw and interpolated strings, characters, names with guillemets.</summary>
/// <remarks>
/// Lean's own lexer takes the longest token of a table that imports and notations extend, so no outside reader knows all of it. This reader
/// is for audits, where the danger is text that Lean runs and the reader takes for a comment or a string. It therefore reports as a fault
/// each place where such a difference could come from: a comment that begins right after an operator sign, a quote or a guillemet in single
/// quotes (Mathlib has operators that end in a quote), a brace in a string that Lean may interpolate, a raw string with a quote or a
/// backslash, a name directly after a number. Ordinary proofs have none of these.
/// </remarks>
internal sealed class LeanTokenizer
{
    private static readonly SearchValues<char> Risky = SearchValues.Create("\"'«/-\\");

    private readonly string _text;
    private readonly List<LeanToken> _tokens = [];
    private readonly List<LeanFault> _faults = [];
    private readonly List<(int Start, int End)> _quoted = [];
    private int _at;

    private LeanTokenizer(string text) => _text = text;

    /// <summary>Reads a whole text.</summary>
    public static LeanTokens Read(string text)
    {
        var tokenizer = new LeanTokenizer(text);
        tokenizer.Code(insideHole: false);
        tokenizer.Characters();
        return new LeanTokens(tokenizer._tokens, tokenizer._faults, tokenizer._quoted);
    }

    /// <summary>Whether a character can begin an identifier.</summary>
    public static bool IsNameStart(Rune rune)
    {
        var v = rune.Value;
        return v is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or '_' || IsLetterLike(v);
    }

    private static bool IsNamePart(Rune rune)
    {
        var v = rune.Value;
        return IsNameStart(rune) || v is (>= '0' and <= '9') or '\'' or '!' or '?' or (>= 0x2080 and <= 0x2089) or (>= 0x2090 and <= 0x209c) or (>= 0x1d62 and <= 0x1d6a) or 0x2c7c;
    }

    /// <summary>Letters beside ASCII: Greek without λ, Π, Σ; accented Latin; the letter-like block; mathematical script, double-struck and Fraktur.</summary>
    private static bool IsLetterLike(int v) =>
        v is (>= 0x3b1 and <= 0x3c9 and not 0x3bb) or (>= 0x391 and <= 0x3a9 and not 0x3a0 and not 0x3a3) or (>= 0x3ca and <= 0x3fb) or (>= 0x1f00 and <= 0x1ffe)
            or (>= 0x2100 and <= 0x214f) or (>= 0x1d49c and <= 0x1d59f) or (>= 0xc0 and <= 0xff and not 0xd7 and not 0xf7) or (>= 0x100 and <= 0x17f);

    private char Peek(int ahead = 0) => _at + ahead < _text.Length ? _text[_at + ahead] : '\0';

    private Rune RuneAt(int at) => at < _text.Length && Rune.TryGetRuneAt(_text, at, out var rune) ? rune : new Rune('\uFFFD');

    private bool StartsNameAt(int at) => at < _text.Length && (_text[at] == '«' || IsNameStart(RuneAt(at)));

    private void Add(LeanTokenKind kind, int start) => _tokens.Add(new LeanToken(kind, start, _at, _text[start.._at]));

    private void Fault(int start, string message) => _faults.Add(new LeanFault(start, Math.Min(Math.Max(_at, start + 1), _text.Length), message));

    /// <summary>Reads code to the end of the text or, in the hole of an interpolated string, up to the brace that closes it.</summary>
    private void Code(bool insideHole)
    {
        var braces = 0;
        while (_at < _text.Length)
        {
            var c = Peek();
            if (char.IsWhiteSpace(c))
                _at++;
            else if (c == '-' && Peek(1) == '-')
                LineComment();
            else if (c == '/' && Peek(1) == '-')
                BlockComment();
            else if (c == '"')
                String(interpolated: LastWordTouches() is "s!" or "f!" or "m!");
            else if (c == '\'')
                Quote();
            else if (c is >= '0' and <= '9')
                Number();
            else if (StartsNameAt(_at))
                Word();
            else if (insideHole && c == '}' && braces == 0)
                return;
            else
            {
                braces += c switch { '{' => 1, '}' => -1, _ => 0 };
                Symbol();
            }
        }
    }

    /// <summary>Characters that are no text, wherever they stand: what is behind them may be cut off, or encoded in another way.</summary>
    private void Characters()
    {
        for (var i = 0; i < _text.Length; i++)
        {
            if (char.IsHighSurrogate(_text[i]) && i + 1 < _text.Length && char.IsLowSurrogate(_text[i + 1]))
                i++;
            else if (char.IsSurrogate(_text[i]))
                _faults.Add(new LeanFault(i, i + 1, "half of a surrogate pair"));
            else if (char.IsControl(_text[i]) && _text[i] is not ('\n' or '\r' or '\t'))
                _faults.Add(new LeanFault(i, i + 1, $"the control character U+{(int)_text[i]:X4}"));
        }
    }

    private void Symbol()
    {
        var start = _at;
        _at += RuneAt(_at).Utf16SequenceLength;
        _at = Math.Min(_at, _text.Length);
        Add(LeanTokenKind.Symbol, start);
    }

    /// <summary>The word that ends right here, or null.</summary>
    private string? LastWordTouches() =>
        _tokens is [.., { Kind: LeanTokenKind.Word } last] && last.End == _at ? last.Text : null;

    /// <summary>An operator sign right before a comment may be one token with its first character.</summary>
    private void CheckBeforeComment()
    {
        if (_tokens is [.., { Kind: LeanTokenKind.Symbol } last] && last.End == _at && last.Text is not ("(" or ")" or "[" or "]" or "{" or "}" or "⟨" or "⟩" or "," or ";"))
            _faults.Add(new LeanFault(last.Start, _at + 2, $"\"{last.Text}\" stands right before a comment: put a space between them, since Lean may read them as one sign"));
    }

    private void LineComment()
    {
        CheckBeforeComment();
        var end = _text.IndexOf('\n', _at);
        _at = end < 0 ? _text.Length : end;
    }

    private void BlockComment()
    {
        CheckBeforeComment();
        var start = _at;
        var depth = 0;
        do
        {
            if (Peek() == '/' && Peek(1) == '-')
            {
                depth++;
                _at += 2;
            }
            else if (Peek() == '-' && Peek(1) == '/')
            {
                depth--;
                _at += 2;
            }
            else
            {
                _at++;
            }
        }
        while (depth > 0 && _at < _text.Length);
        _at = Math.Min(_at, _text.Length);
        if (depth > 0)
            Fault(start, "a comment is opened and not closed");
    }

    private void Word()
    {
        var start = _at;
        while (true)
        {
            if (Peek() == '«')
            {
                var close = _text.IndexOf('»', _at);
                var line = _text.IndexOf('\n', _at);
                if (close < 0 || (line >= 0 && line < close))
                {
                    _at++;
                    Fault(start, "« is opened and not closed");
                    break;
                }

                if (_text.AsSpan(_at, close - _at).ContainsAny('"', '\''))
                    Fault(_at, "a quote inside « »");
                _at = close + 1;
            }
            else
            {
                while (_at < _text.Length && IsNamePart(RuneAt(_at)))
                    _at += RuneAt(_at).Utf16SequenceLength;
            }

            if (Peek() != '.' || !StartsNameAt(_at + 1))
                break;
            _at++;
        }

        if (_text[start] == 'r' && _at == start + 1 && (Peek() == '"' || Peek() == '#'))
            RawString(start);
        else
            Add(LeanTokenKind.Word, start);
    }

    /// <summary><c>r"..."</c> or <c>r#"..."#</c>; where no string follows the signs, <c>r</c> is a word.</summary>
    private void RawString(int start)
    {
        var hashes = 0;
        while (Peek(hashes) == '#')
            hashes++;
        if (Peek(hashes) != '"')
        {
            Add(LeanTokenKind.Word, start);
            return;
        }

        var open = _at + hashes + 1;
        var end = _text.IndexOf("\"" + new string('#', hashes), open, StringComparison.Ordinal);
        _at = end < 0 ? _text.Length : end + 1 + hashes;
        if (end < 0)
            Fault(start, "a raw string is opened and not closed");
        else if (_text.AsSpan(open, end - open).ContainsAny("\"\\{"))
            Fault(start, "a raw string with a quote, a backslash or a brace: older versions of Lean read it differently");
        Add(LeanTokenKind.String, start);
        _quoted.Add((start, _at));
    }

    private void String(bool interpolated)
    {
        var open = _at;
        var start = _at++;
        while (_at < _text.Length && Peek() != '"')
        {
            if (Peek() == '\\')
            {
                _at = Math.Min(_at + 2, _text.Length);
            }
            else if (Peek() == '{' && interpolated)
            {
                _at++;
                Piece();
                Code(insideHole: true);
                start = _at;
                _at = Math.Min(_at + 1, _text.Length);
            }
            else
            {
                if (Peek() == '{')
                    Fault(_at, "a brace in a string: Lean runs what stands in it where the string is interpolated; write \\{ or use s!");
                _at++;
            }
        }

        if (_at < _text.Length)
            _at++;
        else
            Fault(open, "a string is opened and not closed");
        if (_at > start)
            Piece();

        void Piece()
        {
            Add(LeanTokenKind.String, start);
            _quoted.Add((start, _at));
        }
    }

    /// <summary>A character in quotes, or the quote of an operator such as the preimage sign.</summary>
    private void Quote()
    {
        var start = _at;
        if (Peek(1) == '\\')
        {
            var close = _text.IndexOf('\'', Math.Min(_at + 3, _text.Length));
            if (close > 0 && close - _at <= 10 && !_text.AsSpan(_at, close - _at).Contains('\n'))
            {
                _at = close + 1;
                if (_text.AsSpan(start + 2, _at - start - 3).ContainsAny(Risky))
                    Fault(start, "an escaped quote or sign in single quotes");
                Add(LeanTokenKind.Character, start);
                return;
            }
        }
        else if (_at + 1 < _text.Length && Peek(1) is not ('\'' or '\n'))
        {
            var width = RuneAt(_at + 1).Utf16SequenceLength;
            if (Peek(1 + width) == '\'')
            {
                _at += width + 2;
                if (_text[start + 1] is '"' or '«' or '/' or '-')
                    Fault(start, "a quote, a guillemet or a comment sign in single quotes");
                Add(LeanTokenKind.Character, start);
                return;
            }
        }

        Symbol();
    }

    private void Number()
    {
        var start = _at;
        var digits = (Peek(), Peek(1)) switch
        {
            ('0', 'x' or 'X') => "0123456789abcdefABCDEF_",
            ('0', 'b' or 'B') => "01_",
            ('0', 'o' or 'O') => "01234567_",
            _ => null,
        };
        if (digits is not null)
        {
            _at += 2;
            Digits(digits);
        }
        else
        {
            Digits("0123456789_");
            if (Peek() == '.' && Peek(1) is >= '0' and <= '9')
            {
                _at++;
                Digits("0123456789_");
            }

            if (Peek() is 'e' or 'E' && (Peek(1) is >= '0' and <= '9' || (Peek(1) is '+' or '-' && Peek(2) is >= '0' and <= '9')))
            {
                _at += 2;
                Digits("0123456789_");
            }
        }

        Add(LeanTokenKind.Number, start);
        if (StartsNameAt(_at))
            Fault(start, "a name right after a number");
    }

    private void Digits(string allowed)
    {
        while (_at < _text.Length && allowed.Contains(_text[_at], StringComparison.Ordinal))
            _at++;
    }
}
