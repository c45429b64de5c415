namespace Ratchet.Domains.Metamath;

/// <summary>What a proof rests on in the end, by label, in order of appearance in the database.</summary>
/// <param name="Axioms"><c>$a</c> statements that are neither syntax nor definitions.</param>
/// <param name="Definitions"><c>$a</c> statements whose label begins with <c>df-</c>. That they only abbreviate is a convention; nobody checks it here.</param>
/// <param name="Syntax"><c>$a</c> statements that only say that something is an expression.</param>
/// <param name="Unproved"><c>$p</c> statements whose proof is missing or wrong; empty where the audit was not told of any.</param>
public sealed record AxiomReport(
    IReadOnlyList<string> Axioms, IReadOnlyList<string> Definitions, IReadOnlyList<string> Syntax, IReadOnlyList<string> Unproved);
