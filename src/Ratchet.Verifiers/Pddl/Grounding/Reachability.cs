using Ratchet.Verifiers.Pddl.Syntax;

namespace Ratchet.Verifiers.Pddl.Grounding;

/// <summary>
/// The atoms and action instances that can be reached when deletions are ignored. Instances come from joining an action's atoms with
/// the reached facts (semi-naive evaluation, as for Datalog in Helmert 2009), not from trying all objects for all parameters.
/// </summary>
internal sealed class Reachability
{
    private readonly PddlTask _task;
    private readonly int _maxInstances;
    private readonly CancellationToken _cancellation;
    private readonly JoinRule[] _rules;
    private readonly List<(JoinRule Rule, int Place)>[] _uses;
    private readonly FactIndex _index;
    private readonly Queue<long> _queue = new();
    private readonly HashSet<long> _initial;
    private readonly List<(JoinRule Rule, int[] Binding)> _pending = [];

    private Reachability(PddlTask task, int maxInstances, CancellationToken cancellation)
    {
        _task = task;
        _maxInstances = maxInstances;
        _cancellation = cancellation;
        _initial = [.. task.Initial];
        _rules = [.. task.Domain.Actions.Select(a => new JoinRule(a))];
        _index = new FactIndex(task.Domain.Predicates.Count);
        _uses = [.. task.Domain.Predicates.Select(_ => new List<(JoinRule, int)>())];
        foreach (var rule in _rules)
        {
            for (var i = 0; i < rule.Atoms.Length; i++)
                _uses[rule.Atoms[i].Predicate].Add((rule, i));
        }

        Deletable = new bool[task.Domain.Predicates.Count];
        foreach (var effect in task.Domain.Actions.SelectMany(a => a.Effects).Where(e => !e.Adds))
            Deletable[effect.Predicate] = true;
    }

    /// <summary>Codes of the atoms reached.</summary>
    public HashSet<long> Reached { get; } = [];

    /// <summary>Action instances reached, in the order of discovery.</summary>
    public List<(ActionSchema Action, int[] Binding)> Instances { get; } = [];

    /// <summary>By predicate: true where some action deletes such atoms.</summary>
    public bool[] Deletable { get; }

    public bool IsInitial(long code) => _initial.Contains(code);

    /// <exception cref="PddlLimitException">More instances than allowed.</exception>
    public static Reachability Compute(PddlTask task, int maxInstances, CancellationToken cancellation)
    {
        var result = new Reachability(task, maxInstances, cancellation);
        result.Run();
        return result;
    }

    /// <summary>True where a condition may hold when deletions are ignored.</summary>
    public bool MayHold(Condition condition, int[] binding, bool positive = true)
    {
        switch (condition)
        {
            case Condition.Atom atom:
                var code = _task.Codes.Encode(atom.Predicate, atom.Terms, binding);
                return positive ? Reached.Contains(code) : Deletable[atom.Predicate] || !_initial.Contains(code);
            case Condition.Equal equal:
                return (Value(equal.Left, binding) == Value(equal.Right, binding)) == positive;
            case Condition.Not not:
                return MayHold(not.Inner, binding, !positive);
            case Condition.And and:
                return positive ? Array.TrueForAll(and.Items, i => MayHold(i, binding)) : Array.Exists(and.Items, i => MayHold(i, binding, false));
            case Condition.Or or:
                return positive ? Array.Exists(or.Items, i => MayHold(i, binding)) : Array.TrueForAll(or.Items, i => MayHold(i, binding, false));
            case Condition.Quantified quantified:
                return MayHold(quantified, 0, binding, positive);
            default:
                throw new InvalidOperationException("A condition of an unknown kind.");
        }
    }

    private bool MayHold(Condition.Quantified quantified, int depth, int[] binding, bool positive)
    {
        if (depth == quantified.Variables.Length)
            return MayHold(quantified.Inner, binding, positive);
        var all = quantified.ForAll == positive;
        foreach (var instance in _task.Instances(quantified.Variables[depth].Types))
        {
            binding[quantified.Variables[depth].Slot] = instance;
            if (MayHold(quantified, depth + 1, binding, positive) != all)
                return !all;
        }

        return all;
    }

    private void Run()
    {
        foreach (var fact in _task.Initial)
            Reach(fact);
        foreach (var rule in _rules.Where(r => r.Atoms.Length == 0))
            Complete(rule, Unbound(rule), 0);
        var rechecked = 0;
        do
        {
            while (_queue.TryDequeue(out var code))
                Match(code);
        }
        while (Recheck(ref rechecked));
    }

    private void Reach(long code)
    {
        if (Reached.Add(code))
            _queue.Enqueue(code);
    }

    private void Match(long code)
    {
        _cancellation.ThrowIfCancellationRequested();
        var (predicate, objects) = _task.Codes.Decode(code);
        var number = _index.Add(predicate, objects);
        foreach (var (rule, place) in _uses[predicate])
        {
            var binding = Unbound(rule);
            if (TryBind(rule, rule.Atoms[place], objects, binding, null))
                Extend(rule, binding, 1UL << place, place, number);
        }
    }

    /// <summary>Matches the atoms that are left, the one with the fewest candidates first.</summary>
    /// <remarks>Atoms before <paramref name="trigger"/> take only facts older than the newest one, so that no instance is found twice.</remarks>
    private void Extend(JoinRule rule, int[] binding, ulong done, int trigger, int newest)
    {
        var next = -1;
        var fewest = int.MaxValue;
        List<int>? candidates = null;
        for (var i = 0; i < rule.Atoms.Length; i++)
        {
            if ((done >> i & 1) != 0)
                continue;
            var (list, count) = Candidates(rule.Atoms[i], binding);
            if (count >= fewest)
                continue;
            (next, fewest, candidates) = (i, count, list);
        }

        if (next < 0)
        {
            Complete(rule, binding, 0);
            return;
        }

        var atom = rule.Atoms[next];
        var isOlder = next < trigger && atom.Predicate == rule.Atoms[trigger].Predicate;
        var bound = new List<int>(atom.Terms.Length);
        for (var c = 0; c < fewest; c++)
        {
            var number = candidates is null ? c : candidates[c];
            if (isOlder && number >= newest)
                break;
            if (TryBind(rule, atom, _index.Fact(atom.Predicate, number), binding, bound))
                Extend(rule, binding, done | 1UL << next, trigger, newest);
            foreach (var slot in bound)
                binding[slot] = -1;
            bound.Clear();
        }
    }

    private (List<int>? List, int Count) Candidates(Condition.Atom atom, int[] binding)
    {
        List<int>? best = null;
        var count = _index.Count(atom.Predicate);
        for (var place = 0; place < atom.Terms.Length; place++)
        {
            var value = Value(atom.Terms[place], binding);
            if (value < 0)
                continue;
            var list = _index.With(atom.Predicate, place, value);
            if (best is null || list.Count < count)
                (best, count) = (list, list.Count);
        }

        return (best, count);
    }

    /// <summary>Binds the atom's variables to a fact's objects; slots newly bound are noted.</summary>
    private bool TryBind(JoinRule rule, Condition.Atom atom, int[] objects, int[] binding, List<int>? bound)
    {
        for (var i = 0; i < objects.Length; i++)
        {
            var term = atom.Terms[i];
            var value = Value(term, binding);
            if (value == objects[i])
                continue;
            if (value >= 0 || !_task.Domain.Types.IsAny(_task.Problem.Objects.Types(objects[i]), rule.Action.Parameters[~term].Types))
                return false;
            binding[~term] = objects[i];
            bound?.Add(~term);
        }

        return true;
    }

    /// <summary>Tries all objects for the parameters that no atom bound.</summary>
    private void Complete(JoinRule rule, int[] binding, int parameter)
    {
        var parameters = rule.Action.Parameters;
        while (parameter < parameters.Length && binding[parameter] >= 0)
            parameter++;
        if (parameter == parameters.Length)
        {
            Found(rule, (int[])binding.Clone());
            return;
        }

        foreach (var instance in _task.Instances(parameters[parameter].Types))
        {
            binding[parameter] = instance;
            Complete(rule, binding, parameter + 1);
        }

        binding[parameter] = -1;
    }

    private void Found(JoinRule rule, int[] binding)
    {
        if (Instances.Count + _pending.Count >= _maxInstances)
            throw new PddlLimitException($"More than {_maxInstances} action instances can be reached.");
        if (rule.HasOnlyAtoms || MayHold(rule.Action.Precondition, binding))
            Apply(rule.Action, binding);
        else
            _pending.Add((rule, binding));
    }

    private void Apply(ActionSchema action, int[] binding)
    {
        Instances.Add((action, binding));
        foreach (var effect in action.Effects)
        {
            if (effect.Adds)
                Apply(effect, 0, binding);
        }
    }

    private void Apply(Effect effect, int depth, int[] binding)
    {
        if (depth == effect.Variables.Length)
        {
            if (MayHold(effect.When, binding))
                Reach(_task.Codes.Encode(effect.Predicate, effect.Terms, binding));
            return;
        }

        foreach (var instance in _task.Instances(effect.Variables[depth].Types))
        {
            binding[effect.Variables[depth].Slot] = instance;
            Apply(effect, depth + 1, binding);
        }
    }

    /// <summary>
    /// Looks again at instances whose condition did not hold and at conditional effects, when the last round has reached new atoms.
    /// True where there is more to do.
    /// </summary>
    private bool Recheck(ref int reachedBefore)
    {
        _cancellation.ThrowIfCancellationRequested();
        if (Reached.Count == reachedBefore)
            return false;
        reachedBefore = Reached.Count;
        for (var i = 0; i < Instances.Count; i++)
        {
            var (action, binding) = Instances[i];
            foreach (var effect in action.Effects)
            {
                if (effect.Adds && !effect.IsUnconditional)
                    Apply(effect, 0, binding);
            }
        }

        var waiting = _pending.ToArray();
        _pending.Clear();
        foreach (var (rule, binding) in waiting)
        {
            if (MayHold(rule.Action.Precondition, binding))
                Apply(rule.Action, binding);
            else
                _pending.Add((rule, binding));
        }

        return true;
    }

    /// <summary>No parameter bound. Slots of quantified variables are written before they are read.</summary>
    private static int[] Unbound(JoinRule rule)
    {
        var binding = new int[rule.Action.Slots];
        Array.Fill(binding, -1);
        return binding;
    }

    private static int Value(int term, int[] binding) => term >= 0 ? term : binding[~term];
}
