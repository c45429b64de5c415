using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Problems;

namespace Ratchet.Domains.Propositional.Proving;

/// <summary>Finds the subgoals in what a planner wrote.</summary>
internal static class PlanText
{
    private const string Word = "assert";
    private const int MostSteps = 64;

    public static IReadOnlyList<string> Read(string text)
    {
        var found = new List<string>();
        for (var place = text.IndexOf(Word, StringComparison.Ordinal); place >= 0 && found.Count < MostSteps; place = text.IndexOf(Word, place + Word.Length, StringComparison.Ordinal))
        {
            var open = place + Word.Length;
            while (open < text.Length && char.IsWhiteSpace(text[open]))
                open++;
            if (open < text.Length && text[open] == '(' && Inside(text, open) is { } inside)
                Add(found, inside);
        }

        if (found.Count > 0)
            return found;
        foreach (var line in text.Split('\n'))
        {
            // "1. A -> B" and "- A -> B" are lines of a list.
            if (found.Count < MostSteps)
                Add(found, line.Trim().TrimStart('-', '*', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.', ')', ' '));
        }

        return found;
    }

    /// <summary>What stands between a parenthesis and its partner; null where there is none.</summary>
    private static string? Inside(string text, int open)
    {
        var depth = 0;
        for (var i = open; i < text.Length; i++)
        {
            depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            if (depth == 0)
                return text[(open + 1)..i];
        }

        return null;
    }

    private static void Add(List<string> found, string text)
    {
        try
        {
            found.Add(FormulaPrinter.Print(FormulaParser.ReadStatement(text)));
        }
        catch (StatementException)
        {
            // No formula: a planner writes prose too.
        }
    }
}
