namespace Ratchet.Domains.Metamath.Reading;

/// <summary>A mistake at a place in a text; stays inside this folder's users.</summary>
internal sealed class ReadException(MetamathErrorKind kind, int start, int length, string message) : Exception(message)
{
    public MetamathErrorKind Kind => kind;

    /// <summary>Position in the text.</summary>
    public int Start => start;

    public int Length => length;
}
