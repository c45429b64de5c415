using System.Text;

namespace Ratchet.Domains.Propositional.Syntax;

/// <summary>Writes formulas with the fewest parentheses that Coq's grammar needs to read the same formula back.</summary>
internal static class FormulaPrinter
{
    /// <summary>Normal text: one space around binary connectives and after <c>~</c>.</summary>
    public static string Print(Formula formula)
    {
        var builder = new StringBuilder(formula.Size * 4);
        Print(formula, builder);
        return builder.ToString();
    }

    /// <summary>Appends the normal text.</summary>
    public static void Print(Formula formula, StringBuilder builder) => Print(formula, 200, builder);

    private static void Print(Formula formula, int level, StringBuilder builder)
    {
        switch (formula.Kind)
        {
            case FormulaKind.Atom:
                builder.Append(formula.Name);
                return;
            case FormulaKind.True:
                builder.Append("True");
                return;
            case FormulaKind.False:
                builder.Append("False");
                return;
        }

        // Coq 8.16, Init/Logic.v: ~ 75 right, /\ 80 right, \/ 85 right, <-> 95 none; -> is 99 right.
        var (own, left, right, text) = formula.Kind switch
        {
            FormulaKind.Not => (75, 75, 75, "~ "),
            FormulaKind.And => (80, 79, 80, @" /\ "),
            FormulaKind.Or => (85, 84, 85, @" \/ "),
            FormulaKind.Iff => (95, 94, 94, " <-> "),
            _ => (99, 98, 99, " -> "),
        };
        var open = own > level;
        if (open)
            builder.Append('(');
        if (formula.Kind == FormulaKind.Not)
        {
            builder.Append(text);
            Print(formula.Left, left, builder);
        }
        else
        {
            Print(formula.Left, left, builder);
            builder.Append(text);
            Print(formula.Right, right, builder);
        }

        if (open)
            builder.Append(')');
    }
}
