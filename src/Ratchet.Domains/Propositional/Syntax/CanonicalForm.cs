using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Domains.Propositional.Syntax;

/// <summary>
/// A hash that two formulas share exactly when they differ only in the names of their atoms, in the order and grouping of
/// <c>/\</c> and <c>\/</c>, in the order of a chain's premises and in the sides of <c>&lt;-></c> (collisions of SHA-256 aside).
/// </summary>
/// <remarks>
/// Atoms are first coloured by an invariant (how the formula looks with one atom marked, refined until it is stable), then all
/// orders of equally coloured atoms are tried and the least text wins. Formulas with very many atoms that no colour
/// separates keep the first orders only; six atoms have at most 720.
/// </remarks>
internal static class CanonicalForm
{
    private const int OrderLimit = 5_040;

    /// <summary>The hash, 32 hexadecimal digits.</summary>
    public static string Hash(Formula formula) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text(formula))).AsSpan(0, 16));

    /// <summary>The text that is hashed.</summary>
    public static string Text(Formula formula)
    {
        var atoms = new List<string>();
        formula.CollectAtoms(atoms);
        var groups = Groups(formula, atoms);
        string? best = null;
        var ranks = new Dictionary<string, int>(atoms.Count, StringComparer.Ordinal);
        var tried = 0;
        Try(0, 0);
        return best!;

        // Orders of the atoms group by group; within a group every permutation.
        void Try(int group, int placed)
        {
            if (tried >= OrderLimit)
                return;
            if (group == groups.Count)
            {
                tried++;
                var text = Serialize(formula, ranks);
                if (best is null || string.CompareOrdinal(text, best) < 0)
                    best = text;
                return;
            }

            var left = groups[group].Where(a => !ranks.ContainsKey(a)).ToList();
            if (left.Count == 0)
            {
                Try(group + 1, placed);
                return;
            }

            foreach (var atom in left)
            {
                ranks[atom] = placed;
                Try(group, placed + 1);
                ranks.Remove(atom);
            }
        }
    }

    private static List<List<string>> Groups(Formula formula, List<string> atoms)
    {
        var colors = atoms.ToDictionary(a => a, _ => 1UL, StringComparer.Ordinal);
        var count = 1;
        for (var round = 0; round < atoms.Count && count < atoms.Count; round++)
        {
            var next = atoms.ToDictionary(a => a, a => Mix(colors[a] ^ Mix(Color(formula, colors, a))), StringComparer.Ordinal);
            var distinct = next.Values.Distinct().Count();
            colors = next;
            if (distinct == count && round > 0)
                break;
            count = distinct;
        }

        return [.. atoms.GroupBy(a => colors[a]).OrderBy(g => g.Key).Select(g => g.ToList())];
    }

    private static ulong Color(Formula formula, Dictionary<string, ulong> colors, string marked)
    {
        switch (formula.Kind)
        {
            case FormulaKind.Atom:
                return Mix(colors[formula.Name!] + (formula.Name == marked ? 0xA5A5UL : 0UL));
            case FormulaKind.True:
                return Mix(11);
            case FormulaKind.False:
                return Mix(13);
            case FormulaKind.Not:
                return Mix(Color(formula.Left, colors, marked) + 17);
            case FormulaKind.Implies:
                var premises = 0UL;
                while (formula.Kind == FormulaKind.Implies)
                {
                    premises += Mix(Color(formula.Left, colors, marked));
                    formula = formula.Right;
                }

                return Mix(premises + (3 * Color(formula, colors, marked)) + 19);
            case FormulaKind.Iff:
                return Mix(Mix(Color(formula.Left, colors, marked)) + Mix(Color(formula.Right, colors, marked)) + 23);
            default:
                // A sum does not see order, and the whole chain is summed before it is mixed, so it does not see grouping.
                return Mix(Sum(formula, formula.Kind) + (ulong)formula.Kind * 29);
        }

        ulong Sum(Formula part, FormulaKind kind) =>
            part.Kind == kind ? Sum(part.Left, kind) + Sum(part.Right, kind) : Mix(Color(part, colors, marked));
    }

    private static string Serialize(Formula formula, Dictionary<string, int> ranks)
    {
        switch (formula.Kind)
        {
            case FormulaKind.Atom:
                return "p" + ranks[formula.Name!];
            case FormulaKind.True:
                return "T";
            case FormulaKind.False:
                return "F";
            case FormulaKind.Not:
                return "~" + Serialize(formula.Left, ranks);
            case FormulaKind.Implies:
                return Chain(formula, ranks);
        }

        var parts = new List<string>();
        if (formula.Kind == FormulaKind.Iff)
            parts.AddRange([Serialize(formula.Left, ranks), Serialize(formula.Right, ranks)]);
        else
            Flatten(formula, formula.Kind);
        parts.Sort(StringComparer.Ordinal);
        return "(" + string.Join(formula.Kind switch { FormulaKind.And => "&", FormulaKind.Or => "|", _ => "=" }, parts) + ")";

        void Flatten(Formula part, FormulaKind kind)
        {
            if (part.Kind != kind)
            {
                parts.Add(Serialize(part, ranks));
                return;
            }

            Flatten(part.Left, kind);
            Flatten(part.Right, kind);
        }
    }

    /// <summary>The premises of <c>P -> Q -> ... -> R</c> in a fixed order, then the conclusion.</summary>
    private static string Chain(Formula formula, Dictionary<string, int> ranks)
    {
        var premises = new List<string>();
        while (formula.Kind == FormulaKind.Implies)
        {
            premises.Add(Serialize(formula.Left, ranks));
            formula = formula.Right;
        }

        premises.Sort(StringComparer.Ordinal);
        return "(" + string.Join(">", premises) + ">" + Serialize(formula, ranks) + ")";
    }

    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
