using Ratchet.Verifiers.Answers.Extraction;

namespace Ratchet.Verifiers.Answers;

/// <summary>Finds the final answer in the text of a solution.</summary>
/// <remarks>
/// In this order, as far as the profile allows each: after the last <c>####</c>; a sentence "Final answer: ..." behind the last box; the last
/// box, or several boxes that stand side by side as one list; after the last phrase such as "the answer is" or 答案是; the whole text where it
/// is one short line; the last formula or number of the last sentence with one. One pass over the text for each: linear in its length.
/// </remarks>
public static class AnswerExtractor
{
    private const int MaxWholeLength = 300;

    /// <summary>The final answer of a solution.</summary>
    /// <param name="solution">Text of any length.</param>
    /// <param name="profile">Where to look, and what several boxes mean.</param>
    public static ExtractedAnswer Extract(string solution, AnswerProfile profile)
    {
        ArgumentNullException.ThrowIfNull(solution);
        ArgumentNullException.ThrowIfNull(profile);
        if (profile.Places.HasFlag(AnswerPlaces.HashMark) && HashMark(solution) is var (markStart, markEnd))
            return At(solution, markStart, markEnd, AnswerPlaces.HashMark);
        var boxes = profile.Places.HasFlag(AnswerPlaces.Box) ? BoxFinder.Groups(solution) : [];
        var phrase = profile.Places.HasFlag(AnswerPlaces.Phrase) ? PhraseFinder.Find(solution) : null;
        if (phrase is { IsFinal: true } final && (boxes.Count == 0 || final.Start > boxes[^1].End))
            return Narrowed(solution, final.Start, final.End, AnswerPlaces.Phrase, profile);
        if (boxes.Count > 0)
            return Boxed(boxes, profile);
        if (phrase is { } found)
            return Narrowed(solution, found.Start, found.End, AnswerPlaces.Phrase, profile);
        if (profile.Places.HasFlag(AnswerPlaces.Whole) && Whole(solution, profile) is { } whole)
            return whole;
        if (profile.Places.HasFlag(AnswerPlaces.LastFormula) && SentenceFinder.LastWithValue(solution) is var (start, end))
        {
            var (from, to) = SentenceFinder.Narrow(solution, start, end);
            return At(solution, from, to, AnswerPlaces.LastFormula);
        }

        return new ExtractedAnswer();
    }

    /// <summary>
    /// The answer in a reference: its last box or what follows <c>####</c>, and the whole of it where it has neither.
    /// </summary>
    public static string FromReference(string reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        if (BoxFinder.Groups(reference) is { Count: > 0 } boxes)
            return boxes[^1].Text;
        return HashMark(reference) is var (start, end) ? reference[start..end] : reference;
    }

    private static ExtractedAnswer At(string solution, int start, int end, AnswerPlaces place) => new() { Text = solution[start..end].Trim(), Start = start, End = end, Place = place };

    private static ExtractedAnswer Boxed(IReadOnlyList<BoxGroup> boxes, AnswerProfile profile)
    {
        var last = boxes[^1];
        if (profile.SeveralBoxes != SeveralBoxes.Last)
        {
            var differs = boxes.Take(boxes.Count - 1).DistinctBy(b => b.Text, StringComparer.Ordinal).Take(20)
                .Any(b => !AnswerGrader.Compare(last.Text, b.Text, profile).IsEqual);
            if (differs)
                return new ExtractedAnswer { HasSeveral = true };
        }

        return new ExtractedAnswer { Text = last.Text, Start = last.Start, End = last.End, Place = AnswerPlaces.Box };
    }

    /// <summary>A sentence with the answer in it, cut down to the answer where it is no answer as it stands.</summary>
    private static ExtractedAnswer Narrowed(string solution, int start, int end, AnswerPlaces place, AnswerProfile profile)
    {
        if (profile.Choices || !SentenceFinder.IsProse(solution.AsSpan(start, end - start)))
            return At(solution, start, end, place);
        var (from, to) = SentenceFinder.Narrow(solution, start, end);
        return At(solution, from, to, place);
    }

    private static ExtractedAnswer? Whole(string solution, AnswerProfile profile)
    {
        var text = solution.AsSpan().Trim();
        if (text.Length is 0 or > MaxWholeLength)
            return null;
        var start = solution.AsSpan().IndexOf(text, StringComparison.Ordinal);
        var isSentences = SentenceFinder.HasWords(text) && text.Contains('\n');
        var isProse = !profile.Choices && profile.Places.HasFlag(AnswerPlaces.LastFormula) && SentenceFinder.IsProse(text);
        return isSentences || isProse ? null : At(solution, start, start + text.Length, AnswerPlaces.Whole);
    }

    private static (int Start, int End)? HashMark(string text)
    {
        for (var at = text.Length; at > 0;)
        {
            at = text.LastIndexOf("####", at - 1, StringComparison.Ordinal);
            if (at < 0)
                return null;
            if (at == 0 || text[at - 1] is '\n' or '\r' or ' ')
            {
                var start = at + 4;
                var end = text.IndexOf('\n', start);
                end = end < 0 ? text.Length : end;
                if (!text.AsSpan(start, end - start).IsWhiteSpace())
                    return (start, end);
            }
        }

        return null;
    }
}
