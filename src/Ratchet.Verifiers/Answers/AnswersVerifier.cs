using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Answers;

/// <summary>
/// Judges solutions by their final answers. The reference answers are given to the verifier apart from the problems, which never carry them.
/// </summary>
/// <remarks>
/// Accepted: the answer is proved equal under the profile. Rejected: <see cref="VerdictReason.WrongAnswer"/> where it is proved different,
/// <see cref="VerdictReason.Incomplete"/> without an answer, <see cref="VerdictReason.Cheat"/> where several different answers are boxed,
/// <see cref="VerdictReason.Syntax"/> where the answer is no readable mathematics and no words, so that nonsense is not an outage.
/// Unknown: <see cref="VerdictReason.ResourceLimit"/> where the comparison is undecided, <see cref="VerdictReason.Unavailable"/> without a
/// reference. Safe from many threads; runs in process, in bounded time and memory.
/// </remarks>
public sealed class AnswersVerifier : InProcessVerifier
{
    private readonly Func<Problem, string?> _reference;
    private readonly AnswerProfile _profile;

    /// <summary>Makes a verifier over a table of reference answers.</summary>
    /// <param name="references">Reference answers, or whole reference solutions with a boxed answer or <c>####</c>, by problem identifier.</param>
    /// <param name="profile">What counts as the same answer.</param>
    public AnswersVerifier(IReadOnlyDictionary<string, string> references, AnswerProfile profile)
        : this(problem => references.GetValueOrDefault(problem.Id), profile) => ArgumentNullException.ThrowIfNull(references);

    /// <summary>Makes a verifier over a look-up.</summary>
    /// <param name="reference">The reference answer or solution of a problem, or null; called from many threads.</param>
    /// <param name="profile">What counts as the same answer.</param>
    public AnswersVerifier(Func<Problem, string?> reference, AnswerProfile profile)
        : base($"answers:{(profile ?? throw new ArgumentNullException(nameof(profile))).Name}", AnswerGrader.Version)
    {
        ArgumentNullException.ThrowIfNull(reference);
        _reference = reference;
        _profile = profile;
    }

    /// <inheritdoc/>
    protected override Verdict Judge(Problem problem, string text)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (_reference(problem) is not { } reference)
            return Unknown(VerdictReason.Unavailable, $"There is no reference answer for the problem {problem.Id}.", 0);
        var answer = AnswerExtractor.Extract(text, _profile);
        if (answer.HasSeveral)
        {
            return _profile.SeveralBoxes == SeveralBoxes.Undecided
                ? Unknown(VerdictReason.ResourceLimit, "Several different answers are boxed.", 0)
                : Rejected(VerdictReason.Cheat, "Several different answers are boxed; box one.", answer, 0);
        }

        if (string.IsNullOrWhiteSpace(answer.Text))
            return Rejected(VerdictReason.Incomplete, "The text states no final answer.", answer, 0);
        var result = AnswerGrader.Compare(AnswerExtractor.FromReference(reference), answer.Text, _profile);
        return result.Outcome switch
        {
            AnswerOutcome.Equal => Accepted(result.Steps),
            AnswerOutcome.Different => Rejected(VerdictReason.WrongAnswer, result.Message, answer, result.Steps),
            _ when result.Reason == AnswerReason.Unreadable => Rejected(VerdictReason.Syntax, result.Message, answer, result.Steps),
            _ => Unknown(VerdictReason.ResourceLimit, result.Message, result.Steps),
        };
    }

    private Verdict.Rejected Rejected(VerdictReason reason, string message, ExtractedAnswer answer, long steps) => Rejected(reason, answer.Start, answer.End, message, steps);

    private Verdict.Unknown Unknown(VerdictReason reason, string message, long steps) => Unknown(reason, new Feedback(-1, -1, message), steps);
}
