using System.Text;
using Ratchet.Verifiers.Answers.Algebra;

namespace Ratchet.Verifiers.Answers.Reading;

/// <summary>
/// Reads tokens into a <see cref="Node"/>: lists of relations of sets of sums of products of powers. Recursive descent with a limit on depth;
/// whatever repeats without nesting is read in a loop.
/// </summary>
internal sealed partial class AnswerParser
{
    private const int MaxDepth = 120;
    private readonly IReadOnlyList<Token> _tokens;
    private readonly Budget _budget;
    private int _at;
    private int _depth;

    // Inside | | the next bar closes; inside { | } the bar separates.
    private int _bars;
    private bool _inBuilder;

    private AnswerParser(IReadOnlyList<Token> tokens, int start, Budget budget)
    {
        _tokens = tokens;
        _at = start;
        _budget = budget;
    }

    private Token Current => _tokens[_at];

    private Token Following => _tokens[Math.Min(_at + 1, _tokens.Count - 1)];

    /// <summary>Reads all tokens from a place on.</summary>
    /// <exception cref="UndecidedException">They are no answer in the language that is read, or a limit was hit.</exception>
    public static Node Parse(IReadOnlyList<Token> tokens, int start, Budget budget)
    {
        var parser = new AnswerParser(tokens, start, budget);
        var node = parser.List();
        if (parser.Current.Kind != TokenKind.End)
            throw parser.Unreadable($"'{parser.Current.Text}' is not expected");
        return node;
    }

    private UndecidedException Unreadable(string message) => new(AnswerReason.Unreadable, $"{message} at character {Current.Position}");

    private void Deeper()
    {
        _budget.Spend(1);
        if (++_depth > MaxDepth)
            throw new UndecidedException(AnswerReason.Limit, $"the answer is nested deeper than {MaxDepth} levels");
    }

    private bool Take(char symbol)
    {
        if (!Current.Is(symbol))
            return false;
        _at++;
        return true;
    }

    private void Expect(char symbol)
    {
        if (!Take(symbol))
            throw Unreadable($"'{symbol}' is expected");
    }

    /// <summary>Items between separators; one item alone is itself.</summary>
    private Node List()
    {
        var (items, semicolons, joint) = Items();
        if (semicolons.Count == 0 || semicolons.Count == items.Count - 1)
            return items.Count == 1 ? items[0] : new ListNode(items, joint);

        // Commas and semicolons: commas bind closer.
        var groups = new List<Node>();
        var from = 0;
        foreach (var end in semicolons.Append(items.Count))
        {
            var group = items[from..end];
            groups.Add(group.Count == 1 ? group[0] : new ListNode(group));
            from = end;
        }

        return new ListNode(groups);
    }

    private (List<Node> Items, List<int> Semicolons, Joint Joint) Items()
    {
        Deeper();
        var items = new List<Node> { Item() };
        var semicolons = new List<int>();
        var joint = Joint.Comma;
        while (IsSeparator(Current))
        {
            var semicolon = false;
            var connector = false;
            while (IsSeparator(Current))
            {
                semicolon |= Current.Is(';');
                if (Current.Kind == TokenKind.Connector)
                {
                    connector = true;
                    joint = Current.Text is "or" or "或" or "或者" ? Joint.Or : Joint.And;
                }

                _at++;
            }

            if (Current.Kind == TokenKind.End && !connector)
                break;
            if (semicolon)
                semicolons.Add(items.Count);
            items.Add(Item());
        }

        if (Current.Is('.') && Following.Kind == TokenKind.End)
            _at++;
        _depth--;
        return (items, semicolons, joint);
    }

    private static bool IsSeparator(Token token) => token.Is(',') || token.Is(';') || token.Kind == TokenKind.Connector || token.Is("\\\\");

    private Node Item()
    {
        if (Current.Is("…"))
        {
            _at++;
            return new SymbolNode("…");
        }

        return Relation();
    }

    private Node Relation()
    {
        Deeper();

        // An answer that goes on from the question: "= 5".
        if (Current.Is('=') || Current.Is("≈"))
            _at++;
        var terms = new List<Node> { Ratio() };
        var operators = new List<Relation>();
        while (RelationOperator() is { } relation)
        {
            operators.Add(relation);
            terms.Add(relation == Reading.Relation.In ? Region() : Ratio());
        }

        _depth--;
        if (operators.Count == 0)
            return terms[0];
        return new RelationNode(terms, operators);
    }

    private Relation? RelationOperator()
    {
        if (Current.Kind != TokenKind.Symbol)
            return null;
        Relation? relation = Current.Text switch
        {
            "=" => Reading.Relation.Equal,
            "≠" => Reading.Relation.NotEqual,
            "<" => Reading.Relation.Less,
            "≤" => Reading.Relation.LessOrEqual,
            ">" => Reading.Relation.Greater,
            "≥" => Reading.Relation.GreaterOrEqual,
            "≈" => Reading.Relation.Approximately,
            "∈" => Reading.Relation.In,
            "≡" => Reading.Relation.Congruent,
            "→" => Reading.Relation.Arrow,
            _ => null,
        };
        if (relation is null)
            return null;
        _at++;
        if (relation is Reading.Relation.Less or Reading.Relation.Greater && Current.Is('=') && !Current.SpaceBefore)
        {
            _at++;
            return relation == Reading.Relation.Less ? Reading.Relation.LessOrEqual : Reading.Relation.GreaterOrEqual;
        }

        return relation;
    }

    /// <summary>a : b, a clock time, or what stands alone.</summary>
    private Node Ratio()
    {
        var first = _at;
        var node = WithUnit(Region());
        if (!Current.Is(':') || _inBuilder)
            return HalfDay(node, first);
        var items = new List<Node> { node };
        var clock = IsWhole(first) && _at == first + 1;
        while (Current.Is(':') && items.Count < 20)
        {
            _at++;
            var at = _at;
            items.Add(WithUnit(Region()));
            clock &= IsWhole(at) && _tokens[at].Text.Length == 2 && _at == at + 1;
        }

        clock &= items.Count <= 3 && items[0] is NumberNode { Value: var hour } && hour <= 24 && items.Skip(1).All(i => i is NumberNode { Value: var part } && part < 60);
        return HalfDay(new RatioNode(items, clock), first);
    }

    private bool IsWhole(int at) => _tokens[at].Kind == TokenKind.Number && _tokens[at].Text.Length <= 2 && _tokens[at].Text.All(char.IsAsciiDigit);

    /// <summary>A time with a.m. or p.m. after it.</summary>
    private Node HalfDay(Node node, int first)
    {
        if (Current.Kind != TokenKind.Word || Current.Text is not ("a.m." or "p.m."))
            return node;
        var items = node switch
        {
            RatioNode { Clock: true } ratio => ratio.Items,
            NumberNode number when IsWhole(first) => [number],
            _ => throw Unreadable("a time of day is expected before a.m. or p.m."),
        };
        var minutes = BigRational.Zero;
        for (var i = 0; i < items.Count; i++)
            minutes += ((NumberNode)items[i]).Value * (i switch { 0 => 60, 1 => BigRational.One, _ => BigRational.Of(1, 60) });
        if (minutes >= 13 * 60)
            throw Unreadable("a time above 12 hours stands before a.m. or p.m.");
        if (minutes >= 12 * 60)
            minutes -= 12 * 60;
        if (Current.Text == "p.m.")
            minutes += 12 * 60;
        _at++;
        return new TimeNode(minutes, true);
    }

    /// <summary>Unions, intersections and differences of sets.</summary>
    private Node Region()
    {
        var items = new List<Node> { Sum() };
        var operators = new List<char>();
        while (true)
        {
            var letterUnion = Current.Kind == TokenKind.Letter && Current.Text == "U" && items[^1] is BracketNode && (Following.Is('(') || Following.Is('['));
            if (!(letterUnion || Current.Is("∪") || Current.Is("∩") || Current.Is('\\')))
                break;
            operators.Add(letterUnion || Current.Is("∪") ? 'u' : Current.Is("∩") ? 'n' : '\\');
            _at++;
            items.Add(Sum());
        }

        if (operators.Count == 0)
            return items[0];
        return new RegionNode(items, operators);
    }

    /// <summary>A value with words after it: a unit, or what is counted.</summary>
    private Node WithUnit(Node value)
    {
        if (!StartsUnit(Current) || !TakesUnit(value))
            return value;
        var unit = Unit();
        var node = Units.Attach(value, unit);
        while (Current.Kind == TokenKind.Number && node is UnitNode)
        {
            // 5 feet 6 inches.
            var part = Units.Attach(Sum(), StartsUnit(Current) ? Unit() : throw Unreadable("a number without a unit follows one with a unit"));
            node = Units.Compound(node, part) ?? throw Unreadable("a second quantity stands beside the first");
        }

        return node;
    }

    private static bool TakesUnit(Node value) => value is NumberNode or NegateNode or SumNode or ProductNode or PowerNode or CallNode or ConstantNode or SymbolNode or PlusMinusNode or PercentNode;

    private static bool StartsUnit(Token token) =>
        (token.Kind == TokenKind.Word && token.Text is not ("a.m." or "p.m.")) || (token.Kind == TokenKind.Letter && token.FromText) || token.IsName("celsius")
        || token.Is('€') || token.Is('£') || token.Is('¥') || token.Is('$');

    private string Unit()
    {
        var unit = new StringBuilder();
        while (true)
        {
            if (StartsUnit(Current) || (unit.Length > 0 && Current.Kind == TokenKind.Letter) || (unit.Length > 0 && Current.Kind == TokenKind.Name && Current.FromText))
            {
                unit.Append(unit.Length > 0 && unit[^1] != '/' ? " " : "").Append(Current.Text);
                _at++;
            }
            else if (unit.Length > 0 && Current.Is('^'))
            {
                _at++;
                var braced = Take('{');
                var minus = Take('-');
                if (Current.Kind != TokenKind.Number)
                    throw Unreadable("the exponent of a unit is expected");
                unit.Append('^').Append(minus ? "-" : "").Append(Current.Text);
                _at++;
                if (braced)
                    Expect('}');
            }
            else if (unit.Length > 0 && Current.Is('/') && (Following.Kind is TokenKind.Word or TokenKind.Letter))
            {
                unit.Append('/');
                _at++;
            }
            else if (unit.Length > 0 && (Current.Is('*') || Current.Is('-')) && (Following.Kind is TokenKind.Word or TokenKind.Letter))
            {
                _at++;
            }
            else if (unit.Length > 0 && Current.Is('.') && Following.Kind is TokenKind.End or TokenKind.Word)
            {
                _at++;
            }
            else
            {
                return unit.ToString();
            }
        }
    }
}
