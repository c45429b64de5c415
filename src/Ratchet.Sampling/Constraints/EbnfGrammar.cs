using System.Text;

namespace Ratchet.Sampling.Constraints;

/// <summary>
/// Reads grammars in the notation of GBNF: <c>name ::= ...</c>, texts in quotes, classes in brackets, <c>.</c>, groups, <c>|</c>, <c>? * + {m,n}</c>, comments from
/// <c>#</c>. A rule ends where the next one begins. <c>=</c> is read as <c>::=</c>. The rule <c>root</c> describes the whole text.
/// </summary>
internal sealed class EbnfGrammar : GrammarText
{
    private const string Root = "root";
    private readonly Dictionary<string, GrammarNode> _rules = new(StringComparer.Ordinal);
    private readonly List<(string Name, int At)> _used = [];

    private EbnfGrammar(string text)
        : base(text, "grammar")
    {
    }

    public static Grammar Read(string text)
    {
        var reader = new EbnfGrammar(text);
        reader.Rules();
        return new Grammar(reader._rules, Root);
    }

    private void Rules()
    {
        Skip();
        while (!AtEnd)
        {
            var start = At;
            var name = Name() ?? throw Mistake("a rule begins with its name");
            if (!Definition())
                throw Mistake($"'::=' must follow the name '{name}'");
            if (!_rules.TryAdd(name, Choice()))
                throw Mistake($"the rule '{name}' stands twice", start);
            if (!AtEnd && !IsRuleAhead())
                throw Mistake($"there is a '{Here}' too many");
        }

        if (!_rules.ContainsKey(Root))
            throw Mistake($"there is no rule '{Root}'", 0);
        if (_used.FirstOrDefault(u => !_rules.ContainsKey(u.Name)) is { Name: { } missing } use)
            throw Mistake($"there is no rule '{missing}'", use.At);
    }

    private GrammarNode Choice()
    {
        Enter();
        var alternatives = new List<GrammarNode> { Sequence() };
        while (Here == '|')
        {
            At++;
            Skip();
            alternatives.Add(Sequence());
        }

        Leave();
        return GrammarNode.Choice(alternatives);
    }

    private GrammarNode Sequence()
    {
        var items = new List<GrammarNode>();
        while (!AtEnd && Here is not ('|' or ')') && !IsRuleAhead())
        {
            var item = Atom();
            Skip();
            while (Here is '?' or '*' or '+' or '{')
            {
                var mark = Here;
                At++;
                var (least, most) = mark switch { '?' => (0, 1), '*' => (0, (int?)null), '+' => (1, null), _ => Bounds() };
                item = new RepeatNode(item, least, most);
                Skip();
            }

            items.Add(item);
        }

        return GrammarNode.Sequence(items);
    }

    private GrammarNode Atom()
    {
        var start = At;
        switch (Here)
        {
            case '"':
                At++;
                var text = new StringBuilder();
                while (Here != '"')
                {
                    if (AtEnd || Here == '\n')
                        throw Mistake("a text is not closed", start);
                    text.Append(new Rune(Character()).ToString());
                }

                At++;
                return GrammarNode.Text(text.ToString());
            case '[':
                return Class();
            case '.':
                At++;
                return CodePoints.Node([(0, CodePoints.Last)]);
            case '(':
                At++;
                Skip();
                var inner = Choice();
                if (Here != ')' || AtEnd)
                    throw Mistake("a group is not closed", start);
                At++;
                return inner;
            default:
                var name = Name() ?? throw Mistake($"'{Here}' begins nothing that a rule may hold");
                _used.Add((name, start));
                return new RuleNode(name);
        }
    }

    private CharactersNode Class()
    {
        var start = At++;
        var negated = Here == '^';
        if (negated)
            At++;
        var ranges = new List<(int Low, int High)>();
        while (Here != ']')
        {
            if (AtEnd)
                throw Mistake("a class is not closed", start);
            var low = Character();
            var high = low;
            if (Here == '-' && At + 1 < Source.Length && Source[At + 1] != ']')
            {
                At++;
                high = Character();
                if (high < low)
                    throw Mistake("this is no range", start);
            }

            ranges.Add((low, high));
        }

        At++;
        return CodePoints.Node(ranges, negated);
    }

    private int Character()
    {
        var start = At;
        var c = Next();
        if (c is >= 0xD800 and <= 0xDFFF)
            throw Mistake("half of a surrogate pair is no character", start);
        if (c != '\\')
            return c;
        var value = Next() switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '"' => '"',
            '\\' => '\\',
            '[' => '[',
            ']' => ']',
            '-' => '-',
            '^' => '^',
            'x' => Hexadecimal(2),
            'u' => Hexadecimal(4),
            'U' => Hexadecimal(8),
            var other => throw Mistake($"'\\{new Rune(other)}' is not supported", start),
        };
        return value is >= 0xD800 and <= 0xDFFF ? throw Mistake("half of a surrogate pair is no character", start) : value;
    }

    private string? Name()
    {
        var start = At;
        while (char.IsAsciiLetterOrDigit(Here) || (Here is '-' or '_' && At > start))
            At++;
        var name = Source[start..At];
        if (name.Length == 0)
            return null;
        Skip();
        return name;
    }

    private bool Definition()
    {
        var mark = Source.AsSpan(At);
        var length = mark.StartsWith("::=", StringComparison.Ordinal) ? 3 : mark.StartsWith("=", StringComparison.Ordinal) ? 1 : 0;
        At += length;
        Skip();
        return length > 0;
    }

    private bool IsRuleAhead()
    {
        var start = At;
        var ahead = Name() is not null && Definition();
        At = start;
        return ahead;
    }

    private void Skip()
    {
        while (!AtEnd)
        {
            if (char.IsWhiteSpace(Here))
            {
                At++;
            }
            else if (Here == '#')
            {
                while (!AtEnd && Here != '\n')
                    At++;
            }
            else
            {
                return;
            }
        }
    }
}
