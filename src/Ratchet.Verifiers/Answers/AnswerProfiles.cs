using Ratchet.Runs;

namespace Ratchet.Verifiers.Answers;

/// <summary>The named profiles.</summary>
public static class AnswerProfiles
{
    private const AnswerPlaces Everywhere = AnswerPlaces.Box | AnswerPlaces.Phrase | AnswerPlaces.LastFormula | AnswerPlaces.Whole;

    /// <summary>Values, structure and units must be there as in the reference; only the way of writing them is free.</summary>
    public static AnswerProfile Strict { get; } = new()
    {
        Name = "strict",
        Description = "Everything that the reference says must be said; only notation is free.",
        Places = AnswerPlaces.Box | AnswerPlaces.Whole,
    };

    /// <summary>What a teacher would let pass: left-out units, names, brackets of lists, solved inequalities for intervals, long roundings.</summary>
    public static AnswerProfile Lenient { get; } = new()
    {
        Name = "lenient",
        Description = "What a teacher would let pass: units, names and the sign % may be missing, decimals of 4 digits and more may be rounded.",
        SeveralBoxes = SeveralBoxes.Last,
        Places = Everywhere | AnswerPlaces.HashMark,
        OptionalUnits = true,
        OptionalPercent = true,
        OptionalName = true,
        RoundedDecimals = 4,
        InequalitiesAsSets = true,
        ListsAsTuples = true,
        VectorsAsTuples = true,
        RatiosAsQuotients = true,
        OptionalBase = true,
    };

    /// <summary>GSM8K: one number after <c>####</c> or in a box; currency, units and % may be missing.</summary>
    public static AnswerProfile Gsm8k { get; } = new()
    {
        Name = "gsm8k",
        Description = "GSM8K and relatives: one number after ####, in a box or after an answer phrase; units and the sign % may be missing, values are exact.",
        Places = AnswerPlaces.HashMark | AnswerPlaces.Box | AnswerPlaces.Phrase | AnswerPlaces.LastFormula | AnswerPlaces.Whole,
        SeveralBoxes = SeveralBoxes.Last,
        OptionalUnits = true,
        OptionalPercent = true,
        OptionalName = true,
    };

    /// <summary>MATH: the last box, exact values; units, names and bases may be missing.</summary>
    public static AnswerProfile Math { get; } = new()
    {
        Name = "math",
        Description = "MATH, AIME, AMC: the last box or an answer phrase, exact values; units, names, the sign % and a base that the problem states may be missing.",
        SeveralBoxes = SeveralBoxes.Last,
        Places = AnswerPlaces.Box | AnswerPlaces.Phrase | AnswerPlaces.Whole,
        OptionalUnits = true,
        OptionalPercent = true,
        OptionalName = true,
        InequalitiesAsSets = true,
        ListsAsTuples = true,
        VectorsAsTuples = true,
        RatiosAsQuotients = true,
        OptionalBase = true,
    };

    /// <summary>As <see cref="Math"/>, but fractions must be reduced and whole numbers written as such, as the PRM800K grader has it.</summary>
    public static AnswerProfile Prm800k { get; } = Math with
    {
        Name = "prm800k",
        Description = "MATH as graded for PRM800K: fractions reduced, arithmetic carried out, whole numbers written as whole numbers.",
        ReducedForm = true,
        WholeStaysWhole = true,
        InequalitiesAsSets = false,
        ListsAsTuples = false,
        VectorsAsTuples = false,
    };

    /// <summary>As <see cref="Math"/>, but lists keep their order, as in the comparison by strings that came with MATH.</summary>
    public static AnswerProfile MathOrdered { get; } = Math with
    {
        Name = "math-ordered",
        Description = "MATH as first graded, by strings: lists keep their order, sets of values included.",
        OrderedLists = true,
    };

    /// <summary>Web-mined sets (NuminaMath, OpenThoughts and their like): as <see cref="Lenient"/>, with decimal commas.</summary>
    public static AnswerProfile Mined { get; } = Lenient with
    {
        Name = "mined",
        Description = "Web-mined sets: as lenient, and a comma may be a decimal point; decimals of 6 digits and more may be rounded.",
        DecimalComma = true,
        RoundedDecimals = 6,
    };

    /// <summary>Science and engineering: as <see cref="Lenient"/>, with roundings from 2 digits on.</summary>
    public static AnswerProfile Rounded { get; } = Lenient with
    {
        Name = "rounded",
        Description = "Numeric science answers: as lenient, and decimals of 2 digits and more may be rounded.",
        RoundedDecimals = 2,
    };

    /// <summary>Multiple choice: the letter counts.</summary>
    public static AnswerProfile Choice { get; } = new()
    {
        Name = "choice",
        Description = "Multiple choice (AQuA, MMLU, SAT, Gaokao): the letter of the choice counts, with or without its text.",
        SeveralBoxes = SeveralBoxes.Reject,
        Places = AnswerPlaces.Box | AnswerPlaces.Phrase | AnswerPlaces.LastFormula | AnswerPlaces.Whole,
        Choices = true,
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<AnswerProfile> All { get; } = [Strict, Lenient, Gsm8k, Math, Prm800k, MathOrdered, Mined, Rounded, Choice];

    /// <summary>The profile of a name.</summary>
    /// <exception cref="RatchetException">There is none.</exception>
    public static AnswerProfile Find(string name) => All.FirstOrDefault(p => p.Name == name) ?? throw new RatchetException(
        $"There is no answer profile \"{name}\".",
        $"Use one of {string.Join(", ", All.Select(p => p.Name))}.");
}
