namespace Ratchet.Verifiers.Audits;

/// <summary>Something in an attempt, or in what a verifier says of it, that an audit refuses.</summary>
/// <param name="Audit">Name of the audit: a short lower-case word that the documentation of the verifier explains.</param>
/// <param name="Start">Zero-based character offset in the attempt's text, or -1 where it has no place there.</param>
/// <param name="End">Exclusive end offset, or -1.</param>
/// <param name="Message">What was found and why it is refused.</param>
internal sealed record AuditFinding(string Audit, int Start, int End, string Message)
{
    /// <summary>The finding as a message of a verdict: the audit's name stands first.</summary>
    public Verdicts.Feedback ToFeedback() => new(Start, End, $"Audit {Audit}: {Message}.");
}
