namespace Ratchet.Domains.Arithmetic;

/// <summary>What a sentence of a word problem does to the number that is asked for.</summary>
internal enum ArithmeticEventKind
{
    /// <summary>It begins with a.</summary>
    Start,

    /// <summary>It begins with a groups of b.</summary>
    StartGroups,

    /// <summary>a more.</summary>
    Gain,

    /// <summary>a groups of b more.</summary>
    GainGroups,

    /// <summary>a fewer.</summary>
    Lose,

    /// <summary>a groups of b fewer.</summary>
    LoseGroups,

    /// <summary>a times as many.</summary>
    Scale,

    /// <summary>One of a equal parts.</summary>
    Share,

    /// <summary>Each costs a; the price is asked for.</summary>
    Price,

    /// <summary>Nothing: somebody or something else.</summary>
    Aside,

    /// <summary>The question.</summary>
    Question,

    /// <summary>The question for the price.</summary>
    PriceQuestion,
}

/// <summary>A wording of an event: words and slots. <c>{N}</c> is the person of the story, <c>{O}</c> another one, <c>{T}</c> the thing, <c>{U}</c> another one, <c>{a}</c> and <c>{b}</c> are numbers.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Text">Words with spaces between them.</param>
internal sealed record ArithmeticSentence(ArithmeticEventKind Kind, string Text)
{
    /// <summary>All wordings. No two of them read the same sentence in the same place of a story.</summary>
    public static readonly ArithmeticSentence[] All =
    [
        new(ArithmeticEventKind.Start, "{N} has {a} {T} ."),
        new(ArithmeticEventKind.Start, "at first {N} has {a} {T} ."),
        new(ArithmeticEventKind.StartGroups, "{N} has {a} bags of {b} {T} ."),
        new(ArithmeticEventKind.StartGroups, "{N} buys {a} boxes with {b} {T} each ."),
        new(ArithmeticEventKind.StartGroups, "{N} makes {b} {T} a day for {a} days ."),
        new(ArithmeticEventKind.Gain, "{N} finds {a} more ."),
        new(ArithmeticEventKind.Gain, "{O} gives {a} to {N} ."),
        new(ArithmeticEventKind.Gain, "then {N} gets {a} from {O} ."),
        new(ArithmeticEventKind.GainGroups, "{N} buys {a} bags of {b} ."),
        new(ArithmeticEventKind.GainGroups, "{N} gets {b} a day for {a} days ."),
        new(ArithmeticEventKind.Lose, "{N} loses {a} of them ."),
        new(ArithmeticEventKind.Lose, "{N} gives {a} to {O} ."),
        new(ArithmeticEventKind.Lose, "{O} takes {a} of them ."),
        new(ArithmeticEventKind.LoseGroups, "{N} sells {a} bags of {b} ."),
        new(ArithmeticEventKind.LoseGroups, "{N} loses {b} a day for {a} days ."),
        new(ArithmeticEventKind.Scale, "then {N} has {a} times as many ."),
        new(ArithmeticEventKind.Share, "{N} makes {a} equal parts and keeps one ."),
        new(ArithmeticEventKind.Price, "each costs {a} cents ."),
        new(ArithmeticEventKind.Aside, "{O} has {a} {U} ."),
        new(ArithmeticEventKind.Aside, "{N} is {a} years old ."),
        new(ArithmeticEventKind.Question, "how many {T} does {N} have ?"),
        new(ArithmeticEventKind.PriceQuestion, "how many cents do they cost ?"),
    ];

    private static readonly ILookup<ArithmeticEventKind, ArithmeticSentence> ByKind = All.ToLookup(s => s.Kind);

    /// <summary>Words and slots.</summary>
    public string[] Words { get; } = Text.Split(' ');

    /// <summary>Wordings of a kind.</summary>
    public static IReadOnlyList<ArithmeticSentence> Of(ArithmeticEventKind kind) => [.. ByKind[kind]];
}
