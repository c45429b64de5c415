namespace Ratchet.Verifiers.Conformance;

/// <summary>One check of a conformance kit: something that a real verifier must do for an adapter to be trusted.</summary>
/// <param name="Name">Short name, a sentence without its dot.</param>
/// <param name="Passed">Whether it was seen.</param>
/// <param name="Expected">What must be seen.</param>
/// <param name="Seen">What was seen.</param>
public sealed record ConformanceCheck(string Name, bool Passed, string Expected, string Seen);
