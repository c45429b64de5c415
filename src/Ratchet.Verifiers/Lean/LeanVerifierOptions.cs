using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Lean;

/// <summary>What a <see cref="LeanVerifier"/> demands of a proof.</summary>
public sealed record LeanVerifierOptions
{
    /// <summary>Axioms that a proof may rest on. Default: Lean's three, <c>propext</c>, <c>Classical.choice</c> and <c>Quot.sound</c>.</summary>
    public IReadOnlyList<string> AllowedAxioms { get; init; } = ["propext", "Classical.choice", "Quot.sound"];

    /// <summary>
    /// <see cref="TrustLevel.Full"/> (the default): Lean is asked for the axioms of each accepted theorem. <see cref="TrustLevel.Guide"/>: it is
    /// not, which saves up to a second where the proof rests on much of Mathlib; verdicts say so.
    /// </summary>
    public TrustLevel Trust { get; init; } = TrustLevel.Full;

    /// <summary>Longest text of an attempt, in characters. Longer ones are unknown with <see cref="VerdictReason.ResourceLimit"/>. Default 200,000.</summary>
    public int MaxLength { get; init; } = 200_000;
}
