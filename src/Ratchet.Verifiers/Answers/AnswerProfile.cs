namespace Ratchet.Verifiers.Answers;

/// <summary>
/// What counts as the same answer. Values are always compared exactly; a profile says which differences of writing are overlooked and how
/// the answer is found in a solution. The profiles that the data sets use are in <see cref="AnswerProfiles"/>.
/// </summary>
/// <remarks>All switches are off in a new profile: that is the strictest one.</remarks>
public sealed record AnswerProfile
{
    /// <summary>Short name, part of results.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence: for which data, and what is special.</summary>
    public required string Description { get; init; }

    /// <summary>What a solution with several different boxed answers counts as. Boxes side by side are one list and no case of this.</summary>
    public SeveralBoxes SeveralBoxes { get; init; } = SeveralBoxes.Reject;

    /// <summary>Where an answer is looked for beside the last box.</summary>
    public AnswerPlaces Places { get; init; } = AnswerPlaces.Box;

    /// <summary>1, 2 differs from 2, 1. Off: a list without brackets is a set of values.</summary>
    public bool OrderedLists { get; init; }

    /// <summary>5 cm equals 5 and 48° equals 48. Two different units of one kind are always converted (100 cm = 1 m); units of different kinds always differ.</summary>
    public bool OptionalUnits { get; init; }

    /// <summary>25% equals 25 as well as 0.25. Off: only 0.25. Never 2500 or 0.0025.</summary>
    public bool OptionalPercent { get; init; }

    /// <summary>x = 5, f(x) = 5 and |AB| = 5 equal 5, and {5} equals 5.</summary>
    public bool OptionalName { get; init; }

    /// <summary>A comma may stand for a decimal point where it cannot separate thousands: 2,74 and 0,111.</summary>
    public bool DecimalComma { get; init; }

    /// <summary>
    /// A decimal with at least so many digits after its point equals a value that is no decimal and no whole number where it is that value,
    /// rounded or cut off. 0: decimals are exact.
    /// </summary>
    public int RoundedDecimals { get; init; }

    /// <summary>Where the reference is a number, the answer must be written out: 4/6 for 2/3 and 3 + 2 for 5 are the wrong form.</summary>
    public bool ReducedForm { get; init; }

    /// <summary>A reference that is a whole number wants a whole number: 4.0 and 8/2 are the wrong form for 4.</summary>
    public bool WholeStaysWhole { get; init; }

    /// <summary>x &gt; 2 equals (2, inf) and 1 &lt; x &lt; 3 equals (1, 3), where the inequality is solved for one name.</summary>
    public bool InequalitiesAsSets { get; init; }

    /// <summary>1, 2 equals (1, 2) in this order, and [1, 2, 3] equals (1, 2, 3). Never [1, 2] and (1, 2), which are intervals.</summary>
    public bool ListsAsTuples { get; init; }

    /// <summary>A row or column vector equals the tuple of its entries.</summary>
    public bool VectorsAsTuples { get; init; }

    /// <summary>1:2 equals 1/2.</summary>
    public bool RatiosAsQuotients { get; init; }

    /// <summary>1011_2 equals 1011, whose base the problem states.</summary>
    public bool OptionalBase { get; init; }

    /// <summary>The answer is the letter of a choice: (B), B., B) 12 and \text{B} are the same.</summary>
    public bool Choices { get; init; }

    /// <summary>Most steps of a comparison, about a microsecond each; beyond it the outcome is undecided.</summary>
    public long MaxSteps { get; init; } = 1_000_000;
}

/// <summary>What several different boxed answers in one solution count as.</summary>
public enum SeveralBoxes
{
    /// <summary>The last one counts.</summary>
    Last,

    /// <summary>The solution has no single answer and is rejected, so that listing guesses earns nothing.</summary>
    Reject,

    /// <summary>Undecided.</summary>
    Undecided,
}

/// <summary>Places where an answer is looked for.</summary>
[Flags]
public enum AnswerPlaces
{
    /// <summary>The last \boxed or \fbox.</summary>
    Box = 1,

    /// <summary>After the last <c>####</c> that starts a line.</summary>
    HashMark = 2,

    /// <summary>After "Final answer:", "the answer is", 答案是 and their like.</summary>
    Phrase = 4,

    /// <summary>The last formula, or the last number of the last sentence that has one.</summary>
    LastFormula = 8,

    /// <summary>The whole text where it is one short line.</summary>
    Whole = 16,
}
