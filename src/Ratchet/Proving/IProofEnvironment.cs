using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Proving;

/// <summary>
/// A world in which proofs are made step by step. It guides search and its word is <see cref="TrustLevel.Guide"/>: a finished
/// path counts as a proof only after <see cref="ProofReplay.ValidateAsync"/>: replayed from the start, and accepted by an <see cref="Loop.IVerifier"/>.
/// </summary>
/// <remarks>
/// Safe to call from many threads. Outages are <see cref="StepOutcome.Unknown"/>, not exceptions, and their reasons tell a time-out from a crash. A state is plain data: its
/// session is rebuilt from its path where it is not at hand, and where the path does not go through (again), the outcome is unknown with
/// <see cref="Verdicts.VerdictReason.Unavailable"/>.
/// </remarks>
public interface IProofEnvironment
{
    /// <summary>Short name, for example <c>coq</c>.</summary>
    string Name { get; }

    /// <summary>Version; two versions may answer a step differently.</summary>
    string Version { get; }

    /// <summary>
    /// The state before the first step: <see cref="StepOutcome.Moved"/>, or <see cref="StepOutcome.Failed"/> where the statement
    /// itself is refused.
    /// </summary>
    ValueTask<StepOutcome> OpenAsync(Problem problem, CancellationToken cancellationToken);

    /// <summary>Runs one step in a state. The state itself is unchanged and may be used again.</summary>
    /// <param name="state">State that came from this environment, or one with the same problem and path.</param>
    /// <param name="step">The step in the environment's own language: a tactic sentence, a label with its substitution.</param>
    /// <param name="cancellationToken">Ends the wait; the session behind the state is then rebuilt when next needed.</param>
    ValueTask<StepOutcome> RunAsync(ProofState state, string step, CancellationToken cancellationToken);

    /// <summary>The whole proof that a path spells, in the form that the world's verifier reads.</summary>
    string ProofText(Problem problem, IReadOnlyList<string> path);

    /// <summary>Says that a state will not be asked about again, so that a session kept for it may go. Never required.</summary>
    void Release(ProofState state)
    {
    }
}
