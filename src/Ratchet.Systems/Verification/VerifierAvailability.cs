namespace Ratchet.Systems.Verification;

/// <summary>Whether a verifier can be used on this machine.</summary>
/// <param name="IsAvailable">It can.</param>
/// <param name="Text">Its version, or what is missing, on one line.</param>
/// <param name="Remedy">What to install or set, on one line; null where nothing is missing.</param>
public sealed record VerifierAvailability(bool IsAvailable, string Text, string? Remedy = null);
