using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Coq;

/// <summary>Why a text is not accepted.</summary>
/// <param name="Reason">A reason of rejection, or of an unknown verdict.</param>
/// <param name="Feedback">What is wrong, with offsets in the attempt's text.</param>
internal sealed record CoqRefusal(VerdictReason Reason, Feedback Feedback)
{
    /// <summary>Whether it says something about the text, and is not only a limit that was hit.</summary>
    public bool IsRejection => Reason is VerdictReason.Syntax or VerdictReason.StepFailed or VerdictReason.Incomplete or VerdictReason.Cheat;

    /// <summary>What Coq's answer to a sentence means for the attempt.</summary>
    public static CoqRefusal For(CoqReply reply, CoqSentence sentence)
    {
        var reason = reply.Outcome switch
        {
            CoqOutcome.Syntax => VerdictReason.Syntax,
            CoqOutcome.TimedOut => VerdictReason.TimedOut,
            CoqOutcome.OutOfMemory => VerdictReason.OutOfMemory,
            CoqOutcome.StackOverflow => VerdictReason.ResourceLimit,
            _ => VerdictReason.StepFailed,
        };
        var start = reply.Start < 0 ? sentence.Start : sentence.Start + reply.Start;
        var end = reply.End < 0 ? sentence.End : sentence.Start + reply.End;
        return new CoqRefusal(reason, new Feedback(start, end, reply.Message));
    }
}
