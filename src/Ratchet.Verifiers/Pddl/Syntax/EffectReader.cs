using System.Globalization;

namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>Reads an action's effect into literals and cost terms.</summary>
internal sealed class EffectReader(Scope scope)
{
    private readonly List<Variable> _variables = [];
    private readonly List<Condition> _when = [];

    public List<Effect> Effects { get; } = [];

    public List<CostTerm> Costs { get; } = [];

    public void Read(Node node)
    {
        var source = scope.Source;
        if (node is not ListNode list)
        {
            source.Error(node, $"An effect in parentheses is expected, not '{NodeReader.Shown(node.ToString()!)}'.");
            return;
        }

        switch (list.Head)
        {
            case null when list.Items.Count == 0:
                return;
            case "and":
                foreach (var item in list.Items.Skip(1))
                    Read(item);
                return;
            case "forall" when list.Items is [_, ListNode declared, var inner]:
                var variables = TypedList.Variables(declared, scope, source);
                scope.Push(variables);
                _variables.AddRange(variables);
                Read(inner);
                _variables.RemoveRange(_variables.Count - variables.Length, variables.Length);
                scope.Pop(variables.Length);
                return;
            case "when" when list.Items.Count == 3:
                _when.Add(ConditionReader.Read(list.Items[1], scope));
                Read(list.Items[2]);
                _when.RemoveAt(_when.Count - 1);
                return;
            case "forall" or "when":
                source.Error(list, $"'{list.Head}' takes {(list.Head == "when" ? "a condition and an effect" : "a list of variables and an effect")}.");
                return;
            case "not" when list.Items is [_, ListNode inner]:
                Literal(inner, adds: false);
                return;
            case "increase":
                Increase(list);
                return;
            case "assign" or "decrease" or "scale-up" or "scale-down":
                source.Error(list, $"'{list.Head}' needs :numeric-fluents, which is not supported.");
                return;
            case "oneof" or "unknown" or "probabilistic" or "observe":
                source.Error(list, $"'{list.Head}' needs :non-deterministic or :contingent, which are not supported.");
                return;
            case "or" or "imply" or "exists" or "=":
                source.Error(list, $"'{list.Head}' cannot be an effect.");
                return;
            default:
                Literal(list, adds: true);
                return;
        }
    }

    private void Literal(ListNode list, bool adds)
    {
        if (scope.AtomOf(list) is not var (predicate, terms))
            return;
        var when = _when.Count switch { 0 => Condition.True, 1 => _when[0], _ => new Condition.And([.. _when]) };
        Effects.Add(new Effect([.. _variables], when, adds, predicate, terms));
    }

    private void Increase(ListNode list)
    {
        if (list.Items is not [_, ListNode { Head: "total-cost", Items.Count: 1 }, var amount])
            scope.Source.Error(list, "Only (increase (total-cost) AMOUNT) is supported; other numbers need :numeric-fluents, which is not.");
        else if (_when.Count > 0 || _variables.Count > 0)
            scope.Source.Error(list, "A cost under 'when' or 'forall' is not supported.");
        else if (amount is WordNode word)
            Constant(word);
        else if (amount is ListNode call && scope.Function(call) is >= 0 and var function)
            Call(call, function);
        else
            scope.Source.Error(amount, "A number or a declared function is expected as cost.");
    }

    private void Constant(WordNode word)
    {
        if (!decimal.TryParse(word.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            scope.Source.Error(word, $"'{NodeReader.Shown(word.Text)}' is no cost; a number of at least 0 is expected.");
        else
            Costs.Add(new CostTerm(value, -1, []));
    }

    private void Call(ListNode call, int function)
    {
        if (scope.FunctionArguments(call, function) is { } terms)
            Costs.Add(new CostTerm(0, function, terms));
    }
}
