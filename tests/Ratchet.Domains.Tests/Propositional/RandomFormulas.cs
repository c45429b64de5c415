using CsCheck;
using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Loop;

namespace Ratchet.Domains.Tests.Propositional;

/// <summary>Random formulas for the tests, without the generator that is under test.</summary>
internal static class RandomFormulas
{
    public static readonly bool Long = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1";

    public static readonly Gen<Formula> Formulas = Gen.ULong.Select(seed =>
    {
        var stream = RandomStream.FromSeed(seed);
        return Draw(ref stream, 1 + stream.NextInt(16), 6);
    });

    public static Formula Draw(ref RandomStream stream, int size, int atoms)
    {
        if (size <= 1)
            return stream.NextInt(12) switch { 0 => Formula.True, 1 => Formula.False, _ => Formula.Atom("ABCDEF"[stream.NextInt(atoms)].ToString()) };
        var kind = (FormulaKind)((int)FormulaKind.Not + stream.NextInt(5));
        if (kind == FormulaKind.Not)
            return Formula.Not(Draw(ref stream, size - 1, atoms));
        var left = 1 + stream.NextInt(size - 1);
        return Formula.Binary(kind, Draw(ref stream, left, atoms), Draw(ref stream, size - left, atoms));
    }

    /// <summary>The same formula with atoms renamed and commutative parts swapped and regrouped at random.</summary>
    public static Formula Scramble(Formula formula, ref RandomStream stream)
    {
        var names = "ABCDEF".Select(c => c.ToString()).ToArray();
        stream.Shuffle(names.AsSpan());
        return Reorder(formula.Map(n => Formula.Atom(names["ABCDEF".IndexOf(n[0])])), ref stream);
    }

    private static Formula Reorder(Formula formula, ref RandomStream stream)
    {
        if (formula.Kind is FormulaKind.Atom or FormulaKind.True or FormulaKind.False)
            return formula;
        if (formula.Kind == FormulaKind.Not)
            return Formula.Not(Reorder(formula.Left, ref stream));
        if (formula.Kind is FormulaKind.And or FormulaKind.Or)
        {
            var parts = new List<Formula>();
            Flatten(formula, formula.Kind, parts);
            for (var i = 0; i < parts.Count; i++)
                parts[i] = Reorder(parts[i], ref stream);
            while (parts.Count > 1)
            {
                var i = stream.NextInt(parts.Count);
                var one = parts[i];
                parts.RemoveAt(i);
                var j = stream.NextInt(parts.Count);
                parts[j] = Formula.Binary(formula.Kind, one, parts[j]);
            }

            return parts[0];
        }

        var left = Reorder(formula.Left, ref stream);
        var right = Reorder(formula.Right, ref stream);
        return formula.Kind == FormulaKind.Iff && stream.NextInt(2) == 0 ? Formula.Iff(right, left) : Formula.Binary(formula.Kind, left, right);
    }

    private static void Flatten(Formula formula, FormulaKind kind, List<Formula> parts)
    {
        if (formula.Kind != kind)
        {
            parts.Add(formula);
            return;
        }

        Flatten(formula.Left, kind, parts);
        Flatten(formula.Right, kind, parts);
    }
}
