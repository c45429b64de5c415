namespace Ratchet.Verifiers.Python;

/// <summary>Finds programs between code fences in a text of a model.</summary>
public static class PythonFences
{
    private const string Fence = "```";

    /// <summary>
    /// The program of an answer: its last closed block between <c>```python</c> (or <c>```py</c>, or a bare fence) and <c>```</c>; the whole text
    /// where it has no fence; empty where no block is closed.
    /// </summary>
    public static string Program(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Contains(Fence, StringComparison.Ordinal))
            return text;
        var program = "";
        foreach (var block in Blocks(text))
            program = block is { IsClosed: true, Language: "python" or "py" or "" } ? block.Code : program;
        return program;
    }

    /// <summary>The block that a text ends with just now, its closing fence the last line begun; null where it does not end so.</summary>
    public static string? EndingBlock(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var last = Blocks(text).LastOrDefault();
        return last is { Language: "python" or "py", IsClosed: true } && last.End >= text.AsSpan().TrimEnd('\n').Length ? last.Code : null;
    }

    /// <summary>A text in pieces, of which each output block is one: from the line of its opening fence through that of its closing one.</summary>
    public static IReadOnlyList<(string Text, bool IsOutput)> Outputs(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (pieces, done) = (new List<(string, bool)>(), 0);
        foreach (var block in Blocks(text).Where(b => b is { IsClosed: true, Language: "output" }))
        {
            if (block.Start > done)
                pieces.Add((text[done..block.Start], false));
            done = Math.Min(block.End + 1, text.Length);
            pieces.Add((text[block.Start..done], true));
        }

        if (done < text.Length)
            pieces.Add((text[done..], false));
        return pieces;
    }

    /// <summary>The text without blocks of any kind.</summary>
    public static string Outside(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var inside = false;
        var kept = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            if (IsFence(line, inside))
                inside = !inside;
            else if (!inside)
                kept.Add(line);
        }

        return string.Join('\n', kept);
    }

    private static IEnumerable<(string Code, string Language, bool IsClosed, int Start, int End)> Blocks(string text)
    {
        var (start, opened, offset, language) = (0, -1, 0, "");
        foreach (var line in text.Split('\n'))
        {
            var end = offset + line.Length;
            if (IsFence(line, opened >= 0))
            {
                if (opened < 0)
                {
                    (start, opened) = (offset, Math.Min(end + 1, text.Length));
                    language = line[(line.LastIndexOf(Fence, StringComparison.Ordinal) + Fence.Length)..].Trim();
                }
                else
                {
                    yield return (text[opened..offset], language, true, start, end);
                    opened = -1;
                }
            }

            offset = end + 1;
        }

        if (opened >= 0)
            yield return (text[opened..], language, false, start, text.Length);
    }

    /// <summary>A closing fence begins its line; an opening one may stand at the end of a line of prose.</summary>
    private static bool IsFence(string line, bool inside) =>
        line.StartsWith(Fence, StringComparison.Ordinal) || (!inside && (line.TrimEnd().EndsWith("```python", StringComparison.Ordinal) || line.TrimEnd().EndsWith("```py", StringComparison.Ordinal)));
}
