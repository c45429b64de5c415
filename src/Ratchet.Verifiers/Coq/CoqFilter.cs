using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Coq;

/// <summary>
/// Decides, before Coq sees a text, whether it is nothing but the inside of a proof. Coq's commands begin with capitals and its tactics do
/// not, so a short list of what may begin a sentence keeps out every command: those that add axioms, change options or statements, write
/// files, load code, or end the proof early.
/// </summary>
/// <remarks>
/// It works on the sentences of <see cref="CoqSplitter"/>, whose comments are blanked: what is judged here is what Coq is sent. Should Coq end
/// a sentence sooner than the splitter, it drops the rest unread; should it end one later, it refuses it. Neither lets a command through.
/// </remarks>
internal static class CoqFilter
{
    private const int MostSelectors = 8;

    // Tactics that run programs of an extension language, which can start processes.
    private static readonly HashSet<string> ForbiddenTactics = new(StringComparer.Ordinal) { "elpi", "ltac2", "par" };

    /// <summary>Checks the sentences of a proof.</summary>
    /// <param name="sentences">Sentences.</param>
    /// <param name="mayClose">Whether the last one may be <c>Qed.</c> or <c>Defined.</c></param>
    /// <returns>What is forbidden, with its offsets, or null.</returns>
    public static Feedback? Check(IReadOnlyList<CoqSentence> sentences, bool mayClose)
    {
        for (var i = 0; i < sentences.Count; i++)
        {
            if (Forbidden(sentences[i], mayClose && i == sentences.Count - 1) is { } feedback)
                return feedback;
        }

        return null;
    }

    /// <summary>Whether a sentence is <c>Qed.</c> or <c>Defined.</c></summary>
    public static bool IsClosing(CoqSentence sentence) => sentence.Normal is "Qed." or "Defined.";

    private static Feedback? Forbidden(CoqSentence sentence, bool mayClose)
    {
        var text = sentence.Text;
        if (sentence.Normal is "Proof." or "Unshelve." || (mayClose && IsClosing(sentence)))
            return null;
        var at = 0;
        for (var selectors = 0; CoqSelector.Length(text, at) is > 0 and var length; selectors++)
        {
            if (CoqSelector.Word(text, at) == "par" || selectors == MostSelectors)
                return Refuse(at, length);
            at += length;
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            if (at == text.Length)
                return Refuse(0, text.Length);
        }

        var first = text[at];
        var word = CoqSelector.Word(text, at);
        if (word.Length == 0)
            return first is '#' or '"' or '.' or '@' or '`' || char.IsControl(first) ? Refuse(at, 1) : ForbiddenInside();
        if (char.IsLower(first) || (first == '_' && word.Length > 1))
            return ForbiddenInside();

        // A tactic of a module, such as Nat.order: the dot of the sentence would be followed by white space.
        var dot = at + word.Length;
        if (char.IsUpper(first) && dot + 1 < text.Length && text[dot] == '.' && char.IsLetter(text[dot + 1]))
            return ForbiddenInside();
        return Refuse(at, word.Length);

        Feedback Refuse(int offset, int length) => new(
            sentence.Start + offset,
            sentence.Start + offset + length,
            $"A proof may not contain \"{text.Substring(offset, length).Trim()}\" here: only tactics, bullets, braces and goal selectors are read.");

        Feedback? ForbiddenInside()
        {
            foreach (var (start, token) in Words(text))
            {
                if (ForbiddenTactics.Contains(token) && (token != "par" || CoqSelector.Length(text, start) > 0))
                    return Refuse(start, token.Length);
            }

            return null;
        }
    }

    /// <summary>The words of a sentence outside strings.</summary>
    private static IEnumerable<(int Start, string Word)> Words(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            if (text[i] == '"')
            {
                i = text.IndexOf('"', i + 1) is >= 0 and var end ? end + 1 : text.Length;
                continue;
            }

            var word = CoqSelector.Word(text, i);
            if (word.Length > 0)
                yield return (i, word);
            i += Math.Max(1, word.Length);
        }
    }
}
