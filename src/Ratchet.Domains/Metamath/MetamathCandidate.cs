namespace Ratchet.Domains.Metamath;

/// <summary>An assertion whose conclusion matches a goal.</summary>
/// <param name="Label">Label: a step as it stands where <paramref name="Free"/> is empty.</param>
/// <param name="Free">The assertion's variables that the goal does not fix, each with its type; a step must say what stands for them.</param>
/// <param name="Goals">The goals that the step leaves before any closes by itself; a free variable is written <c>?name</c>.</param>
public sealed record MetamathCandidate(string Label, IReadOnlyList<(string Variable, string Type)> Free, IReadOnlyList<string> Goals);
