using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Propositional.Tactics;

/// <summary>Reads a script sentence by sentence, as Coq does: a mistake in a later sentence is not seen before the earlier ones have run.</summary>
/// <remarks>
/// Grammar, where <c>x</c> is an identifier:
/// <code>
/// sentence   ::= bullet | { | } | tactic "."
/// tactic     ::= intros pattern* | intro x? | exact term | apply term | split | left | right | constructor
///              | destruct term (as pattern)? | exfalso | assumption | contradiction
///              | assert ( formula ) (as pattern)? | assert ( x : formula )
/// term       ::= x | ( term term* )
/// pattern    ::= x | [ alternatives ] where alternatives are pattern* separated by |
/// </code>
/// Everything else that Coq reads here (<c>;</c>, <c>try</c>, <c>in</c>, <c>?</c>, <c>_</c>, numbers, commands) is refused as a syntax error.
/// </remarks>
internal sealed class SentenceParser(string text, Func<string, Formula?> atoms)
{
    private static readonly Dictionary<string, SentenceKind> Words = new(StringComparer.Ordinal)
    {
        ["intros"] = SentenceKind.Intros,
        ["intro"] = SentenceKind.Intro,
        ["exact"] = SentenceKind.Exact,
        ["apply"] = SentenceKind.Apply,
        ["split"] = SentenceKind.Split,
        ["left"] = SentenceKind.Left,
        ["right"] = SentenceKind.Right,
        ["destruct"] = SentenceKind.Destruct,
        ["exfalso"] = SentenceKind.Exfalso,
        ["assumption"] = SentenceKind.Assumption,
        ["assert"] = SentenceKind.Assert,
        ["constructor"] = SentenceKind.Constructor,
        ["contradiction"] = SentenceKind.Contradiction,
    };

    private static readonly Dictionary<string, SentenceKind>.AlternateLookup<ReadOnlySpan<char>> WordLookup =
        Words.GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly Lexer _lexer = new(text);

    /// <summary>All sentences of a script.</summary>
    /// <exception cref="TextException">The script has a syntax error.</exception>
    public static List<Sentence> ParseAll(string text, Func<string, Formula?> atoms)
    {
        var parser = new SentenceParser(text, atoms);
        var sentences = new List<Sentence>();
        while (parser.Next() is { } sentence)
            sentences.Add(sentence);
        return sentences;
    }

    /// <summary>The next sentence, or null at the end of the text.</summary>
    /// <exception cref="TextException">The text goes on, but not with a sentence.</exception>
    public Sentence? Next()
    {
        var first = _lexer.Current;
        switch (first.Kind)
        {
            case TokenKind.End:
                return null;
            case TokenKind.Bullet:
                _lexer.Advance();
                return new Sentence(SentenceKind.Bullet, first.Start, first.End) { Bullet = _lexer.Word(first) };
            case TokenKind.OpenBrace:
                _lexer.Advance();
                return new Sentence(SentenceKind.OpenBrace, first.Start, first.End);
            case TokenKind.CloseBrace:
                _lexer.Advance();
                return new Sentence(SentenceKind.CloseBrace, first.Start, first.End);
            case TokenKind.Name when WordLookup.TryGetValue(_lexer.Span(first), out var kind):
                _lexer.Advance();
                var sentence = ParseTactic(kind, first);
                Expect(TokenKind.Stop, "\".\"");
                return sentence;
            case TokenKind.Name:
                throw new TextException(Refusal(_lexer.Word(first)), first.Start, first.End);
            default:
                throw Unexpected("a tactic");
        }
    }

    private static string Refusal(string word) => word switch
    {
        "Proof" or "Qed" or "Defined" or "Admitted" or "Abort" =>
            $"Syntax error: the text is the tactics alone; \"{word}\" is not one of them.",
        _ when char.IsAsciiLetterUpper(word[0]) => $"Syntax error: the command \"{word}\" is not allowed in a proof.",
        _ => $"The tactic {word} was not found in the current environment.",
    };

    private Sentence ParseTactic(SentenceKind kind, Token first)
    {
        switch (kind)
        {
            case SentenceKind.Intros:
                var patterns = new List<Pattern>();
                while (_lexer.Current.Kind is TokenKind.Name or TokenKind.OpenBracket)
                    patterns.Add(ParsePattern(0));
                return Make(kind, first) with { Patterns = patterns };
            case SentenceKind.Intro:
                return Make(kind, first) with { Patterns = _lexer.Current.Kind == TokenKind.Name ? [ParsePattern(0)] : [] };
            case SentenceKind.Exact or SentenceKind.Apply:
                var expression = ParseAtomicTerm(0);
                return Make(kind, first) with { Expression = expression };
            case SentenceKind.Destruct:
                var scrutinee = ParseAtomicTerm(0);
                var pattern = ParseAs();
                return Make(kind, first) with { Expression = scrutinee, Patterns = pattern };
            case SentenceKind.Assert:
                return ParseAssert(first);
            default:
                return Make(kind, first);
        }
    }

    private Sentence Make(SentenceKind kind, Token first) => new(kind, first.Start, _lexer.LastEnd);

    private IReadOnlyList<Pattern> ParseAs()
    {
        if (_lexer.Current.Kind != TokenKind.Name || !_lexer.Span(_lexer.Current).SequenceEqual("as"))
            return [];
        _lexer.Advance();
        return [ParsePattern(0)];
    }

    private Sentence ParseAssert(Token first)
    {
        Expect(TokenKind.Open, "\"(\"");
        var start = _lexer.Current;
        if (start.Kind == TokenKind.Name)
        {
            // "assert (x : F)": one more token decides, so the name is read as a formula's first leaf only if no colon follows.
            var probe = start.End;
            while (probe < text.Length && text[probe] is ' ' or '\t' or '\n' or '\r')
                probe++;
            if (probe < text.Length && text[probe] == ':')
            {
                var name = ParsePattern(0);
                Expect(TokenKind.Colon, "\":\"");
                var named = FormulaParser.Parse(_lexer, 200, 0, atoms);
                Expect(TokenKind.Close, "\")\"");
                return Make(SentenceKind.Assert, first) with { Formula = named, Patterns = [name] };
            }
        }

        var formula = FormulaParser.Parse(_lexer, 200, 0, atoms);
        Expect(TokenKind.Close, "a connective or \")\"");
        return Make(SentenceKind.Assert, first) with { Patterns = ParseAs(), Formula = formula };
    }

    /// <summary>A name, or anything in parentheses.</summary>
    private ProofExpression ParseAtomicTerm(int depth)
    {
        CheckDepth(depth);
        var token = _lexer.Current;
        if (token.Kind == TokenKind.Name)
        {
            var name = ParseName();
            return new ProofExpression(name, [], token.Start, token.End, token.End);
        }

        if (token.Kind != TokenKind.Open)
            throw Unexpected("a term");
        _lexer.Advance();
        var head = ParseAtomicTerm(depth + 1);
        List<ProofExpression>? arguments = null;
        while (_lexer.Current.Kind is TokenKind.Name or TokenKind.Open)
            (arguments ??= [.. head.Arguments]).Add(ParseAtomicTerm(depth + 1));
        Expect(TokenKind.Close, "\")\"");
        return head with { Arguments = arguments ?? head.Arguments, Start = token.Start, End = _lexer.LastEnd };
    }

    private Pattern ParsePattern(int depth)
    {
        CheckDepth(depth);
        var token = _lexer.Current;
        if (token.Kind == TokenKind.Name)
            return new Pattern(ParseName(), [], token.Start, token.End);
        if (token.Kind != TokenKind.OpenBracket)
            throw Unexpected("an introduction pattern");
        _lexer.Advance();
        var branches = new List<IReadOnlyList<Pattern>>();
        var branch = new List<Pattern>();
        while (true)
        {
            switch (_lexer.Current.Kind)
            {
                case TokenKind.Name or TokenKind.OpenBracket:
                    branch.Add(ParsePattern(depth + 1));
                    break;
                case TokenKind.Bar:
                    _lexer.Advance();
                    branches.Add(branch);
                    branch = [];
                    break;
                default:
                    Expect(TokenKind.CloseBracket, "a pattern, \"|\" or \"]\"");
                    if (branches.Count > 0 || branch.Count > 0)
                        branches.Add(branch);
                    return new Pattern(null, branches, token.Start, _lexer.LastEnd);
            }
        }
    }

    private string ParseName()
    {
        var token = _lexer.Current;
        var word = _lexer.Word(token);
        if (FormulaParser.IsKeyword(word))
            throw Unexpected("a name");
        _lexer.Advance();
        return word;
    }

    private void CheckDepth(int depth)
    {
        if (depth > SyntaxLimits.Nesting)
            throw new TextException($"The text is nested deeper than {SyntaxLimits.Nesting} levels.", _lexer.Current.Start, _lexer.Current.End, isLimit: true);
    }

    private void Expect(TokenKind kind, string expected)
    {
        if (_lexer.Current.Kind != kind)
            throw Unexpected(expected);
        _lexer.Advance();
    }

    private TextException Unexpected(string expected) => new(
        $"Syntax error: expected {expected}, found {_lexer.Describe(_lexer.Current)}.", _lexer.Current.Start, _lexer.Current.End);
}
