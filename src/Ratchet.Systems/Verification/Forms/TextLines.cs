namespace Ratchet.Systems.Verification.Forms;

/// <summary>Steps that stand on lines of their own.</summary>
internal static class TextLines
{
    /// <summary>Places of the lines that are not blank, each with its end.</summary>
    public static IReadOnlyList<Range> Split(string text)
    {
        var lines = new List<Range>();
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            if (!text.AsSpan(start, end - start).IsWhiteSpace())
                lines.Add(start..end);
            start = end;
        }

        return lines;
    }
}
