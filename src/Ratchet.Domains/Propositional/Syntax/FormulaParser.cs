using Ratchet.Problems;

namespace Ratchet.Domains.Propositional.Syntax;

/// <summary>
/// Reads formulas by precedence climbing with Coq's levels: <c>~</c> 75, <c>/\</c> 80 right, <c>\/</c> 85 right,
/// <c>&lt;-></c> 95 without associativity, <c>-></c> 99 right.
/// </summary>
internal static class FormulaParser
{
    /// <summary>Coq's reserved words: no identifier may be one of them.</summary>
    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "_", "as", "at", "by", "cofix", "else", "end", "exists", "exists2", "fix", "for", "forall", "fun", "if", "IF", "in", "let",
        "match", "mod", "Prop", "return", "Set", "SProp", "then", "Type", "using", "where", "with",
    };

    public static bool IsKeyword(string word) => Keywords.Contains(word);

    /// <summary>Reads a whole statement; a final full stop is allowed.</summary>
    /// <exception cref="TextException">The text is not a formula, or is too large.</exception>
    public static Formula ParseStatement(string text)
    {
        if (text.Length > SyntaxLimits.StatementLength)
            throw new TextException($"The statement has {text.Length} characters; at most {SyntaxLimits.StatementLength} are read.", SyntaxLimits.StatementLength, text.Length, isLimit: true);
        var lexer = new Lexer(text);
        if (lexer.Current.Kind == TokenKind.End)
            throw new TextException("The statement is empty.", 0, 0);
        var formula = Parse(lexer, 200, 0, null);
        if (lexer.Current.Kind == TokenKind.Stop)
            lexer.Advance();
        if (lexer.Current.Kind != TokenKind.End)
            throw Unexpected(lexer, lexer.Current, "a connective or the end");
        return formula;
    }

    /// <summary>Reads a whole statement that comes from outside the domain.</summary>
    /// <exception cref="StatementException">The text is not a formula, or is too large.</exception>
    public static Formula ReadStatement(string text)
    {
        try
        {
            return ParseStatement(text);
        }
        catch (TextException e)
        {
            throw new StatementException(e.Message, e.Start);
        }
    }

    /// <summary>Reads one formula from a lexer.</summary>
    /// <param name="lexer">Where to read.</param>
    /// <param name="level">Coq's level: weaker connectives end the formula.</param>
    /// <param name="depth">Nesting so far.</param>
    /// <param name="atoms">Known atoms, or null to allow any identifier.</param>
    public static Formula Parse(Lexer lexer, int level, int depth, Func<string, Formula?>? atoms)
    {
        if (depth > SyntaxLimits.Nesting)
            throw new TextException($"The formula is nested deeper than {SyntaxLimits.Nesting} levels.", lexer.Current.Start, lexer.Current.End, isLimit: true);
        var left = ParsePrimary(lexer, depth, atoms);
        var leftLevel = left.Level;
        var formula = left.Formula;
        while (true)
        {
            var (kind, own, leftMax, rightMax) = lexer.Current.Kind switch
            {
                TokenKind.And => (FormulaKind.And, 80, 79, 80),
                TokenKind.Or => (FormulaKind.Or, 85, 84, 85),
                TokenKind.DoubleArrow => (FormulaKind.Iff, 95, 94, 94),
                TokenKind.Arrow => (FormulaKind.Implies, 99, 98, 99),
                _ => (FormulaKind.Atom, 0, 0, 0),
            };
            if (own == 0 || own > level)
                return formula;
            if (leftLevel > leftMax)
                throw Unexpected(lexer, lexer.Current, "parentheses: this connective does not associate");
            lexer.Advance();
            formula = Formula.Binary(kind, formula, Parse(lexer, rightMax, depth + 1, atoms));
            leftLevel = own;
            if (formula.Depth > SyntaxLimits.Nesting)
                throw new TextException($"The formula is nested deeper than {SyntaxLimits.Nesting} levels.", lexer.Current.Start, lexer.Current.End, isLimit: true);
        }
    }

    private static (Formula Formula, int Level) ParsePrimary(Lexer lexer, int depth, Func<string, Formula?>? atoms)
    {
        var token = lexer.Current;
        switch (token.Kind)
        {
            case TokenKind.Not:
                lexer.Advance();
                return (Formula.Not(Parse(lexer, 75, depth + 1, atoms)), 75);
            case TokenKind.Open:
                lexer.Advance();
                var inner = Parse(lexer, 200, depth + 1, atoms);
                if (lexer.Current.Kind != TokenKind.Close)
                    throw Unexpected(lexer, lexer.Current, "a connective or \")\"");
                lexer.Advance();
                return (inner, 0);
            case TokenKind.Name:
                lexer.Advance();
                return (Leaf(lexer, token, atoms), 0);
            default:
                throw Unexpected(lexer, token, "a formula");
        }
    }

    private static Formula Leaf(Lexer lexer, Token token, Func<string, Formula?>? atoms)
    {
        var word = lexer.Word(token);
        if (word == "True")
            return Formula.True;
        if (word == "False")
            return Formula.False;
        if (Keywords.Contains(word))
            throw Unexpected(lexer, token, "a formula");
        if (atoms is null)
            return Formula.Atom(word);
        return atoms(word) ?? throw new TextException($"The reference {word} was not found in the current environment.", token.Start, token.End);
    }

    private static TextException Unexpected(Lexer lexer, Token token, string expected) =>
        new($"Syntax error: expected {expected}, found {lexer.Describe(token)}.", token.Start, token.End);
}
