namespace Ratchet.Domains.Propositional.Syntax;

/// <summary>Classical truth of formulas over at most six atoms, all 64 assignments at once in the bits of a word.</summary>
internal static class TruthTable
{
    private static readonly ulong[] Columns =
    [
        0xAAAAAAAAAAAAAAAAUL, 0xCCCCCCCCCCCCCCCCUL, 0xF0F0F0F0F0F0F0F0UL, 0xFF00FF00FF00FF00UL, 0xFFFF0000FFFF0000UL, 0xFFFFFFFF00000000UL,
    ];

    /// <summary>True if every assignment makes the formula true: needed for an intuitionistic proof, not enough for one.</summary>
    public static bool IsTautology(Formula formula)
    {
        var atoms = new List<string>();
        formula.CollectAtoms(atoms);
        if (atoms.Count > Columns.Length)
            throw new ArgumentException($"The formula has {atoms.Count} atoms; at most {Columns.Length} are handled.", nameof(formula));
        return Values(formula, atoms) == ulong.MaxValue;
    }

    private static ulong Values(Formula formula, List<string> atoms) => formula.Kind switch
    {
        FormulaKind.Atom => Columns[atoms.IndexOf(formula.Name!)],
        FormulaKind.True => ulong.MaxValue,
        FormulaKind.False => 0,
        FormulaKind.Not => ~Values(formula.Left, atoms),
        FormulaKind.And => Values(formula.Left, atoms) & Values(formula.Right, atoms),
        FormulaKind.Or => Values(formula.Left, atoms) | Values(formula.Right, atoms),
        FormulaKind.Iff => ~(Values(formula.Left, atoms) ^ Values(formula.Right, atoms)),
        _ => ~Values(formula.Left, atoms) | Values(formula.Right, atoms),
    };
}
