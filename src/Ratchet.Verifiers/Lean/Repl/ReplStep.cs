namespace Ratchet.Verifiers.Lean.Repl;

/// <summary>A step in the form in which tactic mode and the finished proof have it: without empty lines around it, moved to the first column.</summary>
internal sealed class ReplStep
{
    private readonly List<(int Start, int Length)> _lines = [];

    /// <summary>Reads a step as it was written.</summary>
    public ReplStep(string step)
    {
        var lines = new List<string>();
        var starts = LeanSource.LineStarts(step);
        var indent = -1;
        for (var i = 0; i < starts.Length; i++)
        {
            var line = step[starts[i]..(i + 1 < starts.Length ? starts[i + 1] - 1 : step.Length)].TrimEnd();
            if (indent < 0 && line.Length == 0)
                continue;
            var own = line.Length - line.TrimStart(' ').Length;
            if (indent < 0)
                indent = own;
            var cut = Math.Min(indent, own);
            lines.Add(line[cut..]);
            _lines.Add((starts[i] + cut, line.Length - cut));
        }

        while (lines.Count > 0 && lines[^1].Length == 0)
            lines.RemoveAt(lines.Count - 1);
        Text = string.Join('\n', lines);
    }

    /// <summary>The step's text.</summary>
    public string Text { get; }

    /// <summary>The step as lines of a tactic block that is indented by two.</summary>
    public string Block => string.Join('\n', Text.Split('\n').Select(l => l.Length > 0 ? "  " + l : l));

    /// <summary>The character offset in the text as it was written that a one-based line and a zero-based column in code points show.</summary>
    public int Offset(int line, int column)
    {
        if (line < 1 || line > _lines.Count)
            return -1;
        var (start, length) = _lines[line - 1];
        var text = Text.Split('\n') is var lines && line <= lines.Length ? lines[line - 1] : "";
        var offset = 0;
        for (; column > 0 && offset < Math.Min(length, text.Length); column--)
            offset += char.IsSurrogatePair(text, offset) ? 2 : 1;
        return start + offset;
    }
}
