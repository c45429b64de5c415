namespace Ratchet.Verifiers.Answers.Comparing;

/// <summary>Compares choices by their letters.</summary>
internal static class ChoiceComparer
{
    private static readonly string[] Openings = ["\\text{", "\\textbf{", "\\mathrm{", "\\mathbf{", "\\mbox{", "\\boxed{", "option ", "choice ", "answer ", "选项", "选", "$", "(", "（", "**", "\\(", "{", " ", ":", "："];

    public static AnswerComparison Compare(string reference, string answer)
    {
        if (LettersOf(reference) is not { } expected)
            return AnswerComparison.Undecided(AnswerReason.UnreadableReference, "the reference answer is no choice");
        if (LettersOf(answer) is not { } given)
            return AnswerComparison.Different(AnswerReason.OtherKind, "the answer names no choice");
        return expected == given
            ? AnswerComparison.Equal(AnswerReason.SameText, $"choice {expected}")
            : AnswerComparison.Different(AnswerReason.OtherText, $"choice {given} against {expected}");
    }

    /// <summary>The letter of a choice, or several in order (ACD; A, C and D); null where a text starts with none.</summary>
    internal static string? LettersOf(string text)
    {
        var rest = text.AsSpan().Trim();
        for (var cut = true; cut;)
        {
            cut = false;
            foreach (var opening in Openings)
            {
                if (rest.StartsWith(opening, StringComparison.OrdinalIgnoreCase))
                {
                    rest = rest[opening.Length..];
                    cut = true;
                }
            }
        }

        var letters = new SortedSet<char>();
        var end = 0;
        for (var i = 0; i < rest.Length; i++)
        {
            if (rest[i] is >= 'A' and <= 'J')
            {
                if (!letters.Add(rest[i]))
                    return null;
                end = i + 1;
            }
            else if (rest[i] is not (',' or ' ' or '、' or '，') || letters.Count == 0 || i + 1 >= rest.Length || rest[i + 1] is not (>= 'A' and <= 'J' or ' '))
            {
                break;
            }
        }

        if (letters.Count == 0 && rest.Length > 0 && rest[0] is >= 'a' and <= 'j')
        {
            letters.Add(char.ToUpperInvariant(rest[0]));
            end = 1;
        }

        // A word or a formula that only begins with such a letter is no choice.
        if (letters.Count == 0 || (end < rest.Length && !")）}].,:：、，;*$\\ ".Contains(rest[end], StringComparison.Ordinal)))
            return null;
        return string.Concat(letters);
    }
}
