namespace Ratchet.Sampling.Constraints;

/// <summary>
/// Reads regular expressions: literals, <c>.</c>, classes, <c>\d \w \s</c> and their negations, groups, alternatives, <c>? * + {m,n}</c>. The whole text
/// must match, so <c>^</c> and <c>$</c> may stand at the ends only. Lazy marks change nothing here. Look-around and back-references are refused.
/// </summary>
internal sealed class RegexGrammar : GrammarText
{
    private RegexGrammar(string pattern)
        : base(pattern, "regular expression")
    {
    }

    public static GrammarNode Read(string pattern)
    {
        var reader = new RegexGrammar(pattern);
        if (reader.Here == '^')
            reader.At++;
        var node = reader.Choice(top: true);
        return reader.AtEnd ? node : throw reader.Mistake($"there is a '{reader.Here}' too many");
    }

    private GrammarNode Choice(bool top = false)
    {
        Enter();
        var alternatives = new List<GrammarNode> { Sequence(top) };
        while (Here == '|')
        {
            At++;
            alternatives.Add(Sequence(top));
        }

        Leave();
        return GrammarNode.Choice(alternatives);
    }

    private GrammarNode Sequence(bool top)
    {
        var items = new List<GrammarNode>();
        while (!AtEnd && Here is not ('|' or ')'))
        {
            if (top && Here == '$' && At + 1 == Source.Length)
            {
                At++;
                break;
            }

            items.Add(Quantified());
        }

        return GrammarNode.Sequence(items);
    }

    private GrammarNode Quantified()
    {
        var item = Atom();
        while (Here is '?' or '*' or '+' or '{')
        {
            var mark = Here;
            At++;
            var (least, most) = mark switch { '?' => (0, 1), '*' => (0, (int?)null), '+' => (1, null), _ => Bounds() };
            item = new RepeatNode(item, least, most);
            if (Here == '?')
                At++;
            else if (Here == '+')
                throw Mistake("possessive quantifiers are not supported");
        }

        return item;
    }

    private GrammarNode Atom()
    {
        var start = At;
        var c = Next();
        switch (c)
        {
            case '(':
                if (Here == '?')
                {
                    if (At + 1 < Source.Length && Source[At + 1] == ':')
                        At += 2;
                    else if (At + 2 < Source.Length && ((Source[At + 1] == '<' && Source[At + 2] is not ('=' or '!')) || (Source[At + 1] == 'P' && Source[At + 2] == '<')))
                        At = Source.IndexOf('>', At) is var end and > 0 ? end + 1 : throw Mistake("a group's name does not end");
                    else
                        throw Mistake("look-around, conditions and options in groups are not supported", start);
                }

                var inner = Choice();
                if (Here != ')' || AtEnd)
                    throw Mistake("a group is not closed", start);
                At++;
                return inner;
            case '[':
                return Class(start);
            case '.':
                return CodePoints.Node(CodePoints.NoLineBreak);
            case '\\':
                var (ranges, _) = Escape(inClass: false);
                return CodePoints.Node(ranges);
            case '^' or '$':
                throw Mistake("^ and $ may stand at the ends only: the whole text must match", start);
            case '*' or '+' or '?' or '{':
                throw Mistake("there is nothing to repeat", start);
            default:
                return CodePoints.Node([(c, c)]);
        }
    }

    private CharactersNode Class(int start)
    {
        var negated = Here == '^';
        if (negated)
            At++;
        var ranges = new List<(int Low, int High)>();
        for (var first = true; first || Here != ']'; first = false)
        {
            if (AtEnd)
                throw Mistake("a class is not closed", start);
            var low = Item(out var set);
            if (set is not null)
            {
                ranges.AddRange(set);
                continue;
            }

            var high = low;
            if (Here == '-' && At + 1 < Source.Length && Source[At + 1] != ']')
            {
                At++;
                high = Item(out set);
                if (set is not null || high < low)
                    throw Mistake("this is no range", start);
            }

            ranges.Add((low, high));
        }

        At++;
        return CodePoints.Node(ranges, negated);
    }

    private int Item(out IReadOnlyList<(int Low, int High)>? set)
    {
        set = null;
        if (Here == '[' && At + 1 < Source.Length && Source[At + 1] is ':' or '=' or '.')
            throw Mistake("named classes ([:alpha:]) are not supported");
        var c = Next();
        if (c != '\\')
            return c;
        var (ranges, isSet) = Escape(inClass: true);
        set = isSet ? ranges : null;
        return ranges[0].Low;
    }

    private (IReadOnlyList<(int Low, int High)> Ranges, bool IsSet) Escape(bool inClass)
    {
        var start = At - 1;
        var c = Next();
        return c switch
        {
            'd' => (CodePoints.Digits, true),
            'D' => (CodePoints.Complement(CodePoints.Digits), true),
            'w' => (CodePoints.Word, true),
            'W' => (CodePoints.Complement(CodePoints.Word), true),
            's' => (CodePoints.Space, true),
            'S' => (CodePoints.Complement(CodePoints.Space), true),
            'n' => One('\n'),
            't' => One('\t'),
            'r' => One('\r'),
            'f' => One('\f'),
            'v' => One('\v'),
            'b' when inClass => One('\b'),
            'x' => One(Hexadecimal(2)),
            'u' => One(Hexadecimal(4)),
            _ when c < 128 && char.IsAsciiLetterOrDigit((char)c) => throw Mistake($"\\{(char)c} is not supported", start),
            _ => One(c),
        };

        static (IReadOnlyList<(int, int)>, bool) One(int c) => ([(c, c)], false);
    }
}
