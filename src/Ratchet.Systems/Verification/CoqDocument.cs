using Ratchet.Problems;

namespace Ratchet.Systems.Verification;

/// <summary>
/// Theorems of a Coq script. The statement is everything up to and with the theorem's own sentence; the proof is what stands between
/// <c>Proof.</c> and <c>Qed.</c>, or up to the end of an unfinished one. What ends a proof without finishing it (<c>Admitted.</c>) stays in
/// the proof, so that a verifier sees it.
/// </summary>
internal sealed class CoqDocument : IProofDocument
{
    private static readonly string[] TheoremWords = ["Theorem", "Lemma", "Example", "Fact", "Remark", "Corollary", "Proposition", "Property"];
    private static readonly string[] Modifiers = ["Local", "Global", "Polymorphic", "Monomorphic", "Program"];
    private static readonly string[] Finishers = ["Qed.", "Defined."];
    private static readonly string[] Leavers = ["Admitted.", "Abort.", "Save"];

    public IReadOnlyList<DocumentProof> Read(string text) => [.. Theorems(text).Select(t => new DocumentProof(t.Name, text, ..t.Sentence.End, t.Proof))];

    /// <summary>The theorems of a script, each with the place of the sentence that states it and of its proof.</summary>
    /// <exception cref="StatementException">There is none.</exception>
    internal static IReadOnlyList<(string Name, Range Sentence, Range Proof)> Theorems(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var sentences = CoqSentences.Split(text);
        var found = new List<(string, Range, Range)>();
        for (var i = 0; i < sentences.Count; i++)
        {
            if (TheoremName(text[sentences[i]]) is not { } name)
                continue;
            var statement = sentences[i];
            if (i + 1 < sentences.Count && IsProofWord(text[sentences[i + 1]]))
                i++;
            var proofStart = i + 1 < sentences.Count ? sentences[i + 1].Start.Value : text.Length;
            var proofEnd = proofStart;
            while (++i < sentences.Count)
            {
                var sentence = text[sentences[i]];
                if (Array.IndexOf(Finishers, sentence) >= 0)
                    break;
                proofEnd = sentences[i].End.Value;
                if (Array.Exists(Leavers, l => sentence.StartsWith(l, StringComparison.Ordinal)))
                    break;
            }

            found.Add((name, statement, proofStart..proofEnd));
        }

        return found.Count > 0 ? found : throw new StatementException("There is no theorem in this text (Theorem, Lemma, Example, Fact, Remark, Corollary, Proposition).", 0);
    }

    private static bool IsProofWord(string sentence) => sentence is "Proof." || sentence.StartsWith("Proof with ", StringComparison.Ordinal) || sentence.StartsWith("Proof using", StringComparison.Ordinal);

    /// <summary>Name of the theorem that a sentence states, or null where it states none.</summary>
    internal static string? TheoremName(string sentence)
    {
        var words = sentence.Split([' ', '\t', '\r', '\n', ':', '(', '{', '['], 8, StringSplitOptions.RemoveEmptyEntries);
        var at = 0;
        while (at < words.Length && Array.IndexOf(Modifiers, words[at]) >= 0)
            at++;
        return at + 1 < words.Length && Array.IndexOf(TheoremWords, words[at]) >= 0 ? words[at + 1] : null;
    }
}
