using System.Globalization;

namespace Ratchet.Domains.Arithmetic;

/// <summary>A text that does not follow the grammar of the format that it begins like.</summary>
internal sealed class ArithmeticSyntaxException(string message, int position, bool hitLimit = false) : Exception(message)
{
    public int Position { get; } = position;

    public bool HitLimit { get; } = hitLimit;
}

/// <summary>What a computation came to.</summary>
/// <param name="Number">Result; 0 where there is none.</param>
/// <param name="Mistake">Why there is none, or null.</param>
/// <param name="Position">Where the mistake is.</param>
/// <param name="HitLimit">The mistake is a limit.</param>
internal readonly record struct ArithmeticValue(long Number, string? Mistake = null, int Position = 0, bool HitLimit = false);

/// <summary>Parses a solution and computes it as it goes. The first mistake of a computation is kept; parsing goes on, so that the label does not depend on it.</summary>
/// <param name="tokens">Tokens.</param>
/// <param name="end">Length of the text.</param>
internal sealed class ArithmeticParser(List<ArithmeticToken> tokens, int end)
{
    /// <summary>Numbers beyond this are not computed with.</summary>
    private const long Largest = 1_000_000_000_000;

    private const int MaxDepth = 64;

    private readonly Dictionary<string, ArithmeticValue> _variables = new(StringComparer.Ordinal);
    private int _at;
    private int _depth;

    /// <summary>Operations computed so far.</summary>
    public int Steps { get; private set; }

    public ArithmeticValue Function()
    {
        Expect("def");
        Expect("solve");
        Expect(":");
        ArithmeticValue? failed = null;
        while (Is("let"))
        {
            _at++;
            var name = Name();
            Expect("=");
            var value = Expression();
            failed ??= value.Mistake is null ? null : value;
            _variables[name] = value;
        }

        Expect("return");
        var result = Expression();
        ExpectEnd();

        // A function that fails in a line that it does not need fails all the same.
        return failed ?? result;
    }

    public ArithmeticValue Tagged()
    {
        Expect("[code]");
        var value = Expression();
        Expect("[/code]");
        Expect("[output]");
        ClaimedNumber();
        Expect("[/output]");
        Expect("answer");
        ClaimedNumber();
        ExpectEnd();
        return value;
    }

    public ArithmeticValue Prose()
    {
        while (!Is("the"))
        {
            Number();
            if (Is("divided"))
            {
                _at++;
                Expect("by");
            }
            else if (Is("plus") || Is("minus") || Is("times"))
            {
                _at++;
            }
            else
            {
                throw Wrong("an operation in words");
            }

            Number();
            Expect("is");
            Number();
            Expect(".");
            Steps++;
        }

        Expect("the");
        Expect("answer");
        Expect("is");
        Expect(@"\boxed");
        Expect("{");
        var value = ClaimedNumber();
        Expect("}");
        ExpectEnd();
        return value;
    }

    private ArithmeticValue Expression()
    {
        var left = Term();
        while (Is("+") || Is("-"))
        {
            var sign = tokens[_at++];
            left = Compute(left, sign, Term());
        }

        return left;
    }

    private ArithmeticValue Term()
    {
        var left = Factor();
        while (Is("*") || Is("/"))
        {
            var sign = tokens[_at++];
            left = Compute(left, sign, Factor());
        }

        return left;
    }

    private ArithmeticValue Factor()
    {
        if (_at < tokens.Count && tokens[_at] is { Kind: ArithmeticTokenKind.Number })
            return Number();
        if (_at < tokens.Count && tokens[_at] is { Kind: ArithmeticTokenKind.Word } name && IsName(name.Text))
        {
            _at++;
            return _variables.TryGetValue(name.Text, out var value) ? value : new ArithmeticValue(0, $"There is no variable '{name.Text}'.", name.Start);
        }

        if (!Is("("))
            throw Wrong("a number, a variable or '('");
        if (++_depth > MaxDepth)
            throw new ArithmeticSyntaxException($"Parentheses nest more than {MaxDepth} deep.", tokens[_at].Start, hitLimit: true);
        _at++;
        var inner = Expression();
        Expect(")");
        _depth--;
        return inner;
    }

    private ArithmeticValue Compute(ArithmeticValue left, ArithmeticToken sign, ArithmeticValue right)
    {
        Steps++;
        if (left.Mistake is not null)
            return left;
        if (right.Mistake is not null)
            return right;
        var (a, b) = (left.Number, right.Number);
        if (sign.Text == "/" && (b == 0 || a % b != 0))
            return new ArithmeticValue(0, b == 0 ? "Nothing can be divided by 0." : $"{a} divided by {b} leaves a rest.", sign.Start);

        // Both are within a limit whose square a 128-bit product holds.
        var result = sign.Text switch
        {
            "+" => (Int128)a + b,
            "-" => (Int128)a - b,
            "*" => (Int128)a * b,
            _ => a / b,
        };
        return Int128.Abs(result) <= Largest ? new ArithmeticValue((long)result) : new ArithmeticValue(0, "A number is too large to be computed with.", sign.Start, HitLimit: true);
    }

    private ArithmeticValue Number()
    {
        if (_at >= tokens.Count || tokens[_at].Kind != ArithmeticTokenKind.Number)
            throw Wrong("a number");
        var token = tokens[_at++];
        return long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= Largest
            ? new ArithmeticValue(number) : new ArithmeticValue(0, "A number is too large to be computed with.", token.Start, HitLimit: true);
    }

    /// <summary>A number that may be below 0.</summary>
    private ArithmeticValue ClaimedNumber()
    {
        var isNegative = Is("-");
        if (isNegative)
            _at++;
        var number = Number();
        return isNegative ? number with { Number = -number.Number } : number;
    }

    private string Name()
    {
        if (_at >= tokens.Count || tokens[_at].Kind != ArithmeticTokenKind.Word || !IsName(tokens[_at].Text))
            throw Wrong("a name");
        return tokens[_at++].Text;
    }

    private static bool IsName(string word) => (char.IsAsciiLetter(word[0]) || word[0] == '_') && word is not ("def" or "let" or "return" or "solve");

    private bool Is(string text) => _at < tokens.Count && tokens[_at].Text == text;

    private void Expect(string text)
    {
        if (!Is(text))
            throw Wrong($"'{text}'");
        _at++;
    }

    private void ExpectEnd()
    {
        if (_at < tokens.Count)
            throw Wrong("the end");
    }

    private ArithmeticSyntaxException Wrong(string expected)
    {
        var (found, position) = _at < tokens.Count ? ($"'{(tokens[_at].Text.Length <= 40 ? tokens[_at].Text : tokens[_at].Text[..40])}'", tokens[_at].Start) : ("the end", end);
        return new ArithmeticSyntaxException($"Here must be {expected}, not {found}.", position);
    }
}
