using System.Text;

namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>Writes conditions as PDDL, with the values of bound variables.</summary>
internal static class ConditionPrinter
{
    public static string Print(Condition condition, int[] binding, PddlTask task)
    {
        var text = new StringBuilder();
        Append(text, condition, binding, task, []);
        return text.ToString();
    }

    private static void Append(StringBuilder text, Condition condition, int[] binding, PddlTask task, List<Variable> free)
    {
        switch (condition)
        {
            case Condition.Atom atom:
                text.Append('(').Append(task.Domain.Predicates[atom.Predicate].Name);
                foreach (var term in atom.Terms)
                    text.Append(' ').Append(Term(term, binding, task, free));
                text.Append(')');
                break;
            case Condition.Equal equal:
                text.Append("(= ").Append(Term(equal.Left, binding, task, free)).Append(' ').Append(Term(equal.Right, binding, task, free)).Append(')');
                break;
            case Condition.Not not:
                List("not", [not.Inner]);
                break;
            case Condition.And and:
                List("and", and.Items);
                break;
            case Condition.Or or:
                List("or", or.Items);
                break;
            case Condition.Quantified quantified:
                var names = quantified.Variables.Select(v => $"{v.Name} - {task.Domain.Types.Describe(v.Types)}");
                free.AddRange(quantified.Variables);
                List($"{(quantified.ForAll ? "forall" : "exists")} ({string.Join(' ', names)})", [quantified.Inner]);
                free.RemoveRange(free.Count - quantified.Variables.Length, quantified.Variables.Length);
                break;
        }

        void List(string head, Condition[] items)
        {
            text.Append('(').Append(head);
            foreach (var item in items)
                Append(text.Append(' '), item, binding, task, free);
            text.Append(')');
        }
    }

    private static string Term(int term, int[] binding, PddlTask task, List<Variable> free) =>
        term >= 0 ? task.Problem.Objects.Name(term) : free.Find(v => v.Slot == ~term)?.Name ?? task.Problem.Objects.Name(binding[~term]);
}
