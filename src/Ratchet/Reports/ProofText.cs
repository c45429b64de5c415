using Ratchet.Verdicts;

namespace Ratchet.Reports;

/// <summary>Shows a proof one sentence a line, with the verifier's messages under the places that they point at.</summary>
internal static class ProofText
{
    public static Markup Render(string text, IReadOnlyList<Feedback> feedback)
    {
        var lines = Lines(text);
        var placed = feedback.Where(f => f.Start >= 0).Select(f => (Message: f, Line: LineOf(lines, f.Start))).ToList();
        var body = lines.Select((line, i) =>
        {
            var here = placed.Where(p => p.Line == i).Select(p => p.Message).ToList();
            var notes = here.Select(f => Markup.Of($"""
                <span class="note" style="--column:{Math.Clamp(f.Start - line.Start, 0, line.End - line.Start)}">{f.Message}</span>
                """));
            return Markup.Of($"""<code>{Marked(text, line, here)}</code>{notes}""");
        });
        var rest = feedback.Where(f => f.Start < 0).Select(f => Markup.Of($"""<span class="note" style="--column:0">{f.Message}</span>"""));
        return Markup.Of($"""<div class="proof">{body}{rest}</div>""");
    }

    /// <summary>Lines as offsets: text breaks at line ends, and after a sentence's full stop.</summary>
    internal static IReadOnlyList<(int Start, int End)> Lines(string text)
    {
        var lines = new List<(int, int)>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n')
            {
                lines.Add((start, i));
                start = i + 1;
            }
            else if (text[i] == '.' && i + 1 < text.Length && text[i + 1] == ' ')
            {
                lines.Add((start, i + 1));
                start = i + 2;
            }
        }

        if (start < text.Length || lines.Count == 0)
            lines.Add((start, text.Length));
        return lines;
    }

    private static int LineOf(IReadOnlyList<(int Start, int End)> lines, int position)
    {
        for (var i = lines.Count - 1; i > 0; i--)
        {
            if (position >= lines[i].Start)
                return i;
        }

        return 0;
    }

    private static Markup Marked(string text, (int Start, int End) line, List<Feedback> feedback)
    {
        if (line.Start == line.End)
            return Markup.Text(" ");
        if (feedback.Count == 0)
            return Markup.Text(text[line.Start..line.End]);
        var from = Math.Clamp(feedback.Min(f => f.Start), line.Start, line.End);
        var to = Math.Clamp(feedback.Max(f => f.End), from, line.End);
        return Markup.Of($"{text[line.Start..from]}<mark>{(to == from && from == line.End ? "\u2423" : text[from..to])}</mark>{text[to..line.End]}");
    }
}
