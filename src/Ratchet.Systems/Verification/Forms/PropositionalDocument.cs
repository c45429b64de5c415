using System.Text.RegularExpressions;
using Ratchet.Problems;
using Ratchet.Verifiers.Coq;

namespace Ratchet.Systems.Verification.Forms;

/// <summary>
/// Propositional theorems of a Coq script, such as <c>ratchet export proofs</c> writes: <c>Theorem name : forall A B : Prop, formula.</c>, where
/// the proof begins with <c>intros A B.</c>; or a formula without quantifier.
/// </summary>
internal sealed partial class PropositionalDocument : IProofDocument
{
    public IReadOnlyList<DocumentProof> Read(string text)
    {
        var found = new List<DocumentProof>();
        foreach (var (name, sentence, proof) in CoqScript.Theorems(text))
        {
            var start = sentence.Start.Value;
            var parts = Parts().Match(text[sentence]);
            if (!parts.Success)
                throw new StatementException($"The theorem {name} is not of the form 'Theorem name : forall A B : Prop, formula.'.", start);
            var proofStart = proof.Start.Value;
            if (parts.Groups["names"].Success)
            {
                // The kernel's statement has no quantifier, so its proof starts after the atoms are named.
                var intros = "intros " + Spaces().Replace(parts.Groups["names"].Value.Trim(), " ") + ".";
                if (!text[proof].StartsWith(intros, StringComparison.Ordinal))
                    throw new StatementException($"The proof of {name} does not begin with '{intros}'.", proofStart);
                proofStart += intros.Length;
            }

            var formula = parts.Groups["formula"];
            found.Add(new(name, text, (start + formula.Index)..(start + formula.Index + formula.Length), proofStart..proof.End));
        }

        return found;
    }

    [GeneratedRegex(@"\A\w+\s+[\w']+\s*:\s*(?:forall\s+(?<names>[\w'\s]+?)\s*:\s*Prop\s*,\s*)?(?<formula>.*)\.\z", RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Parts();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();
}
