namespace Ratchet.Verifiers.Coq;

/// <summary>A text that cannot be split into sentences.</summary>
internal sealed class CoqSyntaxException(string message, int start, int end) : Exception(message)
{
    /// <summary>Zero-based character offset of the mistake.</summary>
    public int Start { get; } = start;

    /// <summary>Exclusive end offset.</summary>
    public int End { get; } = end;
}
