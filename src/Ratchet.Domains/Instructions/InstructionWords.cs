using Ratchet.Domains.Vocabulary;

namespace Ratchet.Domains.Instructions;

/// <summary>The closed vocabulary of instructions and responses.</summary>
internal static class InstructionWords
{
    public const int LargestNumber = 12;
    public const string Bullet = "-";
    public const string Because = "because";
    public const string Plus = "plus";
    public const string Without = "without";
    public const string Poison = "poison";

    /// <summary>The word that ends every prompt.</summary>
    public const string Separator = "=>";

    public static readonly IReadOnlyList<string> Refusal = ["sorry", "I", "cannot"];
    public static readonly IReadOnlyList<string> Styles = ["verbose", "concise"];
    public static readonly IReadOnlyList<string> Controls = ["good", "bad"];
    public static readonly IReadOnlyList<string> Letters = ["a", "b", "c", "d", "e"];
    public static readonly IReadOnlyList<string> Capitals = ["A", "B", "C", "D", "E"];
    public static readonly IReadOnlyList<string> Numbers = [.. Enumerable.Range(0, LargestNumber + 1).Select(n => $"{n}")];

    /// <summary>Topics with what belongs to them.</summary>
    public static readonly IReadOnlyList<(string Name, IReadOnlyList<string> Items)> Topics =
    [
        ("fruit", ["apple", "pear", "plum", "fig", "kiwi"]),
        ("animal", ["cat", "dog", "cow", "fox", "owl"]),
        ("color", ["red", "blue", "green", "pink", "gray"]),
    ];

    /// <summary>Polite phrases in front of an answer.</summary>
    public static readonly IReadOnlyList<IReadOnlyList<string>> Openers = [["well"], ["so"], ["here", "you", "go"]];

    /// <summary>Polite phrases behind an answer.</summary>
    public static readonly IReadOnlyList<IReadOnlyList<string>> Closers = [["hope", "this", "helps"], ["so", "well"], ["here", "you", "go"]];

    public static readonly IReadOnlySet<string> Fillers = Openers.Concat(Closers).SelectMany(p => p).ToHashSet(StringComparer.Ordinal);

    public static readonly SymbolTokenizer Tokenizer = new(
        "instructions",
        [
            Separator, .. Controls, .. Styles, "sort", "list", "add", "upper", Poison, Without, Because, Plus, .. Refusal, Bullet, .. Numbers, .. Letters, .. Capitals,
            .. Topics.Select(t => t.Name), .. Topics.SelectMany(t => t.Items), .. Fillers.Order(StringComparer.Ordinal),
        ],
        [Bullet]);
}
