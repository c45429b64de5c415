namespace Ratchet.Service.Http;

/// <summary>A place in a text as Lean tells it.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Characters (code points) before it on its line.</param>
internal readonly record struct CodePosition(int Line, int Column)
{
    /// <summary>The place of an offset; one outside the text is at its nearer end.</summary>
    public static CodePosition Of(string text, int offset)
    {
        var before = text.AsSpan(0, Math.Clamp(offset, 0, text.Length));
        var lineStart = before.LastIndexOf('\n') + 1;
        var column = 0;
        foreach (var c in before[lineStart..])
            column += char.IsLowSurrogate(c) ? 0 : 1;
        return new(before.Count('\n') + 1, column);
    }
}
