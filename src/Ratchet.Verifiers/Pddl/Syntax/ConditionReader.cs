namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>Reads preconditions, goals and the conditions of effects.</summary>
internal static class ConditionReader
{
    public static Condition Read(Node node, Scope scope)
    {
        if (node is not ListNode list)
        {
            scope.Source.Error(node, $"A condition in parentheses is expected, not '{NodeReader.Shown(node.ToString()!)}'.");
            return Condition.True;
        }

        switch (list.Head)
        {
            case null when list.Items.Count == 0:
                return Condition.True;
            case "and":
                return new Condition.And([.. list.Items.Skip(1).Select(i => Read(i, scope))]);
            case "or":
                return new Condition.Or([.. list.Items.Skip(1).Select(i => Read(i, scope))]);
            case "not" when Has(list, 1, scope):
                return new Condition.Not(Read(list.Items[1], scope));
            case "imply" when Has(list, 2, scope):
                return new Condition.Or([new Condition.Not(Read(list.Items[1], scope)), Read(list.Items[2], scope)]);
            case "forall" or "exists" when Has(list, 2, scope):
                return Quantified(list, scope);
            case "=" when Has(list, 2, scope):
                return Equal(list, scope);
            case "not" or "imply" or "forall" or "exists" or "=":
                return Condition.True;
            case "<" or ">" or "<=" or ">=":
                scope.Source.Error(list, "Comparisons of numbers need :numeric-fluents, which is not supported.");
                return Condition.True;
            case "at" or "over" when list.Items.Count == 3 && list.Items[1] is WordNode { Text: "start" or "end" or "all" } && list.Items[2] is ListNode:
                scope.Source.Error(list, "Conditions with a time need :durative-actions, which is not supported.");
                return Condition.True;
            case "preference" or "always" or "sometime" or "within" or "at-most-once" when list.Items.Exists(i => i is ListNode):
                scope.Source.Error(list, $"'{list.Head}' needs :preferences or :constraints, which are not supported.");
                return Condition.True;
            default:
                return Atom(list, scope);
        }
    }

    private static bool Has(ListNode list, int count, Scope scope)
    {
        if (list.Items.Count - 1 == count)
            return true;
        scope.Source.Error(list, $"'{list.Head}' takes {count} part{(count == 1 ? "" : "s")}; {list.Items.Count - 1} given.");
        return false;
    }

    private static Condition Quantified(ListNode list, Scope scope)
    {
        if (list.Items[1] is not ListNode declared)
        {
            scope.Source.Error(list.Items[1], $"'{list.Head}' needs a list of variables in parentheses.");
            return Condition.True;
        }

        var variables = TypedList.Variables(declared, scope, scope.Source);
        scope.Push(variables);
        var inner = Read(list.Items[2], scope);
        scope.Pop(variables.Length);
        return new Condition.Quantified(list.Head == "forall", variables, inner);
    }

    private static Condition Equal(ListNode list, Scope scope)
    {
        if (list.Items[1] is ListNode || list.Items[2] is ListNode)
        {
            scope.Source.Error(list, "Comparisons of numbers need :numeric-fluents, which is not supported.");
            return Condition.True;
        }

        var good = scope.TryTerm(list.Items[1], null, "", out var left) & scope.TryTerm(list.Items[2], null, "", out var right);
        return good ? new Condition.Equal(left, right) : Condition.True;
    }

    private static Condition Atom(ListNode list, Scope scope) =>
        scope.AtomOf(list) is var (predicate, terms) ? new Condition.Atom(predicate, terms) : Condition.True;
}
