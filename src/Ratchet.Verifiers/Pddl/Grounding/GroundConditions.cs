using Ratchet.Verifiers.Pddl.Syntax;

namespace Ratchet.Verifiers.Pddl.Grounding;

/// <summary>
/// Turns conditions into alternatives of literals over facts that can change (disjunctive normal form). What is always or never true is
/// decided on the way, which keeps the alternatives few.
/// </summary>
/// <remarks>A literal is <c>2 * fact</c>, plus 1 where the fact must not hold.</remarks>
internal sealed class GroundConditions(PddlTask task, Reachability reachability, Dictionary<long, int> facts)
{
    private const int MaxAlternatives = 10_000;

    private static readonly List<int[]> Always = [[]];

    /// <summary>The alternatives, each ascending; none where the condition can never hold.</summary>
    /// <exception cref="PddlLimitException">Too many alternatives.</exception>
    public List<int[]> Alternatives(Condition condition, int[] binding, bool positive = true)
    {
        switch (condition)
        {
            case Condition.Atom atom:
                return Literal(atom.Predicate, task.Codes.Encode(atom.Predicate, atom.Terms, binding), positive);
            case Condition.Equal equal:
                return (Value(equal.Left, binding) == Value(equal.Right, binding)) == positive ? Always : [];
            case Condition.Not not:
                return Alternatives(not.Inner, binding, !positive);
            case Condition.And and:
                return Join(and.Items.Select(i => Alternatives(i, binding, positive)), positive);
            case Condition.Or or:
                return Join(or.Items.Select(i => Alternatives(i, binding, positive)), !positive);
            case Condition.Quantified quantified:
                return Join(Instances(quantified, 0, binding, positive), quantified.ForAll == positive);
            default:
                throw new InvalidOperationException("A condition of an unknown kind.");
        }
    }

    private IEnumerable<List<int[]>> Instances(Condition.Quantified quantified, int depth, int[] binding, bool positive)
    {
        if (depth == quantified.Variables.Length)
        {
            yield return Alternatives(quantified.Inner, binding, positive);
            yield break;
        }

        foreach (var instance in task.Instances(quantified.Variables[depth].Types))
        {
            binding[quantified.Variables[depth].Slot] = instance;
            foreach (var alternatives in Instances(quantified, depth + 1, binding, positive))
                yield return alternatives;
        }
    }

    private List<int[]> Literal(int predicate, long code, bool positive)
    {
        var isReached = reachability.Reached.Contains(code);
        var isAlways = isReached && !reachability.Deletable[predicate] && reachability.IsInitial(code);
        if (isAlways || !isReached)
            return isAlways == positive ? Always : [];
        return [[(facts[code] << 1) | (positive ? 0 : 1)]];
    }

    private static List<int[]> Join(IEnumerable<List<int[]>> parts, bool all)
    {
        if (!all)
        {
            var union = new List<int[]>();
            foreach (var part in parts)
            {
                if (part.Exists(a => a.Length == 0))
                    return Always;
                union.AddRange(part);
                Check(union);
            }

            return union;
        }

        var product = Always;
        foreach (var part in parts)
        {
            if (part.Count == 0)
                return part;
            if (part.Count == 1 && part[0].Length == 0)
                continue;
            var next = new List<int[]>();
            foreach (var left in product)
            {
                foreach (var right in part)
                {
                    if (Merge(left, right) is { } merged)
                        next.Add(merged);
                }

                Check(next);
            }

            product = next;
        }

        return product;
    }

    /// <summary>Both, or null where they contradict each other.</summary>
    private static int[]? Merge(int[] left, int[] right)
    {
        var merged = left.Concat(right).Distinct().Order().ToArray();
        for (var i = 1; i < merged.Length; i++)
        {
            if ((merged[i] ^ 1) == merged[i - 1])
                return null;
        }

        return merged;
    }

    private static void Check(List<int[]> alternatives)
    {
        if (alternatives.Count > MaxAlternatives)
            throw new PddlLimitException($"A condition has more than {MaxAlternatives} alternatives.");
    }

    private static int Value(int term, int[] binding) => term >= 0 ? term : binding[~term];
}
