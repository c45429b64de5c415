namespace Ratchet.Verifiers.Lean;

/// <summary>A place in Lean source text, as Lean tells it.</summary>
/// <param name="Line">One-based line.</param>
/// <param name="Column">Zero-based column in code points (not UTF-16 units, not bytes).</param>
public readonly record struct LeanPosition(int Line, int Column);
