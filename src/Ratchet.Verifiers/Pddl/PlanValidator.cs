using Ratchet.Verifiers.Pddl.Syntax;

namespace Ratchet.Verifiers.Pddl;

/// <summary>Runs plans step by step as the standard defines it, straight from the domain's text: no grounding, no search.</summary>
/// <remarks>
/// An action's preconditions and the conditions of its effects are evaluated in the state before it; then deletions are made and then
/// additions, so that an atom which is both deleted and added holds afterwards (Fox and Long 2003, section 6). Safe to call from many threads.
/// </remarks>
public static class PlanValidator
{
    /// <summary>Runs a plan.</summary>
    /// <param name="task">Problem.</param>
    /// <param name="plan">Steps, in order.</param>
    /// <param name="evaluationLimit">Most atoms that are looked up.</param>
    /// <exception cref="PddlLimitException">The limit was reached; quantifiers over many objects cost the most.</exception>
    public static PlanReport Validate(PddlTask task, IReadOnlyList<PlanStep> plan, long evaluationLimit = 200_000_000)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(plan);
        var state = new PlanState(task, evaluationLimit);
        var cost = 0m;
        for (var i = 0; i < plan.Count; i++)
        {
            var causes = new List<string>();
            if (Bind(task, plan[i], causes) is not var (action, binding))
                return Report(state, i, plan[i], causes, false, cost);
            state.Explain(action.Precondition, binding, causes);
            if (causes.Count > 0)
                return Report(state, i, plan[i], causes, true, cost);
            if (CostOf(task, action, binding, causes) is not { } price)
                return Report(state, i, plan[i], causes, false, cost);
            state.Apply(action, binding);
            cost += price;
        }

        return Report(state, plan.Count, null, [], false, cost);
    }

    private static PlanReport Report(PlanState state, int executed, PlanStep? failed, List<string> causes, bool areConditions, decimal cost)
    {
        var unmet = new List<string>();
        state.Explain(state.Task.Problem.Goal, new int[state.Task.Problem.GoalSlots], unmet);
        return new PlanReport
        {
            IsValid = failed is null && unmet.Count == 0,
            Executed = executed,
            FailedStep = failed,
            Causes = causes,
            CausesAreConditions = areConditions,
            UnmetGoals = unmet,
            Cost = cost,
            State = state.Facts(),
            Evaluations = state.Evaluations,
        };
    }

    private static (ActionSchema Action, int[] Binding)? Bind(PddlTask task, PlanStep step, List<string> causes)
    {
        var action = task.Domain.Actions.FirstOrDefault(a => a.Name == step.Action);
        if (action is null)
        {
            causes.Add($"There is no action '{NodeReader.Shown(step.Action)}'.{Requirements.Nearest(step.Action, task.Actions)}");
            return null;
        }

        if (step.Arguments.Count != action.Parameters.Length)
        {
            causes.Add($"The action {action.Name} takes {action.Parameters.Length} object{(action.Parameters.Length == 1 ? "" : "s")}; {step.Arguments.Count} given.");
            return null;
        }

        var binding = new int[action.Slots];
        for (var i = 0; i < action.Parameters.Length; i++)
        {
            var (name, parameter) = (step.Arguments[i], action.Parameters[i]);
            if (!task.Problem.Objects.TryFind(name, out binding[i]))
            {
                causes.Add($"There is no object '{NodeReader.Shown(name)}'.{Requirements.Nearest(name, task.Objects)}");
                return null;
            }

            var types = task.Problem.Objects.Types(binding[i]);
            if (!task.Domain.Types.IsAny(types, parameter.Types))
            {
                causes.Add($"{name} is of type {task.Domain.Types.Describe(types)}; {parameter.Name} of {action.Name} is of type {task.Domain.Types.Describe(parameter.Types)}.");
                return null;
            }
        }

        return (action, binding);
    }

    private static decimal? CostOf(PddlTask task, ActionSchema action, int[] binding, List<string> causes)
    {
        if (!task.HasCosts)
            return 1;
        var sum = 0m;
        foreach (var term in action.Costs)
        {
            if (term.Function < 0)
            {
                sum += term.Constant;
            }
            else if (task.Values.TryGetValue(task.Codes.EncodeFunction(term.Function, term.Terms, binding), out var value))
            {
                sum += value;
            }
            else
            {
                var names = term.Terms.Select(t => " " + task.Problem.Objects.Name(t >= 0 ? t : binding[~t]));
                causes.Add($"The cost ({task.Domain.Functions[term.Function].Name}{string.Concat(names)}) has no value in :init.");
                return null;
            }
        }

        return sum;
    }
}
