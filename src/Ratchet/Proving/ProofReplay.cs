using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Proving;

/// <summary>Runs paths again from the start. A proof counts only after <see cref="ValidateAsync"/>.</summary>
public static class ProofReplay
{
    /// <summary>Opens a problem and runs a path, up to the first step that does not move on.</summary>
    /// <returns>The last outcome, with the number of steps that were run; for an empty path the outcome of opening.</returns>
    public static async ValueTask<ReplayResult> RunAsync(IProofEnvironment environment, Problem problem, IReadOnlyList<string> path, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(path);
        var outcome = await environment.OpenAsync(problem, cancellationToken).ConfigureAwait(false);
        var steps = 0;
        while (steps < path.Count && outcome is StepOutcome.Moved moved)
            outcome = await environment.RunAsync(moved.State, path[steps++], cancellationToken).ConfigureAwait(false);
        return new ReplayResult(outcome, steps);
    }

    /// <summary>
    /// Replays a path in the environment, which must end in <see cref="StepOutcome.Finished"/> with its last step, and lets a verifier judge the whole proof that it spells.
    /// </summary>
    /// <returns>
    /// The verifier's verdict. Where the replay does not finish: rejected at <see cref="TrustLevel.Guide"/>, or unknown where a step did not come to an end.
    /// </returns>
    public static async ValueTask<Verdict> ValidateAsync(
        IProofEnvironment environment, IVerifier verifier, Problem problem, IReadOnlyList<string> path, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(verifier);
        ArgumentNullException.ThrowIfNull(path);
        var (outcome, steps) = await RunAsync(environment, problem, path, cancellationToken).ConfigureAwait(false);
        var (reason, feedback) = outcome switch
        {
            StepOutcome.Finished when steps == path.Count => (VerdictReason.Proved, new Feedback(-1, -1, "")),
            StepOutcome.Finished => (VerdictReason.Syntax, new Feedback(-1, -1, $"The proof is finished after {steps} of {path.Count} steps.")),
            StepOutcome.Moved moved => (VerdictReason.Incomplete, new Feedback(-1, -1, $"{moved.State.Goals.Count} goal{(moved.State.Goals.Count == 1 ? " is" : "s are")} open at the end.")),
            StepOutcome.GaveUp gaveUp => (VerdictReason.Incomplete, gaveUp.Feedback),
            StepOutcome.Failed failed => (failed.Reason, failed.Feedback),
            StepOutcome.Unknown unknown => (unknown.Reason, unknown.Feedback),
            _ => throw new InvalidOperationException($"No outcome {outcome}."),
        };
        if (reason == VerdictReason.Proved)
            return await verifier.VerifyAsync(problem, environment.ProofText(problem, path), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Feedback> said = [feedback with { Message = $"Replay, step {steps}: {feedback.Message}" }];
        return outcome is StepOutcome.Unknown
            ? new Verdict.Unknown { Reason = reason, Verifier = environment.Name, VerifierVersion = environment.Version, Trust = TrustLevel.Guide, Feedback = said }
            : new Verdict.Rejected { Reason = reason, Verifier = environment.Name, VerifierVersion = environment.Version, Trust = TrustLevel.Guide, Feedback = said };
    }
}

/// <summary>How a replay ended.</summary>
/// <param name="Outcome">Outcome of the last step that was run, or of opening.</param>
/// <param name="Steps">Steps that were run.</param>
public sealed record ReplayResult(StepOutcome Outcome, int Steps);
