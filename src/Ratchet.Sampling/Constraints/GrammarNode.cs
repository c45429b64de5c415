using System.Text;
using Ratchet.Runs;

namespace Ratchet.Sampling.Constraints;

/// <summary>A piece of a grammar.</summary>
internal abstract record GrammarNode
{
    /// <summary>The empty text.</summary>
    public static readonly GrammarNode Empty = new SequenceNode([]);

    public static GrammarNode Text(string text) => new LiteralNode(Encoding.UTF8.GetBytes(text));

    public static GrammarNode Sequence(params IReadOnlyList<GrammarNode> items) => items.Count == 1 ? items[0] : new SequenceNode(items);

    public static GrammarNode Choice(params IReadOnlyList<GrammarNode> items) => items.Count == 1 ? items[0] : new ChoiceNode(items);

    public static GrammarNode Optional(GrammarNode item) => new RepeatNode(item, 0, 1);
}

/// <summary>These bytes.</summary>
internal sealed record LiteralNode(byte[] Bytes) : GrammarNode;

/// <summary>One character out of ranges of code points, ends included, ascending and apart.</summary>
internal sealed record CharactersNode(IReadOnlyList<(int Low, int High)> Ranges) : GrammarNode;

/// <summary>One after the other.</summary>
internal sealed record SequenceNode(IReadOnlyList<GrammarNode> Items) : GrammarNode;

/// <summary>Any one of them.</summary>
internal sealed record ChoiceNode(IReadOnlyList<GrammarNode> Items) : GrammarNode;

/// <summary>So many times; null has no upper end.</summary>
internal sealed record RepeatNode(GrammarNode Item, int Least, int? Most) : GrammarNode;

/// <summary>Whatever a rule describes.</summary>
internal sealed record RuleNode(string Name) : GrammarNode;

/// <summary>Ranges of code points as readers collect them.</summary>
internal static class CodePoints
{
    public const int Last = 0x10FFFF;

    /// <summary>Everything but line breaks: the dot of regular expressions.</summary>
    public static readonly IReadOnlyList<(int Low, int High)> NoLineBreak = [(0, '\n' - 1), ('\n' + 1, Last)];

    public static readonly IReadOnlyList<(int Low, int High)> Digits = [('0', '9')];

    public static readonly IReadOnlyList<(int Low, int High)> Word = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

    public static readonly IReadOnlyList<(int Low, int High)> Space = [('\t', '\r'), (' ', ' ')];

    /// <summary>Ascending, joined where they meet, surrogates left out: they are no characters.</summary>
    public static CharactersNode Node(IEnumerable<(int Low, int High)> ranges, bool negated = false)
    {
        var merged = Merge(ranges);
        if (negated)
            merged = Complement(merged);
        var result = new List<(int, int)>();
        foreach (var (low, high) in merged)
        {
            if (low < 0xD800)
                result.Add((low, Math.Min(high, 0xD7FF)));
            if (high > 0xDFFF)
                result.Add((Math.Max(low, 0xE000), high));
        }

        return new CharactersNode(result);
    }

    public static List<(int Low, int High)> Complement(IReadOnlyList<(int Low, int High)> ranges)
    {
        var result = new List<(int, int)>();
        var next = 0;
        foreach (var (low, high) in Merge(ranges))
        {
            if (low > next)
                result.Add((next, low - 1));
            next = high + 1;
        }

        if (next <= Last)
            result.Add((next, Last));
        return result;
    }

    private static List<(int Low, int High)> Merge(IEnumerable<(int Low, int High)> ranges)
    {
        var result = new List<(int Low, int High)>();
        foreach (var (low, high) in ranges.OrderBy(r => r.Low))
        {
            if (result.Count > 0 && low <= result[^1].High + 1)
                result[^1] = (result[^1].Low, Math.Max(result[^1].High, high));
            else
                result.Add((low, high));
        }

        return result;
    }
}

/// <summary>What readers of grammars share: a place in the text, and mistakes with that place.</summary>
internal abstract class GrammarText(string text, string what)
{
    private const int DeepestNesting = 200;
    private int _depth;

    protected string Source { get; } = text;

    protected int At { get; set; }

    protected bool AtEnd => At >= Source.Length;

    protected char Here => At < Source.Length ? Source[At] : '\0';

    protected RatchetException Mistake(string message, int? at = null)
    {
        var place = Math.Min(at ?? At, Source.Length);
        var line = 1 + Source.AsSpan(0, place).Count('\n');
        var column = place - Source.AsSpan(0, place).LastIndexOf('\n');
        return new RatchetException($"The {what} cannot be used: {message} (line {line}, character {column}).", "Correct it; docs/sampling.md lists what is supported.") { ExitCode = 2 };
    }

    protected void Enter()
    {
        if (++_depth > DeepestNesting)
            throw Mistake($"it is nested deeper than {DeepestNesting}");
    }

    protected void Leave() => _depth--;

    /// <summary>The code point here; moves behind it.</summary>
    protected int Next()
    {
        if (AtEnd)
            throw Mistake("it ends too early");
        if (!Rune.TryGetRuneAt(Source, At, out var rune))
            throw Mistake("it holds half of a surrogate pair");
        At += rune.Utf16SequenceLength;
        return rune.Value;
    }

    protected int Hexadecimal(int digits)
    {
        if (At + digits > Source.Length || !int.TryParse(Source.AsSpan(At, digits), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value) || value > CodePoints.Last)
            throw Mistake($"{digits} hexadecimal digits are needed here");
        At += digits;
        return value;
    }

    /// <summary>The number of <c>{m,n}</c> here, from behind the brace.</summary>
    protected (int Least, int? Most) Bounds()
    {
        const int Largest = 10_000;
        var start = At;
        int? least = Number();
        int? most = least;
        if (Here == ',')
        {
            At++;
            most = Number();
        }

        if (Here != '}' || (least is null && most is null))
            throw Mistake("a number of times is {m}, {m,}, {,n} or {m,n}", start);
        At++;
        if (most < (least ?? 0) || least > Largest || most > Largest)
            throw Mistake($"these numbers of times are out of range; the largest is {Largest}", start);
        return (least ?? 0, most);

        int? Number()
        {
            var begin = At;
            while (char.IsAsciiDigit(Here))
                At++;
            return At == begin ? null : int.TryParse(Source.AsSpan(begin, At - begin), out var n) ? n : int.MaxValue;
        }
    }
}
