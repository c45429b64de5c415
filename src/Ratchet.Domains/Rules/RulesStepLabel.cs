namespace Ratchet.Domains.Rules;

/// <summary>The judgement of one step of a proof.</summary>
/// <param name="Start">Zero-based character offset of the step in the proof's text.</param>
/// <param name="End">Exclusive end offset.</param>
/// <param name="Mistake">What is wrong with the step, or null where it is right.</param>
public sealed record RulesStepLabel(int Start, int End, string? Mistake)
{
    /// <summary>True where the step is right, given the right steps before it.</summary>
    public bool IsRight => Mistake is null;
}
