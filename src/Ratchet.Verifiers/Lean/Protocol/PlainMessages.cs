using System.Globalization;

namespace Ratchet.Verifiers.Lean.Protocol;

/// <summary>
/// Reads the messages that <c>lean</c> writes without <c>--json</c>: <c>file:line:column: error: text</c>, further lines of a text as they are.
/// Information has no place there, so lines that begin no error or warning are information of their own.
/// </summary>
internal static class PlainMessages
{
    /// <summary>Messages in order. Each line of information is one message.</summary>
    /// <param name="output">Standard output of <c>lean</c>.</param>
    /// <param name="file">The file's name as it was given to <c>lean</c>.</param>
    /// <param name="isOwn">Whether a line is one that the asker had printed and that therefore ends a message.</param>
    public static IReadOnlyList<LeanMessage> Read(string output, string file, Func<string, bool> isOwn)
    {
        var messages = new List<LeanMessage>();
        LeanMessage? open = null;
        foreach (var line in output.TrimEnd('\n').Split('\n'))
        {
            if (Head(line, file) is { } head)
            {
                Close();
                open = head;
            }
            else if (open is not null && !isOwn(line))
            {
                open = open with { Text = open.Text + "\n" + line };
            }
            else
            {
                Close();
                if (line.Length > 0)
                    messages.Add(new LeanMessage(LeanSeverity.Information, null, null, line));
            }
        }

        Close();
        return messages;

        void Close()
        {
            if (open is not null)
                messages.Add(open with { Text = open.Text.TrimEnd() });
            open = null;
        }
    }

    private static LeanMessage? Head(string line, string file)
    {
        if (!line.StartsWith(file + ":", StringComparison.Ordinal))
            return null;
        var rest = line.AsSpan(file.Length + 1);
        if (!Number(ref rest, out var row) || !Number(ref rest, out var column) || row < 1)
            return null;
        rest = rest.TrimStart(' ');
        foreach (var (word, severity) in ((string, LeanSeverity)[])[("error", LeanSeverity.Error), ("warning", LeanSeverity.Warning), ("info", LeanSeverity.Information)])
        {
            // A named error stands as "error(name): ...".
            if (!rest.StartsWith(word, StringComparison.Ordinal) || rest.Length <= word.Length || rest[word.Length] is not (':' or '('))
                continue;
            var colon = rest.IndexOf(": ");
            var text = colon < 0 ? rest[(rest.IndexOf(':') + 1)..] : rest[(colon + 2)..];
            return new LeanMessage(severity, new LeanPosition(row, column), null, text.ToString());
        }

        return null;
    }

    private static bool Number(ref ReadOnlySpan<char> rest, out int value)
    {
        value = 0;
        var colon = rest.IndexOf(':');
        if (colon < 0 || !int.TryParse(rest[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out value))
            return false;
        rest = rest[(colon + 1)..];
        return true;
    }
}
