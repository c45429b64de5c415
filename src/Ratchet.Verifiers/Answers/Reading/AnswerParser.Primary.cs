using System.Text;
using Ratchet.Verifiers.Answers.Algebra;

namespace Ratchet.Verifiers.Answers.Reading;

internal sealed partial class AnswerParser
{
    private Node Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Number:
                return Number();
            case TokenKind.Letter:
                return Letter();
            case TokenKind.Name:
                return Name();
            case TokenKind.Begin:
                return Matrix();
            case TokenKind.Word when IsLetters(token) && !IsAmongWords(Following):
                return Letters();
            case TokenKind.Symbol:
                return Bracketed();
            default:
                throw Unreadable(token.Kind == TokenKind.End ? "the answer ends where a value is expected" : $"the word '{token.Text}' is no value");
        }
    }

    private Node Bracketed()
    {
        var token = Current;
        switch (token.Text)
        {
            case "(" or "[":
                _at++;
                return Brackets(token.Text[0]);
            case "\\{":
                _at++;
                return Set();
            case "{":
                _at++;
                return Group();
            case "⟨":
                _at++;
                return Outside(() =>
                {
                    var items = Items().Items;
                    if (!Current.Is("⟩"))
                        throw Unreadable("the bracket is not closed");
                    _at++;
                    return new BracketNode('⟨', '⟩', items);
                });
            case "|":
                _at++;
                return Bars();
            case "⌊" or "⌈":
                _at++;
                return Outside(() =>
                {
                    var inner = List();
                    if (!Current.Is(token.Text == "⌊" ? "⌋" : "⌉"))
                        throw Unreadable("the bracket is not closed");
                    _at++;
                    return new CallNode(token.Text == "⌊" ? Function.Floor : Function.Ceiling, [inner]);
                });
            case "$" or "€" or "£" or "¥":
                _at++;
                return new UnitNode(SignedFactor(), token.Text);
            default:
                throw Unreadable($"'{token.Text}' is not expected");
        }
    }

    /// <summary>Reads something in its own brackets: bars around it have nothing to say inside.</summary>
    private T Outside<T>(Func<T> read)
    {
        var (bars, inBuilder) = (_bars, _inBuilder);
        (_bars, _inBuilder) = (0, false);
        var result = read();
        (_bars, _inBuilder) = (bars, inBuilder);
        return result;
    }

    private Node Brackets(char open) => Outside<Node>(() =>
    {
        if (Current.Is(')') || Current.Is(']'))
            throw Unreadable("the brackets are empty");
        var items = Items().Items;
        if (!(Current.Is(')') || Current.Is(']')))
            throw Unreadable($"the bracket '{open}' is not closed");
        var close = Current.Text[0];
        _at++;
        if (items.Count == 1 && (open == '(') == (close == ')') && items[0] is not ListNode)
            return new BracketNode(open, close, items);
        return items.Count == 1 ? throw Unreadable("brackets of two kinds hold one value") : new BracketNode(open, close, items);
    });

    /// <summary>A LaTeX group. With several items it is a list; {x | x &gt; 0} is read as a set even without backslashes.</summary>
    private Node Group() => Outside(() =>
    {
        if (Take('}'))
            return new ListNode([]);
        var (node, builder) = HeadAndCondition();
        Expect('}');
        return builder ?? node;
    });

    private Node Set() => Outside<Node>(() =>
    {
        if (Current.Is("\\}"))
        {
            _at++;
            return new ConstantNode(MathConstant.EmptySet);
        }

        var (node, builder) = HeadAndCondition();
        if (!Current.Is("\\}") && !Current.Is('}'))
            throw Unreadable("the set is not closed");
        _at++;
        return builder ?? new BracketNode('{', '}', node is ListNode list ? list.Items : [node]);
    });

    private (Node Node, Node? Builder) HeadAndCondition()
    {
        _inBuilder = true;
        var node = List();
        _inBuilder = false;
        if (!Current.Is('|') && !Current.Is(':'))
            return (node, null);
        _at++;
        return (node, new BuilderNode(node, List()));
    }

    private Node Bars()
    {
        var (bars, inBuilder) = (_bars, _inBuilder);
        (_bars, _inBuilder) = (_bars + 1, false);
        var inner = Sum();
        (_bars, _inBuilder) = (bars, inBuilder);
        Expect('|');
        return new CallNode(Function.Abs, [inner]);
    }

    private Node Letter()
    {
        var token = _tokens[_at++];
        var name = token.Text;
        if (Current.Is('_'))
            name += "_" + Subscript();
        while (Current.Is('\''))
        {
            name += "'";
            _at++;
        }

        if (name == "e")
            return new ConstantNode(MathConstant.E);
        if (name == "i")
            return new ConstantNode(MathConstant.I);
        return IsFunctionName(name) && Current.Is('(') && !Current.SpaceBefore ? Application(name) : new SymbolNode(name);
    }

    private static bool IsFunctionName(string name) => name[0] is 'f' or 'g' or 'h' or 'F' or 'G' or 'H';

    private ApplyNode Application(string name)
    {
        _at++;
        var items = Outside(() => Items().Items);
        Expect(')');
        return new ApplyNode(name, items);
    }

    private string Subscript()
    {
        _at++;
        if (!Take('{'))
        {
            var single = Current;
            if (single.Kind is not (TokenKind.Number or TokenKind.Letter or TokenKind.Word or TokenKind.Name))
                throw Unreadable("a subscript is expected");
            _at++;
            return single.Text;
        }

        var text = new StringBuilder();
        for (var depth = 1; ; _at++)
        {
            if (Current.Kind == TokenKind.End)
                throw Unreadable("the subscript is not closed");
            depth += Current.Is('{') ? 1 : Current.Is('}') ? -1 : 0;
            if (depth == 0)
                break;
            text.Append(Current.Text);
        }

        _at++;
        return text.ToString();
    }

    /// <summary>Capitals name a point, a segment or a figure; small letters are factors.</summary>
    private Node Letters()
    {
        var token = _tokens[_at++];
        if (token.Text.All(char.IsUpper))
            return new SymbolNode(token.Text + (Current.Is('_') ? "_" + Subscript() : ""));
        var factors = token.Text.Select(c => new Factor(LetterNode(c))).ToList();
        if (Current.Is('_'))
            factors[^1] = new(new SymbolNode(token.Text[^1] + "_" + Subscript()));
        if (Current.Is('^'))
        {
            // The exponent belongs to the last letter.
            _at++;
            factors[^1] = new(Raised(factors[^1].Node));
        }
        else if (Current.Is('(') && !Current.SpaceBefore && IsFunctionName(token.Text[^1].ToString()))
        {
            factors[^1] = new(Application(token.Text[^1].ToString()));
        }

        return new ProductNode(factors);
    }

    private static Node LetterNode(char c) => c switch
    {
        'e' => new ConstantNode(MathConstant.E),
        'i' => new ConstantNode(MathConstant.I),
        _ => new SymbolNode(c.ToString()),
    };

    private Node Name()
    {
        var token = _tokens[_at++];
        switch (token.Text)
        {
            case "pi":
                return Current.Is('_') ? new SymbolNode("pi_" + Subscript()) : new ConstantNode(MathConstant.Pi);
            case "infty":
                return new ConstantNode(MathConstant.Infinity);
            case "emptyset":
                return new ConstantNode(MathConstant.EmptySet);
            case "reals":
                return new ConstantNode(MathConstant.Reals);
            case "frac":
                return Fraction();
            case "binom":
                var upper = FractionArgument();
                return new CallNode(Function.Binomial, [upper, FractionArgument()]);
            case "sqrt" or "cbrt":
                return Root(token.Text);
            case "overline" or "bar":
                return Overlined(token.Text);
            case "angle" or "triangle":
                return Primary() is SymbolNode symbol ? new SymbolNode($"{token.Text} {symbol.Name}") : throw Unreadable("the name of a figure is expected");
            case "sum" or "prod":
                return Range(token.Text == "sum" ? Function.Sum : Function.Product);
            default:
                return Applied(token.Text);
        }
    }

    private ProductNode Fraction()
    {
        var numerator = FractionArgument();
        var denominator = FractionArgument();
        if (numerator is SymbolNode { Name: "d" } && denominator is ProductNode { Factors: [{ Node: SymbolNode { Name: "d" } }, { Node: SymbolNode }] })
            throw new UndecidedException(AnswerReason.NotSupported, "derivatives are not read");
        return new ProductNode([new(numerator), new(denominator, true)]);
    }

    /// <summary>An argument of \frac: a group or a single token; the lexer has cut \frac12 into digits.</summary>
    private Node FractionArgument()
    {
        Deeper();
        var node = Current.Kind == TokenKind.Number ? NumberOf(_tokens[_at++]) : Current.Is('-') ? SignedFactor() : Primary();
        _depth--;
        return node;
    }

    private Node Root(string name)
    {
        Node? order = name == "cbrt" ? new NumberNode(3) : null;
        if (Current.Is('['))
        {
            _at++;
            order = Outside(List);
            Expect(']');
        }

        Deeper();
        var radicand = Current.Kind == TokenKind.Number ? NumberOf(_tokens[_at++]) : Primary();
        _depth--;
        return new CallNode(Function.Root, order is null ? [radicand] : [radicand, order]);
    }

    private Node Overlined(string name)
    {
        var operand = Primary();
        if (Current.Is('_') && operand is SymbolNode { Name: var plain })
            return new SymbolNode($"bar {plain}_{Subscript()}");
        return operand switch
        {
            SymbolNode { Name.Length: > 1 } segment => segment,
            SymbolNode symbol => new SymbolNode("bar " + symbol.Name),
            _ when name == "overline" => new CallNode(Function.Conjugate, [operand]),
            _ => throw Unreadable("a bar stands over something that is no name"),
        };
    }

    private CallNode Range(Function function)
    {
        Node? from = null, to = null;
        var variable = "";
        while (Current.Is('_') || Current.Is('^'))
        {
            var lower = Current.Is('_');
            _at++;
            var bound = Primary();
            if (!lower)
                to = bound;
            else if (bound is RelationNode { Operators: [Reading.Relation.Equal], Terms: [SymbolNode symbol, var start] })
                (variable, from) = (symbol.Name, start);
        }

        if (from is null || to is null)
            throw new UndecidedException(AnswerReason.NotSupported, "a sum or product without a range is not read");
        return new CallNode(function, [Term(), new SymbolNode(variable), from, to]);
    }

    private Node Matrix()
    {
        var environment = _tokens[_at++].Text.TrimEnd('*');
        if (environment is not ("pmatrix" or "bmatrix" or "matrix" or "array" or "smallmatrix" or "Bmatrix" or "tabular"))
            throw new UndecidedException(AnswerReason.NotSupported, $"the environment {environment} is not read");
        return Outside(() =>
        {
            var rows = new List<IReadOnlyList<Node>>();
            var row = new List<Node>();
            while (Current.Kind != TokenKind.EndEnvironment)
            {
                row.Add(Sum());
                if (Take('&'))
                    continue;
                rows.Add(row);
                row = [];
                while (Current.Is("\\\\"))
                    _at++;
                if (Current.Kind is TokenKind.End)
                    throw Unreadable("the matrix is not closed");
                if (Current.Kind != TokenKind.EndEnvironment && !_tokens[_at - 1].Is("\\\\"))
                    throw Unreadable($"'{Current.Text}' is not expected in a matrix");
            }

            _at++;
            if (row.Count > 0)
                throw Unreadable("a row of the matrix ends in '&'");
            if (rows.Count == 0 || rows.Any(r => r.Count != rows[0].Count))
                throw Unreadable("the rows of the matrix differ in length");
            return new MatrixNode(rows);
        });
    }
}
