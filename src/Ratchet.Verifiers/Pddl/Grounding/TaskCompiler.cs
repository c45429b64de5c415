namespace Ratchet.Verifiers.Pddl.Grounding;

/// <summary>Drops facts and operators that cannot matter for the goal, gives mirrors to facts whose absence matters, and numbers the rest anew.</summary>
internal sealed class TaskCompiler(List<Draft> drafts, int[]? goal, IEnumerable<int> initial, int facts)
{
    private readonly int[] _number = new int[facts];
    private readonly int[] _mirror = new int[facts];

    public GroundTask Compile()
    {
        var relevant = Relevant();
        var kept = drafts.Where(d => d.Effects.Exists(e => relevant[e.Fact])).ToArray();
        var mirrored = new bool[facts];
        foreach (var literal in kept.SelectMany(d => d.Preconditions.Concat(d.Effects.Where(e => relevant[e.Fact]).SelectMany(e => e.Conditions))).Concat(goal ?? []))
            mirrored[literal >> 1] |= (literal & 1) != 0;
        var count = 0;
        for (var fact = 0; fact < facts; fact++)
            _number[fact] = relevant[fact] ? count++ : -1;
        for (var fact = 0; fact < facts; fact++)
            _mirror[fact] = relevant[fact] && mirrored[fact] ? count++ : -1;

        var holds = new bool[facts];
        foreach (var fact in initial)
            holds[fact] = true;
        var start = Enumerable.Range(0, facts).Where(f => relevant[f])
            .Select(f => holds[f] ? _number[f] : _mirror[f]).Where(f => f >= 0).Order();
        return new GroundTask
        {
            Facts = count,
            Initial = [.. start],
            Goal = goal is null ? null : Literals(goal),
            Operators = [.. kept.Select(d => Operator(d, relevant))],
        };
    }

    /// <summary>Facts of the goal, and of the conditions of whatever changes a relevant fact.</summary>
    private bool[] Relevant()
    {
        var relevant = new bool[facts];
        var changers = new List<(Draft Draft, DraftEffect Effect)>[facts];
        foreach (var draft in drafts)
        {
            foreach (var effect in draft.Effects)
                (changers[effect.Fact] ??= []).Add((draft, effect));
        }

        var stack = new Stack<int>();
        void Mark(int[] literals)
        {
            foreach (var literal in literals)
            {
                if (relevant[literal >> 1])
                    continue;
                relevant[literal >> 1] = true;
                stack.Push(literal >> 1);
            }
        }

        Mark(goal ?? []);
        while (stack.TryPop(out var fact))
        {
            foreach (var (draft, effect) in changers[fact] ?? [])
            {
                Mark(draft.Preconditions);
                Mark(effect.Conditions);
            }
        }

        return relevant;
    }

    private GroundOperator Operator(Draft draft, bool[] relevant)
    {
        var effects = draft.Effects.Where(e => relevant[e.Fact]).ToArray();
        var added = effects.Where(e => e.Adds && e.Conditions.Length == 0).Select(e => e.Fact).ToHashSet();

        // An addition wins over a deletion; what is always added cannot be deleted.
        effects = [.. effects.Where(e => e.Adds ? e.Conditions.Length == 0 || !added.Contains(e.Fact) : !added.Contains(e.Fact))];
        var conditional = effects.Where(e => e.Conditions.Length > 0).ToArray();
        var touched = conditional.Select(e => e.Fact).Distinct().Order().ToArray();
        var fixedEffects = effects.Where(e => e.Conditions.Length == 0).ToArray();
        return new GroundOperator
        {
            Action = draft.Action,
            Objects = draft.Objects,
            Cost = draft.Cost,
            Preconditions = Literals(draft.Preconditions),
            Adds = Changed(fixedEffects, adds: true),
            Deletes = Changed(fixedEffects, adds: false),
            Conditional =
            [
                .. conditional.GroupBy(e => string.Join(' ', e.Conditions))
                    .Select(g => new ConditionalEffect(Literals(g.First().Conditions), Changed([.. g], adds: true), Changed([.. g], adds: false))),
            ],
            Mirrors = [.. touched.Where(f => _mirror[f] >= 0).Select(f => (_number[f], _mirror[f]))],
        };
    }

    /// <summary>Facts that effects add (or delete), with the mirrors of those that they delete (or add).</summary>
    private int[] Changed(DraftEffect[] effects, bool adds) =>
        [.. effects.Where(e => e.Adds == adds).Select(e => _number[e.Fact]).Concat(effects.Where(e => e.Adds != adds).Select(e => _mirror[e.Fact]).Where(f => f >= 0)).Distinct().Order()];

    private int[] Literals(int[] literals) => [.. literals.Select(l => (l & 1) == 0 ? _number[l >> 1] : _mirror[l >> 1]).Order()];
}
