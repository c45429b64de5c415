using System.Numerics;
using Ratchet.Verifiers.Answers.Algebra;

namespace Ratchet.Verifiers.Answers.Reading;

internal sealed partial class AnswerParser
{
    private const int MaxSigns = 50;

    private Node Sum()
    {
        Deeper();
        var terms = new List<Node>();
        do
        {
            terms.Add(SignedTerm());
        }
        while (Current.Is('+') || Current.Is('-') || Current.Is("±") || Current.Is("∓"));
        _depth--;
        return terms.Count == 1 ? terms[0] : new SumNode(terms);
    }

    private Node SignedTerm()
    {
        var negative = false;
        char both = default;
        for (var i = 0; ; i++)
        {
            if (i > MaxSigns)
                throw Unreadable("too many signs stand in a row");
            if (Take('-'))
                negative = !negative;
            else if (Current.Is("±") || Current.Is("∓"))
                both = _tokens[_at++].Text[0];
            else if (!Take('+'))
                break;
        }

        // A sign before a mixed number or a product takes all of it.
        var term = Term();
        if (negative)
            term = term is BasedNode based ? new BasedNode("-" + based.Digits, based.Radix) : new NegateNode(term);
        return both == default ? term : new PlusMinusNode(term, both == '±');
    }

    private Node Term()
    {
        var factors = new List<Factor> { new(SignedFactor()) };
        while (true)
        {
            _budget.Spend(1);
            if (Take('*'))
            {
                factors.Add(new(SignedFactor()));
            }
            else if (Take('/'))
            {
                // 1/2x is (1/2)x; LaTeX and calculators agree on left to right.
                factors.Add(new(SignedFactor(), true));
            }
            else if (Current.IsName("mod") && !_tokens[_at].FromText)
            {
                _at++;
                var left = Product(factors);
                factors = [new(new CallNode(Function.Mod, [left, SignedFactor()]))];
            }
            else if (Current.IsName("pmod"))
            {
                _at++;
                SkipModulus();
            }
            else if (StartsFactor())
            {
                if (factors[^1] is { Inverted: true, Node: SymbolNode })
                {
                    // a/bc is a/(bc), but 1/2x is x/2: the implicit product binds closer only to a variable.
                    factors[^1] = new(Product([new(factors[^1].Node), new(Factor())]), true);
                    continue;
                }

                factors.Add(new(Factor()));
            }
            else
            {
                return Product(factors);
            }
        }
    }

    private void SkipModulus()
    {
        if (Current.Is('{') || Current.Is('('))
            Primary();
        else
            Factor();
    }

    private static Node Product(List<Factor> factors) => factors is [{ Inverted: false } single] ? single.Node : new ProductNode(factors);

    private Node SignedFactor()
    {
        var negative = false;
        for (var i = 0; Current.Is('-') || Current.Is('+'); i++)
        {
            if (i > MaxSigns)
                throw Unreadable("too many signs stand in a row");
            negative ^= Current.Is('-');
            _at++;
        }

        return negative ? new NegateNode(Factor()) : Factor();
    }

    /// <summary>Whether the next token begins a factor of an implicit product.</summary>
    private bool StartsFactor()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Number:
                return _tokens[_at - 1] is { Kind: not TokenKind.Number } && !_tokens[_at - 1].FromText;
            case TokenKind.Letter:
                if (token.FromText)
                    return false;
                return !(token.Text == "U" && (_tokens[_at - 1].Is(')') || _tokens[_at - 1].Is(']')) && (Following.Is('(') || Following.Is('[')));
            case TokenKind.Name:
                return token.Text is not ("mod" or "pmod" or "celsius");
            case TokenKind.Begin:
                return true;
            case TokenKind.Word:
                return IsLetters(token) && !IsAmongWords(Following) && !(Units.IsUnit(token.Text) && EndsValue(_tokens[_at - 1]));
            default:
                return token.Is('(') || token.Is('[') || token.Is('{') || token.Is("⌊") || token.Is("⌈") || (token.Is('|') && _bars == 0 && !_inBuilder);
        }
    }

    private static bool EndsValue(Token token) => token.Kind == TokenKind.Number || token.Is('}') || token.Is(')');

    /// <summary>Whether a run of letters is a product of variables or the name of a point or segment, and no word.</summary>
    private static bool IsLetters(Token token) => !token.FromText && token.Text.Length <= 4 && token.Text.All(char.IsAsciiLetter)
        && (token.Text.All(char.IsUpper) || token.Text.Length <= 3);

    /// <summary>Whether the token after a run of letters shows that it is a word of a sentence.</summary>
    private static bool IsAmongWords(Token following) => following.Kind == TokenKind.Word && following.SpaceBefore;

    /// <summary>A base with its exponents and marks after it.</summary>
    private Node Factor()
    {
        Deeper();
        var node = Postfix(Primary());
        _depth--;
        return node;
    }

    private Node Postfix(Node node)
    {
        for (var marks = 0; ; marks++)
        {
            _budget.Spend(1);
            if (marks > MaxSigns)
                throw Unreadable("too many marks stand after a value");
            if (Current.Is('!') && !Following.Is('='))
            {
                _at++;
                node = new CallNode(Function.Factorial, [node]);
            }
            else if (Current.Is('^'))
            {
                _at++;
                node = Raised(node);
                if (node is DegreeNode degrees)
                    node = MinutesAndSeconds(degrees);
            }
            else if (Current.Is("°") || Current.Is("∘"))
            {
                _at++;
                node = MinutesAndSeconds(new DegreeNode(node));
            }
            else if (Current.Is('_') && node is SymbolNode or ConstantNode { Constant: MathConstant.E })
            {
                // \mathbf{u}_1: the letter came in a group.
                node = new SymbolNode($"{(node as SymbolNode)?.Name ?? "e"}_{Subscript()}");
            }
            else if (Current.Is('%'))
            {
                _at++;
                node = new PercentNode(node);
            }
            else if (Current.Is('\''))
            {
                _at++;
                if (node is not SymbolNode symbol)
                    throw Unreadable("a prime stands after something that is no name");
                node = new SymbolNode(symbol.Name + "'");
            }
            else
            {
                return node;
            }
        }
    }

    /// <summary>63° 45' 30'': minutes and seconds of arc after degrees.</summary>
    private DegreeNode MinutesAndSeconds(DegreeNode degrees)
    {
        var parts = new List<Node> { degrees.Operand };
        foreach (var (primes, size) in new[] { (1, 60), (2, 3600) })
        {
            if (Current.Kind != TokenKind.Number)
                continue;
            var (count, end) = PrimesAfter(_at + 1);
            if (count != primes)
                continue;
            parts.Add(new NumberNode(NumberOf(Current).Value / size));
            _at = end;
        }

        return parts.Count == 1 ? degrees : new DegreeNode(new SumNode(parts));
    }

    /// <summary>How many prime marks stand at a place, plain or as an exponent, and where they end.</summary>
    private (int Count, int End) PrimesAfter(int at)
    {
        var raised = _tokens[at].Is('^');
        var braced = raised && _tokens[Math.Min(at + 1, _tokens.Count - 1)].Is('{');
        at += (raised ? 1 : 0) + (braced ? 1 : 0);
        var count = 0;
        while (at < _tokens.Count && _tokens[at].Is('\''))
        {
            count++;
            at++;
        }

        if (braced && at < _tokens.Count && _tokens[at].Is('}'))
            at++;
        return (count, at);
    }

    private Node Raised(Node @base)
    {
        if (Current.Is("∘") || Current.Is("°"))
        {
            _at++;
            return new DegreeNode(@base);
        }

        if (Current.Is('{') && (Following.Is("∘") || Following.Is("°")))
        {
            _at += 2;
            Expect('}');
            return new DegreeNode(@base);
        }

        if (Current.Is('\'') || (Current.Is('{') && Following.Is('\'')))
        {
            var braced = Take('{');
            var primes = 0;
            while (Take('\''))
                primes++;
            if (braced)
                Expect('}');
            return @base is SymbolNode symbol ? new SymbolNode(symbol.Name + new string('\'', primes)) : throw Unreadable("a prime stands after something that is no name");
        }

        return new PowerNode(@base, Exponent());
    }

    private Node Exponent()
    {
        Deeper();
        var negative = false;
        for (var i = 0; Current.Is('-') || Current.Is('+'); i++)
        {
            if (i > MaxSigns)
                throw Unreadable("too many signs stand in a row");
            negative ^= Current.Is('-');
            _at++;
        }

        // Towers group to the right; 2^3! is left to the marks of the base.
        var node = Primary();
        if (Current.Is('^'))
        {
            _at++;
            node = Raised(node);
        }

        _depth--;
        return negative ? new NegateNode(node) : node;
    }

    private Node Number()
    {
        var token = _tokens[_at++];
        var node = NumberOf(token);
        if (Current.Is('_') && token.Period is null)
            return Based(token);
        if (!node.Value.IsInteger || node.IsDecimal)
            return node;

        // Mixed numbers: 3\frac{1}{2} and 3 1/2, where the fraction is proper.
        if (Current.IsName("frac"))
        {
            var back = _at;
            _at++;
            if (FractionArgument() is NumberNode { Value: var above } && FractionArgument() is NumberNode { Value: var below } && IsProper(above, below))
                return new NumberNode(node.Value + (above / below));
            _at = back;
        }
        else if (Current.Kind == TokenKind.Number && Current.SpaceBefore && Following.Is('/') && _at + 2 < _tokens.Count && _tokens[_at + 2].Kind == TokenKind.Number)
        {
            var (above, below) = (NumberOf(Current).Value, NumberOf(_tokens[_at + 2]).Value);
            if (IsProper(above, below))
            {
                _at += 3;
                return new NumberNode(node.Value + (above / below));
            }
        }

        return node;
    }

    private static bool IsProper(BigRational above, BigRational below) => above.IsInteger && below.IsInteger && above.Sign > 0 && above < below;

    private NumberNode NumberOf(Token token)
    {
        var text = token.Text;
        _budget.SpendBits(4L * text.Length);
        var exponent = 0;
        var e = text.IndexOf('e');
        if (e >= 0)
        {
            if (!int.TryParse(text[(e + 1)..], out exponent) || Math.Abs(exponent) > 20_000)
                throw new UndecidedException(AnswerReason.Limit, "a power of ten has an exponent above 20000");
            text = text[..e];
        }

        var point = text.IndexOf('.');
        var decimals = point < 0 ? 0 : text.Length - point - 1;
        var digits = BigInteger.Parse(point < 0 ? text : text.Remove(point, 1));
        var value = BigRational.Of(digits, BigInteger.Pow(10, decimals));
        if (token.Period is { } period)
        {
            value += BigRational.Of(BigInteger.Parse(period), BigInteger.Pow(10, decimals) * (BigInteger.Pow(10, period.Length) - 1));
            return new NumberNode(value);
        }

        if (exponent != 0)
            value *= ((BigRational)BigInteger.Pow(10, Math.Abs(exponent))).Power(Math.Sign(exponent));
        return new NumberNode(value, Math.Max(0, decimals - exponent), point >= 0 || e >= 0);
    }

    private BasedNode Based(Token number)
    {
        _at++;
        var braced = Take('{');
        var radixText = Current.Text;
        if (Current.Kind != TokenKind.Number || !int.TryParse(radixText, out var radix) || radix is < 2 or > 36 || number.Text.Any(c => c != '.' && (c == 'e' || c - '0' >= radix)))
            throw Unreadable("a base between 2 and 36 that has these digits is expected");
        _at++;
        if (braced)
        {
            while (Current.Kind is TokenKind.Word or TokenKind.Letter)
                _at++;
            Expect('}');
        }

        var digits = number.Text.TrimStart('0');
        if (digits.Contains('.', StringComparison.Ordinal))
            digits = digits.TrimEnd('0').TrimEnd('.');
        return new BasedNode(digits.Length == 0 || digits[0] == '.' ? "0" + digits : digits, radix);
    }
}
