using System.Collections.Frozen;

namespace Ratchet.Domains.Arithmetic;

/// <summary>The closed vocabulary of the word problems.</summary>
internal static class ArithmeticWords
{
    /// <summary>Largest number of the vocabulary.</summary>
    public const int Largest = 99;

    /// <summary>Letters that variables of a function have.</summary>
    public const string Letters = "abcdefgh";

    /// <summary>People of seed and training problems.</summary>
    public static readonly string[] TrainNames = ["Ada", "Ben", "Carla", "Dmitri", "Elif", "Farid", "Grace", "Hana"];

    /// <summary>People of held-out problems, as many.</summary>
    public static readonly string[] HeldoutNames = ["Ivo", "Jun", "Kofi", "Lea", "Mina", "Noor", "Omar", "Pia"];

    /// <summary>What is counted.</summary>
    public static readonly string[] Things = ["apples", "marbles", "books", "stamps", "pencils", "shells", "cards", "buttons", "tickets", "stones", "candles", "coins"];

    /// <summary>All people.</summary>
    public static readonly string[] Names = [.. TrainNames, .. HeldoutNames];

    /// <summary>Words of the solutions' formats, besides numbers and letters.</summary>
    public static readonly string[] Format =
    [
        "def", "solve", ":", "let", "=", "return", "+", "-", "*", "/", "(", ")",
        "[code]", "[/code]", "[output]", "[/output]", "answer",
        "plus", "minus", "times", "divided", "by", "is", ".", "the", @"\boxed{", "}",
    ];

    /// <summary>Those of them that decoding puts at the start of a line.</summary>
    public static readonly string[] LineStarters = ["let", "return", "[output]"];

    private static readonly FrozenSet<string> NameSet = Names.ToFrozenSet(StringComparer.Ordinal);
    private static readonly FrozenSet<string> ThingSet = Things.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>All words, each once, in a fixed order.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. Enumerable.Range(0, Largest + 1).Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .Concat(Names).Concat(Things).Concat(Format).Concat(Letters.Select(c => c.ToString()))
            .Concat(ArithmeticSentence.All.SelectMany(s => s.Words).Where(w => w[0] != '{'))
            .Concat(ArithmeticBackground.Words).Distinct(StringComparer.Ordinal),
    ];

    public static bool IsName(string word) => NameSet.Contains(word);

    public static bool IsThing(string word) => ThingSet.Contains(word);

    /// <summary>Reads a number that the vocabulary has; -1 for anything else.</summary>
    public static int Number(string word) =>
        word.Length is 1 or 2 && word.All(char.IsAsciiDigit) && (word.Length == 1 || word[0] != '0') ? int.Parse(word, System.Globalization.CultureInfo.InvariantCulture) : -1;
}
