using System.Text;
using Ratchet.Verdicts;

namespace Ratchet.Cli;

/// <summary>Shows a text with a verifier's messages under the places that they point at.</summary>
internal static class Carets
{
    /// <summary>The text's lines, each with a line of carets and messages below where there is feedback.</summary>
    public static string Render(string text, IReadOnlyList<Feedback> feedback)
    {
        var result = new StringBuilder();
        var start = 0;
        foreach (var line in text.Split('\n'))
        {
            result.Append("  ").Append(line.Replace('\t', ' ')).Append('\n');
            var end = start + line.Length;
            foreach (var f in feedback.Where(f => f.Start >= start && (f.Start < end || f.Start == end)))
            {
                // Feedback that runs over the end of a line is marked to the end; one at the very end gets one caret.
                var length = Math.Max(1, Math.Min(f.End, end) - f.Start);
                result.Append("  ").Append(' ', f.Start - start).Append('^', length).Append(' ').Append(f.Message.Replace("\n", "\n  " + new string(' ', f.Start - start + length + 1))).Append('\n');
            }

            start = end + 1;
        }

        foreach (var f in feedback.Where(f => f.Start < 0 || f.Start >= start))
            result.Append("  ").Append(f.Message).Append('\n');
        return result.ToString();
    }
}
