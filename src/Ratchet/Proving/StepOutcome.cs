using Ratchet.Verdicts;

namespace Ratchet.Proving;

/// <summary>What one step led to. The type is closed.</summary>
public abstract record StepOutcome
{
    private StepOutcome()
    {
    }

    /// <summary>The step applied and goals are open.</summary>
    /// <param name="State">State after the step.</param>
    public sealed record Moved(ProofState State) : StepOutcome;

    /// <summary>No goal is open any more, none of them shelved or given up.</summary>
    /// <param name="Path">All steps from the start, this one included.</param>
    public sealed record Finished(IReadOnlyList<string> Path) : StepOutcome;

    /// <summary>The step leaves a hole: a goal was given up, admitted or postponed so that it can never be finished.</summary>
    /// <param name="Feedback">What the verifier said.</param>
    public sealed record GaveUp(Feedback Feedback) : StepOutcome;

    /// <summary>The step does not apply, is no step of the language, or is one that the environment forbids.</summary>
    /// <param name="Reason"><see cref="VerdictReason.Syntax"/>, <see cref="VerdictReason.StepFailed"/> or <see cref="VerdictReason.Cheat"/>.</param>
    /// <param name="Feedback">What is wrong, with offsets in the step's text.</param>
    public sealed record Failed(VerdictReason Reason, Feedback Feedback) : StepOutcome;

    /// <summary>The step did not come to an end; says nothing about it.</summary>
    /// <param name="Reason"><see cref="VerdictReason.TimedOut"/>, <see cref="VerdictReason.OutOfMemory"/>, <see cref="VerdictReason.ResourceLimit"/>, <see cref="VerdictReason.Crashed"/> or <see cref="VerdictReason.Unavailable"/>.</param>
    /// <param name="Feedback">What happened.</param>
    public sealed record Unknown(VerdictReason Reason, Feedback Feedback) : StepOutcome;
}
