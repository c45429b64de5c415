namespace Ratchet.Verifiers.Lean;

/// <summary>A <c>sorry</c> that Lean met.</summary>
/// <param name="Start">Where it stands, or null.</param>
/// <param name="End">Where that ends, or null.</param>
/// <param name="Goal">What was to be shown there, as Lean shows it.</param>
/// <param name="ProofState">Number of the proof state from which tactic mode can go on, or null.</param>
public sealed record LeanHole(LeanPosition? Start, LeanPosition? End, string Goal, int? ProofState);
