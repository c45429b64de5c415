namespace Ratchet.Domains.Propositional.Tactics;

/// <summary>A tactic does not apply; positions are offsets in the script, -1 for the whole sentence.</summary>
internal sealed class TacticException(string message, int start = -1, int end = -1) : Exception(message)
{
    public int Start { get; } = start;

    public int End { get; } = end;
}
