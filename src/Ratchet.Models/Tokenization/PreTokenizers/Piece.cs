namespace Ratchet.Models.Tokenization.PreTokenizers;

/// <summary>A part of a text on its way to the model.</summary>
/// <param name="Text">The text that the part lies in.</param>
/// <param name="Start">First character.</param>
/// <param name="End">After the last character.</param>
/// <param name="First">True where the part begins the whole input.</param>
internal readonly record struct Piece(string Text, int Start, int End, bool First)
{
    public ReadOnlySpan<char> Span => Text.AsSpan(Start, End - Start);

    public Piece Slice(int start, int end) => new(Text, start, end, First && start == Start);
}
