using Ratchet.Verifiers.Pddl.Syntax;

namespace Ratchet.Verifiers.Pddl.Grounding;

/// <summary>Makes a <see cref="GroundTask"/>: reachable atoms and instances only, and of those only what can matter for the goal.</summary>
internal sealed class Grounder
{
    private readonly PddlTask _task;
    private readonly Reachability _reachability;
    private readonly GroundConditions _conditions;
    private readonly Dictionary<long, int> _facts = [];
    private readonly List<Draft> _drafts = [];

    private Grounder(PddlTask task, int maxOperators, CancellationToken cancellation)
    {
        _task = task;
        _reachability = Reachability.Compute(task, maxOperators, cancellation);
        foreach (var code in _reachability.Reached.Order())
        {
            if (_reachability.Deletable[task.Codes.Decode(code).Predicate] || !_reachability.IsInitial(code))
                _facts[code] = _facts.Count;
        }

        _conditions = new GroundConditions(task, _reachability, _facts);
    }

    /// <exception cref="PddlLimitException">The task is too big, or has costs that are no whole numbers of at most 1,000,000.</exception>
    public static GroundTask Ground(PddlTask task, int maxOperators, CancellationToken cancellation) => new Grounder(task, maxOperators, cancellation).Make(maxOperators);

    private GroundTask Make(int maxOperators)
    {
        foreach (var (action, binding) in _reachability.Instances)
        {
            Add(action, binding);
            if (_drafts.Count > maxOperators)
                throw new PddlLimitException($"More than {maxOperators} operators.");
        }

        var goals = _conditions.Alternatives(_task.Problem.Goal, new int[_task.Problem.GoalSlots]);
        int[]? goal = null;
        var facts = _facts.Count;
        if (goals.Count == 1)
        {
            goal = goals[0];
        }
        else if (goals.Count > 1)
        {
            // One more fact that says "some alternative of the goal holds", reached by a step without cost.
            goal = [facts << 1];
            foreach (var alternative in goals)
                _drafts.Add(new Draft(null, [], 0, alternative, [new DraftEffect([], facts, true)]));
            facts++;
        }

        return new TaskCompiler(_drafts, goal, Initial(), facts).Compile();
    }

    private IEnumerable<int> Initial() => _task.Initial.Where(_facts.ContainsKey).Select(c => _facts[c]);

    private void Add(ActionSchema action, int[] binding)
    {
        var cost = CostOf(action, binding);
        var effects = new List<DraftEffect>();
        foreach (var effect in action.Effects)
            AddEffect(effect, 0, binding, effects);
        foreach (var preconditions in _conditions.Alternatives(action.Precondition, binding))
            _drafts.Add(new Draft(action, binding[..action.Parameters.Length], cost, preconditions, effects));
    }

    private void AddEffect(Effect effect, int depth, int[] binding, List<DraftEffect> effects)
    {
        if (depth < effect.Variables.Length)
        {
            foreach (var instance in _task.Instances(effect.Variables[depth].Types))
            {
                binding[effect.Variables[depth].Slot] = instance;
                AddEffect(effect, depth + 1, binding, effects);
            }

            return;
        }

        // An atom without number never holds (its deletion changes nothing) or always does (its addition changes nothing).
        if (!_facts.TryGetValue(_task.Codes.Encode(effect.Predicate, effect.Terms, binding), out var fact))
            return;
        foreach (var conditions in _conditions.Alternatives(effect.When, binding))
            effects.Add(new DraftEffect(conditions, fact, effect.Adds));
    }

    private int CostOf(ActionSchema action, int[] binding)
    {
        if (!_task.HasCosts)
            return 1;
        var sum = 0m;
        foreach (var term in action.Costs)
        {
            if (term.Function < 0)
                sum += term.Constant;
            else if (_task.Values.TryGetValue(_task.Codes.EncodeFunction(term.Function, term.Terms, binding), out var value))
                sum += value;
            else
                throw new PddlLimitException($"A cost of the action {action.Name} has no value in :init.");
        }

        return sum is >= 0 and <= 1_000_000 && sum == decimal.Truncate(sum) ? (int)sum
            : throw new PddlLimitException($"The action {action.Name} costs {sum}; the planner takes whole costs from 0 to 1,000,000.");
    }
}

/// <summary>An operator whose conditions are literals.</summary>
internal sealed record Draft(ActionSchema? Action, int[] Objects, int Cost, int[] Preconditions, List<DraftEffect> Effects);

/// <summary>An effect on one fact, where some literals hold.</summary>
internal sealed record DraftEffect(int[] Conditions, int Fact, bool Adds);
