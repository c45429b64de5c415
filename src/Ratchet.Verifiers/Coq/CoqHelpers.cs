using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Coq;

/// <summary>Lemmas and definitions that an attempt brings along before its proof.</summary>
internal static class CoqHelpers
{
    private static readonly HashSet<string> Stated = new(StringComparer.Ordinal) { "Lemma", "Theorem", "Fact", "Remark", "Corollary", "Proposition", "Property" };
    private static readonly HashSet<string> Defined = new(StringComparer.Ordinal) { "Definition", "Fixpoint", "Inductive" };

    /// <summary>How many of an attempt's sentences come before the proof of the theorem itself, and what is forbidden among them.</summary>
    /// <remarks>
    /// A helper is a statement with its proof up to <c>Qed.</c>, or a definition that is complete in its sentence. No attributes or modifiers, and
    /// in the proofs what <see cref="CoqFilter"/> lets through.
    /// </remarks>
    public static (int Count, Feedback? Forbidden) Count(IReadOnlyList<CoqSentence> sentences)
    {
        var at = 0;
        while (at < sentences.Count)
        {
            var word = CoqSelector.Word(sentences[at].Text, 0);
            if (Defined.Contains(word) && sentences[at].Text.Contains(":=", StringComparison.Ordinal))
            {
                at++;
                continue;
            }

            if (!Stated.Contains(word))
                break;
            var end = at + 1;
            while (end < sentences.Count && !CoqFilter.IsClosing(sentences[end]))
                end++;
            if (end == sentences.Count)
                return (at, new Feedback(sentences[at].Start, sentences[at].End, "The proof of this lemma has no Qed."));
            if (CoqFilter.Check([.. sentences.Skip(at + 1).Take(end - at)], mayClose: true) is { } forbidden)
                return (at, forbidden);
            at = end + 1;
        }

        return (at, null);
    }
}
