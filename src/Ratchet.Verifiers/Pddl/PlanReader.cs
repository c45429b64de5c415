using System.Buffers;
using Ratchet.Verifiers.Pddl.Syntax;

namespace Ratchet.Verifiers.Pddl;

/// <summary>Reads plans in the form of the planning competitions: one action in parentheses a line.</summary>
/// <remarks>
/// Also taken: comments after <c>;</c>, empty lines, a number or time stamp before the action (<c>1.</c>, <c>1)</c>, <c>0.000:</c>, <c>step 1:</c>), a
/// duration after it (<c>[1.0]</c>), several actions in a line, upper case. Everything else is a mistake with its place.
/// </remarks>
public static class PlanReader
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789. ");

    /// <summary>Longest plan that is read, in characters.</summary>
    public const int MaxLength = 1 << 20;

    /// <summary>The steps of a plan, in the order of the text.</summary>
    /// <exception cref="PddlException">There are mistakes: all of them, at most 100.</exception>
    public static IReadOnlyList<PlanStep> Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var source = new SourceText("plan", text);
        var steps = new List<PlanStep>();
        if (text.Length > MaxLength)
            source.Error(0, $"The plan has {text.Length} characters; at most {MaxLength} are read.");
        else
            ReadLines(source, steps);
        source.ThrowIfWrong();
        return steps;
    }

    private static void ReadLines(SourceText source, List<PlanStep> steps)
    {
        var text = source.Text;
        for (var start = 0; start < text.Length;)
        {
            var end = NodeReader.EndOfLine(text, start);
            var comment = text.IndexOf(';', start, end - start);
            ReadLine(source, start, comment < 0 ? end : comment, steps);
            start = end + 1;
        }
    }

    private static void ReadLine(SourceText source, int start, int end, List<PlanStep> steps)
    {
        var text = source.Text;
        var at = Skip(text, Prefix(text, start, end), end);
        while (at < end)
        {
            if (text[at] == '[' && text.IndexOf(']', at, end - at) is >= 0 and var close && IsNumber(text.AsSpan(at + 1, close - at - 1)))
            {
                at = Skip(text, close + 1, end);
                continue;
            }

            if (text[at] != '(')
            {
                source.Error(at, $"An action such as (pick-up a) is expected, not '{NodeReader.Shown(text[at..end].TrimEnd())}'.");
                return;
            }

            var closing = text.IndexOf(')', at, end - at);
            if (closing < 0)
            {
                source.Error(at, "This '(' is not closed in the same line.");
                return;
            }

            Step(source, at, closing + 1, steps);
            at = Skip(text, closing + 1, end);
        }
    }

    private static void Step(SourceText source, int start, int end, List<PlanStep> steps)
    {
        var words = source.Text[(start + 1)..(end - 1)].ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
            source.Error(start, "An action's name is expected after '('.");
        else if (words.FirstOrDefault(w => w.Contains('(', StringComparison.Ordinal)) is not null)
            source.Error(start, "An action's arguments are names, not lists.");
        else
            steps.Add(new PlanStep(words[0], words[1..], start, end));
    }

    /// <summary>The place after a step number or time stamp.</summary>
    private static int Prefix(string text, int start, int end)
    {
        var at = Skip(text, start, end);
        if (text.AsSpan(at, end - at).StartsWith("step", StringComparison.OrdinalIgnoreCase))
            at = Skip(text, at + 4, end);
        var digits = at;
        while (at < end && (char.IsAsciiDigit(text[at]) || (text[at] == '.' && at + 1 < end && char.IsAsciiDigit(text[at + 1]))))
            at++;
        return at > digits && at < end && text[at] is (':' or '.' or ')') ? at + 1 : start;
    }

    private static int Skip(string text, int at, int end)
    {
        while (at < end && char.IsWhiteSpace(text[at]))
            at++;
        return at;
    }

    private static bool IsNumber(ReadOnlySpan<char> text) => !text.IsEmpty && text.IndexOfAnyExcept(NumberCharacters) < 0;
}
