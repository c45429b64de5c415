using Ratchet.Verifiers.Pddl.Syntax;

namespace Ratchet.Verifiers.Pddl;

/// <summary>A state of the world while a plan runs, with the evaluation of conditions in it.</summary>
internal sealed class PlanState(PddlTask task, long evaluationLimit)
{
    /// <summary>Most instances of one false 'forall' that an explanation lists.</summary>
    private const int ShownInstances = 10;

    private readonly HashSet<long> _facts = [.. task.Initial];

    public PddlTask Task => task;

    public long Evaluations { get; private set; }

    public bool Holds(Condition condition, int[] binding)
    {
        switch (condition)
        {
            case Condition.Atom atom:
                Count();
                return _facts.Contains(task.Codes.Encode(atom.Predicate, atom.Terms, binding));
            case Condition.Equal equal:
                Count();
                return Value(equal.Left, binding) == Value(equal.Right, binding);
            case Condition.Not not:
                return !Holds(not.Inner, binding);
            case Condition.And and:
                foreach (var item in and.Items)
                {
                    if (!Holds(item, binding))
                        return false;
                }

                return true;
            case Condition.Or or:
                foreach (var item in or.Items)
                {
                    if (Holds(item, binding))
                        return true;
                }

                return false;
            case Condition.Quantified quantified:
                return Holds(quantified, 0, binding);
            default:
                throw new InvalidOperationException("A condition of an unknown kind.");
        }
    }

    /// <summary>Adds the parts of a condition that are false, as PDDL; none where it holds.</summary>
    public void Explain(Condition condition, int[] binding, List<string> unmet)
    {
        switch (condition)
        {
            case Condition.And and:
                foreach (var item in and.Items)
                    Explain(item, binding, unmet);
                break;
            case Condition.Quantified { ForAll: true } quantified when !Holds(condition, binding):
                ExplainInstances(quantified, 0, binding, unmet, unmet.Count + ShownInstances);
                break;
            default:
                if (!Holds(condition, binding) && ConditionPrinter.Print(condition, binding, task) is var text && !unmet.Contains(text))
                    unmet.Add(text);
                break;
        }
    }

    /// <summary>Executes an action whose precondition holds.</summary>
    public void Apply(ActionSchema action, int[] binding)
    {
        var deleted = new List<long>();
        var added = new List<long>();
        foreach (var effect in action.Effects)
            Collect(effect, 0, binding, effect.Adds ? added : deleted);
        _facts.ExceptWith(deleted);
        _facts.UnionWith(added);
    }

    public IReadOnlyList<string> Facts() => [.. _facts.Order().Select(f => task.Codes.Print(f, task.Problem.Objects))];

    private bool Holds(Condition.Quantified quantified, int depth, int[] binding)
    {
        if (depth == quantified.Variables.Length)
            return Holds(quantified.Inner, binding);
        var variable = quantified.Variables[depth];
        foreach (var instance in task.Instances(variable.Types))
        {
            Count();
            binding[variable.Slot] = instance;
            if (Holds(quantified, depth + 1, binding) != quantified.ForAll)
                return !quantified.ForAll;
        }

        return quantified.ForAll;
    }

    private void ExplainInstances(Condition.Quantified quantified, int depth, int[] binding, List<string> unmet, int most)
    {
        if (depth == quantified.Variables.Length)
        {
            Explain(quantified.Inner, binding, unmet);
            return;
        }

        var variable = quantified.Variables[depth];
        foreach (var instance in task.Instances(variable.Types))
        {
            if (unmet.Count >= most)
                return;
            binding[variable.Slot] = instance;
            ExplainInstances(quantified, depth + 1, binding, unmet, most);
        }
    }

    private void Collect(Effect effect, int depth, int[] binding, List<long> changed)
    {
        if (depth < effect.Variables.Length)
        {
            var variable = effect.Variables[depth];
            foreach (var instance in task.Instances(variable.Types))
            {
                Count();
                binding[variable.Slot] = instance;
                Collect(effect, depth + 1, binding, changed);
            }
        }
        else if (Holds(effect.When, binding))
        {
            changed.Add(task.Codes.Encode(effect.Predicate, effect.Terms, binding));
        }
    }

    private void Count()
    {
        if (++Evaluations > evaluationLimit)
            throw new PddlLimitException($"More than {evaluationLimit} atoms were looked up.");
    }

    private static int Value(int term, int[] binding) => term >= 0 ? term : binding[~term];
}
