using System.Text;
using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Propositional;

/// <summary>
/// How a goal is shown to a model: its premises one by one under the names that <c>intros</c> will give them, then what is left to prove,
/// as Coq shows a context. <c>A -> ~ A -> B</c> is shown as <c>A h0. ~ A h1. B Proof.</c>
/// </summary>
/// <remarks>
/// A decoder of a million parameters learns from a few hundred proofs to match a formula with its label, but hardly to count arrows. The
/// label stands behind the formula, where attention that copies what followed a symbol before finds it. The attempt must still name
/// the premises itself. Premises beyond the vocabulary's names stay in the conclusion.
/// </remarks>
internal static class PromptView
{
    public static string Of(Formula statement)
    {
        var builder = new StringBuilder();
        var (premises, conclusion) = Split(statement, PropositionalTokenizer.HypothesisCount);
        for (var i = 0; i < premises.Count; i++)
            builder.Append(FormulaPrinter.Print(premises[i])).Append(" h").Append(i).Append(". ");
        return builder.Append(FormulaPrinter.Print(conclusion)).Append(" Proof. ").ToString();
    }

    /// <summary>The premises that <c>intros</c> can introduce, outermost first, and the conclusion under them.</summary>
    public static (List<Formula> Premises, Formula Conclusion) Split(Formula statement, int most)
    {
        var premises = new List<Formula>();
        while (premises.Count < most && statement.Kind is FormulaKind.Implies or FormulaKind.Not)
        {
            premises.Add(statement.Left);
            statement = statement.Kind == FormulaKind.Not ? Formula.False : statement.Right;
        }

        return (premises, statement);
    }

    /// <summary>
    /// The statement with its first premises in another order and the script with their names permuted alike, so that names still run in
    /// order of introduction; the pair unchanged where the script does not begin by introducing at least two of them by name.
    /// </summary>
    /// <param name="statement">Statement.</param>
    /// <param name="script">Script that proves it.</param>
    /// <param name="shuffle">Shuffles an array of positions in place.</param>
    public static (Formula Statement, string Script) Reorder(Formula statement, string script, Action<int[]> shuffle)
    {
        const string Intros = "intros ";
        var end = script.IndexOf('.', StringComparison.Ordinal);
        if (!script.StartsWith(Intros, StringComparison.Ordinal) || end < 0)
            return (statement, script);
        var names = script[Intros.Length..end].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var arrows = new List<Formula>();
        var rest = statement;
        while (arrows.Count < names.Length && rest.Kind == FormulaKind.Implies)
        {
            arrows.Add(rest.Left);
            rest = rest.Right;
        }

        if (arrows.Count < 2 || !names.All(PropositionalTokenizer.IsHypothesis))
            return (statement, script);
        var order = Enumerable.Range(0, arrows.Count).ToArray();
        shuffle(order);
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var place = 0; place < order.Length; place++)
            map[names[order[place]]] = names[place];
        for (var place = order.Length - 1; place >= 0; place--)
            rest = Formula.Implies(arrows[order[place]], rest);
        return (rest, script[..end] + NameMap.Apply(script[end..], map));
    }
}
