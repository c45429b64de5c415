namespace Ratchet.Verifiers.Lean;

/// <summary>A message of Lean.</summary>
/// <param name="Severity">How serious it is.</param>
/// <param name="Start">Where it points, or null where Lean gives no place.</param>
/// <param name="End">Where that ends, or null.</param>
/// <param name="Text">What it says.</param>
public sealed record LeanMessage(LeanSeverity Severity, LeanPosition? Start, LeanPosition? End, string Text);
