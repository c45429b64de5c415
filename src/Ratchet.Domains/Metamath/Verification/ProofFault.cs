namespace Ratchet.Domains.Metamath.Verification;

/// <summary>What is wrong with a proof.</summary>
/// <param name="Kind">What rule is broken.</param>
/// <param name="Start">Offset of the token at fault in the proof's text, from 0.</param>
/// <param name="Length">Length of that token.</param>
/// <param name="Message">What is wrong, in words.</param>
public sealed record ProofFault(MetamathErrorKind Kind, int Start, int Length, string Message);
