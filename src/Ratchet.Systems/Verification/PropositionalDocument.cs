using System.Text.RegularExpressions;
using Ratchet.Problems;

namespace Ratchet.Systems.Verification;

/// <summary>
/// Propositional theorems of a Coq script, such as <c>ratchet export proofs</c> writes: <c>Theorem name : forall A B : Prop, formula.</c>, where
/// the proof begins with <c>intros A B.</c>; or a formula without quantifier.
/// </summary>
internal sealed partial class PropositionalDocument : IProofDocument
{
    private static readonly CoqDocument Coq = new();

    public IReadOnlyList<DocumentProof> Read(string text)
    {
        var found = new List<DocumentProof>();
        foreach (var theorem in Coq.Read(text))
        {
            var sentence = theorem.Statement[CoqSentences.Split(theorem.Statement)[^1].Start..];
            var parts = Parts().Match(sentence);
            if (!parts.Success)
                throw new StatementException($"The theorem {theorem.Name} is not of the form 'Theorem name : forall A B : Prop, formula.'.", theorem.Statement.Length - sentence.Length);
            var skip = 0;
            if (parts.Groups["names"].Success)
            {
                var intros = "intros " + Spaces().Replace(parts.Groups["names"].Value.Trim(), " ") + ".";
                // The kernel's statement has no quantifier, so its proof starts after the atoms are named.
                if (!theorem.Proof.StartsWith(intros, StringComparison.Ordinal))
                    throw new StatementException($"The proof of {theorem.Name} does not begin with '{intros}'.", theorem.ProofStart);
                skip = intros.Length;
            }

            found.Add(new(theorem.Name, parts.Groups["formula"].Value, theorem.Proof[skip..], theorem.ProofStart + skip));
        }

        return found;
    }

    [GeneratedRegex(@"\A\w+\s+[\w']+\s*:\s*(?:forall\s+(?<names>[\w'\s]+?)\s*:\s*Prop\s*,\s*)?(?<formula>.*)\.\z", RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Parts();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();
}
