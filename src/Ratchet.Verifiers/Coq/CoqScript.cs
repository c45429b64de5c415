using Ratchet.Problems;

namespace Ratchet.Verifiers.Coq;

/// <summary>A theorem of a script.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sentence">Place of the sentence that states it.</param>
/// <param name="Proof">Place of its proof, without <c>Proof.</c> and <c>Qed.</c>; what ends it without finishing it (<c>Admitted.</c>) belongs to it.</param>
public sealed record CoqTheorem(string Name, Range Sentence, Range Proof);

/// <summary>Finds the theorems of a whole script, such as a <c>.v</c> file.</summary>
public static class CoqScript
{
    private static readonly string[] TheoremWords = ["Theorem", "Lemma", "Example", "Fact", "Remark", "Corollary", "Proposition", "Property"];
    private static readonly string[] AssumingWords = ["Axiom", "Axioms", "Parameter", "Parameters", "Conjecture", "Conjectures"];
    private static readonly string[] SectionWords = ["Variable", "Variables", "Hypothesis", "Hypotheses", "Context"];
    private static readonly string[] Leavers = ["Admitted.", "Abort."];

    /// <summary>The theorems in their order, unfinished ones included; at least one.</summary>
    /// <remarks>
    /// A script that assumes something outside sections is refused: all of its theorems could rest on that, and they would look proved. What a
    /// section assumes becomes part of its theorems.
    /// </remarks>
    /// <exception cref="StatementException">The text cannot be split into sentences, has no theorem, or assumes something.</exception>
    public static IReadOnlyList<CoqTheorem> Theorems(string text)
    {
        var sentences = Split(text);
        RefuseAssumptions(sentences);
        var found = new List<CoqTheorem>();
        for (var i = 0; i < sentences.Count; i++)
        {
            var (word, end) = CoqStatement.FirstWord(sentences[i].Text);
            if (Array.IndexOf(TheoremWords, word) < 0)
                continue;
            var statement = sentences[i];
            if (i + 1 < sentences.Count && (sentences[i + 1].Normal is "Proof." || sentences[i + 1].Normal.StartsWith("Proof using", StringComparison.Ordinal)))
                i++;
            var (from, to) = (sentences[i].End, sentences[i].End);
            var first = i + 1;
            while (++i < sentences.Count && !CoqFilter.IsClosing(sentences[i]))
            {
                (from, to) = (sentences[first].Start, sentences[i].End);
                if (Array.IndexOf(Leavers, sentences[i].Normal) >= 0)
                    break;
            }

            found.Add(new(Name(statement.Text, end), statement.Start..statement.End, from..to));
        }

        return found.Count > 0 ? found : throw new StatementException($"There is no theorem in this text ({string.Join(", ", TheoremWords)}).", 0);
    }

    /// <summary>Places of the sentences of a text, comments between them left out; bullets and braces are sentences.</summary>
    /// <exception cref="StatementException">The text cannot be split.</exception>
    public static IReadOnlyList<Range> Sentences(string text) => [.. Split(text).Select(s => s.Start..s.End)];

    private static List<CoqSentence> Split(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return CoqSplitter.Split(text);
        }
        catch (CoqSyntaxException e)
        {
            throw new StatementException(e.Message, e.Start);
        }
    }

    private static string Name(string sentence, int at)
    {
        while (at < sentence.Length && char.IsWhiteSpace(sentence[at]))
            at++;
        return at < sentence.Length ? CoqSelector.Word(sentence, at) : "";
    }

    private static void RefuseAssumptions(List<CoqSentence> sentences)
    {
        // True for a section, false for a module, from the outermost in.
        var open = new Stack<bool>();
        foreach (var sentence in sentences)
        {
            var (word, _) = CoqStatement.FirstWord(sentence.Text);
            if (word == "Section" || (word == "Module" && !sentence.Text.Contains(":=", StringComparison.Ordinal)))
                open.Push(word == "Section");
            else if (word == "End")
                open.TryPop(out _);
            else if (Array.IndexOf(AssumingWords, word) >= 0 || (Array.IndexOf(SectionWords, word) >= 0 && !open.Contains(true)))
                throw new StatementException($"The text assumes something (\"{word}\"), on which every theorem in it could rest: make it a hypothesis of the theorem.", sentence.Start);
        }
    }
}
