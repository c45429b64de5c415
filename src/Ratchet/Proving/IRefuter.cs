namespace Ratchet.Proving;

/// <summary>Says of a goal that it cannot be proved, so that no budget is spent on it.</summary>
public interface IRefuter
{
    /// <summary>
    /// Why the first goal of a state cannot be proved, as a sentence; null where it can, or where nothing is known. Safe to call from many threads.
    /// </summary>
    string? Refute(ProofState state);
}
