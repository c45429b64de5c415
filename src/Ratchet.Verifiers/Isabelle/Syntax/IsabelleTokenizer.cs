using Ratchet.Verifiers.Audits;

namespace Ratchet.Verifiers.Isabelle.Syntax;

/// <summary>
/// Cuts Isabelle theory text into tokens of the outer syntax: nested comments, strings, nested cartouches, old verbatim text, names with
/// symbols such as <c>\&lt;alpha&gt;</c>.
/// </summary>
internal sealed class IsabelleTokenizer
{
    /// <summary>Name of the audit that refuses text which cannot be read for certain.</summary>
    public const string Lexical = "lexical";

    private const string Open = "\\<open>";
    private const string Close = "\\<close>";

    private readonly string _text;
    private readonly List<IsabelleToken> _tokens = [];
    private readonly List<AuditFinding> _faults = [];
    private int _at;

    private IsabelleTokenizer(string text) => _text = text;

    /// <summary>Reads a whole text.</summary>
    /// <returns>Tokens in order, and places where the text does not end what it opens or is no text.</returns>
    public static (IReadOnlyList<IsabelleToken> Tokens, IReadOnlyList<AuditFinding> Faults) Read(string text)
    {
        var tokenizer = new IsabelleTokenizer(text);
        while (tokenizer._at < text.Length)
            tokenizer.Next();
        tokenizer.Characters();
        return (tokenizer._tokens, tokenizer._faults);
    }

    private char Peek(int ahead = 0) => _at + ahead < _text.Length ? _text[_at + ahead] : '\0';

    private bool Sees(string text) => string.CompareOrdinal(_text, _at, text, 0, text.Length) == 0;

    private void Add(IsabelleTokenKind kind, int start) => _tokens.Add(new IsabelleToken(kind, start, _at, _text[start.._at]));

    private void Fault(int start, string message) => _faults.Add(new AuditFinding(Lexical, start, Math.Min(_text.Length, Math.Max(start + 1, _at)), message));

    private void Next()
    {
        var start = _at;
        var c = Peek();
        if (char.IsWhiteSpace(c))
        {
            _at++;
        }
        else if (Sees("(*"))
        {
            Nested("(*", "*)", "a comment");
        }
        else if (c is '"' or '`')
        {
            Quoted(c);
        }
        else if (Sees(Open) || c == '‹')
        {
            Cartouche();
            Add(IsabelleTokenKind.Cartouche, start);
        }
        else if (Sees("{*"))
        {
            var end = _text.IndexOf("*}", _at + 2, StringComparison.Ordinal);
            _at = end < 0 ? _text.Length : end + 2;
            if (end < 0)
                Fault(start, "verbatim text is opened and not closed");
            Add(IsabelleTokenKind.Cartouche, start);
        }
        else if (c is '?' or '\'' && IsNameStart(_at + 1))
        {
            _at++;
            Name();
            Add(IsabelleTokenKind.Variable, start);
        }
        else if (IsNameStart(_at))
        {
            Name();
            Add(IsabelleTokenKind.Word, start);
        }
        else if (char.IsAsciiDigit(c))
        {
            while (char.IsAsciiDigit(Peek()))
                _at++;
            Add(IsabelleTokenKind.Number, start);
        }
        else
        {
            Sign();
            Add(IsabelleTokenKind.Symbol, start);
        }
    }

    private void Sign()
    {
        if (SymbolLength(_at) is > 0 and var length)
            _at += length;
        else if (Sees(".."))
            _at += 2;
        else
            _at += char.IsSurrogatePair(_text, _at) ? 2 : 1;
    }

    /// <summary>A name with its dots, subscripts and primes.</summary>
    private void Name()
    {
        while (true)
        {
            while (_at < _text.Length && (IsNameStart(_at) || char.IsAsciiDigit(Peek()) || Peek() is '_' or '\'' || Sees("\\<^sub>") || Sees("\\<^isub>") || Peek() == '⇩'))
                _at += Math.Max(1, SymbolLength(_at));
            if (Peek() != '.' || !IsNameStart(_at + 1))
                return;
            _at++;
        }
    }

    /// <summary>ASCII letters, Greek without lambda, and symbols that are letters.</summary>
    private bool IsNameStart(int at)
    {
        if (at >= _text.Length)
            return false;
        var c = _text[at];
        if (char.IsAsciiLetter(c))
            return true;
        if (c is >= 'α' and <= 'ω' or >= 'Α' and <= 'Ω')
            return c is not ('λ' or 'Π' or 'Σ');
        if (SymbolLength(at) is not (> 4 and var length) || _text[at + 2] == '^')
            return false;
        return LetterSymbols.Contains(_text.Substring(at + 2, length - 3));
    }

    private static readonly HashSet<string> LetterSymbols = Letters();

    private static HashSet<string> Letters()
    {
        var letters = new HashSet<string>(
            "alpha beta gamma delta epsilon zeta eta theta iota kappa mu nu xi pi rho sigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Upsilon Phi Psi Omega".Split(' '),
            StringComparer.Ordinal);
        for (var c = 'A'; c <= 'Z'; c++)
        {
            letters.Add(c.ToString());
            letters.Add(char.ToLowerInvariant(c).ToString());
            letters.Add(new string(c, 2));
            letters.Add(new string(char.ToLowerInvariant(c), 2));
        }

        return letters;
    }

    /// <summary>Length of a symbol such as <c>\&lt;forall&gt;</c> or <c>\&lt;^sub&gt;</c> at a place, or 0.</summary>
    private int SymbolLength(int at) => SymbolLength(_text, at);

    /// <summary>Length of a symbol such as <c>\&lt;forall&gt;</c> or <c>\&lt;^sub&gt;</c> at a place of a text, or 0.</summary>
    public static int SymbolLength(string text, int at)
    {
        if (at + 3 >= text.Length || text[at] != '\\' || text[at + 1] != '<')
            return 0;
        var i = at + 2;
        if (text[i] == '^')
            i++;
        while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] is '_' or '\''))
            i++;
        return i < text.Length && text[i] == '>' ? i + 1 - at : 0;
    }

    private void Quoted(char quote)
    {
        var start = _at++;
        while (_at < _text.Length && Peek() != quote)
            _at += Peek() == '\\' && Peek(1) is '\\' or '"' or '`' && Peek() == '\\' ? 2 : 1;
        if (_at >= _text.Length)
        {
            _at = _text.Length;
            Fault(start, "a string is opened and not closed");
        }
        else
        {
            _at++;
        }

        Add(IsabelleTokenKind.String, start);
    }

    private void Nested(string open, string close, string what)
    {
        var start = _at;
        var depth = 0;
        do
        {
            if (Sees(open))
            {
                depth++;
                _at += open.Length;
            }
            else if (Sees(close))
            {
                depth--;
                _at += close.Length;
            }
            else
            {
                _at++;
            }
        }
        while (depth > 0 && _at < _text.Length);
        if (depth > 0)
            Fault(start, $"{what} is opened and not closed");
    }

    private void Cartouche()
    {
        var start = _at;
        var depth = 0;
        do
        {
            var (opens, closes) = (Sees(Open) || Peek() == '‹', Sees(Close) || Peek() == '›');
            depth += opens ? 1 : closes ? -1 : 0;
            _at += Peek() is '‹' or '›' ? 1 : opens ? Open.Length : closes ? Close.Length : 1;
        }
        while (depth > 0 && _at < _text.Length);
        if (depth > 0)
            Fault(start, "a cartouche is opened and not closed");
    }

    private void Characters()
    {
        for (var i = 0; i < _text.Length; i++)
        {
            if (char.IsHighSurrogate(_text[i]) && i + 1 < _text.Length && char.IsLowSurrogate(_text[i + 1]))
                i++;
            else if (char.IsSurrogate(_text[i]))
                _faults.Add(new AuditFinding(Lexical, i, i + 1, "half of a surrogate pair"));
            else if (char.IsControl(_text[i]) && _text[i] is not ('\n' or '\r' or '\t'))
                _faults.Add(new AuditFinding(Lexical, i, i + 1, $"the control character U+{(int)_text[i]:X4}"));
        }
    }
}
