using Ratchet.Verdicts;

namespace Ratchet.Reports;

/// <summary>Verdict reasons in words.</summary>
internal static class Reasons
{
    /// <summary>Completes "so many attempts ...".</summary>
    public static string Phrase(VerdictReason reason) => reason switch
    {
        VerdictReason.Syntax => "are not in the verifier's language",
        VerdictReason.StepFailed => "fail at a step that does not apply",
        VerdictReason.Incomplete => "end while goals are still open",
        VerdictReason.Cheat => "use a forbidden construction",
        VerdictReason.WrongAnswer => "give a wrong answer",
        VerdictReason.CutOff => "were cut off by the token limit",
        _ => $"ended as {reason}",
    };

    /// <summary>A label of a few words.</summary>
    public static string Label(VerdictReason reason) => reason switch
    {
        VerdictReason.Syntax => "not in the language",
        VerdictReason.StepFailed => "step does not apply",
        VerdictReason.Incomplete => "goals left open",
        VerdictReason.Cheat => "forbidden construction",
        VerdictReason.WrongAnswer => "wrong answer",
        VerdictReason.CutOff => "cut off",
        _ => reason.ToString(),
    };
}
