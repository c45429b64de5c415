
namespace Ratchet.Verifiers.Lean;

/// <summary>A whole Lean file that is to be checked: the statement with the attempt's text in the place of the proof.</summary>
/// <remarks>Made by <see cref="LeanStatement"/>. Knows which places of the file are places of the attempt's text.</remarks>
public sealed class LeanSource
{
    private readonly int[] _attemptLines;
    private readonly int _indent;
    private readonly bool[] _indented;

    internal LeanSource(LeanStatement statement, string attempt, string text, int firstLine, int indent, bool[] indented, string marker)
    {
        Statement = statement;
        Attempt = attempt;
        Text = text;
        FirstLine = firstLine;
        _indent = indent;
        _indented = indented;
        Marker = marker;
        _attemptLines = LineStarts(attempt);
        HeaderLines = statement.Header.Count(c => c == '\n');
    }

    /// <summary>The statement that is asked for.</summary>
    public LeanStatement Statement { get; }

    /// <summary>The attempt's text as it was given.</summary>
    public string Attempt { get; }

    /// <summary>The whole file.</summary>
    public string Text { get; }

    /// <summary>The imports at the head of the file, a line end after each line; empty where nothing is imported.</summary>
    public string Header => Statement.Header;

    /// <summary>The file without <see cref="Header"/>: what an environment that has the imports is given.</summary>
    public string Body => Text[Header.Length..];

    /// <summary>Number of lines of <see cref="Header"/>.</summary>
    public int HeaderLines { get; }

    /// <summary>
    /// A text that Lean prints when it has read past the proof. It is a hash of the whole file and so cannot stand in the attempt: only what
    /// Lean says between its two appearances, or at their lines, is taken for Lean's own word.
    /// </summary>
    public string Marker { get; }

    /// <summary>One-based line of the file on which the attempt's text begins.</summary>
    public int FirstLine { get; }

    /// <summary>One-based line of the file on which the first <see cref="Marker"/> is printed; the list of axioms is asked for on the next one.</summary>
    public int MarkerLine => FirstLine + _attemptLines.Length + 1;

    /// <summary>The place in the attempt's text, as a zero-based character offset, that a place of the file shows; -1 for a place outside.</summary>
    /// <param name="line">One-based line of the file.</param>
    /// <param name="column">Zero-based column, counted in code points as Lean counts.</param>
    public int AttemptOffset(int line, int column)
    {
        var index = line - FirstLine;
        if (index < 0 || index >= _attemptLines.Length)
            return -1;
        var offset = _attemptLines[index];
        var end = index + 1 < _attemptLines.Length ? _attemptLines[index + 1] - 1 : Attempt.Length;
        for (var left = column - (_indented[index] ? _indent : 0); left > 0 && offset < end; left--)
            offset += char.IsSurrogatePair(Attempt, offset) ? 2 : 1;
        return offset;
    }

    /// <summary>The range of the attempt's text that a range of the file shows, cut to the attempt; (-1, -1) where they do not meet.</summary>
    /// <param name="start">First place.</param>
    /// <param name="end">Place after the last, or null for the end of the line of <paramref name="start"/>.</param>
    internal (int Start, int End) AttemptRange(LeanPosition start, LeanPosition? end)
    {
        var last = end ?? start with { Column = int.MaxValue };
        if (last.Line < FirstLine || start.Line >= FirstLine + _attemptLines.Length)
            return (-1, -1);
        var from = start.Line < FirstLine ? 0 : AttemptOffset(start.Line, start.Column);
        var to = last.Line >= FirstLine + _attemptLines.Length ? Attempt.Length : AttemptOffset(last.Line, last.Column);
        return (from, Math.Max(from, to));
    }

    internal static int[] LineStarts(string text)
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n')
                starts.Add(i + 1);
        }

        return [.. starts];
    }
}
