using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Problems;

namespace Ratchet.Domains.Propositional;

/// <summary>Writes accepted proofs as one file that Coq checks.</summary>
public static class CoqExport
{
    /// <summary>
    /// Writes a self-contained file for <c>coqc</c>: every theorem is closed over its own atoms, so that no axiom and no section is left.
    /// </summary>
    /// <param name="writer">Where to write; not closed.</param>
    /// <param name="proofs">Name, statement and tactic script of each. A name that Coq cannot use, or that was used, gets another one and keeps the old one in a comment.</param>
    /// <exception cref="StatementException">A statement is not a formula.</exception>
    public static void Write(TextWriter writer, IEnumerable<(string Name, string Statement, string Proof)> proofs)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(proofs);
        writer.Write("(* Intuitionistic propositional theorems, each with its proof. *)\n");
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, statement, proof) in proofs)
        {
            var formula = Parse(statement);
            var atoms = new List<string>();
            formula.CollectAtoms(atoms);

            // The prefix keeps theorem names away from Coq's own names and from names in later scripts.
            var theorem = "thm_" + string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
            var unique = theorem;
            for (var i = 2; !used.Add(unique); i++)
                unique = $"{theorem}_{i}";
            if (unique != "thm_" + name)
                writer.Write($"\n(* {Comment(name)} *)");
            var names = string.Join(' ', atoms);
            writer.Write($"\nTheorem {unique} : {(atoms.Count > 0 ? $"forall {names} : Prop, " : "")}{FormulaPrinter.Print(formula)}.\n");
            writer.Write($"Proof. {(atoms.Count > 0 ? $"intros {names}. " : "")}{proof.Trim()}\nQed.\n");
        }
    }

    /// <summary>
    /// The theorem's sentence alone, its atoms as parameters that keep their names, so that a script of this domain proves it as it stands.
    /// </summary>
    /// <param name="name">A name that Coq can use.</param>
    /// <param name="statement">A formula.</param>
    /// <exception cref="StatementException">The statement is not a formula.</exception>
    public static string Theorem(string name, string statement)
    {
        var formula = Parse(statement);
        var atoms = new List<string>();
        formula.CollectAtoms(atoms);
        return $"Theorem {name}{(atoms.Count > 0 ? $" ({string.Join(' ', atoms)} : Prop)" : "")} : {FormulaPrinter.Print(formula)}.";
    }

    private static Formula Parse(string statement)
    {
        try
        {
            return FormulaParser.ParseStatement(statement);
        }
        catch (TextException e)
        {
            throw new StatementException(e.Message, e.Start);
        }
    }

    /// <summary>A text that cannot end or nest the comment that it stands in, nor open a string in it.</summary>
    private static string Comment(string text) =>
        string.Concat(text.Select(c => c is '*' or '"' or '(' or ')' || char.IsControl(c) ? '_' : c));
}
