using System.Text.RegularExpressions;

namespace Ratchet.Verifiers.Answers.Extraction;

/// <summary>Finds boxed answers, in one pass whatever the text.</summary>
internal static partial class BoxFinder
{
    private const int MaxBetween = 60;
    private const int MaxJoined = 50;
    private static readonly string[] Commands = ["\\boxed", "\\fbox"];

    /// <summary>The boxes in order, those side by side (<c>\boxed{1}, \boxed{2}</c>) taken together as a list.</summary>
    public static IReadOnlyList<BoxGroup> Groups(string text)
    {
        var groups = new List<BoxGroup>();
        var joined = 0;
        foreach (var (start, contentStart, contentEnd, end) in Boxes(text))
        {
            var content = text[contentStart..contentEnd].Trim();
            if (groups.Count > 0 && joined < MaxJoined && IsJoint(text.AsSpan(groups[^1].End, start - groups[^1].End)))
            {
                groups[^1] = new(groups[^1].Text + ", " + content, groups[^1].Start, end);
                joined++;
            }
            else
            {
                groups.Add(new(content, start, end));
                joined = 0;
            }
        }

        return groups;
    }

    private static List<(int Start, int ContentStart, int ContentEnd, int End)> Boxes(string text)
    {
        var boxes = new List<(int Start, int ContentStart, int ContentEnd, int End)>();
        var open = new Stack<(int Brace, int Box)>();
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\':
                    var command = Array.Find(Commands, c => string.CompareOrdinal(text, i, c, 0, c.Length) == 0);
                    if (command is null)
                    {
                        // \{ and \} are no braces; of two backslashes, the second may begin a command.
                        if (i + 1 < text.Length && text[i + 1] is '{' or '}')
                            i++;
                        break;
                    }

                    var next = i + command.Length;
                    while (next < text.Length && text[next] is ' ')
                        next++;
                    if (next < text.Length && text[next] == '{')
                    {
                        open.Push((next, i));
                        i = next;
                    }
                    else if (next < text.Length && char.IsAsciiLetterOrDigit(text[next]) && (next > i + command.Length || char.IsAsciiDigit(text[next])))
                    {
                        var end = next;
                        while (end < text.Length && char.IsAsciiLetterOrDigit(text[end]))
                            end++;
                        boxes.Add((i, next, end, end));
                        i = end - 1;
                    }

                    break;
                case '{':
                    open.Push((i, -1));
                    break;
                case '}' when open.Count > 0:
                    var (brace, box) = open.Pop();
                    if (box >= 0)
                    {
                        // Boxes inside this one are part of its content.
                        while (boxes.Count > 0 && boxes[^1].Start > box)
                            boxes.RemoveAt(boxes.Count - 1);
                        boxes.Add((box, brace + 1, i, i + 1));
                    }

                    break;
            }
        }

        return boxes;
    }

    /// <summary>Whether what stands between two boxes only joins them: punctuation, "and", "or", "and y =".</summary>
    private static bool IsJoint(ReadOnlySpan<char> between) =>
        between.Length <= MaxBetween && !between.Contains('.') && (Joint().IsMatch(between) || EndsInConnector().IsMatch(between));

    [GeneratedRegex(@"^(?:\s|[$,;+、，；]|\\(?=\\)|\\$|\\[()\[\],; ]|\\q?quad|\\text\{|\}|\band\b|\bor\b|和|或|与|(?:[A-Za-z](?:_\{?\w{1,3}\}?)?\s*=))*$")]
    private static partial Regex Joint();

    [GeneratedRegex(@"^[^=\n]*(?:\band|\bor|和|或)\s*\}?\s*[$(\\\[ ]*$")]
    private static partial Regex EndsInConnector();
}

/// <summary>One box, or several side by side as a list.</summary>
/// <param name="Text">Content.</param>
/// <param name="Start">Offset of the first command.</param>
/// <param name="End">Offset after the last brace.</param>
internal readonly record struct BoxGroup(string Text, int Start, int End);
