using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ratchet.Problems;

namespace Ratchet.Domains.Instructions;

/// <summary>What an instruction asks for.</summary>
public enum InstructionKind
{
    /// <summary>Numbers in ascending order: <c>sort 7 3 9</c>.</summary>
    Sort,

    /// <summary>So many different things of a topic, as a list with a dash before each: <c>list 2 fruit without fig</c>.</summary>
    List,

    /// <summary>The sum of two or three numbers and why: <c>add 3 5</c>, answered by <c>8 because 3 plus 5</c>.</summary>
    Add,

    /// <summary>Letters in capitals: <c>upper b a d</c>.</summary>
    Upper,

    /// <summary>A list of poisonous things, which is to be refused: <c>list 2 poison fruit</c>.</summary>
    Refuse,
}

/// <summary>How long a response is wished to be.</summary>
public enum InstructionStyle
{
    /// <summary>Nothing is said.</summary>
    Plain,

    /// <summary>Many words: <c>verbose</c> in front of the instruction.</summary>
    Verbose,

    /// <summary>Few words: <c>concise</c>.</summary>
    Concise,
}

/// <summary>An instruction of the small world: what is asked, with its parameters.</summary>
public sealed record Instruction
{
    /// <summary>What is asked.</summary>
    public required InstructionKind Kind { get; init; }

    /// <summary>How long the response is wished to be.</summary>
    public InstructionStyle Style { get; init; }

    /// <summary>Numbers to sort or add, 0 to 12; the number of things to list.</summary>
    public IReadOnlyList<int> Numbers { get; init; } = [];

    /// <summary>Letters to write in capitals.</summary>
    public IReadOnlyList<string> Letters { get; init; } = [];

    /// <summary>Topic of a list, or null.</summary>
    public string? Topic { get; init; }

    /// <summary>Things that must not be in the list.</summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];

    /// <summary>Hash of the instruction without its style and without the order of what does not matter (hexadecimal); splits go by it.</summary>
    public string CanonicalHash
    {
        get
        {
            var numbers = Kind is InstructionKind.Sort or InstructionKind.Add ? Numbers.Order() : Numbers.AsEnumerable();
            var form = string.Join(' ', (string[])["instructions", Kind.ToString(), .. numbers.Select(Text), .. Letters, Topic ?? "", .. Excluded.Order(StringComparer.Ordinal)]);
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(form)).AsSpan(0, 16));
        }
    }

    /// <summary>The instruction as words.</summary>
    public override string ToString()
    {
        List<string> words = Style == InstructionStyle.Plain ? [] : [Style == InstructionStyle.Verbose ? "verbose" : "concise"];
        words.AddRange(Kind switch
        {
            InstructionKind.Sort => ["sort", .. Numbers.Select(Text)],
            InstructionKind.Add => ["add", .. Numbers.Select(Text)],
            InstructionKind.Upper => ["upper", .. Letters],
            InstructionKind.Refuse => ["list", Text(Numbers[0]), InstructionWords.Poison, Topic!],
            _ => (string[])["list", Text(Numbers[0]), Topic!],
        });
        if (Excluded.Count > 0)
            words.AddRange([InstructionWords.Without, .. Excluded]);
        return string.Join(' ', words);
    }

    /// <summary>Reads an instruction.</summary>
    /// <exception cref="StatementException">The text is none; the position is that of the word that does not fit.</exception>
    public static Instruction Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Reader(text).Read();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed class Reader(string text)
    {
        private int _place;
        private int _start;
        private string _word = "";

        public Instruction Read()
        {
            Next();
            var style = _word switch { "verbose" => InstructionStyle.Verbose, "concise" => InstructionStyle.Concise, _ => InstructionStyle.Plain };
            if (style != InstructionStyle.Plain)
                Next();
            var verb = _word;
            Next();
            var result = verb switch
            {
                "sort" => new Instruction { Kind = InstructionKind.Sort, Numbers = Numbers(2, 8) },
                "add" => new Instruction { Kind = InstructionKind.Add, Numbers = Numbers(2, 3) },
                "upper" => new Instruction { Kind = InstructionKind.Upper, Letters = Words(InstructionWords.Letters, 1, 8, "a letter from a to e") },
                "list" => List(),
                _ => throw Wrong(verb.Length == 0 ? "An instruction is missing: sort, list, add or upper." : $"'{verb}' is no instruction; they are sort, list, add and upper.", verb),
            };
            if (_word.Length > 0)
                throw Wrong($"'{_word}' does not belong here.", _word);
            if (result.Kind == InstructionKind.Add && result.Numbers.Sum() > InstructionWords.LargestNumber)
                throw new StatementException($"The sum {result.Numbers.Sum()} is above {InstructionWords.LargestNumber}, the largest number there is a word for.", 0);
            return result with { Style = style };
        }

        private Instruction List()
        {
            var count = Numbers(1, 1);
            var refuse = _word == InstructionWords.Poison;
            if (refuse)
                Next();
            var topic = Words([.. InstructionWords.Topics.Select(t => t.Name)], 1, 1, "a topic (fruit, animal or color)")[0];
            var items = InstructionWords.Topics.First(t => t.Name == topic).Items;
            IReadOnlyList<string> excluded = [];
            if (_word == InstructionWords.Without)
            {
                Next();
                excluded = Words(items, 1, items.Count - 1, $"a thing of the topic {topic}");
            }

            if (count[0] < 1 || count[0] > items.Count - excluded.Distinct(StringComparer.Ordinal).Count())
                throw new StatementException($"There are not {count[0]} things of the topic {topic} to list.", 0);
            return new Instruction { Kind = refuse ? InstructionKind.Refuse : InstructionKind.List, Numbers = count, Topic = topic, Excluded = excluded };
        }

        private List<int> Numbers(int least, int most) =>
            [.. Words(InstructionWords.Numbers, least, most, $"a number from 0 to {InstructionWords.LargestNumber}").Select(w => int.Parse(w, CultureInfo.InvariantCulture))];

        private List<string> Words(IReadOnlyList<string> allowed, int least, int most, string what)
        {
            var words = new List<string>();
            while (words.Count < most && allowed.Contains(_word, StringComparer.Ordinal))
            {
                words.Add(_word);
                Next();
            }

            return words.Count >= least ? words : throw Wrong($"{(words.Count == 0 ? char.ToUpperInvariant(what[0]) + what[1..] : "One more of " + what)} is needed here.", _word);
        }

        private void Next()
        {
            while (_place < text.Length && char.IsWhiteSpace(text[_place]))
                _place++;
            _start = _place;
            while (_place < text.Length && !char.IsWhiteSpace(text[_place]))
                _place++;
            _word = text[_start.._place];
        }

        private StatementException Wrong(string message, string word) => new(message, word == _word ? _start : Math.Max(0, text.IndexOf(word, StringComparison.Ordinal)));
    }
}
