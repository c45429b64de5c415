namespace Ratchet.Proving;

/// <summary>Offers steps for a state without a model: a finite list in a fixed order.</summary>
/// <remarks>Safe to call from many threads.</remarks>
public interface IStepEnumerator
{
    /// <summary>
    /// Steps that may apply to the first goal, each once, in an order that depends on the state alone; running them decides. Empty where the list has
    /// nothing for the goal, which says nothing about whether it can be proved.
    /// </summary>
    IReadOnlyList<string> Steps(ProofState state);
}
