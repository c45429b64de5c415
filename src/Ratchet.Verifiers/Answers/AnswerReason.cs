namespace Ratchet.Verifiers.Answers;

/// <summary>Why a comparison came out as it did.</summary>
public enum AnswerReason
{
    /// <summary>Equal: the same characters, white space aside.</summary>
    SameText,

    /// <summary>Equal: proved to have the same value.</summary>
    SameValue,

    /// <summary>Equal: a decimal that is the other value rounded to the digits shown, where the profile allows it.</summary>
    SameWhenRounded,

    /// <summary>Different: proved to have different values.</summary>
    OtherValue,

    /// <summary>Different: another kind of thing, for example a tuple where a set is expected.</summary>
    OtherKind,

    /// <summary>Different: another number of items, rows or parts.</summary>
    OtherCount,

    /// <summary>Different: other words.</summary>
    OtherText,

    /// <summary>Different: a unit that measures something else, or a unit where none fits.</summary>
    OtherUnit,

    /// <summary>Different: the right value in a form that the profile does not allow, for example a fraction that is not reduced.</summary>
    OtherForm,

    /// <summary>Undecided: the answer is not written so that it can be read.</summary>
    Unreadable,

    /// <summary>Undecided: the reference answer cannot be read.</summary>
    UnreadableReference,

    /// <summary>Undecided: a limit on size, depth or steps was hit.</summary>
    Limit,

    /// <summary>Undecided: equal as far as it was computed, but no proof was found.</summary>
    Unproven,

    /// <summary>Undecided: mathematics that the grader does not do.</summary>
    NotSupported,
}
