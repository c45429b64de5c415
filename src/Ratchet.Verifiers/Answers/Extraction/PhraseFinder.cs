namespace Ratchet.Verifiers.Answers.Extraction;

/// <summary>Finds phrases that announce the answer.</summary>
internal static class PhraseFinder
{
    // An answer is announced near the end; what lies before is not searched.
    private const int MaxTail = 100_000;

    // Longer ones first: of two at one place the longer is taken.
    private static readonly (string Words, bool IsFinal)[] Phrases =
    [
        ("final answer is:", true), ("final answer is", true), ("final answer:", true), ("final answer**", true), ("最终答案是", true), ("最终答案为", true), ("最终答案：", true), ("最终答案:", true),
        ("answer is:", false), ("answer is", false), ("answers are", false), ("answer:", false), ("answer:**", false),
        ("答案是", false), ("答案为", false), ("答案：", false), ("答案:", false), ("答案选", false), ("故选", false), ("因此选", false), ("所以选", false),
    ];

    /// <summary>What the last such phrase announces: from after it to the end of its sentence. Null where there is none with something after it.</summary>
    public static (int Start, int End, bool IsFinal)? Find(string text)
    {
        (int Start, int End, bool IsFinal)? best = null;
        var tail = Math.Max(0, text.Length - MaxTail);
        foreach (var (words, isFinal) in Phrases)
        {
            var at = text.AsSpan(tail).LastIndexOf(words, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
                continue;
            var start = SkipMarks(text, tail + at + words.Length);
            if (start >= text.Length || (best is { } other && start <= other.Start))
                continue;
            var end = SentenceFinder.EndOf(text, start);
            if (end > start)
                best = (start, end, isFinal);
        }

        return best;
    }

    private static int SkipMarks(string text, int at)
    {
        while (at < text.Length && (char.IsWhiteSpace(text[at]) || text[at] is '*' or ':' or '：' or '_'))
            at++;
        return at;
    }
}
