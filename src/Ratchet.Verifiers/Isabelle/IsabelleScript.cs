using Ratchet.Problems;
using Ratchet.Verifiers.Isabelle.Syntax;

namespace Ratchet.Verifiers.Isabelle;

/// <summary>Finds the last theorem of a theory file, with its proof.</summary>
public static class IsabelleScript
{
    /// <summary>Name of the theorem, and the places of the statement (the file up to the proof) and of the proof (up to the ends of blocks and theory).</summary>
    /// <exception cref="StatementException">The text is no theory, or its last theorem has no proof.</exception>
    public static (string Name, Range Statement, Range Proof) LastTheorem(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (tokens, faults) = IsabelleTokenizer.Read(text);
        if (faults.Count > 0)
            throw new StatementException($"The theory cannot be read for certain: {faults[0].Message}.", faults[0].Start);
        var last = tokens.Count;
        while (last > 0 && tokens[last - 1].IsWord("end"))
            last--;
        var stated = last - 1;
        while (stated >= 0 && !(tokens[stated].Kind == IsabelleTokenKind.Word && IsabelleWords.IsStatement(tokens[stated].Text)))
            stated--;
        if (stated < 0)
            throw new StatementException("There is no theorem, lemma, corollary or proposition in this text.", 0);
        var proof = stated + 1;
        while (proof < last && !IsabelleWords.BeginsProof(tokens[proof]))
            proof++;
        if (proof == last)
            throw new StatementException("The last theorem has no proof.", tokens[stated].Start);
        var name = stated + 1 < proof ? tokens[stated + 1].Text : tokens[stated].Text;
        return (name, ..tokens[proof - 1].End, tokens[proof].Start..tokens[last - 1].End);
    }
}
