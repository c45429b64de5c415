namespace Ratchet.Domains.Arithmetic;

/// <summary>What a text is as a solution: its format, and the answer that it comes to.</summary>
public sealed record ArithmeticReading
{
    /// <summary>Format whose grammar the whole text follows; null where it follows none ("malformed").</summary>
    public ArithmeticFormat? Format { get; init; }

    /// <summary>Format that the text begins like, whether it follows the grammar to the end or not; null where it begins like none.</summary>
    public ArithmeticFormat? Opening { get; init; }

    /// <summary>The answer; null where the text is malformed or cannot be computed.</summary>
    public long? Answer { get; init; }

    /// <summary>Why there is no answer; null where there is one.</summary>
    public string? Mistake { get; init; }

    /// <summary>Zero-based character offset of the mistake.</summary>
    public int Position { get; init; }

    /// <summary>There is no answer because a limit was reached: the text may be right.</summary>
    public bool HitLimit { get; init; }

    /// <summary>Operations that were computed.</summary>
    public int Steps { get; init; }

    /// <summary>Name of the label: <c>function</c>, <c>tagged</c>, <c>prose</c> or <c>malformed</c>.</summary>
    public string Label => LabelOf(Format);

    /// <summary>Names of all labels, malformed last.</summary>
    public static IReadOnlyList<string> Labels { get; } = [.. Enum.GetValues<ArithmeticFormat>().Select(f => LabelOf(f)), LabelOf(null)];

    /// <summary>Name of a format's label.</summary>
    public static string LabelOf(ArithmeticFormat? format) => format switch
    {
        ArithmeticFormat.Function => "function",
        ArithmeticFormat.Tagged => "tagged",
        ArithmeticFormat.Prose => "prose",
        _ => "malformed",
    };
}
